"""Stores that somebody made to do harm: they are damage, told in one line, and cost no more than others."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from limits import took
from stores import node

from passmuster.cli import main
from passmuster.fleet.store import packing

if TYPE_CHECKING:
    from collections.abc import Callable

FOR_EVER = "WITH RECURSIVE r(gc) AS (SELECT 1 UNION ALL SELECT gc + 1 FROM r) SELECT gc FROM r WHERE gc < 0"
LARGE = zlib.compress(bytes(1024 * 1024 * 1024), 9)


def _recursive(database: sqlite3.Connection) -> None:
    database.executescript(f"DROP TABLE state; CREATE VIEW state AS {FOR_EVER};")


def _recursive_snapshots(database: sqlite3.Connection) -> None:
    database.executescript(f"DROP TABLE site; CREATE VIEW site(id, name) AS SELECT gc, gc FROM ({FOR_EVER});")


def _trigger(database: sqlite3.Connection) -> None:
    database.execute("CREATE TRIGGER t AFTER INSERT ON verdict BEGIN DELETE FROM snapshot; END")


def _other_objects(database: sqlite3.Connection) -> None:
    database.executescript("CREATE TABLE more(a); CREATE INDEX more_a ON more(a);")


def _other_index(database: sqlite3.Connection) -> None:
    database.execute("CREATE UNIQUE INDEX verdict_class ON verdict(class)")


def _no_index(database: sqlite3.Connection) -> None:
    database.execute("DROP INDEX node_name")


def _other_declaration(database: sqlite3.Connection) -> None:
    database.executescript("DROP TABLE verdict; CREATE TABLE verdict(terms, facts, class, checksum DEFAULT 0);")


def _virtual(database: sqlite3.Connection) -> None:
    database.executescript("CREATE VIRTUAL TABLE v USING fts5(a);")


def _large_piece(database: sqlite3.Connection) -> None:
    database.execute("UPDATE piece SET content = ?", (LARGE,))


def _large_whole(database: sqlite3.Connection) -> None:
    database.execute("UPDATE snapshot SET shape = 0")
    database.execute("INSERT INTO whole SELECT id, ? FROM snapshot", (LARGE,))


def _one_piece_often(database: sqlite3.Connection) -> None:
    database.execute("UPDATE piece SET content = ?", (zlib.compress(bytes(15 * 1024 * 1024)),))
    database.execute("UPDATE shape SET pieces = ?", (packing.pack([1]) * 20_000,))


def _long_name(database: sqlite3.Connection) -> None:
    database.execute("UPDATE node SET name = ?", ("n" * 1_000_000,))
    database.execute("UPDATE piece SET content = ?", (zlib.compress(b"\1" * 1_000_000),))


def _long_shape(database: sqlite3.Connection) -> None:
    database.execute("UPDATE shape SET pieces = zeroblob(20000000)")


def _large_cell(database: sqlite3.Connection) -> None:
    database.execute("UPDATE piece SET content = zeroblob(400000000)")


HOSTILE: dict[str, Callable[[sqlite3.Connection], None]] = {
    "a view that goes on for ever": _recursive,
    "one in the place of sites": _recursive_snapshots,
    "a trigger": _trigger,
    "a table more": _other_objects,
    "an index more": _other_index,
    "an index less": _no_index,
    "a table of another declaration": _other_declaration,
    "a virtual table": _virtual,
    "a piece that unpacks to a gigabyte": _large_piece,
    "a snapshot that unpacks to a gigabyte": _large_whole,
    "a piece that stands in its shape many times": _one_piece_often,
    "a long name that stands in a piece many times": _long_name,
    "a shape of twenty million pieces": _long_shape,
    "a cell of 400 megabytes": _large_cell,
}


@pytest.mark.long
@pytest.mark.parametrize("case", HOSTILE)
def test_a_store_that_does_harm_is_damage(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("n.ndjson").write_bytes(b"".join(map(node, range(5))))
    assert main(["fleet", "add", "s.db", "n.ndjson"]) == 0
    with contextlib.closing(sqlite3.connect("s.db")) as database:
        HOSTILE[case](database)
        database.commit()
    for arguments in (["check", "s.db", "-o", "summary"], ["verify", "s.db"], ["export", "s.db", "-o", "ndjson=x"]):
        found = took("fleet", *arguments).demand()
        assert found.status == 4, (arguments, found)


def test_a_pipe_is_no_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "s.db")
    assert main(["fleet", "list", str(tmp_path / "s.db")]) == 2
    assert "not a store" in capsys.readouterr().err
