"""Deleting unreferenced data: old snapshots if requested, then shapes, pieces and verdicts."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from passmuster.fleet.store.cut import NO_MOMENT
from passmuster.fleet.store.database import transaction
from passmuster.fleet.store.order import DISMISSED, OLDER
from passmuster.fleet.store.packing import unpack

_PATIENCE = 5_000
"""How many milliseconds to wait for shrinking the file: it is optional."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freed:
    """How much was dropped."""

    snapshots: int
    shapes: int
    pieces: int
    verdicts: int
    shrunk: bool
    """Whether the file gave its free space back; not so while another command uses it, or where the disk is full."""


def clean(database: sqlite3.Connection, before: int | None) -> Freed:
    """Drop what nobody refers to; with `before`, first what was collected before then, and is superseded or set aside.

    Of nodes of which nobody knows which snapshot is true, none goes.
    """
    with transaction(database):
        snapshots = _drop_old(database, before) if before is not None else 0
        shapes = _dropped(database, "DELETE FROM shape WHERE id NOT IN (SELECT shape FROM snapshot)")
        pieces = _drop_pieces(database)
        verdicts = _drop_verdicts(database)
        for unused in (
            "DELETE FROM source WHERE id NOT IN (SELECT source FROM snapshot)",
            "DELETE FROM delivery WHERE id NOT IN (SELECT delivery FROM source)",
            "DELETE FROM class WHERE id NOT IN (SELECT class FROM verdict)",
            "DELETE FROM terms WHERE id NOT IN (SELECT terms FROM verdict)",
            "UPDATE state SET gc = gc + 1",
        ):
            database.execute(unused)
    return Freed(snapshots=snapshots, shapes=shapes, pieces=pieces, verdicts=verdicts, shrunk=_shrink(database))


def _drop_old(database: sqlite3.Connection, before: int) -> int:
    # A moment that nobody knows, or that is from the future, says nothing of an age: then that of receipt does.
    old = (
        "SELECT s.id FROM snapshot s JOIN source o ON o.id = s.source JOIN delivery d ON d.id = o.delivery"
        " WHERE s.latest IN (:older, :dismissed)"
        " AND CASE WHEN s.at = :none OR s.at > d.received THEN d.received ELSE s.at END < :before"
    )
    values = {"older": OLDER, "dismissed": DISMISSED, "none": NO_MOMENT, "before": before}
    database.execute(f"DELETE FROM whole WHERE snapshot IN ({old})", values)  # noqa: S608 - a constant
    return database.execute(f"DELETE FROM snapshot WHERE id IN ({old})", values).rowcount  # noqa: S608 - as above


def _dropped(database: sqlite3.Connection, text: str) -> int:
    return database.execute(text).rowcount


def _drop_pieces(database: sqlite3.Connection) -> int:
    used = {piece for (packed,) in database.execute("SELECT pieces FROM shape") for piece in unpack(packed)}
    unused = [(piece,) for (piece,) in database.execute("SELECT id FROM piece") if piece not in used]
    database.executemany("DELETE FROM piece WHERE id = ?", unused)
    return len(unused)


def _drop_verdicts(database: sqlite3.Connection) -> int:
    """Verdicts over facts that no snapshot has any more."""
    pieces = {piece for (piece,) in database.execute("SELECT id FROM piece")}
    whole = {digest[:16] for (digest,) in database.execute("SELECT digest FROM snapshot WHERE shape = 0")}
    unused = [
        (terms, facts)
        for terms, facts in database.execute("SELECT terms, facts FROM verdict")
        if (facts[1:] not in whole if facts[:1] == b"\0" else not pieces.issuperset(unpack(facts.split(b"\0")[0])))
    ]
    database.executemany("DELETE FROM verdict WHERE terms = ? AND facts = ?", unused)
    return len(unused)


def _shrink(database: sqlite3.Connection) -> bool:
    database.execute(f"PRAGMA busy_timeout={_PATIENCE}")
    try:
        database.execute("VACUUM")
        busy = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError:
        return False
    return not busy
