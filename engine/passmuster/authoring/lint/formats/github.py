"""Findings as workflow commands of GitHub Actions: annotations beside the lines of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.lint.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.authoring.lint.finding import Finding


def render(findings: Sequence[Finding]) -> str:
    """One command a finding; nothing where there is none."""
    return "".join(f"{_command(finding)}\n" for finding in findings)


def _command(finding: Finding) -> str:
    problem = finding.problem
    where = {"file": problem.location.file, "line": problem.location.line, "col": problem.location.column}
    properties = {**where, "title": problem.code}
    pairs = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value is not None)
    text = problem.message if problem.hint is None else f"{problem.message}\nhint: {problem.hint}"
    level = "notice" if finding.severity is Severity.NOTE else finding.severity.value
    return f"::{level} {pairs}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
