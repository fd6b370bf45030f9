"""What was found by testing a policy, in sentences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from passmuster.model.unknown import Reason

if TYPE_CHECKING:
    from passmuster.authoring.testing.coverage import Uncovered
    from passmuster.authoring.testing.killer import Killer
    from passmuster.authoring.testing.run import Mismatch


def mismatch(found: Mismatch) -> str:
    """What came in place of what."""
    return f"{found.rule}: got {found.got}, expected {found.expected}"


def uncovered(found: Uncovered) -> str:
    """Which way an expression never goes."""
    return f"in no case {str(found.outcome).lower()}: {found.text}"


def killer(found: Killer | None) -> str:
    """The case that would notice a mutant."""
    if found is None:
        return (
            "no change of one fact shows it: look for a node where the two differ, "
            "or list it under `equivalent` with the reason"
        )
    like = "" if found.like is None else f" as in {found.like!r}"
    change = "" if found.path is None else f", {found.path} {_value(found.value)}"
    return f"would notice it: base {found.base}{like}{change}: {found.rule} is {found.expect} (the mutant: {found.got})"


def _value(value: object) -> str:
    if isinstance(value, Reason):
        return f"unknown ({value.value})"
    return f"set to {json.dumps(value, ensure_ascii=False)}"
