"""The report of a fleet from rows that never stand in memory together."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from passmuster.fleet.spark import rows
from passmuster.fleet.spark.batches import Rest, finish
from passmuster.fleet.spark.strategy import mapped
from passmuster.report import stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.fleet.spark.settle import Settled
    from passmuster.fleet.spark.strategy import Nodes
    from passmuster.report import Style

_ORDER = ("name", "digest", "rank")
_AT_ONCE = 1_000
"""So many nodes are one part: some 10 MB."""
_PARTS = 8
"""So many parts are made, and come to the driver, at once."""
_SENT = 128 * 1024 * 1024
"""So many bytes are sent to every machine at most: what is said of all facts, where that is less."""


def told(session: Any, nodes: Nodes, settled: Settled) -> Any:
    """Rows of `rows.TOLD` in the order of a report."""
    _divide(session, settled)
    rest = Rest(doubled=settled.doubled, repeats=settled.repeats, ends=settled.ends)
    every = nodes.rows.where(f"kind = '{rows.NODE}'").selectExpr("*", "cast(0 as bigint) as rank")
    if settled.others:
        every = every.unionByName(session.createDataFrame(_others(settled)), allowMissingColumns=True)
    if nodes.facts is None:
        return mapped(every.orderBy(*_ORDER), functools.partial(finish, rest), rows.TOLD)
    if (nodes.facts.selectExpr("sum(length(results))").first()[0] or 0) > _SENT:
        whole = every.join(nodes.facts, "facts", "left")
        return mapped(whole, functools.partial(finish, rest), rows.TOLD).orderBy(*_ORDER)
    # Rows are sorted while they are narrow. Spark drops a sort in front of its own joins, so this join is by hand.
    said = dict(rows.listed(nodes.facts.toArrow(), ("facts", "results")))
    sent = replace(rest, results=session.sparkContext.broadcast(said))
    return mapped(every.orderBy(*_ORDER), functools.partial(finish, sent), rows.TOLD)


def _divide(session: Any, settled: Settled) -> None:
    """Have sorted rows in parts that the driver can take one after the other; Spark would take narrow rows together."""
    parts = sum(settled.conclusion.totals.nodes.values()) // _AT_ONCE + 1
    least = session.sparkContext.defaultParallelism * 2
    session.conf.set("spark.sql.shuffle.partitions", str(max(parts, least)))
    session.conf.set("spark.sql.adaptive.coalescePartitions.enabled", "false")


def _others(settled: Settled) -> Any:
    """The nodes that were not judged by a row, as rows of `rows.NODES` with a rank."""
    place = ("", 0, 0, 0, 0, 0, False, rows.NODE)
    made = [(*place, name, None, "", None, None, None, node) for name, node in settled.others]
    table = pa.Table.from_batches([rows.batch(rows.NODES, made)])
    return table.append_column("rank", pa.array(range(len(made)), pa.int64()))


def pieces(ordered: Any, settled: Settled, style: Style) -> Iterator[bytes]:
    """The report's JSON, a node at a time: the bytes that `check -o json` writes."""
    conclusion = settled.conclusion
    head, tail = stream.frame(conclusion.verdict, conclusion.counts, style)
    yield head
    comma = b""
    for node in _collected(ordered):
        yield comma + node
        comma = b","
    yield tail


def _collected(ordered: Any) -> Iterator[bytes]:
    """The nodes, some parts at a time; DataFrame.toLocalIterator would keep all of them in the driver's Java."""
    found = ordered.select("node").rdd
    parts = range(found.getNumPartitions())
    for first in parts[::_PARTS]:
        for row in found.context.runJob(found, list, list(parts[first : first + _PARTS])):
            yield bytes(row[0])
