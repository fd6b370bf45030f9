"""Which branches of a policy's expressions the cases of its suite take.

A case counts only for the rules whose outcome it expects, and for a message only where it names the
message: what is evaluated and not looked at proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from passmuster.authoring.testing.policy_parts import parts, reached, with_part
from passmuster.cel.run.branches import watch
from passmuster.evaluation.rule import bound, outcome
from passmuster.model.outcome import RuleOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from passmuster.authoring.testing.policy_parts import Part
    from passmuster.authoring.testing.prepared_cases import FleetTrial, Trial
    from passmuster.cel.run.branches import Branch, Watch
    from passmuster.policy.compile import CompiledFleetRule, CompiledPolicy, CompiledRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """A branch that no case takes."""

    owner: str
    """The rule's id, or `variables.NAME`."""
    text: str
    outcome: bool
    line: int
    """Of the policy file."""
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCoverage:
    """How many branches of a rule, and of the variables that it uses, the cases take."""

    rule: str
    taken: int
    total: int

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down: 100 means all."""
        return 100 * self.taken // self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the cases of a suite reach."""

    rules: tuple[RuleCoverage, ...]
    """In the policy's order."""
    uncovered: tuple[Uncovered, ...]
    """In the order of the file; empty where every branch is taken."""


def coverage(policy: CompiledPolicy, trials: Iterable[Trial], fleet_trials: Iterable[FleetTrial] = ()) -> Coverage:
    """Run the cases and see which branches they take."""
    watches: list[tuple[Part, Watch]] = []
    watched = policy
    for part in parts(policy):
        watching = watch(part.program)
        watches.append((part, watching))
        watched = with_part(watched, part, watching.program)
    for trial in trials:
        _run(watched, trial)
    for fleet_trial in fleet_trials:
        _run_fleet(watched, fleet_trial)
    by_owner: dict[str, list[Watch]] = {}
    for part, watching in watches:
        by_owner.setdefault(part.owner, []).append(watching)
    return Coverage(
        rules=tuple(_of_rule(policy, rule, by_owner) for rule in policy.every_rule),
        uncovered=tuple(branch for part, watching in watches for branch in _uncovered(part, watching)),
    )


def _run(policy: CompiledPolicy, trial: Trial) -> None:
    values = bound(policy, trial.roots, trial.parameters)
    for rule in policy.rules:
        name = rule.header.id
        expected = name in trial.case.expect or name in trial.case.messages
        came = outcome(rule, values) if expected else None
        if came is RuleOutcome.FAIL and name in trial.case.messages and rule.message is not None:
            rule.message.run(values)


def _run_fleet(policy: CompiledPolicy, trial: FleetTrial) -> None:
    for rule in policy.fleet_rules:
        name = rule.header.id
        if name in trial.case.messages:
            trial.result(policy, rule)
        elif name in trial.case.expect:
            trial.result(policy, replace(rule, message=None))


def _of_rule(
    policy: CompiledPolicy, rule: CompiledRule | CompiledFleetRule, by_owner: dict[str, list[Watch]]
) -> RuleCoverage:
    owners = [rule.header.id, *(f"variables.{name}" for name in sorted(reached(policy, rule.programs)))]
    watches = [watching for owner in owners for watching in by_owner[owner]]
    return RuleCoverage(
        rule=rule.header.id,
        taken=sum(len(watching.taken) for watching in watches),
        total=sum(len(watching.branches) for watching in watches),
    )


def _uncovered(part: Part, watching: Watch) -> list[Uncovered]:
    return [_at(part, branch) for branch in watching.branches if branch not in watching.taken]


def _at(part: Part, branch: Branch) -> Uncovered:
    line, column = part.expression.place(branch.line, branch.column)
    return Uncovered(owner=part.owner, text=branch.text, outcome=branch.outcome, line=line, column=column)
