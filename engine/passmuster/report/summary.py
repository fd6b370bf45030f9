"""The counts alone, as one line of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.codec import json
from passmuster.model.verdict import Origin
from passmuster.report import counting, leftout, origin, scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from passmuster.model.outcome import NodeOutcome
    from passmuster.model.verdict import Scope, Skipped, Verdict
    from passmuster.report.format import Style

_LOOSE = Origin()


def render(verdict: Verdict, _style: Style) -> str:
    """Outcome, scope and counts."""
    roster = verdict.roster.source if verdict.roster else None
    came = Origin(bundles=verdict.bundles, signatures=verdict.signatures, roster=roster)
    return text(verdict.outcome, counting.summary(verdict), verdict.scope, verdict.skipped, came)


def text(
    outcome: NodeOutcome,
    counts: Mapping[str, object],
    asked: Scope,
    skipped: Sequence[Skipped] = (),
    came: Origin = _LOOSE,
) -> str:
    """The same of what was only counted; `came` says how."""
    content = {
        "schema": "passmuster.summary/1",
        "outcome": outcome.value,
        "scope": scope.wire(asked),
        "skipped": leftout.wire(skipped),
        "bundles": [
            {"digest": bundle.digest, "site": bundle.site, "assurance": bundle.assurance} for bundle in came.bundles
        ],
        "signatures": origin.wire(came.signatures),
        "roster": came.roster,
        "summary": counts,
    }
    return json.canonical(content).decode()
