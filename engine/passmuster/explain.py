"""Explaining one rule on one node: its expression taken apart, the facts, and what would change the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.binding import bind
from passmuster.cel.trace import Part, trace
from passmuster.evaluate import bound, evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.compile import CompiledPolicy, CompiledRule
    from passmuster.policy import Expression
    from passmuster.snapshot import Snapshot
    from passmuster.verdict import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """One expression of a policy, evaluated."""

    name: str
    """`applies_when`, `expression`, or `variables.NAME`."""
    expression: Expression
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a rule came out as it did."""

    result: Result
    node: str
    traced: tuple[Traced, ...]
    """The expressions that were evaluated, then the variables that decided, each once."""


def explain(
    policy: CompiledPolicy, rule: CompiledRule, snapshot: Snapshot, parameters: Mapping[str, Any]
) -> Explanation:
    """Explain one rule on one node; pure."""
    roots = bind(snapshot)
    result = next(each for each in evaluate(policy, snapshot, roots, parameters) if each.rule == rule.header)
    values = bound(policy, roots, parameters)
    traced: dict[str, Traced] = {}
    if rule.applies_when is not None and rule.source.applies_when is not None:
        part = trace(rule.applies_when, values)
        traced["applies_when"] = Traced(name="applies_when", expression=rule.source.applies_when, part=part)
    if not traced or traced["applies_when"].part.value is True:
        part = trace(rule.expression, values)
        traced["expression"] = Traced(name="expression", expression=rule.source.expression, part=part)
    waiting = [each.part for each in traced.values()]
    while waiting:
        part = waiting.pop(0)
        waiting += part.parts
        name = part.path or ""
        variable = policy.variables.get(name.removeprefix("variables.")) if name.startswith("variables.") else None
        if variable is not None and name not in traced:
            traced[name] = Traced(name=name, expression=variable.expression, part=trace(variable.program, values))
            waiting.append(traced[name].part)
    return Explanation(result=result, node=snapshot.name, traced=tuple(traced.values()))
