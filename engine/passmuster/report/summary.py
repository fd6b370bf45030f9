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
    """Outcome, counts and digest."""
    return text(verdict.outcome, counting.summary(verdict), verdict.digest)


def text(outcome: NodeOutcome, counts: Mapping[str, object], digest: str) -> str:
    """The same of what was only counted."""
    content = {
        "schema": "passmuster.summary/1",
        "outcome": outcome.value,
        "summary": counts,
        "verdict_digest": digest,
    }
    return _json.canonical(content).decode()
