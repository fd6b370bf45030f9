"""How much was judged, in words: a verdict over some rules, or with other parameters, says so in its headline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from passmuster.model.outcome import NodeOutcome
from passmuster.report import leftout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from passmuster.model.outcome import Level
    from passmuster.model.verdict import Scope, Skipped, Verdict

_WHOLE = {
    NodeOutcome.PASS: "passes muster",
    NodeOutcome.WARN: "passes muster, with warnings",
    NodeOutcome.FAIL: "does not pass muster",
    NodeOutcome.UNKNOWN: "is unknown",
}
_PART = {
    **_WHOLE,
    NodeOutcome.PASS: "passes the rules that were judged",
    NodeOutcome.WARN: "passes the rules that were judged, with warnings",
}


def verdict(judged: Verdict) -> str:
    """The outcome of a single node as a sentence's end; only a check of every rule says that a node passes muster."""
    return (_WHOLE if judged.scope.whole else _PART)[judged.outcome]


def judged(scope: Scope) -> str:
    """`18 of 18 rules judged`."""
    return f"{scope.judged} of {scope.total} rule{'' if scope.total == 1 else 's'} judged"


def parameters(scope: Scope) -> str:
    """`virtnest.x86_64_level is 3 (default 2)`, separated by commas; empty where all are at their defaults."""
    changes = scope.parameters
    return ", ".join(
        f"{change.name} is {_value(change.value)} (default {_value(change.default)})" for change in changes
    )


def headline(scope: Scope, levels: Mapping[str, Level], skipped: Sequence[Skipped] = ()) -> Iterator[str]:
    """A line for each way in which this is not the policies' own verdict on all of the input; none where it is."""
    if not scope.whole:
        yield f"{judged(scope)}: not a verdict of the whole policy"
    if scope.parameters:
        yield f"parameters changed: {parameters(scope)}"
    if levels:
        yield "levels raised: " + ", ".join(f"{rule} is {level.value}" for rule, level in sorted(levels.items()))
    yield from leftout.headline(skipped)


def wire(scope: Scope) -> dict[str, object]:
    """The scope as `passmuster.report/1` has it."""
    return {
        "rules_judged": scope.judged,
        "rules_total": scope.total,
        "parameters_changed": [
            {"name": parameter.name, "value": parameter.value, "default": parameter.default}
            for parameter in scope.parameters
        ],
    }


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
