"""Waivers in words: what is waived, where and until when, and which waivers should be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passmuster.model.outcome import RuleOutcome
    from passmuster.model.verdict import RuleHeader, Verdict, WaiverHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempted:
    """One rule that one waiver covers, and where."""

    rule: RuleHeader
    waiver: WaiverHeader
    outcome: RuleOutcome
    """What it would have been."""
    nodes: Mapping[str, tuple[str, ...]]
    """Message -> names, sorted; a name that two nodes have stands there twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing to look at: what is the matter, and the waiver."""

    text: str
    waiver: WaiverHeader


def exempted(verdict: Verdict) -> list[Exempted]:
    """What is waived, in the policies' order."""
    by_waiver: dict[tuple[RuleHeader, WaiverHeader, RuleOutcome], dict[str, list[str]]] = {}
    for node in verdict.nodes:
        for result in node.results:
            if result.waived is not None:
                messages = by_waiver.setdefault((result.rule, result.waived.waiver, result.waived.outcome), {})
                messages.setdefault(result.message or "", []).append(node.node)
    return [
        Exempted(
            rule=rule,
            waiver=waiver,
            outcome=outcome,
            nodes={message: tuple(sorted(names)) for message, names in sorted(messages.items())},
        )
        for (rule, waiver, outcome), messages in by_waiver.items()
    ]


def remarks(verdict: Verdict) -> Iterator[Remark]:
    """What should be looked at; nothing where no waivers were given."""
    findings = verdict.waivers
    if findings is None:
        return
    for waiver in findings.expired:
        yield Remark(text=f"expired after {waiver.expires}: it waives nothing", waiver=waiver)
    for waiver in findings.unused:
        yield Remark(text="unused: no result that it covers fails or is unknown", waiver=waiver)
    for waiver in findings.wide:
        yield Remark(text="too wide: it covers every node", waiver=waiver)


def grant(waiver: WaiverHeader) -> str:
    """Who answers for a waiver, and until when."""
    return f"waiver {waiver.id}: {waiver.owner}, {waiver.ticket}, until {waiver.expires}"


def target(waiver: WaiverHeader) -> str:
    """What a waiver is about."""
    return f"waiver {waiver.id} ({waiver.rule} on {waiver.node}; {waiver.owner}, {waiver.ticket})"
