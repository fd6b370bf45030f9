"""The exit status of a verdict: one function for every command that judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.errors import ExitStatus
from passmuster.model.outcome import Level, RuleOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping


def of_verdict(counted: Mapping[Level, Mapping[RuleOutcome, int]], fail_on: str, *, whole: bool) -> ExitStatus:
    """The status at a threshold: a failure first, then unknown; `whole`: some node is unknown as a whole."""
    levels = (Level.REQUIRED, Level.RECOMMENDED) if fail_on == "recommended" else (Level.REQUIRED,)
    outcomes = {outcome for level in levels for outcome, count in counted[level].items() if count}
    if RuleOutcome.FAIL in outcomes and fail_on != "never":
        return ExitStatus.FAILED
    return ExitStatus.INCOMPLETE if whole or outcomes & {RuleOutcome.UNKNOWN, RuleOutcome.ERROR} else ExitStatus.GOOD
