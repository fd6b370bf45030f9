"""Reading a store: all SQL that selects snapshots."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.fleet.store import held, order
from passmuster.fleet.store.cut import Own, join
from passmuster.fleet.store.holes import NAME
from passmuster.fleet.store.packing import MOST, DamageError, decompress, fingerprint, unpack
from passmuster.snapshot.roster import of_site

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

_CACHE = 64 * 1024 * 1024
_BATCH = 10_000
_SHAPE = 64 * 1024
"""Bytes of the ids of a snapshot's pieces."""
_CHOSEN = (
    "SELECT s.id, s.node, n.name, n.machine, s.at, c.latest, s.shape, s.digest, s.total,"
    " o.prefix, s.place, t.name, d.id, d.received FROM {} c JOIN main.snapshot s ON s.id = c.id"
    " JOIN node n ON n.id = s.node JOIN site t ON t.id = n.site"
    " JOIN source o ON o.id = s.source JOIN delivery d ON d.id = o.delivery"
)
_COLUMNS = _CHOSEN.format("main.snapshot")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The selection of snapshots: the latest of each node among these."""

    as_of: int | None = None
    """Only those that were collected at this moment or before; None for all."""
    site: str | None = None
    """Only nodes of this site; None for all."""

    @property
    def everything(self) -> bool:
        """Whether it is the latest of each node, as the store marks them."""
        return self.as_of is None and self.site is None


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot as it is kept, without its pieces."""

    id: int
    node: int
    name: str
    machine: bytes | None
    at: int
    latest: int
    shape: int
    digest: bytes
    total: int | None
    prefix: str
    """The beginning of its label."""
    place: int | str
    """The rest: a line, or the name of a file."""
    site: str
    """Empty where none was named."""
    delivery: int
    received: int
    """Seconds since 1970."""

    @property
    def doubt(self) -> str | None:
        """Why it is unclear whether this shows its node as it is; None without a reason."""
        return order.doubt(self.latest, self.at)

    @property
    def label(self) -> str:
        """The path as it was given when it was added, with `:LINE` where the file holds several."""
        return f"{self.prefix}{self.place}"

    @property
    def origin(self) -> tuple[str, int]:
        """That path, and the line: 0 where it was alone in its file."""
        return (self.prefix[:-1], self.place) if isinstance(self.place, int) else (self.label, 0)

    @property
    def own(self) -> Own:
        """The values that its holes had."""
        return Own(self.at, self.machine, self.name, self.total)


def latest(database: sqlite3.Connection, choice: Choice) -> Iterator[Kept]:
    """The latest snapshot of each node, by name; several if it is unclear which it is (`order`)."""
    if choice.everything:
        found = database.execute(f"{_COLUMNS} WHERE c.latest > 0 ORDER BY n.name, s.digest, t.name")
    else:
        choose(database, choice)
        found = database.execute(f"{_CHOSEN.format('temp.chosen')} ORDER BY n.name, s.digest, t.name")
    return (Kept(*row) for row in found)


def every(database: sqlite3.Connection) -> Iterator[Kept]:
    """All snapshots, by name, site, machine id and moment."""
    ordered = f"{_COLUMNS} ORDER BY n.name, t.name, n.machine, s.at, s.digest"
    return (Kept(*row) for row in database.execute(ordered))


def unordered(database: sqlite3.Connection) -> Iterator[Kept]:
    """All snapshots, in the order in which they were added."""
    return (Kept(*row) for row in database.execute(f"{_COLUMNS} ORDER BY s.id"))


def of_node(database: sqlite3.Connection, name: str) -> Iterator[Kept]:
    """The snapshots of the nodes of a name, by site, machine id and moment."""
    ordered = f"{_COLUMNS} WHERE n.name = ? ORDER BY t.name, n.machine, s.at, s.digest"
    return (Kept(*row) for row in database.execute(ordered, (name,)))


