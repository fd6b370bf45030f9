"""How rows go over the cluster: equal facts brought together and judged once, or each part of the input by itself."""

from __future__ import annotations

import enum
import functools
from typing import TYPE_CHECKING, Any, assert_never

from passmuster.fleet import Memory
from passmuster.spark import batches, rows

if TYPE_CHECKING:
    from passmuster.judge import Terms
    from passmuster.spark.source import Source

_SAMPLE = 2_000
"""Rows that are looked at before a strategy is chosen."""
_SHARE = 0.5
"""Distinct sets of facts among them: beyond this share, bringing equal ones together does not pay."""


class Strategy(enum.Enum):
    """The two ways; the results are the same to the byte."""

    DISTINCT = "distinct"
    """Find the distinct sets of facts, judge each once, join what is said to the nodes."""
    PARTITIONS = "partitions"
    """Judge each partition of the input by itself."""


def choose(source: Source, terms: Terms, task: bytes) -> Strategy:
    """The strategy for an input, by a sample of it."""
    if not Memory.serves(terms):
        return Strategy.PARTITIONS
    keys = _mapped(source.frame.limit(_SAMPLE), batches.split, task, rows.SPLIT).select("key").toArrow().column("key")
    told = len(keys) - keys.null_count
    return Strategy.DISTINCT if told and len(keys.drop_null().unique()) <= told * _SHARE else Strategy.PARTITIONS


def nodes(session: Any, source: Source, task: bytes, strategy: Strategy) -> Any:
    """Rows of `rows.NODES`, kept by Spark until its end."""
    match strategy:
        case Strategy.PARTITIONS:
            return _kept(_mapped(source.frame, batches.judge, task, rows.NODES))
        case Strategy.DISTINCT:
            return _kept(_distinct(session, source, task))
        case _:
            assert_never(strategy)


def _distinct(session: Any, source: Source, task: bytes) -> Any:
    parted = _kept(_mapped(source.frame, batches.split, task, rows.SPLIT))
    width = session.sparkContext.defaultParallelism * 2
    first = parted.where("key is not null and line is not null").select("key", "line")
    facts = _mapped(first.repartition(width, "key").dropDuplicates(["key"]), batches.ask, task, rows.FACTS)
    return _mapped(parted.join(facts, "key", "left"), batches.join, task, rows.NODES)


def _mapped(frame: Any, function: Any, task: bytes, schema: Any) -> Any:
    return frame.mapInArrow(functools.partial(function, task), rows.ddl(schema))


def _kept(frame: Any) -> Any:
    from pyspark import StorageLevel  # noqa: PLC0415 - an extra

    return frame.persist(StorageLevel.MEMORY_AND_DISK)
