"""Findings for programs: `passmuster.lint/1`, canonical JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.authoring.lint.finding import Severity
from passmuster.codec import json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.authoring.lint.finding import Finding

SCHEMA = "passmuster.lint/1"


def render(findings: Sequence[Finding]) -> str:
    """One object, its findings sorted by place."""
    counts = {severity.value: sum(finding.severity is severity for finding in findings) for severity in Severity}
    document = {"schema": SCHEMA, "summary": counts, "findings": [_finding(finding) for finding in findings]}
    return json.canonical(document).decode()


def _finding(finding: Finding) -> dict[str, Any]:
    problem = finding.problem
    return {
        "code": problem.code,
        "severity": finding.severity.value,
        "message": problem.message,
        "file": problem.location.file,
        "line": problem.location.line,
        "column": problem.location.column,
        "hint": problem.hint,
    }
