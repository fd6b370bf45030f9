"""Why a rule came out as it did on one node, as lines of text."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, assert_never

from passmuster.evaluation.explain import Contributed, Explanation, Traced
from passmuster.evaluation.pools.contributions import Unplaced, Unvalued, Valued
from passmuster.model.outcome import RuleOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.cel.run.trace import Part

_BRIEF = 200


def lines(explanation: Explanation | Contributed, file: str, width: int) -> Iterator[str]:
    """The explanation in lines of at most so many columns; `file` is where the policy stands."""
    return (
        _member(explanation, file, width) if isinstance(explanation, Contributed) else _lines(explanation, file, width)
    )


def _lines(explanation: Explanation, file: str, width: int) -> Iterator[str]:
    result = explanation.result
    outcome = result.outcome.value.replace("_", " ")
    yield f"{outcome.upper()}  {explanation.node}  {result.rule.name} ({result.rule.level.value})"
    yield from _fill(result.rule.title, width, "  ")
    if result.message:
        yield from _fill(result.message, width, "  ")
    if result.outcome is RuleOutcome.FAIL:
        yield from _fill(f"do: {' '.join(result.rule.remediation.split())}", width, "  ")
    for traced in explanation.traced:
        yield ""
        yield from _traced(traced, file, width)
    yield ""
    yield "facts"
    for fact in result.facts:
        source = f"  (from {fact.source})" if fact.source else ""
        yield from _fill(f"{fact.path} = {_brief(fact.value)}{source}", width, "  ")
    for unknown in result.unknown:
        detail = f" ({unknown.detail})" if unknown.detail else ""
        yield from _fill(f"{unknown.path} is unknown: {unknown.reason.value}{detail}", width, "  ")
    wanted = list(dict.fromkeys(fact.wanted for fact in result.because if fact.wanted))
    if wanted:
        yield ""
        yield "what would change the outcome" + (" (each line alone)" if len(wanted) > 1 else "")
        for text in wanted:
            yield from _fill(text, width, "  ")


def _member(member: Contributed, file: str, width: int) -> Iterator[str]:
    """What a node contributes to a fleet rule: one node alone has no outcome there."""
    yield f"FLEET RULE  {member.node}  {member.rule.name} ({member.rule.level.value})"
    yield from _fill(member.rule.title, width, "  ")
    yield from _fill(
        "a fleet rule judges all nodes of a pool together, so one node alone has no outcome: run check on all of them",
        width,
        "  ",
    )
    match member.contribution:
        case None:
            yield "  this node is not a member: applies_when is false"
        case Valued(pool, value):
            yield from _fill(f"this node is a member{_of(pool)}, with the value {_brief(value)}", width, "  ")
        case Unvalued(pool, _):
            yield from _fill(f"this node is a member{_of(pool)}, and its value is unknown", width, "  ")
        case Unplaced(_):
            yield from _fill("it is unknown whether this node is a member, or of which pool", width, "  ")
        case _:
            assert_never(member.contribution)
    for traced in member.traced:
        yield ""
        yield from _traced(traced, file, width)


def _of(pool: str) -> str:
    return f" of pool {pool}" if pool else ""


def _traced(traced: Traced, file: str, width: int) -> Iterator[str]:
    yield f"{traced.name} ({file}:{traced.expression.line})"
    for line in traced.expression.text.splitlines():
        yield f"  {line}"
    yield from _fill(f"is {_brief(traced.part.value)}", width, "  ")
    for part in traced.part.parts:
        yield from _part(part, width, "    ")


def _part(part: Part, width: int, indent: str) -> Iterator[str]:
    yield from _fill(f"{' '.join(part.expression.split())} is {_brief(part.value)}", width, indent)
    for part_ in part.parts:
        yield from _part(part_, width, indent + "  ")


def _fill(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=indent,
        subsequent_indent=indent + "    ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _brief(value: object) -> str:
    if isinstance(value, str) and value.startswith(("unknown: ", "error: ")):
        return value
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _BRIEF:
        return text
    if isinstance(value, list) and (whole := text[:_BRIEF].rpartition(", ")[0]):
        return f"{whole}, ...] ({len(value)} elements)"
    return text[: _BRIEF - 3] + "..."
