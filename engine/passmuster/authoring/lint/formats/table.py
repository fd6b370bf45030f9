"""Findings for a terminal: the place, the weight and the code, the sentence, the author's line and a caret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.lint.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.authoring.lint.finding import Finding


def render(findings: Sequence[Finding]) -> str:
    """Each finding, then how many there are."""
    many = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    counts_ = [
        _counted(count, severity.value) for severity, count in many.items() if count or severity is not Severity.NOTE
    ]
    return "\n".join((*(_finding(finding) for finding in findings), ", ".join(counts_))) + "\n"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _finding(finding: Finding) -> str:
    problem = finding.problem
    first, *rest = str(problem).split("\n")
    head = first.removeprefix(f"{problem.location}: ")
    return "\n".join((f"{problem.location}: {finding.severity.value}[{problem.code}]: {head}", *rest))
