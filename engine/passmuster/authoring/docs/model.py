"""The reading edition as a value, the same for every format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.authoring.docs.highlight import Piece
    from passmuster.model.outcome import Level, RuleOutcome
    from passmuster.policy.model import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact that a rule reads, as the snapshot's schema describes it."""

    path: str
    kind: str
    """What its values are, in words: `list of text`."""
    description: str
    unit: str | None
    sources: tuple[str, ...]
    """Where Linux keeps it; empty where the schema names nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A case of the suite, as far as it is about one rule."""

    name: str
    base: str
    outcome: RuleOutcome
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of a rule in one version."""

    version: str
    what: tuple[str, ...]
    """The parts that changed; empty: it was added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A parameter, constant or variable."""

    name: str
    """As expressions write it: `variables.is_x86`."""
    description: str
    kind: str
    """Of a parameter: its type and default, in words; empty for the others."""
    code: tuple[Piece, ...]
    """The expression of a variable; empty for the others."""
    value: Any
    """The value of a constant; None for the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One rule."""

    id: str
    title: str
    level: Level
    digest: str
    """Of the rule and of every term that it uses."""
    fleet: bool
    """Whether it is judged over all nodes of a pool."""
    applies_when: tuple[Piece, ...]
    """Empty: it applies to every node."""
    group_by: tuple[Piece, ...]
    """Empty: it is about one node, or has one pool."""
    value: tuple[Piece, ...]
    """Empty: it is about one node."""
    expression: tuple[Piece, ...]
    message: tuple[Piece, ...]
    """Empty: the engine words the cause."""
    facts: tuple[Fact, ...]
    terms: tuple[Term, ...]
    """Those that it uses, directly or through others."""
    rationale: str
    deviation: str | None
    """None: it follows its source."""
    remediation: str
    references: tuple[Reference, ...]
    examples: tuple[Example, ...]
    history: tuple[Change, ...]
    """Oldest first; the versions that left it as it was are not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A policy for reading."""

    pack: str
    version: str
    title: str
    released: bool
    digest: str
    language: str
    source: Mapping[str, Any]
    terms: tuple[Term, ...]
    entries: tuple[Entry, ...]
    bases: Mapping[str, str]
    """The nodes that the cases start from: name and description."""
