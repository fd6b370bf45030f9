"""What was found by testing a policy, in sentences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from passmuster.model.unknown import Reason

if TYPE_CHECKING:
    from passmuster.authoring.testing.coverage import Uncovered
    from passmuster.authoring.testing.killing_case import Killer
    from passmuster.authoring.testing.run import Mismatch


def mismatch(difference: Mismatch) -> str:
    """What came in place of what."""
    return f"{difference.rule}: got {difference.got}, expected {difference.expected}"


def uncovered(branch: Uncovered) -> str:
    """Which way an expression never goes."""
    return f"in no case {str(branch.outcome).lower()}: {branch.text}"


def killer(killing: Killer | None) -> str:
    """The case that would notice a mutant."""
    if killing is None:
        return (
            "no change of one fact shows it: look for a node where the two differ, "
            "or list it under `equivalent` with the reason"
        )
    like = "" if killing.like is None else f" as in {killing.like!r}"
    change = "" if killing.path is None else f", {killing.path} {_value(killing.value)}"
    outcomes = f"{killing.rule} is {killing.expect} (the mutant: {killing.got})"
    return f"would notice it: base {killing.base}{like}{change}: {outcomes}"


def _value(value: object) -> str:
    if isinstance(value, Reason):
        return f"unknown ({value.value})"
    return f"set to {json.dumps(value, ensure_ascii=False)}"
