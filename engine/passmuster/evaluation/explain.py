"""Explaining one rule on one node: its expression taken apart, the facts, and what would change the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.cel.run.trace import Part, trace
from passmuster.evaluation.pools import contribution
from passmuster.evaluation.rule import bound, evaluate
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.evaluation.pools import Contribution
    from passmuster.model.verdict import Result, RuleHeader
    from passmuster.policy import Expression
    from passmuster.policy.compile import CompiledFleetRule, CompiledPolicy, CompiledRule
    from passmuster.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """One expression of a policy, evaluated."""

    name: str
    """`applies_when`, `group_by`, `value`, `expression`, or `variables.NAME`."""
    expression: Expression
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a rule came out as it did."""

    result: Result
    node: str
    traced: tuple[Traced, ...]
    """The expressions that were evaluated, then the variables that decided, each once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributed:
    """What a node contributes to a rule that is judged over all nodes of a pool."""

    rule: RuleHeader
    node: str
    contribution: Contribution | None
    """None where the node is no member."""
    traced: tuple[Traced, ...]
    """The expressions that were evaluated, in that order."""


def contributed(
    policy: CompiledPolicy, rule: CompiledFleetRule, snapshot: Snapshot, parameters: Mapping[str, Any]
) -> Contributed:
    """Explain what one node has to do with a fleet rule; pure."""
    values = bound(policy, bind(snapshot), parameters)
    traced = []
    for name, program, expression in (
        ("applies_when", rule.applies_when, rule.source.applies_when),
        ("group_by", rule.group_by, rule.source.group_by),
        ("value", rule.value, rule.source.value),
    ):
        if program is not None and expression is not None:
            traced.append(Traced(name=name, expression=expression, part=trace(program, values)))
            if name == "applies_when" and traced[-1].part.value is not True:
                break
    return Contributed(
        rule=rule.header, node=snapshot.name, contribution=contribution(rule, values), traced=tuple(traced)
    )


def explain(
    policy: CompiledPolicy, rule: CompiledRule, snapshot: Snapshot, parameters: Mapping[str, Any]
) -> Explanation:
    """Explain one rule on one node; pure."""
    roots = bind(snapshot)
    result = next(result for result in evaluate(policy, snapshot, roots, parameters) if result.rule == rule.header)
    values = bound(policy, roots, parameters)
    traced: dict[str, Traced] = {}
    if rule.applies_when is not None and rule.source.applies_when is not None:
        part = trace(rule.applies_when, values)
        traced["applies_when"] = Traced(name="applies_when", expression=rule.source.applies_when, part=part)
    if not traced or traced["applies_when"].part.value is True:
        part = trace(rule.expression, values)
        traced["expression"] = Traced(name="expression", expression=rule.source.expression, part=part)
    waiting = [part.part for part in traced.values()]
    while waiting:
        part = waiting.pop(0)
        waiting += part.parts
        name = part.path or ""
        variable = policy.variables.get(name.removeprefix("variables.")) if name.startswith("variables.") else None
        if variable is not None and name not in traced:
            traced[name] = Traced(name=name, expression=variable.expression, part=trace(variable.program, values))
            waiting.append(traced[name].part)
    return Explanation(result=result, node=snapshot.name, traced=tuple(traced.values()))
