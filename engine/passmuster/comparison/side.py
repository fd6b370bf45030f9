"""One side of a comparison: its criteria, and its verdict on one snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from passmuster.comparison.model import SideHeader
from passmuster.errors import UsageError
from passmuster.evaluation.rule import evaluate
from passmuster.model.durations import format_moment
from passmuster.model.outcome import NodeOutcome, node_outcome
from passmuster.policy.waivers import waive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.model.verdict import Result
    from passmuster.policy.compile import CompiledPolicy, CompiledRule
    from passmuster.policy.waivers import InForce
    from passmuster.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A policy with its parameters and, where there are any, its waivers as of a moment."""

    policy: CompiledPolicy
    parameters: Mapping[str, Any]
    """Every parameter's effective value."""
    waivers: InForce | None = None

    @classmethod
    def of(cls, criteria: EvaluationCriteria) -> Side:
        """The only policy of these criteria; raises UsageError where there are several."""
        if len(criteria.policies) != 1:
            message = f"{len(criteria.policies)} policies (expected one on each side)"
            raise UsageError.at("impact", message, code="usage-impact")
        (policy,) = criteria.policies
        return cls(policy=policy, parameters=criteria.parameters[policy.header.pack], waivers=criteria.waivers)

    @property
    def header(self) -> SideHeader:
        """What a report says of it."""
        return SideHeader(
            policy=self.policy.header,
            parameters=self.parameters,
            waivers=self.waivers.waivers.digest if self.waivers else None,
            now=format_moment(self.waivers.now) if self.waivers else None,
            fleet_rules=tuple(rule.header.id for rule in self.policy.fleet_rules),
        )

    def results(self, snapshot: Snapshot, roots: Mapping[str, object]) -> dict[str, Result]:
        """What becomes of each rule, by id; `roots` is the snapshot as `binding.bind` gives it."""
        results = evaluate(self.policy, snapshot, roots, self.parameters)
        if self.waivers is not None:
            covering = self.waivers.on(snapshot.name, snapshot.node["labels"])
            results = tuple(waive(covering, result) for result in results)
        return {result.rule.id: result for result in results}

    def only(self, rule: str) -> Side:
        """The same side with one rule."""
        return replace(self, policy=replace(self.policy, rules=(self.rules[rule],)))

    @property
    def rules(self) -> Mapping[str, CompiledRule]:
        """Its rules by id."""
        return {rule.header.id: rule for rule in self.policy.rules}

    def basis(self, rule: str) -> Basis:
        """All that a rule's outcome can hang on beside facts and waivers, through the variables that it uses."""
        return _basis(self.policy, self.rules[rule])


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a rule says, taken together with what it calls by name."""

    texts: tuple[str | None, ...]
    """When it applies, what it asks for, and the variables that it uses."""
    constants: Mapping[str, object]
    parameters: frozenset[str]
    """Names."""


def _basis(policy: CompiledPolicy, rule: CompiledRule) -> Basis:
    waiting = [program for program in (rule.applies_when, rule.expression) if program is not None]
    texts: list[str | None] = [rule.applies_when.text if rule.applies_when else None, rule.expression.text]
    constants: set[str] = set()
    parameters: set[str] = set()
    used: set[str] = set()
    while waiting:
        program = waiting.pop()
        constants |= set(program.constants)
        parameters |= set(program.parameters)
        waiting += [policy.variables[name].program for name in set(program.variables) - used]
        used |= set(program.variables)
    texts += [f"{name} = {policy.variables[name].program.text}" for name in sorted(used)]
    return Basis(
        texts=tuple(texts),
        constants={name: policy.constants[name] for name in sorted(constants)},
        parameters=frozenset(parameters),
    )


def outcome_of(results: Mapping[str, Result]) -> NodeOutcome:
    """The outcome of a node by its rules'."""
    return node_outcome((result.rule.level, result.outcome) for result in results.values())
