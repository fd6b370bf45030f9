"""Which nodes a store has: the latest snapshot of each, chosen by name, label, site and age."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster import snapshot
from passmuster.fleet.store import reading

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from passmuster.fleet.store.reading import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """The selection of nodes; every given part must match."""

    name: str | None = None
    """A glob over the whole name."""
    labels: Mapping[str, str]
    """All of these; empty for any node."""
    since: int | None = None
    """Collected at this moment or later."""
    site: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A node, by its latest snapshot."""

    kept: Kept
    labels: Mapping[str, str]
    snapshots: int
    """How many the store has of this node."""


def nodes(database: sqlite3.Connection, selector: Selector) -> Iterator[Listed]:
    """The matching nodes, by name; a node may appear several times if it is unclear which snapshot is true."""
    library, labels = reading.Library(database), _Labels()
    for kept in list(reading.latest(database, reading.Choice(site=selector.site))):
        if selector.name is not None and not fnmatch.fnmatchcase(kept.name, selector.name):
            continue
        if selector.since is not None and kept.at < selector.since:
            continue
        own = labels.of(kept, library)
        if any(own.get(key) != value for key, value in selector.labels.items()):
            continue
        yield Listed(kept=kept, labels=own, snapshots=reading.how_many(database, kept.node))


class _Labels:
    """The labels of nodes; those of one shape have the same, but for what is their name."""

    def __init__(self) -> None:
        self._known: dict[int, Mapping[str, str]] = {}

    def of(self, kept: Kept, library: reading.Library) -> Mapping[str, str]:
        head = library.shape(kept.shape)[0] if kept.shape else 0
        known = self._known.get(head)
        if known is not None:
            return known
        labels: Mapping[str, str] = snapshot.load(library.data(kept), kept.label).node["labels"]
        if head and kept.name not in labels.values():
            self._known[head] = labels
        return labels
