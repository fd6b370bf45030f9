"""Batches of snapshots in, batches of verdicts out: all that a distributed engine has to carry to its machines.

`judge` makes a node of each row. `split` tells what is said of each distinct set of facts once in a task, and leaves
the nodes to `finish`, for an engine that brings equal facts together in between. Either way the bytes are the same, and
a process judges equal facts once: it remembers what it saw.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol

from passmuster import snapshot
from passmuster.codec import json
from passmuster.errors import SnapshotError
from passmuster.evaluation.node import REPEATED, Given, defect
from passmuster.fleet import Class, Journal, Memory, Remembered, Tally
from passmuster.fleet.cache.cut import HEAD
from passmuster.fleet.runner import OnePass
from passmuster.fleet.spark import rows, task
from passmuster.fleet.spark.classes import Classes, with_results
from passmuster.fleet.spark.documents import Document, documents
from passmuster.report import Style, stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Place = tuple[str, int, int]
"""File, block, row."""
Row = tuple[object, ...]
_NONE = (None,) * 3


class Judge:
    """Judges documents, and remembers what it saw."""

    def __init__(self, data: bytes) -> None:
        """`data` is a task that was dumped."""
        self.task, self.terms = task.read(data)
        style = Style(evidence=self.task.evidence)
        self._passing = OnePass(self.terms, style, written=True, journal=BytesIO())
        self.render = stream.result(style)

    def judged(self, found: Iterable[Document], classes: Classes) -> list[Row]:
        """Documents as rows of `rows.NODES`."""
        self._passing.hand_over([])  # a task that failed before may have left something
        told = [self._pass(each) for each in found]
        passed = self._passing.hand_over([])
        entries = iter(Journal(BytesIO(passed.journal)))
        members = (passed.portion.members[number] for number in passed.portion.nodes)
        made: list[Row] = []
        for each, (kind, problem, node) in zip(found, told, strict=True):
            if node is None:
                made.append((*each.place, kind, *_NONE, problem, *_NONE))
                continue
            entry = next(entries)
            who = (entry.name, entry.machine_id, entry.digest)
            made.append((*each.place, kind, *who, None, *classes.counted(next(members)), node))
        return made

    def _pass(self, each: Document) -> tuple[str, str | None, bytes | None]:
        """The kind of a document, why it cannot be read, and what a report says of it."""
        if each.kind not in {rows.NODE, rows.NOISE} or each.data is None:
            null = "no snapshot in this row (got null, expected its bytes)"
            return each.kind, _problem(1, 1, null) if each.data is None else None, None
        found = self._passing.known(each.data)
        if found is not None:
            return rows.NODE, None, self._passing.remembered(found, b'""')
        try:
            read = snapshot.load(each.data, "")
        except SnapshotError as error:
            first = error.problems[0]
            problem = _problem(first.location.line, first.location.column, first.message)
            return rows.NOISE if each.kind == rows.NOISE else rows.UNREADABLE, problem, None
        except Exception as error:  # noqa: BLE001 - whatever it is, it says nothing of the other nodes
            return rows.UNREADABLE, _problem(1, 1, defect(error)), None
        return rows.NODE, None, self._passing.plain(Given(input=None, snapshot=read))


@functools.lru_cache(maxsize=2)
def judge_of(data: bytes) -> Judge:
    """The judge of a task; one in each process."""
    return Judge(data)


def judge(data: bytes, batches: Iterable[Any]) -> Iterator[Any]:
    """Batches with the columns snapshot, file, block and size as batches of `rows.NODES`."""
    judging, classes = judge_of(data), Classes()
    for found in documents(batches, lines=judging.task.lines):
        yield rows.batch(rows.NODES, judging.judged(found, classes))


def split(data: bytes, batches: Iterable[Any]) -> Iterator[Any]:
    """The same batches as batches of `rows.SPLIT`."""
    judging, classes = judge_of(data), Classes()
    memory = Memory(judging.terms, render=judging.render) if Memory.serves_sections(judging.terms) else None
    for found in documents(batches, lines=judging.task.lines):
        tally = Tally(judging.terms)
        made: list[Row] = []
        others: list[Document] = []
        for each in found:
            known = None
            if memory and each.kind == rows.NODE and each.data is not None:
                known = memory.judge(each.data) or memory.judge_other(each.data)
            if known is None:
                others.append(each)
            else:
                made.append((*each.place, rows.NODE, *_split(known, tally.remembered(known), classes)))
        made += [(*row, *_NONE) for row in judging.judged(others, classes)]
        yield rows.batch(rows.SPLIT, made)


def _split(known: Remembered, judged: Class, classes: Classes) -> Row:
    line: bytes = known.head.string
    machine = None if known.machine_id is None else known.machine_id.decode()
    who = (known.name.decode(), machine, "sha256:" + hashlib.sha256(known.data).hexdigest())
    head = line[: known.head.end() + 1]  # with the quotation mark that the pattern looks ahead for
    return (*who, None, *classes.counted(judged), None, head, *classes.worded(judged))


class Sent(Protocol):
    """A value that was sent to every machine, as engines give it."""

    @property
    def value(self) -> Mapping[bytes, bytes]:
        """The results of each set of facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What hangs on other rows than a node's own."""

    doubled: frozenset[Place]
    """Rows of nodes of which several snapshots were given."""
    repeats: frozenset[Place]
    """Rows of which the same bytes stand elsewhere too."""
    ends: frozenset[Place]
    """The rows of which the bare reading holds."""
    results: Sent | None = None
    """None where rows are whole, or have their results themselves."""


def finish(rest: Rest, batches: Iterable[Any]) -> Iterator[Any]:
    """Rows of kind `node` of `rows.NODES` or `rows.SPLIT`, with a `rank`, as batches of `rows.TOLD`."""
    maker = _Maker(rest)
    for batch in batches:
        nodes = maker.nodes(batch) if "head" in batch.schema.names else batch.column("node").to_pylist()
        made: list[Row] = []
        for node, (*place, bare, name, machine_id, digest, rank) in zip(
            nodes, rows.listed(batch, _TELLING), strict=True
        ):
            at = tuple(place)
            if bare == (at in rest.ends) and not (digest and at in rest.repeats):
                told = stream.disqualified(node, REPEATED) if digest and at in rest.doubled else node
                made.append((name, machine_id, digest, rank, told))
        yield rows.batch(rows.TOLD, made)


_TELLING = ("file", "block", "at", "bare", "name", "machine_id", "digest", "rank")


class _Maker:
    """Makes nodes of what is their own and what is said of their facts."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._known: dict[bytes, Class] = {}

    def nodes(self, batch: Any) -> Iterator[bytes]:
        """The node of each row of `rows.SPLIT`."""
        sent = self._rest.results
        own = batch.column("results").to_pylist() if sent is None else [None] * batch.num_rows
        for results, (node, head, facts, digest) in zip(own, rows.listed(batch, _MAKING), strict=True):
            match = HEAD.match(head) if head is not None else None
            if match is None:
                yield node
                continue
            if facts not in self._known:
                if len(self._known) == _AT_HAND:
                    self._known.clear()
                self._known[facts] = with_results(results if sent is None else sent.value[facts])
            known = self._known[facts]
            yield stream.remembered(Remembered(match, known, head), known, digest)


_MAKING = ("node", "head", "facts", "digest")
_AT_HAND = 2_000
"""Sets of facts of which the results are at hand."""


def _problem(line: int | None, column: int | None, message: str) -> str:
    return json.canonical([line, column, message])[:-1].decode()
