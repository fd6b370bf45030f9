"""Waivers as values, and applying them: a failure or an unknown becomes waived and keeps what it was.

A waiver holds to the end of its last day in UTC. An expired one never waives anything.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, TypeAlias

from passmuster.model.outcome import RuleOutcome
from passmuster.model.verdict import Waived, WaiverFindings, WaiverHeader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from passmuster.model.verdict import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class ByName:
    """Nodes whose whole name fits a glob; upper and lower case differ."""

    glob: str

    def covers(self, name: str, _labels: Mapping[str, str]) -> bool:
        """Whether a node is meant."""
        return fnmatch.fnmatchcase(name, self.glob)

    @property
    def everything(self) -> bool:
        """Whether any name fits: nothing but stars and question marks, at least one star."""
        return bool(re.fullmatch(r"\?*\*[*?]*", self.glob))

    def __str__(self) -> str:
        return f"name {self.glob}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLabel:
    """Nodes that have all of these labels, each with its value."""

    labels: Mapping[str, str]

    def covers(self, _name: str, labels: Mapping[str, str]) -> bool:
        """Whether a node is meant."""
        return all(labels.get(key) == value for key, value in self.labels.items())

    @property
    def everything(self) -> bool:
        """Whether any node fits; labels always choose."""
        return False

    def __str__(self) -> str:
        return "label " + ", ".join(f"{key}={value}" for key, value in sorted(self.labels.items()))


Selector: TypeAlias = ByName | ByLabel


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One exception."""

    id: str
    """As the file gives it, or `#N` for the Nth."""
    node: Selector
    rule: str
    """PACK/ID, or ID alone for any pack."""
    reason: str
    owner: str
    ticket: str
    expires: date
    """The last day on which it holds, in UTC."""

    def names(self, rule: str) -> bool:
        """Whether it is about this rule, given as PACK/ID."""
        return self.rule in {rule, rule.partition("/")[2]}

    @property
    def header(self) -> WaiverHeader:
        """What a report says of it."""
        return WaiverHeader(
            id=self.id,
            node=str(self.node),
            rule=self.rule,
            reason=self.reason,
            owner=self.owner,
            ticket=self.ticket,
            expires=self.expires.isoformat(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waivers:
    """All waivers of one file, in its order; never empty."""

    digest: str
    """`sha256:` and hexadecimal digits, of the file's bytes."""
    waivers: tuple[Waiver, ...]


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
    """The findings on waivers for a report: how many results they waive, and which waivers need a review.

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
