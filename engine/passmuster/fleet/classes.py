"""What policies say of every node that has one set of facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from passmuster.codec import json
from passmuster.evaluation.node import settle
from passmuster.evaluation.pools import UNJUDGED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.evaluation.pools import Contribution
    from passmuster.model.outcome import NodeOutcome, RuleOutcome
    from passmuster.model.verdict import Result, RuleHeader


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Class:
    """Nodes with the same results; compared by identity, not by content."""

    outcome: NodeOutcome
    results: tuple[tuple[RuleHeader, RuleOutcome], ...]
    """In the policies' order; empty where the node was not judged."""
    reason: str | None
    """Why the nodes are unknown as a whole; None if their rules decided."""
    tail: bytes
    """The end of what a node's digest is made of: outcome and rules as canonical JSON."""
    wire: bytes = b""
    """The results as a report has them: JSON objects with commas between; empty if not requested."""
    full: tuple[Result, ...] = ()
    """The results as they are, where they were written too."""
    contributions: tuple[Contribution | None, ...] = ()
    """What each such node contributes to each fleet rule that is asked; None where it is no member."""

    apart: bool = False
    """Whether the nodes are unknown each by itself, whatever else is given of them (`duplicates.Claim`); the reason
    says so too."""
    alike: tuple[object, ...] = ()
    """Equal for classes with the same counts."""


def class_of(
    results: Sequence[tuple[RuleHeader, RuleOutcome]],
    *,
    reason: str | None = None,
    wire: bytes = b"",
    full: tuple[Result, ...] = (),
    contributions: tuple[Contribution | None, ...] = (),
) -> Class:
    """The class of nodes with these results; `reason` for those that are unknown as a whole."""
    told, nothing = settle((rule.level, each) for rule, each in results)
    rules = {rule.name: each.value for rule, each in results}
    tail = json.canonical([told.value, rules])[1:]
    return Class(
        outcome=told,
        results=tuple(results),
        reason=reason or nothing,
        tail=tail,
        wire=wire,
        full=full,
        contributions=contributions,
        alike=(tail, reason or nothing, contributions),
    )


def unjudged(reason: str, fleet_rules: int, *, apart: bool = False) -> Class:
    """The class of nodes that are unknown before any rule is judged, for this number of fleet rules."""
    return replace(class_of((), reason=reason, contributions=(UNJUDGED,) * fleet_rules), apart=apart)
