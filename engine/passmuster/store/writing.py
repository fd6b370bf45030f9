"""Writing snapshots into a store: all SQL that adds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from passmuster.store.database import transaction
from passmuster.store.packing import checksum, compress, fingerprint, pack

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from passmuster.store.cut import Cut, Cutter

_SHAPES = 1_000_000
"""How many shapes are remembered."""


@dataclass(frozen=True, slots=True)
class Row:
    """A valid snapshot that is to be kept."""

    digest: bytes
    """sha256 of its bytes."""
    name: str
    machine: bytes | None
    at: int
    kept: Cut | bytes
    """Taken apart, or its bytes where it has another form."""
    prefix: str
    """The beginning of its label."""
    place: int | str
    """The rest of its label: the line in a longer file, or the name of a file."""


@dataclass(frozen=True, slots=True, order=True)
class Conflict:
    """Snapshots that contradict each other."""

    kind: str
    """`same_node`: one node and moment, different snapshots; `same_name`: one name, several machine ids;
    `same_machine_id`: one machine id, several names."""
    name: str
    machine: bytes | None
    others: tuple[str, ...]
    """The other machine ids, or names."""


@dataclass(slots=True)
class Written:
    """What became of a batch."""

    new: int = 0
    known: int = 0
    """Snapshots that the store had before."""
    conflicts: list[Conflict] = field(default_factory=list)


class Writer:
    """Writes batches, each in one transaction; remembers the ids that it met."""

    def __init__(self, database: sqlite3.Connection, cutter: Cutter, site: str) -> None:
        self._database, self._cutter, self._site = database, cutter, site
        self._gc: int | None = None
        self._forget()

    def write(self, rows: Sequence[Row]) -> Written:
        """Keep all of them, or none; what is there already stays as it is."""
        written = Written()
        try:
            with transaction(self._database):
                self._refresh()
                for row in rows:
                    self._row(row, written)
        except BaseException:
            self._forget()
            raise
        if self._cutter.trim() or len(self._shapes) > _SHAPES:
            self._forget()
        return written

    def _forget(self) -> None:
        self._pieces: dict[int, int] = {}
        self._shapes: dict[tuple[int, ...], int] = {}
        self._sources: dict[str, int] = {}

    def _refresh(self) -> None:
        """Forget ids that a `gc` of another command may have taken away."""
        gc = self._database.execute("SELECT gc FROM state").fetchone()[0]
        if gc != self._gc:
            self._forget()
            self._gc = gc

    def _row(self, row: Row, written: Written) -> None:
        find = self._database.execute
        known = find(
            "SELECT id, source FROM snapshot WHERE substr(digest, 1, 6) = ? AND digest = ?",
            (row.digest[:6], row.digest),
        ).fetchone()
        source = self._source(row.prefix)
        if known is not None:
            written.known += 1
            id_, first = known
            self._also(id_, first, source)
            return
        written.new += 1
        node, latest = self._node(row, written)
        shape, total = 0, None
        if not isinstance(row.kept, bytes):
            shape, total = self._shape(row.kept.pieces), row.kept.own.total
        added = find(
            "INSERT INTO snapshot(node, at, latest, shape, digest, total, source, place)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (node, row.at, latest, shape, row.digest, total, source, row.place),
        )
        if isinstance(row.kept, bytes):
            find("INSERT INTO whole VALUES (?, ?)", (added.lastrowid, compress(row.kept)))

    def _node(self, row: Row, written: Written) -> tuple[int, int]:
        """The id of the node, and what its new snapshot is among those that it has."""
        find = self._database.execute
        others: list[bytes | None] = []
        for node, machine in find("SELECT id, machine FROM node WHERE name = ?", (row.name,)):
            if machine == row.machine:
                return node, self._latest(node, row, written)
            others.append(machine)
        if others:
            texts = tuple(machine_text(each) or "none" for each in others)
            written.conflicts.append(Conflict("same_name", row.name, row.machine, texts))
        if row.machine is not None:
            found = find(
                "SELECT name FROM node WHERE substr(machine, 1, 6) = ? AND machine = ?", (row.machine[:6], row.machine)
            ).fetchall()
            if found:
                names = tuple(name for (name,) in found)
                written.conflicts.append(Conflict("same_machine_id", row.name, row.machine, names))
        made = find("INSERT INTO node(name, machine) VALUES (?, ?)", (row.name, row.machine)).lastrowid
        assert made is not None
        return made, 1

    def _latest(self, node: int, row: Row, written: Written) -> int:
        newest = self._database.execute("SELECT max(at) FROM snapshot WHERE node = ?", (node,)).fetchone()[0]
        if newest is None or row.at > newest:
            self._mark(node, 0)
            return 1
        if row.at < newest:
            return 0
        self._mark(node, 2)
        written.conflicts.append(Conflict("same_node", row.name, row.machine, ()))
        return 2

    def _mark(self, node: int, latest: int) -> None:
        self._database.execute("UPDATE snapshot SET latest = ? WHERE node = ? AND latest > 0", (latest, node))

    def _shape(self, numbers: tuple[int, ...]) -> int:
        known = self._shapes.get(numbers)
        if known is None:
            packed = pack(self._piece(number) for number in numbers)
            known = self._shapes[numbers] = self._id("shape", "pieces", packed, (checksum(packed),))
        return known

    def _piece(self, number: int) -> int:
        known = self._pieces.get(number)
        if known is None:
            section, content = self._cutter.sections[number], self._cutter.contents[number]
            digest = fingerprint(section.encode(), content)
            known = self._pieces[number] = self._id("piece", "digest", digest, (section, compress(content)))
        return known

    def _id(self, table: str, column: str, key: bytes, more: tuple[object, ...]) -> int:
        """The id of a row; it is made where it is not there."""
        found = self._database.execute(f"SELECT id FROM {table} WHERE {column} = ?", (key,)).fetchone()  # noqa: S608
        if found is not None:
            known: int = found[0]
            return known
        marks = ", ?" * len(more)
        made = self._database.execute(f"INSERT INTO {table} VALUES (NULL, ?{marks})", (key, *more)).lastrowid  # noqa: S608
        assert made is not None
        return made

    def _source(self, prefix: str) -> int:
        known = self._sources.get(prefix)
        if known is None:
            find = self._database.execute
            find("INSERT OR IGNORE INTO source(prefix, site) VALUES (?, ?)", (prefix, self._site))
            known = find("SELECT id FROM source WHERE prefix = ? AND site = ?", (prefix, self._site)).fetchone()[0]
            if len(self._sources) > _SHAPES:
                self._sources.clear()
            self._sources[prefix] = known
        return known

    def _also(self, snapshot: int, first: int, source: int) -> None:
        """Note the site where it is another than those that the snapshot came from before."""
        if first == source or not self._site:
            return
        sites = self._database.execute(
            "SELECT site FROM source WHERE id = ? OR id IN (SELECT source FROM also WHERE snapshot = ?)",
            (first, snapshot),
        )
        if (self._site,) not in sites.fetchall():
            self._database.execute("INSERT INTO also VALUES (?, ?)", (snapshot, source))


def keep_roster(database: sqlite3.Connection, site: str, names: Iterable[str]) -> None:
    """Keep the nodes that there should be at a site, in the place of those before; an empty name is the whole store."""
    content = compress("\n".join(sorted(names)).encode())
    with transaction(database):
        database.execute("INSERT OR REPLACE INTO roster VALUES (?, ?)", (site, content))


def machine_text(machine: bytes | None) -> str | None:
    """A machine id as snapshots have it."""
    return None if machine is None else f"sha256:{machine.hex()}"
