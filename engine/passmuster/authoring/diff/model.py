"""The differences between two versions of a policy, as values, and which version they ask for."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from passmuster.authoring.diff.nodes import NodeClaim
    from passmuster.model.outcome import Level
    from passmuster.model.verdict import PolicyHeader
    from passmuster.policy.version import Version


class Bump(enum.IntEnum):
    """Which number of the version has to grow for a change."""

    NONE = 0
    PATCH = 1
    """Wording: no outcome of a rule or a node changes."""
    MINOR = 2
    """Each node that passed or warned still does."""
    MAJOR = 3
    """That is not proven, or a command line that worked may be refused."""


class ChangeKind(enum.Enum):
    """What kind a change is; the values stand in JSON."""

    ADDED = "added"
    REMOVED = "removed"
    STRICTER = "stricter"
    LOOSER = "looser"
    SAME_PASSES = "same_passes"
    """The same nodes pass; of the others, outcomes may change."""
    UNCLEAR = "unclear"
    """Changed, and the direction cannot be told."""
    REWORDED = "reworded"
    """Written otherwise, with the same meaning."""
    RAISED = "level_raised"
    LOWERED = "level_lowered"
    APPLIES_WIDER = "applies_wider"
    APPLIES_NARROWER = "applies_narrower"
    APPLIES_UNCLEAR = "applies_unclear"
    APPLIES_REWORDED = "applies_reworded"
    READS = "reads"
    READS_NO_LONGER = "reads_no_longer"
    VALUE = "value"
    """The value of a constant, or the type or default of a parameter."""
    TEXT = "text"
    """Words for people: a title, a message, a rationale and their like."""
    ORDER = "order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One line of what exactly changed: words, and the expression or value that they are about."""

    words: str
    now: str
    was: str | None = None
    """What it replaces; None where it replaces nothing."""

    def __str__(self) -> str:
        return f"{self.words}: {self.now}" + ("" if self.was is None else f", was {self.was}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference, in a sentence without a full stop."""

    kind: ChangeKind
    sentence: str
    details: tuple[Detail, ...] = ()
    """What exactly; empty where the sentence says it all."""
    bump: Bump


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What changed: a rule, a parameter, a constant, a variable or the policy as a whole."""

    kind: str
    """`rule`, `parameter`, `constant`, `variable` or `policy`."""
    name: str
    title: str
    """Empty but for rules."""
    level: Level | None
    """Of a rule: the level it has now, or had last."""
    changes: tuple[Change, ...]
    """Never empty."""

    @property
    def bump(self) -> Bump:
        """What its changes demand together."""
        return max(change.bump for change in self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDiff:
    """All differences between two policies."""

    old: PolicyHeader
    new: PolicyHeader
    subjects: tuple[Subject, ...]
    """Rules first, in the new policy's order, then what was removed, then names; empty where nothing differs."""
    same: int
    """How many rules are as they were, to the letter."""
    nodes: NodeClaim
    """What is proven of every node, waivers and rules about pools aside."""
    given: tuple[str, ...]
    """Values of parameters without which that is not proven, in words."""

    @property
    def bump(self) -> Bump:
        """Which number of the version has to grow."""
        return max((subject.bump for subject in self.subjects), default=Bump.NONE)


def wanted(old: Version, bump: Bump) -> str:
    """The lowest version that a change of this size may have; before 1.0.0 each size counts one less."""
    if old.major == 0 and bump is not Bump.NONE:
        bump = Bump.MINOR if bump is Bump.MAJOR else Bump.PATCH
    numbers = {
        Bump.NONE: (old.major, old.minor, old.patch),
        Bump.PATCH: (old.major, old.minor, old.patch + 1),
        Bump.MINOR: (old.major, old.minor + 1, 0),
        Bump.MAJOR: (old.major + 1, 0, 0),
    }[bump]
    return ".".join(map(str, numbers))


def fits(old: Version, new: Version, bump: Bump) -> bool:
    """Whether a version is high enough for its changes since an older one."""
    lowest = tuple(int(part) for part in wanted(old, bump).split("."))
    return (new.major, new.minor, new.patch) >= lowest
