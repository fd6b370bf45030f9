"""The counts alone, as one line of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster import _json
from passmuster.report import counting, leftout, scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from passmuster.outcome import NodeOutcome
    from passmuster.report.format import Style
    from passmuster.verdict import Scope, Skipped, Verdict


def render(verdict: Verdict, _style: Style) -> str:
    """Outcome, how much was asked, and counts."""
    return text(verdict.outcome, counting.summary(verdict), verdict.scope, verdict.skipped)


def text(outcome: NodeOutcome, counts: Mapping[str, object], asked: Scope, skipped: Sequence[Skipped] = ()) -> str:
    """The same of what was only counted."""
    content = {
        "schema": "passmuster.summary/1",
        "outcome": outcome.value,
        "scope": scope.wire(asked),
        "skipped": leftout.wire(skipped),
        "summary": counts,
    }
    return _json.canonical(content).decode()