def one(database: sqlite3.Connection, id_: int) -> Kept:
    """The snapshot with this id."""
    return Kept(*database.execute(f"{_COLUMNS} WHERE s.id = ?", (id_,)).fetchone())


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A bundle that snapshots came in."""

    bundle: bytes
    """Its sha256."""
    site: str
    assurance: str


def delivered(database: sqlite3.Connection, ids: Iterable[int]) -> dict[int, Delivered]:
    """Which of some deliveries were bundles."""
    found: dict[int, Delivered] = {}
    for id_ in ids:
        row = database.execute(
            "SELECT d.bundle, t.name, d.assurance FROM delivery d JOIN source o ON o.delivery = d.id JOIN snapshot s"
            " ON s.source = o.id JOIN node n ON n.id = s.node JOIN site t ON t.id = n.site"
            " WHERE d.id = ? AND d.bundle IS NOT NULL LIMIT 1",
            (id_,),
        ).fetchone()
        if row is not None:
            found[id_] = Delivered(bundle=row[0], site=row[1], assurance=row[2])
    return found


def bundled(database: sqlite3.Connection, choice: Choice) -> dict[int, set[bytes]]:
    """The digests of the snapshots among these that came in bundles, by delivery; a choice was made (`choose`)."""
    table = "main.snapshot" if choice.everything else "temp.chosen"
    found: dict[int, set[bytes]] = {}
    for delivery, digest in database.execute(
        f"SELECT d.id, s.digest FROM {table} c JOIN main.snapshot s ON s.id = c.id"  # noqa: S608 - a name of ours
        " JOIN source o ON o.id = s.source"
        " JOIN delivery d ON d.id = o.delivery WHERE c.latest > 0 AND d.bundle IS NOT NULL"
    ):
        found.setdefault(delivery, set()).add(digest)
    return found


def choose(database: sqlite3.Connection, choice: Choice) -> None:
    """Make the table `chosen`: the latest snapshot of each node among those of a choice, with what each is."""
    database.execute("DROP TABLE IF EXISTS temp.chosen")
    if choice.as_of is None:
        database.execute(
            "CREATE TEMP TABLE chosen AS SELECT s.id, s.at, s.shape, s.latest FROM main.snapshot s JOIN node n"
            " ON n.id = s.node JOIN site t ON t.id = n.site WHERE s.latest > 0 AND t.name = ?",
            (choice.site,),
        )
        return
    database.execute("CREATE TEMP TABLE chosen(id INTEGER PRIMARY KEY, at, shape, latest)")
    some: list[tuple[int, int]] = []
    for one, rows in held.of_nodes(database, as_of=choice.as_of, site=choice.site):
        marks = order.standing([each for each, _ in rows], one=one)
        some += [(mark, id_) for id_, mark in marks.items() if mark > 0]
        if len(some) > _BATCH:
            _chosen(database, some)
            some = []
    _chosen(database, some)


def _chosen(database: sqlite3.Connection, some: list[tuple[int, int]]) -> None:
    database.executemany("INSERT INTO temp.chosen SELECT id, at, shape, ? FROM main.snapshot WHERE id = ?", some)


def rosters(database: sqlite3.Connection, site: str | None) -> frozenset[str] | None:
    """The nodes that there should be at a site, or at all, as `roster.of_site` has them; None without a roster."""
    found = database.execute("SELECT site, names FROM roster WHERE ? IS NULL OR site = ?", (site, site)).fetchall()
    names = [of_site(of, name) for of, content in found for name in decompress(content).decode().split("\n")]
    return frozenset(names) if found else None


def nodes(database: sqlite3.Connection, choice: Choice) -> Iterator[tuple[str, str]]:
    """The names and sites of the nodes that have a snapshot among these."""
    if choice.everything:
        return database.execute("SELECT n.name, t.name FROM node n JOIN site t ON t.id = n.site")
    return database.execute(
        "SELECT n.name, t.name FROM chosen c JOIN main.snapshot s ON s.id = c.id JOIN node n ON n.id = s.node"
        " JOIN site t ON t.id = n.site"
    )


def how_many(database: sqlite3.Connection, node: int) -> int:
    """How many snapshots there are of a node."""
    many: int = database.execute("SELECT count(*) FROM snapshot WHERE node = ?", (node,)).fetchone()[0]
    return many


class Library:
    """Gives the bytes of snapshots; remembers pieces."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._pieces: dict[int, bytes] = {}
        self._shapes: dict[int, tuple[int, ...]] = {}
        self._held = 0

    def data(self, kept: Kept) -> bytes:
        """The bytes of a snapshot as they were received; raises DamageError where they are lost."""
        try:
            data = self._data(kept)
        except (DamageError, ValueError, TypeError, AttributeError, OverflowError, OSError) as error:
            # A flipped bit can make anything of a value: another length, another type, a moment that never was.
            raise DamageError(f"the snapshot {kept.label} of {kept.name} cannot be put together ({error})") from None
        digest = hashlib.sha256(data).digest()
        if digest != kept.digest:
            message = f"the snapshot {kept.label} of {kept.name} has other bytes"
            raise DamageError(f"{message} (got sha256:{digest.hex()}, expected sha256:{kept.digest.hex()})")
        return data

    def _data(self, kept: Kept) -> bytes:
        if kept.shape == 0:
            found = self._database.execute("SELECT content FROM whole WHERE snapshot = ?", (kept.id,)).fetchone()
            return decompress(_there(found, "its bytes"))
        pieces, own = [self.piece(each) for each in self.shape(kept.shape)], kept.own
        size = sum(map(len, pieces))
        # One piece may stand in a shape many times, and a name in a piece.
        if size > MOST or size + len(own.name) * sum(piece.count(NAME) for piece in pieces) > MOST:
            raise DamageError(f"longer than a document may be (expected at most {MOST} bytes)")
        return join(pieces, own)

    def shape(self, id_: int) -> tuple[int, ...]:
        """The ids of a shape's pieces."""
        known = self._shapes.get(id_)
        if known is None:
            found = self._database.execute("SELECT pieces FROM shape WHERE id = ?", (id_,)).fetchone()
            packed = _there(found, f"shape {id_}")
            if len(packed) > _SHAPE:
                raise DamageError(f"shape {id_} has more pieces than a snapshot")
            known = unpack(packed)
            self._hold(len(known) * 36)
            self._shapes[id_] = known
        return known

    def piece(self, id_: int) -> bytes:
        """The bytes of a piece."""
        known = self._pieces.get(id_)
        if known is None:
            found = self._database.execute("SELECT content FROM piece WHERE id = ?", (id_,)).fetchone()
            known = decompress(_there(found, f"piece {id_}"))
            self._hold(len(known))
            self._pieces[id_] = known
        return known

    def section(self, id_: int) -> tuple[str, bytes]:
        """The section that a piece is, and its bytes, which are proven; raises DamageError."""
        found = self._database.execute("SELECT digest, section, content FROM piece WHERE id = ?", (id_,)).fetchone()
        if found is None:
            raise DamageError(f"piece {id_} is missing")
        digest, section, content = found
        try:
            piece = decompress(content)
            holds = fingerprint(section.encode(), piece) == digest
        except (DamageError, TypeError, AttributeError):
            holds = False
        if not holds:
            raise DamageError(f"piece {id_} has other bytes")
        return section, piece

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > _CACHE:
            self._held = size
            self._pieces, self._shapes = {}, {}


def _there(found: tuple[bytes] | None, what: str) -> bytes:
    if found is None:
        raise DamageError(f"{what} is missing")
    return found[0]
