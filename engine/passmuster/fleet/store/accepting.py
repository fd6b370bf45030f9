"""Decisions of an operator: which snapshot of a node is true, and which snapshots are of one machine."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from passmuster.fleet.store import held
from passmuster.fleet.store.database import transaction
from passmuster.fleet.store.order import DISMISSED, dismissed
from passmuster.fleet.store.writing import settle

if TYPE_CHECKING:
    import sqlite3


def snapshot(database: sqlite3.Connection, name: str, site: str | None, digest: str) -> str:
    """Accept a snapshot as true for its node, and set aside what contradicts it; returns a sentence. Raises ValueError.

    `digest` is `sha256:` and hexadecimal digits, or the beginning of that.
    """
    digits = digest.removeprefix("sha256:")
    with transaction(database):
        found = [
            (node, id_, bytes(full).hex(), bool(one))
            for node, id_, full, one in database.execute(
                "SELECT n.id, s.id, s.digest, n.machine IS NOT NULL OR n.one FROM snapshot s"
                " JOIN node n ON n.id = s.node JOIN site t ON t.id = n.site"
                " WHERE n.name = ? AND (? IS NULL OR t.name = ?)",
                (name, site, site),
            )
            if digits and bytes(full).hex().startswith(digits)
        ]
        if len(found) != 1:
            what = "no such snapshot" if not found else f"{len(found)} snapshots match"
            raise ValueError(
                f"{what} (got {digest}, expected the digest of one of its snapshots, as `fleet history` has it)"
            )
        node, id_, full, one = found[0]
        database.execute("UPDATE snapshot SET latest = 0 WHERE id = ?", (id_,))
        some = [each for each, _ in held.of_node(database, node)]
        accepted = next(each for each in some if each.id == id_)
        if accepted.future:
            raise ValueError("it is from the future, and cannot be accepted (set the node's clock, and collect again)")
        gone = dismissed(some, accepted) if one else [each.id for each in some if each.id != id_]
        database.executemany("UPDATE snapshot SET latest = ? WHERE id = ?", [(DISMISSED, each) for each in gone])
        settle(database, node)
    return f"{name}: sha256:{full[:12]} is accepted, {len(gone)} set aside"


def one_machine(database: sqlite3.Connection, glob: str, site: str | None) -> list[str]:
    """Treat snapshots without a machine id as those of one machine, by name; returns sentences. Raises ValueError."""
    with transaction(database):
        found = [
            (id_, name)
            for id_, name in database.execute(
                "SELECT n.id, n.name FROM node n JOIN site t ON t.id = n.site"
                " WHERE n.machine IS NULL AND (? IS NULL OR t.name = ?) ORDER BY n.name",
                (site, site),
            )
            if fnmatch.fnmatchcase(name, glob)
        ]
        if not found:
            raise ValueError("no node of this name is without a machine id (expected one, or a glob of their names)")
        for id_, _ in found:
            database.execute("UPDATE node SET one = 1 WHERE id = ?", (id_,))
            settle(database, id_)
    return [f"{name}: its snapshots are of one machine" for _, name in found]
