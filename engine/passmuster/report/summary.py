"""The counts alone, as one line of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster import _json
from passmuster.report import counting, scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.outcome import NodeOutcome
    from passmuster.report.format import Style
    from passmuster.verdict import Scope, Verdict


def render(verdict: Verdict, _style: Style) -> str:
    """Outcome, how much was asked, and counts."""
    return text(verdict.outcome, counting.summary(verdict), verdict.scope)


def text(outcome: NodeOutcome, counts: Mapping[str, object], asked: Scope) -> str:
    """The same of what was only counted."""
    content = {
        "schema": "passmuster.summary/1",
        "outcome": outcome.value,
        "scope": scope.wire(asked),
        "summary": counts,
    }
    return _json.canonical(content).decode()
