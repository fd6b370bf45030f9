"""How rows go over the cluster: equal facts brought together and judged once, or each part of the input by itself."""

from __future__ import annotations

import enum
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

from passmuster.fleet import Memory
from passmuster.fleet.spark import batches, rows

if TYPE_CHECKING:
    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.fleet.spark.source import Source

_SAMPLE = 2_000
"""Rows that are looked at before a strategy is chosen."""
_SHARE = 0.5
"""Distinct sets of facts among them: beyond this share, bringing equal ones together does not pay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """Rows with their verdict, made by Spark when they are first asked for, and kept until its end."""

    rows: Any
    """`rows.NODES`, or `rows.SPLIT` without `results`."""
    facts: Any
    """`rows.FACTS`; None where the rows are whole."""

    @property
    def index(self) -> Any:
        """`rows.INDEX`."""
        return self.rows.select(*rows.INDEX)


class Strategy(enum.Enum):
    """The two ways; the results are the same to the byte."""

    DISTINCT = "distinct"
    """What is said of a set of facts travels once, and is joined to the nodes when these are written."""
    PARTITIONS = "partitions"
    """Each partition of the input makes its nodes by itself."""


def choose(source: Source, terms: EvaluationCriteria, task: bytes) -> Strategy:
    """The strategy for an input, by a sample of it."""
    if not Memory.serves_sections(terms):
        return Strategy.PARTITIONS
    split = mapped(source.frame.limit(_SAMPLE), functools.partial(batches.split, task), rows.SPLIT)
    facts = split.select("facts").toArrow().column("facts")
    told = len(facts) - facts.null_count
    return Strategy.DISTINCT if told and len(facts.drop_null().unique()) <= told * _SHARE else Strategy.PARTITIONS


def nodes(source: Source, task: bytes, strategy: Strategy) -> Nodes:
    """The nodes of a source, judged."""
    match strategy:
        case Strategy.PARTITIONS:
            found = _kept(mapped(source.frame, functools.partial(batches.judge, task), rows.NODES))
            return Nodes(rows=found, facts=None)
        case Strategy.DISTINCT:
            found = _kept(mapped(source.frame, functools.partial(batches.split, task), rows.SPLIT))
            facts = found.where("results is not null").select("facts", "results").dropDuplicates(["facts"])
            return Nodes(rows=found.drop("results"), facts=facts)
        case _:
            assert_never(strategy)


def mapped(frame: Any, function: Any, schema: Any) -> Any:
    """The rows that a function makes of those of a frame."""
    return frame.mapInArrow(function, rows.ddl(schema))


def _kept(frame: Any) -> Any:
    from pyspark import StorageLevel  # noqa: PLC0415 - an extra

    return frame.persist(StorageLevel.DISK_ONLY)
