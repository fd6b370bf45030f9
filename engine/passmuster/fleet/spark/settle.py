"""What cannot be said of a node by its own row alone: who was given twice, who is missing, what could not be read.

The driver says it, from a table with some hundred bytes of each row, by the same code as a check on one machine.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from passmuster.codec import json
from passmuster.errors import Location, Problem, UsageError
from passmuster.evaluation.node import Given
from passmuster.fleet import Entry, Journal, Tally
from passmuster.fleet.runner import OnePass, Passed
from passmuster.fleet.spark import rows
from passmuster.fleet.spark.classes import unpacked
from passmuster.report import stream
from passmuster.snapshot.roster import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.fleet import Class
    from passmuster.fleet.conclusion import Conclusion
    from passmuster.fleet.spark.batches import Place
    from passmuster.fleet.spark.source import Source
    from passmuster.report import Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A fleet, and what is to be said of its nodes together."""

    conclusion: Conclusion
    others: tuple[tuple[str, bytes], ...]
    """Name and JSON of the nodes without a snapshot that can be read, in the order of a report."""
    ends: frozenset[Place]
    """Rows of which the bare reading holds."""
    notes: tuple[str, ...]
    """What a person should know, and no report says."""
    doubled: frozenset[Place]
    """Rows of nodes of which several snapshots were given: these nodes are unknown."""
    repeats: frozenset[Place]
    """Rows of which the same bytes stand elsewhere too: they are no nodes of their own."""


def settle(source: Source, table: Any, terms: EvaluationCriteria, style: Style) -> Settled:
    """Settle a fleet; `table` has `rows.INDEX`. Raises UsageError where Spark did not give all of a file."""
    classes = _classes(table, terms)
    ends = _ends(source, table) if source.lines else frozenset()
    table = _without_noise(_one_reading(table, ends), lines=source.lines)
    names = _Names(source, table)
    passing = OnePass(terms, style, written=True, journal=BytesIO())
    others = [
        (str(given.input), passing.plain(given))
        for given in (*_unreadable(source, table, names), *_empty(source, names))
    ]
    passing.take(_passed(table, classes, terms, names))
    conclusion = passing.conclude()
    places = [*[None] * len(others), *rows.listed(_nodes(table), _PLACE)]
    roster = conclusion.verdict.roster
    others += [(name, stream.absent(Node(name, None), style)) for name in (roster.missing if roster else ())]
    others.sort(key=lambda each: each[0])
    return Settled(
        conclusion=conclusion,
        others=tuple(others),
        ends=ends,
        notes=_notes(source, table),
        doubled=_at(places, conclusion.beside.doubled),
        repeats=_at(places, conclusion.beside.repeats),
    )


def _at(places: Sequence[Any], some: Iterable[int]) -> frozenset[Place]:
    return frozenset(tuple(places[at]) for at in some)


def _nodes(table: Any) -> Any:
    return table.filter(pc.equal(table["kind"], rows.NODE))


def _classes(table: Any, terms: EvaluationCriteria) -> dict[bytes, Class]:
    """The classes by name; one may stand in a row of which the other reading holds."""
    said = table.filter(pc.is_valid(table["said"]))
    found: dict[bytes, bytes] = dict(rows.listed(said, ("class", "said")))
    return {name: unpacked(data, terms) for name, data in found.items()}


def _passed(table: Any, classes: Mapping[bytes, Class], terms: EvaluationCriteria, names: _Names) -> Passed:
    """The nodes that were judged by their rows, as a worker on one machine hands them over."""
    nodes = _nodes(table)
    tally, file = Tally(terms), BytesIO()
    journal = Journal(file)
    for place, (name, machine_id, digest, class_) in zip(
        rows.listed(nodes, _PLACE), rows.listed(nodes, ("name", "machine_id", "digest", "class")), strict=True
    ):
        tally.row(classes[class_], (name, machine_id, None), digest)
        journal.write(Entry(name, machine_id, digest, names.label(place)))
    return Passed(portion=tally.portion(), journal=file.getvalue(), noted=((), 0), written=[])


_PLACE = ("file", "block", "at")


