"""The order among the snapshots of a node in a store; all SQL for it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from passmuster.fleet.store.order import DISMISSED, Held

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_COLUMNS = (
    "SELECT s.id, s.at, d.sequence, d.id, s.at > d.received + d.tolerance, s.latest, s.node,"
    " n.machine IS NOT NULL OR n.one, d.received FROM snapshot s JOIN node n ON n.id = s.node"
    " JOIN source o ON o.id = s.source JOIN delivery d ON d.id = o.delivery"
)


def _held(row: tuple[int, ...]) -> Held:
    id_, at, sequence, delivery, future, _, _, _, received = row
    return Held(id=id_, at=at, sequence=sequence, delivery=delivery, received=received, future=bool(future))


def of_node(database: sqlite3.Connection, node: int) -> list[tuple[Held, int]]:
    """The snapshots of a node that were not dismissed, and what the store has each of them for."""
    found = database.execute(f"{_COLUMNS} WHERE s.node = ? AND s.latest <> ?", (node, DISMISSED))
    return [(_held(row), row[5]) for row in found]


def of_nodes(
    database: sqlite3.Connection, *, as_of: int | None = None, site: str | None = None
) -> Iterator[tuple[bool, list[tuple[Held, int]]]]:
    """The same for every node, with whether all of them are known to be of one machine.

    Only snapshots that were collected at a moment or before, and those of one site.
    """
    chosen = (
        " WHERE s.latest <> :dismissed AND (:as_of IS NULL OR s.at <= :as_of)"
        " AND (:site IS NULL OR n.site IN (SELECT id FROM site WHERE name = :site)) ORDER BY s.node"
    )
    found = database.execute(
        _COLUMNS + chosen,
        {"as_of": as_of, "site": site, "dismissed": DISMISSED},
    )
    for _, rows in itertools.groupby(found, lambda row: row[6]):
        some = list(rows)
        yield bool(some[0][7]), [(_held(row), row[5]) for row in some]
