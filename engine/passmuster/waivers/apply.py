"""Applying waivers: a failure or an unknown becomes waived and keeps what it was; everything else stays.

A waiver holds to the end of its last day in UTC. An expired one never waives anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

from passmuster.outcome import RuleOutcome
from passmuster.verdict import Waived, WaiverFindings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from passmuster.verdict import Result
    from passmuster.waivers.model import Waiver, Waivers

_WAIVABLE = frozenset((RuleOutcome.FAIL, RuleOutcome.UNKNOWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """Waivers as of a moment."""

    waivers: Waivers
    now: datetime

    def holds(self, waiver: Waiver) -> bool:
        """Whether a waiver has not expired."""
        return self.now.astimezone(UTC).date() <= waiver.expires

    def covering(self, name: str, labels: Mapping[str, str], rule: str) -> list[Waiver]:
        """The waivers that hold for a rule (PACK/ID) on a node, in the order of the file."""
        return [
            waiver
            for waiver in self.waivers.waivers
            if self.holds(waiver) and waiver.names(rule) and waiver.node.covers(name, labels)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One node that was judged, for what is to be said of the waivers as a whole."""

    name: str
    labels: Mapping[str, str]
    results: Sequence[Result]


def waive(in_force: InForce, name: str, labels: Mapping[str, str], results: Iterable[Result]) -> tuple[Result, ...]:
    """The results of one node, those that a waiver covers as waived."""
    return tuple(_waived(in_force, name, labels, result) for result in results)


def _waived(in_force: InForce, name: str, labels: Mapping[str, str], result: Result) -> Result:
    if result.outcome not in _WAIVABLE:
        return result
    covering = in_force.covering(name, labels, result.rule.name)
    if not covering:
        return result
    waived = Waived(waiver=covering[0].header, outcome=result.outcome)
    return replace(result, outcome=RuleOutcome.WAIVED, waived=waived)


def findings(in_force: InForce, nodes: Iterable[Seen]) -> WaiverFindings:
    """What a report says of the waivers: how much they did, and which of them should be looked at.

    Unused: nothing that it covers failed or was unknown. Too wide: its glob fits any name, or it covers
    every one of several nodes.
    """
    judged = list(nodes)
    applied = [(node, result) for node in judged for result in node.results if result.outcome is RuleOutcome.WAIVED]
    used = {
        waiver.id for node, result in applied for waiver in in_force.covering(node.name, node.labels, result.rule.name)
    }
    holding = [waiver for waiver in in_force.waivers.waivers if in_force.holds(waiver)]
    return WaiverFindings(
        digest=in_force.waivers.digest,
        applied=len(applied),
        expired=tuple(waiver.header for waiver in in_force.waivers.waivers if not in_force.holds(waiver)),
        unused=tuple(waiver.header for waiver in holding if waiver.id not in used),
        wide=tuple(waiver.header for waiver in holding if _wide(waiver, judged)),
    )


def _wide(waiver: Waiver, nodes: Sequence[Seen]) -> bool:
    everywhere = len(nodes) > 1 and all(waiver.node.covers(node.name, node.labels) for node in nodes)
    return waiver.node.everything or everywhere
