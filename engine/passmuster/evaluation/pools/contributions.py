"""What one node contributes to a fleet rule: its pool and its value, or why they are not known. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from passmuster import cel
from passmuster.cel.values.values import unknown_within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.model.fieldpath import FieldPath
    from passmuster.model.unknown import UnknownFact
    from passmuster.policy.compile import CompiledFleetRule

    Value: TypeAlias = str | int | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why something of a node is not known."""

    facts: tuple[UnknownFact, ...] = ()
    """The facts that stood in the way, sorted; empty where it was something else."""
    reason: str = ""
    """What else it was; empty where it was facts."""
    fault: bool = False
    """Whether the policy is at fault."""

    def __lt__(self, other: Why) -> bool:
        return self._order() < other._order()

    def _order(self) -> tuple[list[tuple[FieldPath, str, str]], str, bool]:
        return [(fact.path, fact.reason.value, fact.detail) for fact in self.facts], self.reason, self.fault


@dataclass(frozen=True, slots=True)
class Valued:
    """A member whose value is known."""

    pool: str
    """What `group_by` gives; empty where the rule has none."""
    value: Value


@dataclass(frozen=True, slots=True)
class Unvalued:
    """A member whose value is not known."""

    pool: str
    why: Why


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A node whose membership or pool is unknown."""

    why: Why


Contribution: TypeAlias = Valued | Unvalued | Unplaced

UNJUDGED = Unplaced(Why(reason="the node is unknown as a whole"))
"""What a node contributes of which there is no snapshot to judge: it may be anything."""


def contribution(rule: CompiledFleetRule, values: Mapping[str, object]) -> Contribution | None:
    """What a node contributes; None where it is no member. `values` is what `evaluate.bound` gives."""
    if rule.applies_when is not None:
        applies = rule.applies_when.run(values).value
        if applies is False:
            return None
        if applies is not True:
            return Unplaced(_why(applies))
    pool: object = ""
    if rule.group_by is not None:
        pool = rule.group_by.run(values).value
        if not isinstance(pool, str):
            return Unplaced(_why(pool))
    value = rule.value.run(values).value
    hidden = unknown_within(value)
    if hidden is not None or isinstance(value, cel.CelError):
        return Unvalued(str(pool), _why(hidden or value))
    return Valued(str(pool), _frozen(value))


def _why(value: object) -> Why:
    if isinstance(value, cel.Unknown):
        return Why(facts=tuple(sorted(value.facts, key=lambda fact: (fact.path, fact.reason.value, fact.detail))))
    return Why(reason=str(value), fault=True)


def _frozen(value: Any) -> Value:
    hashable: Value = tuple(value) if isinstance(value, list) else value
    return hashable
