"""A distributed engine of a few lines, for tests: it cuts files into blocks as Hadoop does, and carries Arrow batches."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from passmuster.fleet.spark import batches, rows, task
from passmuster.fleet.spark.settle import settle
from passmuster.fleet.spark.source import Source
from passmuster.report import Style, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.fleet.spark.task import PolicyText

Batches = list[Any]
INPUT = pa.schema(
    [
        pa.field("snapshot", pa.binary()),
        pa.field("file", pa.string()),
        pa.field("block", pa.int64()),
        pa.field("size", pa.int64()),
    ]
)


def of_lines(files: Mapping[str, bytes], cuts: Sequence[int], width: int) -> list[Batches]:
    """Files of lines as partitions of one block each, in batches of so many rows; `cuts` are where blocks end."""
    return [
        [_batch(file, start, len(data), lines[at : at + width]) for at in range(0, len(lines), width)]
        for file, data in files.items()
        for start, lines in _blocks(data, cuts)
    ]


def of_rows(file: str, snapshots: Sequence[bytes | None], width: int) -> list[Batches]:
    """A file of Parquet as partitions of two batches each."""
    every = [_batch(file, 0, 1, snapshots[at : at + width]) for at in range(0, len(snapshots), width)]
    return [every]


def _batch(file: str, block: int, size: int, data: Sequence[bytes | None]) -> Any:
    return rows.batch(INPUT, [(each, file, block, size) for each in data])


def _blocks(data: bytes, cuts: Sequence[int]) -> Iterator[tuple[int, list[bytes]]]:
    """A line belongs to the block in which it begins; one that begins where a block does, to the block before."""
    ends = [*sorted({cut for cut in cuts if 0 < cut < len(data)}), len(data)]
    at = 0
    lines: dict[int, list[bytes]] = {}
    for line in data.splitlines(keepends=True) if b"\r" not in data else _split(data):
        start = next(start for start, end in itertools.pairwise([0, *ends]) if at <= end)
        lines.setdefault(start, []).append(line.removesuffix(b"\n"))
        at += len(line)
    yield from lines.items()


def _split(data: bytes) -> list[bytes]:
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def partitions(data: bytes, parts: list[Batches]) -> Any:
    """Rows of NODES, each partition judged by itself."""
    return _mapped(functools.partial(batches.judge, data), parts, rows.NODES)


def distinct(data: bytes, parts: list[Batches]) -> Any:
    """Rows of SPLIT, equal facts brought together."""
    parted = _mapped(functools.partial(batches.split, data), parts, rows.SPLIT)
    said = {facts: results for facts, results in rows.listed(parted, ("facts", "results")) if results is not None}
    results = pa.array([said.get(facts) for (facts,) in rows.listed(parted, ("facts",))], pa.binary())
    return parted.drop_columns("results").append_column("results", results)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What nodes are judged by, and how."""

    terms: EvaluationCriteria
    texts: Sequence[PolicyText]
    """What the terms were compiled from."""
    strategy: str


STRATEGIES: dict[str, Callable[[bytes, list[Batches]], Any]] = {"partitions": partitions, "distinct": distinct}


def report(folder: Path, parts: list[Batches], judging: Judging, *, lines: bool = True) -> bytes:
    """The whole report of a folder whose files were read as these partitions."""
    terms, style, strategy = judging.terms, Style(), judging.strategy
    data = task.of_terms(terms, judging.texts, evidence=style.evidence, lines=lines).dump()
    nodes = STRATEGIES[strategy](data, parts)
    files = tuple(f"file:{folder}/{each.name}" for each in folder.iterdir())
    source = Source(frame=None, lines=lines, files=files, root=f"file:{folder}", given=str(folder))
    settled = settle(source, nodes.select(rows.INDEX), terms, style)
    judged = nodes.filter(pa.array([kind == rows.NODE for (kind,) in rows.listed(nodes, ("kind",))], pa.bool_()))
    finish = functools.partial(
        batches.finish, batches.Rest(doubled=settled.doubled, repeats=settled.repeats, ends=settled.ends)
    )
    judged = judged.append_column("rank", pa.array([0] * len(judged), pa.int64()))
    told = [
        each
        for made in finish(judged.to_batches(max_chunksize=3))
        for each in rows.listed(made, ("name", "digest", "rank", "node"))
    ]
    told += [(name, "", rank, node) for rank, (name, node) in enumerate(settled.others)]
    told.sort(key=lambda each: each[:3])
    conclusion = settled.conclusion
    head, tail = stream.frame(conclusion.verdict, conclusion.counts, style)
    return head + b",".join(each[3] for each in told) + tail


def _mapped(function: Callable[..., Iterator[Any]], parts: list[Batches], schema: Any) -> Any:
    made = [each for part in parts for each in function(iter(part))]
    return pa.Table.from_batches(made, schema)
