"""The counts alone, as one line of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster import _json
from passmuster.report import counting

if TYPE_CHECKING:
    from passmuster.report.format import Style
    from passmuster.verdict import Verdict


def render(verdict: Verdict, _style: Style) -> str:
    """Outcome, counts and digest."""
    content = {
        "schema": "passmuster.summary/1",
        "outcome": verdict.outcome.value,
        "summary": counting.summary(verdict),
        "verdict_digest": verdict.digest,
    }
    return _json.canonical(content).decode()
