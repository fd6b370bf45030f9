"""Findings as SARIF 2.1.0, which code hosts and editors read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from passmuster.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.authoring.lint.finding import Finding
    from passmuster.errors import Location

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(findings: Sequence[Finding]) -> str:
    """One log of one run."""
    summaries = {
        finding.problem.code: finding.summary or finding.problem.code.replace("-", " ") for finding in findings
    }
    codes = sorted(summaries)
    driver = {
        "name": "passmuster",
        "semanticVersion": __version__,
        "rules": [{"id": code, "shortDescription": {"text": summaries[code]}} for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.problem.code)) for finding in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, sort_keys=True, indent=2) + "\n"


def _result(finding: Finding, number: int) -> dict[str, Any]:
    problem = finding.problem
    text = problem.message if problem.hint is None else f"{problem.message}; {problem.hint}"
    return {
        "ruleId": problem.code,
        "ruleIndex": number,
        "level": finding.severity.value,
        "message": {"text": text},
        "locations": [{"physicalLocation": _place(problem.location)}],
    }


def _place(location: Location) -> dict[str, Any]:
    file = location.file.replace("\\", "/")
    place: dict[str, Any] = {"artifactLocation": {"uri": ("file://" if file.startswith("/") else "") + quote(file)}}
    if location.line is not None:
        column = {} if location.column is None else {"startColumn": location.column}
        place["region"] = {"startLine": location.line, **column}
    return place
