"""Batches of snapshots in, batches of verdicts out: all that a distributed engine has to carry to its machines.

`judge` does it in one step. `split`, `ask` and `join` are the same in three, for an engine that brings equal facts
together in between: it keeps one line of each key that `split` gives, has those judged by `ask`, and joins what is said
to the other rows. Either way the bytes are the same. What a process saw it remembers for the next batch.
"""

from __future__ import annotations

import functools
import hashlib
import pickle
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from passmuster import _json, snapshot
from passmuster.errors import SnapshotError
from passmuster.fleet import Class, Journal, Memory, Remembered, Tally
from passmuster.fleet.cut import HEAD
from passmuster.judge import REPEATED, Given
from passmuster.report import Style, stream
from passmuster.report.onepass import OnePass
from passmuster.spark import rows, task
from passmuster.spark.documents import Document, documents
from passmuster.spark.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Place = tuple[str, int, int]
"""File, block, row."""
Row = tuple[object, ...]
_NONE = (None,) * 3


class Judge:
    """Judges documents, and remembers what it saw."""

    def __init__(self, data: bytes) -> None:
        """`data` is a task that was dumped."""
        self.task, self.terms = task.read(data)
        self.style = Style(evidence=self.task.evidence)
        self.passing = OnePass(self.terms, self.style, written=True, journal=BytesIO())
        self.memory = Memory(self.terms, render=stream.result(self.style))
        self.keys = Keys(self.terms) if Memory.serves(self.terms) else None

    def judged(self, found: Iterable[Document], classes: _Classes) -> list[Row]:
        """Documents as rows of `rows.NODES`."""
        self.passing.hand_over([])  # a task that failed before may have left something
        told = [self._pass(each) for each in found]
        passed = self.passing.hand_over([])
        entries = iter(Journal(BytesIO(passed.journal)))
        members = (passed.portion.members[number] for number in passed.portion.nodes)
        made: list[Row] = []
        for each, (kind, problem, node) in zip(found, told, strict=True):
            if node is None:
                made.append((*each.place, kind, *_NONE, problem, *_NONE))
                continue
            entry = next(entries)
            who = (entry.name, entry.machine_id, entry.digest)
            made.append((*each.place, kind, *who, None, *classes.named(next(members)), node))
        return made

    def _pass(self, each: Document) -> tuple[str, str | None, bytes | None]:
        """The kind of a document, why it cannot be read, and what a report says of it."""
        if each.kind != rows.NODE or each.data is None:
            null = "no snapshot in this row (got null, expected its bytes)"
            return each.kind, _problem(1, 1, null) if each.data is None else None, None
        found = self.passing.known(each.data)
        if found is not None:
            return rows.NODE, None, self.passing.remembered(found, b'""')
        try:
            read = snapshot.load(each.data, "")
        except SnapshotError as error:
            first = error.problems[0]
            problem = _problem(first.location.line, first.location.column, first.message)
            return rows.UNREADABLE, problem, None
        return rows.NODE, None, self.passing.plain(Given(input=None, snapshot=read))


class _Classes:
    """The classes that one task has met."""

    def __init__(self) -> None:
        self._met: set[bytes] = set()

    def named(self, judged: Class) -> tuple[bytes, bytes | None]:
        """The name of a class, and the class itself where it is new."""
        name = hashlib.blake2b(repr(judged.alike()).encode(), digest_size=16).digest()
        if name in self._met:
            return name, None
        self._met.add(name)
        return name, pickle.dumps(replace(judged, wire=b""))


@functools.lru_cache(maxsize=2)
def judge_of(data: bytes) -> Judge:
    """The judge of a task; one in each process."""
    return Judge(data)


def judge(data: bytes, batches: Iterable[Any]) -> Iterator[Any]:
    """Batches with the columns snapshot, file, block and size as batches of `rows.NODES`."""
    judging, classes = judge_of(data), _Classes()
    for found in documents(batches, lines=judging.task.lines):
        yield rows.batch(rows.NODES, judging.judged(found, classes))


def split(data: bytes, batches: Iterable[Any]) -> Iterator[Any]:
    """The same batches as batches of `rows.SPLIT`."""
    judging, met = judge_of(data), set[bytes]()
    for found in documents(batches, lines=judging.task.lines):
        yield rows.batch(rows.SPLIT, [_split(judging, met, each) for each in found])


def _split(judging: Judge, met: set[bytes], each: Document) -> Row:
    named = judging.keys.judge(each.data) if judging.keys and each.data is not None else None
    if named is None or each.data is None:
        return (*each.place, each.kind, *_NONE, None, None, None, each.data)
    key = named.judged.tail
    new = key not in met
    met.add(key)
    machine = None if named.machine_id is None else named.machine_id.decode()
    who = (named.name.decode(), machine, "sha256:" + hashlib.sha256(each.data).hexdigest())
    head = each.data[: named.head.end() + 1]
    return (*each.place, rows.NODE, *who, None, key, head, each.data if new else None)


def ask(data: bytes, batches: Iterable[Any]) -> Iterator[Any]:
    """Batches with the columns key and line as batches of `rows.FACTS`."""
    memory = judge_of(data).memory
    for batch in batches:
        found = [(key, memory.judge(line)) for key, line in rows.listed(batch, ("key", "line"))]
        yield rows.batch(rows.FACTS, [(key, pickle.dumps(each.judged)) for key, each in found if each is not None])


def join(data: bytes, batches: Iterable[Any]) -> Iterator[Any]:
    """Batches with the columns of `rows.SPLIT` and `rows.FACTS` as batches of `rows.NODES`."""
    judging, classes = judge_of(data), _Classes()
    unpacked: dict[bytes, Class] = {}
    for batch in batches:
        tally = Tally(judging.terms)
        made: list[Row] = []
        plain: list[Document] = []
        for *place, kind, name, machine_id, digest, key, head, line, said in rows.listed(batch, _JOINED):
            if key is None:
                plain.append(Document(place=tuple(place), data=line))
                continue
            if key not in unpacked:
                unpacked[key] = pickle.loads(said)  # noqa: S301 - what `ask` packed
            match = HEAD.match(head)
            assert match is not None
            found = Remembered(match, unpacked[key])
            judged = tally.remembered(found)
            node = stream.remembered(found, judged, digest)
            made.append((*place, kind, name, machine_id, digest, None, *classes.named(judged), node))
        yield rows.batch(rows.NODES, made + judging.judged(plain, classes))


_JOINED = (*(field.name for field in rows.PLACE), "name", "machine_id", "digest", "key", "head", "line", "said")


def finish(
    twice: frozenset[tuple[str | None, str | None]], ends: frozenset[Place], batches: Iterable[Any]
) -> Iterator[Any]:
    """Batches of `rows.NODES` of kind `node` as batches of `rows.TOLD`, when all that hangs on the others is known.

    `twice`: names and ids of machines that come more than once. `ends`: the rows of which the bare reading holds.
    """
    wanted = ("file", "block", "at", "bare", "name", "machine_id", "digest", "node")
    for batch in batches:
        made: list[Row] = []
        for *place, bare, name, machine_id, digest, node in rows.listed(batch, wanted):
            if bare == (tuple(place) in ends):
                again = (name, machine_id) in twice
                made.append((name, machine_id, digest, 0, stream.disqualified(node, REPEATED) if again else node))
        yield rows.batch(rows.TOLD, made)


def _problem(line: int | None, column: int | None, message: str) -> str:
    return _json.canonical([line, column, message])[:-1].decode()
