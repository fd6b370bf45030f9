"""Applying waivers: a failure or an unknown becomes waived and keeps what it was; everything else stays.

A waiver holds to the end of its last day in UTC. An expired one never waives anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

from passmuster.model.outcome import RuleOutcome
from passmuster.model.verdict import Waived, WaiverFindings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from passmuster.model.verdict import Result
    from passmuster.policy.waivers.model import Waiver, Waivers

WAIVABLE = frozenset((RuleOutcome.FAIL, RuleOutcome.UNKNOWN))


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
        return [waiver for waiver in self.on(name, labels) if waiver.names(rule)]

    def on(self, name: str, labels: Mapping[str, str]) -> tuple[Waiver, ...]:
        """The waivers that hold on a node, whatever their rule, in the order of the file."""
        return tuple(
            waiver for waiver in self.waivers.waivers if self.holds(waiver) and waiver.node.covers(name, labels)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One node that was judged, for what is to be said of the waivers as a whole."""

    name: str
    covering: tuple[str, ...]
    """The ids of the waivers that hold on it."""
    waived: tuple[str, ...]
    """The rules, as PACK/ID, of which its result is waived."""


def waive(covering: Sequence[Waiver], result: Result) -> Result:
    """The result of a node on which these waivers hold: as waived where one of them is about its rule."""
    if result.outcome not in WAIVABLE:
        return result
    first = next((waiver for waiver in covering if waiver.names(result.rule.name)), None)
    if first is None:
        return result
    return replace(result, outcome=RuleOutcome.WAIVED, waived=Waived(waiver=first.header, outcome=result.outcome))


def findings(in_force: InForce, nodes: Sequence[Seen], *, others: int = 0) -> WaiverFindings:
    """What a report says of the waivers: how much they did, and which of them should be looked at.

    `others` are nodes on which no waiver holds. Unused: nothing that it covers failed or was unknown. Too wide: its
    glob fits any name, or it covers every one of several nodes.
    """
    by_id = {waiver.id: waiver for waiver in in_force.waivers.waivers}
    waived = {(id_, rule) for node in nodes for rule in node.waived for id_ in node.covering}
    used = {id_ for id_, rule in waived if by_id[id_].names(rule)}
    everywhere = {id_ for id_ in by_id if not others and len(nodes) > 1 and all(id_ in node.covering for node in nodes)}
    holding = [waiver for waiver in in_force.waivers.waivers if in_force.holds(waiver)]
    return WaiverFindings(
        digest=in_force.waivers.digest,
        applied=sum(len(node.waived) for node in nodes),
        expired=tuple(waiver.header for waiver in in_force.waivers.waivers if not in_force.holds(waiver)),
        unused=tuple(waiver.header for waiver in holding if waiver.id not in used),
        wide=tuple(waiver.header for waiver in holding if waiver.node.everything or waiver.id in everywhere),
    )
