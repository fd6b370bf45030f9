"""What changes over a fleet, as values: by what it is judged, by what the nodes are, or by both."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.model.outcome import NodeOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.model.fieldpath import FieldPath
    from passmuster.model.outcome import Level, RuleOutcome
    from passmuster.model.unknown import UnknownFact
    from passmuster.model.verdict import FactShown, PolicyHeader, WaiverHeader


class Cause(enum.Enum):
    """Why a rule changes outcome; the values are the words of reports, in the order of reports."""

    EXPRESSION = "the requirement changed"
    PARAMETER = "a parameter changed"
    UNREAD = "it newly reads a fact that is unknown"
    WAIVER = "a waiver changed"
    NODE = "the node changed"
    ADDED = "the rule is new"
    REMOVED = "the rule is gone"
    LEVEL = "its level changed"


class Origin(enum.Enum):
    """Whose change takes a rule to where it ends; the values are the words of reports."""

    POLICY = "by the policy alone"
    """NEW judges the earlier snapshot as it ends; OLD does not judge the later one so."""
    NODE = "by the node alone"
    """OLD judges the later snapshot as it ends; NEW does not judge the earlier one so."""
    BOTH = "by both together"
    """Neither change alone would do it."""
    EITHER = "by either alone"
    """Each change alone would do it."""


class WaiverStep(enum.Enum):
    """What became of a waiver between the two sides; the values are the words of reports."""

    ADDED = "added"
    REMOVED = "removed"
    EXPIRED = "expired"
    RENEWED = "renewed"
    """It had expired on the old side, and holds on the new one."""
    CHANGED = "changed"
    """It covers other nodes or another rule than it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A fact in one snapshot: its value, or why there is none."""

    value: Any
    """None where the host has none, and where it could not be looked at."""
    unknown: UnknownFact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChange:
    """A fact that a rule reads, and that is not the same in the two snapshots of a node."""

    path: FieldPath
    before: Seen
    after: Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterChange:
    """A parameter that a rule reads, and that has another value; None on the side that has no such parameter."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverChange:
    """The waiver behind a flip, and what became of it."""

    step: WaiverStep
    waiver: WaiverHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """One rule that changes outcome or level on one node."""

    rule: str
    title: str
    cause: Cause
    origin: Origin
    before: RuleOutcome | None
    """OLD on the earlier snapshot; None where the old version has no such rule."""
    after: RuleOutcome | None
    """NEW on the later snapshot; None where the new version has no such rule."""
    policy_alone: RuleOutcome | None
    """NEW on the earlier snapshot: what the policy's change alone would make of it."""
    node_alone: RuleOutcome | None
    """OLD on the later snapshot: what the node's change alone would make of it."""
    old_level: Level | None
    new_level: Level | None
    message: str | None
    """What is said where it does not pass, of the later side first; None where neither says anything."""
    facts: tuple[FactShown, ...]
    """The values that decide, of the later snapshot; empty where it read none."""
    changed: tuple[FactChange, ...] = ()
    """Facts that it reads and that changed; empty for one snapshot a node, and where the node had no part in it."""
    parameters: tuple[ParameterChange, ...] = ()
    """Parameters that it reads and that changed; empty unless that is the cause."""
    waiver: WaiverChange | None = None
    """None unless a waiver is the cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What becomes of a node as a whole in the four ways to judge it; with one snapshot a node they are two."""

    before: NodeOutcome
    policy_alone: NodeOutcome
    node_alone: NodeOutcome
    after: NodeOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeChange:
    """One node on which at least one rule changed."""

    node: str
    machine_id: str | None
    digest: str
    """Of the later snapshot."""
    digest_before: str | None
    """Of the earlier snapshot; None where there is one snapshot a node."""
    judged: Judged
    rules: tuple[RuleChange, ...]

    @property
    def flips(self) -> bool:
        """Whether the node as a whole changes outcome."""
        return self.judged.before is not self.judged.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A node to collect again, with what decides and its later snapshot lacks."""

    node: str
    facts: tuple[UnknownFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSided:
    """A node with a snapshot on one side only, as that side judges it."""

    node: str
    machine_id: str | None
    outcome: NodeOutcome


class When(enum.Enum):
    """Which of the two sets of snapshots is meant."""

    EARLIER = "earlier"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubled:
    """A node with several snapshots on one side: it is unknown which one counts, so it is not compared."""

    node: str
    machine_id: str | None
    when: When
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Input that is not a snapshot."""

    input: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What one way of judging makes of all nodes, compared with how it was."""

    flips: int
    """Nodes that change outcome."""
    broken: tuple[str, ...]
    """Those that passed, with or without a warning, and fail; sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossTerms:
    """What each change alone would do to the nodes, and what both do together."""

    policy_alone: Term
    node_alone: Term
    together: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class SideHeader:
    """What a side judges by."""

    policy: PolicyHeader
    parameters: Mapping[str, Any]
    """Every parameter's effective value."""
    waivers: str | None
    """Digest of the waivers' file; None where none were given."""
    now: str | None
    """The moment that its waivers are judged at; None where there are none."""
    fleet_rules: tuple[str, ...]
    """Ids of its rules about all nodes of a pool: no node's, so they are not compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What changes over a fleet."""

    old: SideHeader
    new: SideHeader
    nodes: int
    """How many nodes were compared."""
    changes: tuple[NodeChange, ...]
    """Nodes with a change, by name; empty where nothing changes anywhere."""
    collect_again: tuple[Unread, ...]
    """Nodes on which rules become unknown for facts newly read, or lost; empty where there are none."""
    terms: CrossTerms | None
    """None where there is one snapshot a node."""
    appeared: tuple[OneSided, ...]
    """Nodes with a later snapshot only."""
    gone: tuple[OneSided, ...]
    """Nodes with an earlier snapshot only."""
    doubled: tuple[Doubled, ...]
    unreadable: tuple[Unreadable, ...]

    @property
    def broken(self) -> tuple[NodeChange, ...]:
        """Nodes that pass as they were, with or without a warning, and fail as they are now."""
        return tuple(change for change in self.changes if breaks(change.judged.before, change.judged.after))

    @property
    def flips(self) -> tuple[NodeChange, ...]:
        """Nodes that change outcome as a whole."""
        return tuple(change for change in self.changes if change.flips)

    @property
    def fleet_rules(self) -> tuple[str, ...]:
        """Ids of the rules about pools of nodes, of either version, sorted."""
        return tuple(sorted({*self.old.fleet_rules, *self.new.fleet_rules}))

    @property
    def same_terms(self) -> bool:
        """Whether both sides judge by the same: then whatever flips, the node did it."""
        return self.old == self.new

    @property
    def whole(self) -> bool:
        """Whether some node was compared, and none was given that could not be."""
        return self.nodes > 0 and not self.doubled and not self.unreadable


def breaks(before: NodeOutcome, after: NodeOutcome) -> bool:
    """Whether a node changes from pass to fail."""
    return before in {NodeOutcome.PASS, NodeOutcome.WARN} and after is NodeOutcome.FAIL
