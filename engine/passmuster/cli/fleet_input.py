"""What a store holds, as input: the latest snapshot of each node, now or at a moment."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from passmuster.errors import UsageError
from passmuster.fleet.store import reading
from passmuster.fleet.store.database import one_state, opened
from passmuster.intake import inputs
from passmuster.model.durations import parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from passmuster.fleet.store.database import Database

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class State:
    """A store as it is at one moment, whoever writes to it meanwhile."""

    database: Database

    def snapshots(
        self, as_of: str | None, known: Callable[[bytes], T | None]
    ) -> Iterator[tuple[str, int, inputs.Sourced[T]]]:
        """The snapshots, with what is known of where they came from."""
        return sourced(self.database, reading.Choice(as_of=moment(as_of)), known)


@contextlib.contextmanager
def state(path: str) -> Iterator[State]:
    """Open a store for reading."""
    with opened(path, write=False) as database, one_state(database):
        yield State(database)


def sourced(
    database: Database,
    choice: reading.Choice,
    known: Callable[[bytes], T | None],
    deliveries: dict[int, set[bytes]] | None = None,
) -> Iterator[tuple[str, int, inputs.Sourced[T]]]:
    """The latest snapshot of each node among those that are chosen; what `known` makes of it stands in its place.

    Each has its site, and why it is in doubt where it is; adds to each delivery that
    was a bundle the digests of those that came in it.
    """
    library = reading.Library(database)
    bundled = functools.cache(lambda id_: bool(reading.delivered(database, (id_,))))
    for kept in reading.latest(database, choice):
        data = library.data(kept)
        if deliveries is not None and bundled(kept.delivery):
            deliveries.setdefault(kept.delivery, set()).add(kept.digest)
        yield *kept.origin, inputs.Sourced(known(data) or data, kept.site or None, kept.doubt)


def moment(text: str | None) -> int | None:
    """A moment, or the last one of a day, in seconds since 1970; raises UsageError."""
    if text is None:
        return None
    try:
        read = parse_moment(f"{text}T23:59:59Z" if len(text) == len("2026-11-22") else text)
    except ValueError:
        message = f"got {text!r}, expected a day or a moment in UTC such as 2026-11-22 or 2026-11-22T10:11:12Z"
        raise UsageError.at("--as-of", message, code="usage-now") from None
    return int(read.timestamp())
