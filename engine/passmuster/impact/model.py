"""What a new version of a policy changes, as values."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from passmuster.outcome import Level, NodeOutcome, RuleOutcome
    from passmuster.unknown import UnknownFact
    from passmuster.verdict import FactShown, PolicyHeader


class Cause(enum.Enum):
    """Why a rule comes out otherwise; the values are the words of reports."""

    ADDED = "the rule is new"
    REMOVED = "the rule is gone"
    UNREAD = "it newly reads what could not be looked at"
    EXPRESSION = "what it asks for changed"
    PARAMETER = "a parameter changed"
    LEVEL = "its level changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """One rule that comes out otherwise on one node, or weighs otherwise."""

    rule: str
    cause: Cause
    before: RuleOutcome | None
    """None where the old version has no such rule."""
    after: RuleOutcome | None
    """None where the new version has no such rule."""
    old_level: Level | None
    new_level: Level | None
    message: str | None
    """What the version in which it does not pass says; None where neither says anything."""
    facts: tuple[FactShown, ...]
    """The values that decide; empty where it read none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeChange:
    """One node on which at least one rule changed."""

    node: str
    digest: str
    before: NodeOutcome
    after: NodeOutcome
    rules: tuple[RuleChange, ...]

    @property
    def flips(self) -> bool:
        """Whether the node as a whole comes out otherwise."""
        return self.before is not self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A node to collect again, with what the new version reads and the snapshot lacks."""

    node: str
    facts: tuple[UnknownFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What changes over a fleet."""

    old: PolicyHeader
    new: PolicyHeader
    nodes: int
    """How many nodes were judged."""
    changes: tuple[NodeChange, ...]
    """Nodes with a change, by name; empty where nothing changes anywhere."""
    collect_again: tuple[Unread, ...]
    """Nodes that become unknown for facts that the new version began to read; empty where there are none."""

    @property
    def broken(self) -> tuple[NodeChange, ...]:
        """Nodes that pass by the old version, with or without a warning, and fail by the new one."""
        return tuple(
            each for each in self.changes if each.before.value in {"pass", "warn"} and each.after.value == "fail"
        )
