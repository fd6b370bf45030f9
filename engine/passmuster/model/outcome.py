"""Outcomes of rules, nodes and fleets, and how they combine; nothing passes by accident."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from collections.abc import Iterable


class UnansweredError(Exception):
    """A rule has no outcome on a node: a fault of the engine. There is no verdict then, for a silence could pass."""


class Level(enum.Enum):
    """How much a rule weighs."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"
    INFORMATIONAL = "informational"


class RuleOutcome(enum.Enum):
    """What became of one rule on one node."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    """A fact that the rule needs could not be looked at."""
    ERROR = "error"
    """The policy is at fault."""
    NOT_APPLICABLE = "not_applicable"
    """The question does not arise on this node."""
    WAIVED = "waived"
    """An exception covers it; the result keeps what it would have been."""


class NodeOutcome(enum.Enum):
    """What became of a node, or of a fleet; in the order of the definition, worst first."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    WARN = "warn"
    PASS = "pass"


def node_outcome(results: Iterable[tuple[Level, RuleOutcome]]) -> NodeOutcome:
    """Combine the outcomes of a node's rules.

    Informational rules never count, nor do `not_applicable` and `waived`. Where no required
    or recommended rule counted, the node is unknown: an empty set of checks is not a pass.
    """
    worst: NodeOutcome | None = None
    for level, outcome in results:
        single = _weigh(level, outcome)
        if single is not None:
            worst = single if worst is None else worse(worst, single)
    return NodeOutcome.UNKNOWN if worst is None else worst


def _weigh(level: Level, outcome: RuleOutcome) -> NodeOutcome | None:
    if level is Level.INFORMATIONAL:
        return None
    match outcome:
        case RuleOutcome.NOT_APPLICABLE | RuleOutcome.WAIVED:
            return None
        case RuleOutcome.PASS:
            return NodeOutcome.PASS
        case RuleOutcome.FAIL:
            return NodeOutcome.FAIL if level is Level.REQUIRED else NodeOutcome.WARN
        case RuleOutcome.UNKNOWN | RuleOutcome.ERROR:
            return NodeOutcome.UNKNOWN if level is Level.REQUIRED else NodeOutcome.WARN
        case _:
            assert_never(outcome)


_SEVERITY = {outcome: rank for rank, outcome in enumerate(NodeOutcome)}


def worse(one: NodeOutcome, other: NodeOutcome) -> NodeOutcome:
    """The worse of two outcomes."""
    return one if _SEVERITY[one] <= _SEVERITY[other] else other


def fleet_outcome(nodes: Iterable[NodeOutcome]) -> NodeOutcome:
    """Combine the outcomes of nodes: the worst of them; no node at all is unknown."""
    return min(nodes, key=_SEVERITY.__getitem__, default=NodeOutcome.UNKNOWN)
