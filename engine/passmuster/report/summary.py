"""The counts alone, as one line of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster import _json
from passmuster.report import counting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.outcome import NodeOutcome
    from passmuster.report.format import Style
    from passmuster.verdict import Verdict


def render(verdict: Verdict, _style: Style) -> str:
    """Outcome and counts."""
    return text(verdict.outcome, counting.summary(verdict))


def text(outcome: NodeOutcome, counts: Mapping[str, object]) -> str:
    """The same of what was only counted."""
    content = {"schema": "passmuster.summary/1", "outcome": outcome.value, "summary": counts}
    return _json.canonical(content).decode()
