"""Cases made ready to be judged many times: their snapshots are built once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from passmuster.binding import bind
from passmuster.errors import PolicyError, SnapshotError
from passmuster.evaluate import bound, evaluate, outcome
from passmuster.policytest.build import build

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from passmuster.compile import CompiledPolicy, CompiledRule
    from passmuster.errors import Problem
    from passmuster.policytest.cases import Case, Suite
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

    def holds(self, policy: CompiledPolicy, rules: Iterable[CompiledRule]) -> bool:
        """Whether these rules come out, and say, what the case expects of them."""
        values = bound(policy, self.roots, self.parameters)
        for rule in rules:
            name = rule.header.id
            if name in self.case.expect and outcome(rule, values) is not self.case.expect[name]:
                return False
            if name in self.case.messages and self.message(policy, rule) != self.case.messages[name]:
                return False
        return True


def trials(suite: Suite, defaults: Mapping[str, Any]) -> tuple[Trial, ...]:
    """Every case, built; raises PolicyError with every case that cannot be."""
    made: list[Trial] = []
    problems: list[Problem] = []
    for case in suite.cases:
        try:
            made.append(trial(suite, case, defaults))
        except SnapshotError as error:
            problems += error.problems
    if problems:
        raise PolicyError(problems)
    return tuple(made)


def trial(suite: Suite, case: Case, defaults: Mapping[str, Any]) -> Trial:
    """One case, built; raises SnapshotError."""
    snapshot = build(suite, case)
    parameters = {**defaults, **case.parameters}
    return Trial(case=case, snapshot=snapshot, roots=bind(snapshot), parameters=parameters)
