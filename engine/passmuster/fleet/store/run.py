"""The commands over a store, between reading and writing: batches of snapshots, and the histories of nodes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from passmuster import snapshot
from passmuster.evaluation.node import Given, judge_one
from passmuster.fleet.store import order, reading
from passmuster.fleet.store.history import changes, turns

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.fleet.store.history import Change, Turn
    from passmuster.fleet.store.reading import Kept
    from passmuster.fleet.store.writing import Conflict, Delivery, Row, Writer

BATCH = 4_000
_BYTES = 64 * 1024 * 1024
"""Bytes of snapshots that are kept whole in one batch."""


@dataclass(slots=True)
class Taken:
    """What became of the snapshots of a batch, or of a run."""

    read: int = 0
    new: int = 0
    known: int = 0
    unreadable: int = 0
    last: str | None = None
    """The label up to which everything is on the disk; None where nothing was read."""
    conflicts: list[Conflict] = field(default_factory=list)


class Intake:
    """Gathers rows, and writes them a batch at a time."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._rows: list[tuple[Row, Delivery]] = []
        self._held = 0
        self._unreadable = 0
        self._last: str | None = None
        self.total = Taken()
        """Of what is on the disk."""

    @property
    def full(self) -> bool:
        """Whether it is time to write."""
        return len(self._rows) >= BATCH or self._held > _BYTES

    def add(self, row: Row, delivery: Delivery, label: str) -> None:
        """Take a snapshot."""
        self._last = label
        self._rows.append((row, delivery))
        self._held += len(row.kept) if isinstance(row.kept, bytes) else 0

    def unreadable(self, label: str) -> None:
        """Note one that cannot be kept."""
        self._last = label
        self._unreadable += 1

    def write(self) -> Taken:
        """Write what was gathered; when this returns it is on the disk."""
        written = self._writer.write(self._rows)
        batch = Taken(
            read=len(self._rows) + self._unreadable,
            new=written.new,
            known=written.known,
            unreadable=self._unreadable,
            last=self._last,
            conflicts=written.conflicts,
        )
        self._rows, self._held, self._unreadable = [], 0, 0
        total = self.total
        total.read += batch.read
        total.new += batch.new
        total.known += batch.known
        total.unreadable += batch.unreadable
        total.last = batch.last
        total.conflicts += batch.conflicts
        return batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One snapshot of a node, and what is other than in the one before."""

    kept: Kept
    standing: str
    """What the snapshot is among those of its node."""
    first: bool
    outcome: str | None
    """The outcome of the node; None without a policy."""
    changes: tuple[Change, ...]
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The snapshots of one node in the order of their moments."""

    name: str
    site: str
    """Empty where none was named."""
    machine: bytes | None
    steps: tuple[Step, ...]


def stories(database: sqlite3.Connection, name: str, terms: EvaluationCriteria | None) -> list[Story]:
    """What became of the nodes of a name; several where other sites or machines had it. Raises DamageError."""
    library = reading.Library(database)
    found = []
    by_node = itertools.groupby(reading.of_node(database, name), lambda kept: (kept.site, kept.machine))
    for (site, machine), of_one in by_node:
        steps = tuple(_steps(list(of_one), library, terms))
        found.append(Story(name=name, site=site, machine=machine, steps=steps))
    return found


def _steps(of_one: Sequence[Kept], library: reading.Library, terms: EvaluationCriteria | None) -> Iterator[Step]:
    before = verdict_before = None
    for kept in of_one:
        now = snapshot.load(library.data(kept), kept.label)
        verdict = (
            judge_one(Given(input=kept.label, snapshot=now, doubt=kept.doubt), terms) if terms is not None else None
        )
        yield Step(
            kept=kept,
            standing=order.worded(kept.latest),
            first=before is None,
            outcome=verdict.outcome.value if verdict is not None else None,
            changes=changes(before, now) if before is not None else (),
            turns=turns(verdict_before, verdict) if verdict_before is not None and verdict is not None else (),
        )
        before, verdict_before = now, verdict