def _ends(source: Source, table: Any) -> frozenset[Place]:
    """The last rows of files without a line feed there, as far as they were read both ways."""
    files = table.filter(pc.invert(table["bare"])).group_by("file").aggregate([("length", "sum"), ("size", "max")])
    open_: set[str] = set()
    for file, total, size in rows.listed(files, ("file", "length_sum", "size_max")):
        if total not in {size, size + 1}:
            message = f"spark did not give all of it (got {total} bytes, expected {size}): "
            cure = "it has changed, or begins with a byte order mark"
            raise UsageError.at(source.label(file), message + cure, code="spark-input")
        if total > size:
            open_.add(file)
    last: dict[str, Place] = {}
    for place in rows.listed(table.filter(table["bare"]), _PLACE):
        if place[0] in open_:
            last[place[0]] = max(last.get(place[0], place), place)
    return frozenset(last.values())


def _one_reading(table: Any, ends: frozenset[Place]) -> Any:
    """The table with one reading of each row."""
    if not ends:
        return table.filter(pc.invert(table["bare"]))
    return table.filter(pa.array([bare == (tuple(at) in ends) for *at, bare in rows.listed(table, (*_PLACE, "bare"))]))


def _without_noise(table: Any, *, lines: bool) -> Any:
    """The table with one unreadable row for each run of rows of noise; in lines the rest of a run is blank."""
    kinds = table["kind"].to_pylist()
    if rows.NOISE not in kinds:
        return table
    before = (None, False)
    for at in pc.sort_indices(table, [(name, "ascending") for name in (*_PLACE, "part")]).to_pylist():
        kind, file = kinds[at], table["file"][at].as_py()
        if kind == rows.BLANK:
            continue
        if kind == rows.NOISE:
            kinds[at] = rows.BLANK if lines and before == (file, True) else rows.UNREADABLE
        before = (file, kind == rows.NOISE)
    return table.set_column(table.schema.get_field_index("kind"), "kind", pa.array(kinds, pa.string()))


class _Names:
    """How rows are named: by the file, and by the line where it holds several documents."""

    def __init__(self, source: Source, table: Any) -> None:
        self._source = source
        told = table.append_column("told", pc.cast(pc.not_equal(table["kind"], rows.BLANK), pa.int64()))
        counted = told.group_by(["file", "block"]).aggregate([("at", "max"), ("told", "sum")])
        self.documents: dict[str, int] = defaultdict(int)
        self._before: dict[tuple[str, int], int] = {}
        lines: dict[str, int] = defaultdict(int)
        for file, block, last, many in sorted(rows.listed(counted, ("file", "block", "at_max", "told_sum"))):
            self._before[file, block] = lines[file]
            lines[file] += last + 1
            self.documents[file] += many
        self._labels = {file: source.label(file) for file in lines}

    def line(self, place: tuple[Any, ...]) -> int:
        """The line of a row in its file, from 1."""
        return self._before[place[0], place[1]] + int(place[2]) + 1

    def label(self, place: tuple[Any, ...]) -> str:
        """What a report calls the row."""
        label = self._labels[place[0]]
        return label if self.documents[place[0]] == 1 else f"{label}:{self.line(place)}"


def _unreadable(source: Source, table: Any, names: _Names) -> Iterator[Given]:
    found = table.filter(pc.equal(table["kind"], rows.UNREADABLE))
    for *place, text in sorted(rows.listed(found, (*_PLACE, "part", "problem"))):
        line, column, message = json.loads(text.encode())
        where = Location(file=source.label(place[0]), line=names.line(tuple(place)) + line - 1, column=column)
        problem = str(Problem(code="snapshot", message=message, location=where))
        yield Given(input=names.label(tuple(place)), snapshot=None, problem=problem)


def _empty(source: Source, names: _Names) -> list[Given]:
    """Files without a document; one of Parquet may well have no row."""
    labels = [source.label(file) for file in source.files if not names.documents.get(file)] if source.lines else []
    text = "the file is empty (expected a snapshot)"
    return [Given(input=label, snapshot=None, problem=f"{label}:1:1: {text}") for label in labels]


def _notes(source: Source, table: Any) -> tuple[str, ...]:
    found = pc.unique(table.filter(pc.equal(table["kind"], rows.REPORT))["file"]).to_pylist()
    return tuple(f"{source.label(file)}: a report of ours is no snapshot; skipped" for file in sorted(found))
