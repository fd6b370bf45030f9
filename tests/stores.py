"""Making stores for tests, and looking into them."""

from __future__ import annotations

import io
import json
import sqlite3
from typing import TYPE_CHECKING, Any

from snapshots import data

from passmuster.cli import main
from passmuster.fleet.store import reading
from passmuster.fleet.store.database import opened
from passmuster.fleet.store.writing import Delivery

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


LOOSE = Delivery(site="", received=1_796_083_200)
"""Loose files that were received on 2026-12-01."""


def machine(number: int) -> str:
    """A machine id."""
    return f"sha256:{number:064x}"


def node(number: int, **changes: Any) -> bytes:
    """The snapshot of node number so and so."""
    at = changes.pop("collected_at", f"2026-11-22T10:{number // 60 % 60:02d}:{number % 60:02d}Z")
    return data(f"n{number}", machine_id=machine(number), collected_at=at, **changes)


def contents(store: Path) -> list[bytes]:
    """The bytes of every snapshot, in the order in which they were added."""
    with opened(str(store), write=False) as database:
        library = reading.Library(database)
        return [library.data(kept) for kept in reading.unordered(database)]


def said(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> str:
    """What a command prints; it must end with this status."""
    capsys.readouterr()
    got = main([str(each) for each in arguments])
    out, err = capsys.readouterr()
    assert (got, err if got != status else "") == (status, "")
    return out


def told(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> Any:
    """The JSON that a command prints."""
    return json.loads(said(capsys, *arguments, "-o", "json", status=status))


def complained(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 2) -> str:
    """What a command says on standard error; it must end with this status."""
    capsys.readouterr()
    assert main([str(each) for each in arguments]) == status
    return capsys.readouterr().err


def stdin(content: bytes) -> io.TextIOWrapper:
    """Standard input with this content."""
    return io.TextIOWrapper(io.BytesIO(content))


def rows(store: Path, text: str) -> list[Any]:
    """What SQL says of a store."""
    database = sqlite3.connect(store)
    try:
        return database.execute(text).fetchall()
    finally:
        database.close()
