"""What a store keeps of the bundles that it received; the caller interprets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from passmuster.fleet.store.database import Database


def state(database: Database) -> bytes | None:
    """What was kept last; None where nothing was."""
    found = database.execute("SELECT state FROM bundles").fetchone()
    return None if found is None else bytes(found[0])


def keep(database: Database, data: bytes) -> None:
    """Keep this in the place of what was kept before; inside a transaction."""
    database.execute("INSERT OR REPLACE INTO bundles VALUES (1, ?)", (data,))
