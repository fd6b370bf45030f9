"""Cases made ready to be judged many times: their snapshots are built once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from passmuster.authoring.testing.build_snapshot import build
from passmuster.errors import Location, PolicyError, Problem, SnapshotError
from passmuster.evaluation.pools import evaluate_pools
from passmuster.evaluation.rule import bound, evaluate, outcome
from passmuster.model.outcome import RuleOutcome
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.authoring.testing.cases import Case, FleetCase, Suite
    from passmuster.model.verdict import FleetResult
    from passmuster.policy.compile import CompiledFleetRule, CompiledPolicy, CompiledRule
    from passmuster.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A case with its snapshot."""

    case: Case
    snapshot: Snapshot
    roots: Mapping[str, object]
    parameters: Mapping[str, Any]
    """Defaults, and what the case sets."""

    def message(self, policy: CompiledPolicy, rule: CompiledRule) -> str | None:
        """The message of one rule."""
        alone = replace(policy, rules=(rule,))
        (result,) = evaluate(alone, self.snapshot, self.roots, self.parameters)
        return result.message

    def holds(self, policy: CompiledPolicy, ids: frozenset[str]) -> bool:
        """Whether the rules with these ids have the outcomes and messages that the case expects."""
        values = bound(policy, self.roots, self.parameters)
        for rule in policy.rules:
            if rule.header.id not in ids:
                continue
            name = rule.header.id
            if name in self.case.expect and outcome(rule, values) is not self.case.expect[name]:
                return False
            if name in self.case.messages and self.message(policy, rule) != self.case.messages[name]:
                return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetTrial:
    """A fleet case with the snapshots of its nodes."""

    case: FleetCase
    snapshots: tuple[Snapshot, ...]
    parameters: Mapping[str, Any]
    """Defaults, and what the case sets."""

    def result(self, policy: CompiledPolicy, rule: CompiledFleetRule) -> FleetResult:
        """What one rule says: of several pools, the first of those with the worst outcome."""
        nodes = [(f"node-{at}", snapshot) for at, snapshot in enumerate(self.snapshots, start=1)]
        results = evaluate_pools([(policy, rule)], nodes, {policy.header.pack: self.parameters})
        return min(results, key=lambda result: _WORST.index(result.outcome))

    def holds(self, policy: CompiledPolicy, ids: frozenset[str]) -> bool:
        """Whether the rules with these ids have the outcomes and messages that the case expects."""
        for rule in policy.fleet_rules:
            name = rule.header.id
            if name not in ids or not (name in self.case.expect or name in self.case.messages):
                continue
            result = self.result(policy, rule)
            if result.outcome is not self.case.expect.get(name, result.outcome):
                return False
            if result.message != self.case.messages.get(name, result.message):
                return False
        return True


_WORST = (
    RuleOutcome.FAIL,
    RuleOutcome.ERROR,
    RuleOutcome.UNKNOWN,
    RuleOutcome.PASS,
    RuleOutcome.NOT_APPLICABLE,
)


def trials(suite: Suite, defaults: Mapping[str, Any]) -> tuple[Trial, ...]:
    """Every case, built; raises PolicyError with every case that cannot be."""
    made: list[Trial] = []
    problems: list[Problem] = []
    for case in suite.cases:
        try:
            made.append(trial(suite, case, defaults))
        except SnapshotError as error:
            problems += _placed(error, suite, case)
    if problems:
        raise PolicyError(problems)
    return tuple(made)


def _placed(error: SnapshotError, suite: Suite, case: Case | FleetCase) -> list[Problem]:
    """What is wrong with a node that no file holds, at the case that makes it."""
    where = Location(file=suite.file, line=case.line, column=1)
    messages = (f"{problem.location.file}: {problem.message}" for problem in error.problems)
    return [Problem(code="tests-fact", message=message, location=where) for message in messages]


def fleet_trials(suite: Suite, defaults: Mapping[str, Any]) -> tuple[FleetTrial, ...]:
    """Every fleet case, built; raises PolicyError with every one that cannot be."""
    made: list[FleetTrial] = []
    problems: list[Problem] = []
    for case in suite.fleet_cases:
        try:
            snapshots = [
                build(suite, node, f"{case.name}, node {at}", node.labels)
                for at, node in enumerate(case.nodes, start=1)
            ]
        except SnapshotError as error:
            problems += _placed(error, suite, case)
        else:
            made.append(FleetTrial(case=case, snapshots=tuple(snapshots), parameters={**defaults, **case.parameters}))
    if problems:
        raise PolicyError(problems)
    return tuple(made)


def trial(suite: Suite, case: Case, defaults: Mapping[str, Any]) -> Trial:
    """One case, built; raises SnapshotError."""
    snapshot = build(suite, case, case.name)
    parameters = {**defaults, **case.parameters}
    return Trial(case=case, snapshot=snapshot, roots=bind(snapshot), parameters=parameters)
