"""Writing snapshots into a store: all SQL that adds them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from passmuster.fleet.store.database import transaction
from passmuster.fleet.store.held import of_node
from passmuster.fleet.store.order import BACK, DISPUTED, FUTURE, LATEST, NAMELESS, TIED, standing
from passmuster.fleet.store.packing import checksum, compress, fingerprint, pack

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from passmuster.fleet.store.cut import Cut, Cutter

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivery: a bundle, or the loose files of one command."""

    site: str
    """Empty where none was named."""
    received: int
    """Seconds since 1970."""
    tolerance: int = 300
    """Seconds by which a node's clock may be ahead of the moment of receipt."""
    sequence: int | None = None
    """None for loose files."""
    bundle: bytes | None = None
    """sha256 of the bundle; None for loose files."""
    assurance: str | None = None
    keys: tuple[str, ...] = ()
    """Names of the keys that signed it, as the trust file has them."""


@dataclass(frozen=True, slots=True, order=True)
class Conflict:
    """Snapshots that contradict each other."""

    kind: str
    """`same_node`: one node and moment, different snapshots; `clock_back`: a later delivery with an earlier moment;
    `from_the_future`; `no_machine_id`: several snapshots of a name without one; `same_name`: one name, several machine
    ids; `same_machine_id`: one machine id, several names."""
    site: str
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

    def __init__(self, database: sqlite3.Connection, cutter: Cutter) -> None:
        self._database, self._cutter = database, cutter
        self._gc: int | None = None
        self._deliveries: dict[Delivery, int] = {}
        """Their ids: one that comes in several batches is one."""
        self._forget()

    def write(self, rows: Sequence[tuple[Row, Delivery]]) -> Written:
        """Store all of them, or none; existing rows stay as they are."""
        written = Written()
        known = dict(self._deliveries)
        try:
            with transaction(self._database):
                self._refresh()
                for row, delivery in rows:
                    self._row(row, delivery, written)
        except BaseException:
            self._forget()
            self._deliveries = known
            raise
        if self._cutter.trim() or len(self._shapes) > _SHAPES:
            self._forget()
        return written

    def _forget(self) -> None:
        self._pieces: dict[int, int] = {}
        self._shapes: dict[tuple[int, ...], int] = {}
        self._sources: dict[tuple[str, int], int] = {}
        self._sites: dict[str, int] = {}

    def _refresh(self) -> None:
        """Forget ids that a `gc` of another command may have taken away."""
        gc = self._database.execute("SELECT gc FROM state").fetchone()[0]
        if gc != self._gc:
            self._forget()
            self._gc = gc

    def _row(self, row: Row, delivery: Delivery, written: Written) -> None:
        find = self._database.execute
        node, new = self._node(row, self._site(delivery.site), delivery, written)
        if not new:  # one that is known has its node already, for its bytes say whose it is
            known = find(
                "SELECT 1 FROM snapshot WHERE substr(digest, 1, 6) = ? AND digest = ? AND node = ?",
                (row.digest[:6], row.digest, node),
            ).fetchone()
            if known is not None:
                written.known += 1
                return
        written.new += 1
        source = self._source(row.prefix, self._delivery(delivery))
        shape, total = 0, None
        if not isinstance(row.kept, bytes):
            shape, total = self._shape(row.kept.pieces), row.kept.own.total
        added = find(
            "INSERT INTO snapshot(node, at, latest, shape, digest, total, source, place)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (node, row.at, LATEST, shape, row.digest, total, source, row.place),
        )
        if isinstance(row.kept, bytes):
            find("INSERT INTO whole VALUES (?, ?)", (added.lastrowid, compress(row.kept)))
        if not new or row.at > delivery.received + delivery.tolerance:
            marks = settle(self._database, node)
            mark = NAMELESS if NAMELESS in marks.values() else marks[added.lastrowid or 0]
            if mark in _CONFLICTS:
                written.conflicts.append(Conflict(_CONFLICTS[mark], delivery.site, row.name, row.machine, ()))

    def _node(self, row: Row, site: int, delivery: Delivery, written: Written) -> tuple[int, bool]:
        """The id of the node, and whether it is new."""
        find = self._database.execute
        others: list[bytes | None] = []
        for node, machine in find("SELECT id, machine FROM node WHERE name = ? AND site = ?", (row.name, site)):
            if machine == row.machine:
                return node, False
            others.append(machine)
        if others:
            texts = tuple(machine_text(each) or "none" for each in others)
            written.conflicts.append(Conflict("same_name", delivery.site, row.name, row.machine, texts))
        if row.machine is not None:
            found = find(
                "SELECT name FROM node WHERE substr(machine, 1, 6) = ? AND machine = ?", (row.machine[:6], row.machine)
            ).fetchall()
            names = tuple(name for (name,) in found if name != row.name)
            if names:
                written.conflicts.append(Conflict("same_machine_id", delivery.site, row.name, row.machine, names))
        made = find("INSERT INTO node(site, name, machine) VALUES (?, ?, ?)", (site, row.name, row.machine)).lastrowid
        assert made is not None
        return made, True

    def _shape(self, numbers: tuple[int, ...]) -> int:
        known = self._shapes.get(numbers)
        if known is None:
            pieces = self._pieces
            packed = pack([pieces.get(number) or self._piece(number) for number in numbers])
            known = self._shapes[numbers] = self._id("shape", "pieces", packed, (checksum(packed),))
        return known

    def _piece(self, number: int) -> int:
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

    def _site(self, name: str) -> int:
        known = self._sites.get(name)
        if known is None:
            self._database.execute("INSERT OR IGNORE INTO site(name) VALUES (?)", (name,))
            known = self._database.execute("SELECT id FROM site WHERE name = ?", (name,)).fetchone()[0]
            self._sites[name] = known
        return known

    def _delivery(self, delivery: Delivery) -> int:
        known = self._deliveries.get(delivery)
        if known is None:
            made = self._database.execute(
                "INSERT INTO delivery(received, tolerance, sequence, bundle, assurance, keys)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    delivery.received,
                    delivery.tolerance,
                    delivery.sequence,
                    delivery.bundle,
                    delivery.assurance,
                    json.dumps(delivery.keys),
                ),
            ).lastrowid
            assert made is not None
            known = self._deliveries[delivery] = made
        return known

    def _source(self, prefix: str, delivery: int) -> int:
        known = self._sources.get((prefix, delivery))
        if known is None:
            find = self._database.execute
            find("INSERT OR IGNORE INTO source(prefix, delivery) VALUES (?, ?)", (prefix, delivery))
            known = find("SELECT id FROM source WHERE prefix = ? AND delivery = ?", (prefix, delivery)).fetchone()[0]
            if len(self._sources) > _SHAPES:
                self._sources.clear()
            self._sources[prefix, delivery] = known
        return known


