"""Verifying a store: every digest is computed again, and references are compared."""

from __future__ import annotations

import functools
import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from passmuster import snapshot
from passmuster.errors import SnapshotError
from passmuster.fleet.store import held, reading
from passmuster.fleet.store.cut import moment
from passmuster.fleet.store.order import standing
from passmuster.fleet.store.packing import DamageError, checksum, decompress, fingerprint
from passmuster.fleet.store.rejudging import Rejudged, rejudge
from passmuster.fleet.store.verdicts import kept_terms, read_class, verdict_checksum
from passmuster.fleet.store.writing import machine_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.fleet.store.rejudging import Plan

_MOST = 1000
"""Findings that are listed; a store with more is lost anyhow."""
_LAWS = {
    "SELECT name || ' is two nodes' FROM node GROUP BY site, name, machine HAVING count(*) > 1": (
        "a node that appears twice"
    ),
    "SELECT hex(digest) FROM snapshot GROUP BY digest, node HAVING count(*) > 1": "a snapshot that appears twice",
    "SELECT id FROM snapshot WHERE node NOT IN (SELECT id FROM node)": "a snapshot without its node",
    "SELECT id FROM snapshot WHERE source NOT IN (SELECT id FROM source)": "a snapshot without its source",
    "SELECT id FROM source WHERE delivery NOT IN (SELECT id FROM delivery)": "a source without its delivery",
    "SELECT name FROM node WHERE site NOT IN (SELECT id FROM site)": "a node without its site",
    "SELECT id FROM snapshot WHERE shape > 0 AND shape NOT IN (SELECT id FROM shape)": "a snapshot without its shape",
    "SELECT snapshot FROM whole WHERE snapshot NOT IN (SELECT id FROM snapshot)": "bytes without their snapshot",
    "SELECT hex(facts) FROM verdict WHERE terms NOT IN (SELECT id FROM terms) OR class NOT IN (SELECT id FROM class)": (
        "a verdict without its terms or outcomes"
    ),
}


@dataclass(slots=True)
class Findings:
    """What was verified, and the damage found."""

    snapshots: int = 0
    pieces: int = 0
    verdicts: int = 0
    rejudged: Rejudged = field(default_factory=Rejudged)
    """What judging verdicts again found; its broken ones are in `broken` too."""
    broken: list[str] = field(default_factory=list)
    """A sentence each, the first thousand; empty where the store is sound."""


def verify(database: sqlite3.Connection, plan: Plan) -> Findings:
    """Look at everything, and judge verdicts again; what is broken is found, and nothing is raised."""
    found = Findings()
    again = functools.partial(_rejudged, plan)
    for step in (_structure, _pieces, _shapes, _laws, _rosters, _verdicts, _snapshots, again):
        _guarded(database, found, step)
    del found.broken[_MOST:]
    return found


def _guarded(
    database: sqlite3.Connection, found: Findings, step: Callable[[sqlite3.Connection, Findings], None]
) -> None:
    try:
        step(database, found)
    except (sqlite3.DatabaseError, DamageError, ValueError, TypeError, AttributeError, LookupError) as error:
        found.broken.append(f"what cannot be read: {error}")


def _structure(database: sqlite3.Connection, found: Findings) -> None:
    for (text,) in database.execute("PRAGMA integrity_check"):
        if text != "ok":
            found.broken += [f"SQLite: {line}" for line in str(text).splitlines()]


def _pieces(database: sqlite3.Connection, found: Findings) -> None:
    for id_, digest, section, content in database.execute("SELECT id, digest, section, content FROM piece"):
        found.pieces += 1
        try:
            holds = fingerprint(section.encode(), decompress(content)) == digest
        except (DamageError, TypeError, AttributeError):
            holds = False
        if not holds:
            found.broken.append(f"piece {id_} ({section or 'head'}): other bytes than were kept")


def _shapes(database: sqlite3.Connection, found: Findings) -> None:
    for id_, pieces, kept in database.execute("SELECT id, pieces, checksum FROM shape"):
        if not isinstance(pieces, bytes) or checksum(pieces) != kept:
            found.broken.append(f"shape {id_}: other pieces than were kept")


def _laws(database: sqlite3.Connection, found: Findings) -> None:
    for text, words in _LAWS.items():
        found.broken += [f"{words}: {row[0]}" for row in database.execute(f"{text} LIMIT {_MOST}")]
    for one, rows in held.of_nodes(database):
        marks = standing([each for each, _ in rows], one=one)
        words = "a snapshot that is wrongly marked as the latest, or as an older one"
        found.broken += [f"{words}: {each.id}" for each, mark in rows if marks[each.id] != mark]


def _rosters(database: sqlite3.Connection, found: Findings) -> None:
    for site, content in database.execute("SELECT site, names FROM roster"):
        try:
            decompress(content).decode()
        except (DamageError, ValueError, TypeError):
            found.broken.append(f"the roster of {site or 'the store'} cannot be read")


def _verdicts(database: sqlite3.Connection, found: Findings) -> None:
    classes: dict[int, bytes] = {}
    for id_, digest, content in database.execute("SELECT id, digest, content FROM class"):
        classes[id_] = digest
        try:
            read_class(content, digest)
        except (DamageError, TypeError):
            found.broken.append(f"outcomes {id_}: other than were kept")
    terms = {each.id: each.digest for each in kept_terms(database)}
    for of, facts, class_, kept in database.execute("SELECT terms, facts, class, checksum FROM verdict"):
        found.verdicts += 1
        if of in terms and class_ in classes and kept != verdict_checksum(terms[of], facts, classes[class_]):
            found.broken.append(f"the verdict over {facts.hex()} is not the one that was kept")


def _rejudged(plan: Plan, database: sqlite3.Connection, found: Findings) -> None:
    found.rejudged = rejudge(database, plan)
    found.broken += found.rejudged.broken


def _snapshots(database: sqlite3.Connection, found: Findings) -> None:
    library = reading.Library(database)
    for kept in reading.unordered(database):
        found.snapshots += 1
        try:
            data = library.data(kept)
            if kept.shape == 0:
                _same(kept, data)
        except DamageError as error:
            found.broken.append(str(error))


def _same(kept: reading.Kept, data: bytes) -> None:
    """Check that the columns of a whole snapshot match its content; raises DamageError."""
    try:
        read = snapshot.load(data, kept.label)
    except SnapshotError as error:
        raise DamageError(f"the snapshot {kept.label} of {kept.name} is none ({error.problems[0]})") from None
    own = (read.name, read.machine_id, moment(read.collection["collected_at"]))
    if own != (kept.name, machine_text(kept.machine), kept.at):
        raise DamageError(f"the snapshot {kept.label} says {own[0]}, and is kept as one of {kept.name}")
