"""Results of fleet rules in words: which values a pool has, who are the odd ones out, and who is undecided."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from passmuster.model.outcome import RuleOutcome
from passmuster.report.names import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.model.verdict import FleetResult, FleetUndecided, FleetValue, Verdict

GOOD = frozenset((RuleOutcome.PASS, RuleOutcome.NOT_APPLICABLE))
_URGENT = (RuleOutcome.FAIL, RuleOutcome.ERROR, RuleOutcome.UNKNOWN)
_BRIEF = 60
_MOST = 8
"""Values that are named one by one."""


def tally(verdict: Verdict) -> str:
    """How many results of fleet rules came to each outcome: `1 fail, 2 pass`."""
    outcomes = [result.outcome for result in verdict.fleet]
    counts = {outcome: outcomes.count(outcome) for outcome in RuleOutcome}
    return ", ".join(f"{count} {outcome.value.replace('_', ' ')}" for outcome, count in counts.items() if count)


def urgent_first(verdict: Verdict) -> list[FleetResult]:
    """The results: failures, then what is undecided, then the rest."""
    order = {outcome: at for at, outcome in enumerate(_URGENT)}
    return sorted(verdict.fleet, key=lambda result: order.get(result.outcome, len(order)))


def where(result: FleetResult) -> str:
    """Which pool, and how large: `pool x86_64, 3 nodes`."""
    if not result.size and result.undecided:
        return "no known member"
    size = nodes(result.size)
    return size if result.pool is None else f"pool {result.pool or '(empty name)'}, {size}"


def told(result: FleetResult) -> Iterator[str]:
    """A line for each value, the most common first, then one for each reason why nodes are undecided."""
    for value in result.values[:_MOST]:
        yield f"{'odd: ' if value.odd else ''}{_value(value, result.values[0])} on {_names(value)}"
    rest = result.values[_MOST:]
    if rest:
        yield f"odd: {len(rest)} more values on {nodes(sum(value.count for value in rest))}"
    for pool in result.undecided:
        yield f"unknown: {_names(pool)} ({_why(pool)})"


def nodes(count: int) -> str:
    """A number of nodes."""
    return f"{count} node{'' if count == 1 else 's'}"


def _value(value: FleetValue, first: FleetValue) -> str:
    """A value; of a list, how it differs from the most common one."""
    if isinstance(value.value, tuple) and isinstance(first.value, tuple):
        if value is first:
            return f"{len(value.value)} words ({_brief(', '.join(value.value))})"
        return _difference(first.value, value.value)
    return _brief(value.value if isinstance(value.value, str) and value.value else json.dumps(value.value))


def _difference(usual: tuple[str, ...], own: tuple[str, ...]) -> str:
    lacks = [item for item in usual if item not in own]
    adds = [item for item in own if item not in usual]
    differences = [
        f"{word} {_brief(', '.join(items))}" for word, items in (("without", lacks), ("with", adds)) if items
    ]
    return ", ".join(differences) or "the same words in another order"


def _brief(text: str) -> str:
    return text if len(text) <= _BRIEF else text[: _BRIEF - 3] + "..."


def _names(part: FleetValue | FleetUndecided) -> str:
    """The names, folded; a number where the odd ones are not meant."""
    common = not getattr(part, "odd", True)
    if common:
        return nodes(part.count)
    more = part.count - len(part.nodes)
    return ", ".join([*fold(part.nodes), *([f"{more} more"] if more else [])])


def _why(undecided: FleetUndecided) -> str:
    facts = [f"{fact.path} {fact.reason.value.replace('_', ' ')}" for fact in undecided.facts]
    return "; ".join([*facts, *([undecided.reason] if undecided.reason else [])])
