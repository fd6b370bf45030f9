"""The report of a fleet from rows that never stand in memory together."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from passmuster.report import stream
from passmuster.spark import rows
from passmuster.spark.batches import finish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.report import Style
    from passmuster.spark.settle import Settled

_MARK = b'"nodes":[]'


def told(session: Any, nodes: Any, settled: Settled) -> Any:
    """Rows of `rows.TOLD` in the order of a report, from rows of `rows.NODES`."""
    judged = nodes.where(f"kind = '{rows.NODE}'")
    if settled.twice or settled.ends:
        finishing = functools.partial(finish, settled.twice, settled.ends)
        judged = judged.mapInArrow(finishing, rows.ddl(rows.TOLD))
    else:
        judged = judged.where("not bare").selectExpr("name", "machine_id", "digest", "cast(0 as bigint) rank", "node")
    if settled.others:
        made = [(name, None, "", rank, node) for rank, (name, node) in enumerate(settled.others)]
        others = pa.Table.from_batches([rows.batch(rows.TOLD, made)])
        judged = judged.unionByName(session.createDataFrame(others))
    return judged.orderBy("name", "digest", "rank")


def pieces(ordered: Any, settled: Settled, style: Style) -> Iterator[bytes]:
    """The report's JSON, a node at a time: the bytes that `check -o json` writes."""
    conclusion = settled.conclusion
    head, _, tail = stream.whole(conclusion.verdict, conclusion.counts, (), style).partition(_MARK)
    yield head + _MARK[:-1]
    comma = b""
    for row in ordered.select("node").toLocalIterator(prefetchPartitions=True):
        yield comma + bytes(row[0])
        comma = b","
    yield _MARK[-1:] + tail