_CONFLICTS = {
    TIED: "same_node",
    BACK: "clock_back",
    DISPUTED: "clock_back",
    FUTURE: "from_the_future",
    NAMELESS: "no_machine_id",
}
"""What is said of a new snapshot that leaves its node unknown, by what it is."""


def settle(database: sqlite3.Connection, node: int) -> dict[int, int]:
    """Mark the snapshots of a node as what they are to each other; gives the marks by id."""
    machine, one = database.execute("SELECT machine, one FROM node WHERE id = ?", (node,)).fetchone()
    held = of_node(database, node)
    marks = standing([each for each, _ in held], one=machine is not None or bool(one))
    changed = [(marks[each.id], each.id) for each, mark in held if marks[each.id] != mark]
    database.executemany("UPDATE snapshot SET latest = ? WHERE id = ?", changed)
    return marks


def keep_roster(database: sqlite3.Connection, site: str, names: Iterable[str]) -> None:
    """Keep the nodes that there should be at a site, in the place of those before; an empty name is the whole store."""
    content = compress("\n".join(sorted(names)).encode())
    with transaction(database):
        database.execute("INSERT OR REPLACE INTO roster VALUES (?, ?)", (site, content))


def machine_text(machine: bytes | None) -> str | None:
    """A machine id as snapshots have it."""
    return None if machine is None else f"sha256:{machine.hex()}"
