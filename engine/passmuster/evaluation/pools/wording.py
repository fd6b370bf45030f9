"""Why a pool came out as it did, in a sentence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from passmuster.evaluation.rule import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.evaluation.pools.aggregate import Pool
    from passmuster.model.verdict import FleetValue

_MOST = 4
"""Of values or reasons that a sentence names."""
_BRIEF = 60


def at_fault(met: str) -> str:
    """What an error says."""
    return f"the policy is at fault: {met}"


def spread(values: Sequence[FleetValue]) -> str:
    """Which values there are, and how many members have each."""
    if len(values) == 1:
        return f"every known member has {brief(values[0].value)}"
    if isinstance(values[0].value, tuple):
        return f"{len(values)} different lists, the most common on {nodes(values[0].count)}"
    named = [f"{brief(value.value)} on {nodes(value.count)}" for value in values[:_MOST]]
    more = len(values) - len(named)
    return ", ".join([*named, *([f"{more} more values"] if more else [])])


def standing_in_the_way(pool: Pool) -> str:
    """Which facts, and what else, leave members undecided."""
    reasons: dict[str, None] = {}
    for why in sorted(pool.reasons.parts):
        if not why.fault:
            reasons |= dict.fromkeys([f"{fact.path} is unknown: {wording(fact)}" for fact in why.facts] or [why.reason])
    reason_lists = [*list(reasons)[:_MOST], *(["and others"] if len(reasons) > _MOST else [])]
    return f"{nodes(pool.undecided)} undecided: {'; '.join(reason_lists)}"


def told(pool: Pool) -> str:
    """What the policy does wrong on a member."""
    return at_fault("; ".join([why.reason for why in sorted(pool.reasons.parts) if why.fault][:_MOST]))


def nodes(count: int) -> str:
    """A number of nodes."""
    return f"{count} node{'' if count == 1 else 's'}"


def brief(value: object) -> str:
    """A value for a sentence, cut where it is long."""
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _BRIEF else text[: _BRIEF - 3] + "..."
