"""Looking for everything that can be wrong with a policy that loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.lint import collected, examples, messages, ordering, outcomes, unused, versions, wording
from passmuster.authoring.lint.finding import Finding

if TYPE_CHECKING:
    from passmuster.authoring.lint.finding import Lint, Spot, Subject
    from passmuster.errors import Problem

LINTS: tuple[Lint, ...] = (
    *wording.LINTS,
    *examples.LINTS,
    *unused.LINTS,
    *outcomes.LINTS,
    *messages.LINTS,
    *ordering.LINTS,
    *versions.LINTS,
    *collected.LINTS,
)
"""Everything that is looked for."""


def lint(subject: Subject) -> tuple[Finding, ...]:
    """All findings in a policy, sorted by place; empty where there is nothing to say."""
    findings = [
        Finding(problem=_problem(subject, lint, spot), severity=lint.severity, summary=lint.summary)
        for lint in LINTS
        for spot in lint.check(subject)
    ]
    return tuple(sorted(findings, key=Finding.order))


def _problem(subject: Subject, lint: Lint, spot: Spot) -> Problem:
    document = subject.tests if spot.in_tests and subject.tests is not None else subject.policy.document
    if spot.at is not None:
        return document.problem_at(*spot.at, spot.message, code=lint.code, hint=spot.hint)
    return document.problem(spot.path, spot.message, code=lint.code, hint=spot.hint, key=spot.key)
