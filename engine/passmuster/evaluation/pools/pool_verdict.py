"""Judging a pool by its aggregated members, with the reason in a sentence. Pure.

Undecided members leave a rule unknown unless no value of theirs could change it: then it fails, or passes, as it does
without them (see `bounds`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from passmuster.evaluation.pools.aggregate import MAX_POOLS, Pool
from passmuster.evaluation.pools.bounds import settled
from passmuster.evaluation.rule import wording
from passmuster.model.outcome import RuleOutcome
from passmuster.model.verdict import FleetResult, FleetUndecided, FleetValue
from passmuster.policy.environments import MAX_UNION, MAX_VALUES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from passmuster.evaluation.pools.aggregate import Aggregate
    from passmuster.policy.compile import CompiledFleetRule

_MOST = 4
"""Of values or reasons that a sentence names."""
_BRIEF = 60


def at_fault(met: str) -> str:
    """What an error says."""
    return f"error in the policy: {met}"


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
    return f"{nodes(pool.undecided)} unknown: {'; '.join(reason_lists)}"


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


def pool_results(
    rule: CompiledFleetRule, aggregate: Aggregate, parameters: Mapping[str, Any], constants: Mapping[str, object]
) -> tuple[FleetResult, ...]:
    """One result for each pool, sorted; one without a pool where there is none, and for nodes of no known pool."""
    terms = {"params": dict(parameters), "constants": constants}
    judging = _Judging(rule, terms, aggregate.unplaced)
    grouped = rule.group_by is not None
    fleet_results = [
        judging.pool(name if grouped else None, aggregate.pools.parts[name]) for name in sorted(aggregate.pools.parts)
    ]
    if aggregate.pools.more:
        message = f"group_by gives more than {MAX_POOLS} pools; the others were not judged"
        fleet_results.append(_result(rule, None, RuleOutcome.ERROR, at_fault(message), Pool()))
    if aggregate.unplaced.undecided and (grouped or not fleet_results):
        fleet_results.insert(0, judging.nowhere())
    return tuple(fleet_results) or (_result(rule, None, RuleOutcome.NOT_APPLICABLE, None, Pool()),)


class _Judging:
    """One rule, and the nodes that may be members of any of its pools."""

    def __init__(self, rule: CompiledFleetRule, terms: Mapping[str, object], unplaced: Pool) -> None:
        self._rule, self._terms, self._unplaced = rule, terms, unplaced

    def pool(self, name: str | None, pool: Pool) -> FleetResult:
        """Judge one pool."""
        if name is None and self._unplaced.undecided:
            pool = _together(pool, self._unplaced)
            possible = pool
        else:
            possible = _together(pool, self._unplaced)
        union = sorted({item for value in pool.values.parts if isinstance(value, tuple) for item in value})
        roots = {**self._terms, "fleet": _shown(pool, possible.undecided, union[:MAX_UNION])}
        value = self._rule.expression.run(roots).value if pool.values.parts else None
        more = pool.values.more or len(union) > MAX_UNION
        whole = not possible.undecided and not more
        if isinstance(value, bool) and pool.values.parts and (whole or settled(self._rule.expression, value=value)):
            message = None if value else self._message(roots, pool)
            return _result(self._rule, name, RuleOutcome.PASS if value else RuleOutcome.FAIL, message, pool)
        if possible.missing:
            return _result(self._rule, name, RuleOutcome.UNKNOWN, standing_in_the_way(possible), pool)
        if possible.fault:
            return _result(self._rule, name, RuleOutcome.ERROR, told(possible), pool)
        limit = f"more than {MAX_VALUES} distinct values, or {MAX_UNION} different elements"
        message = f"members have {limit}" if more else str(value)
        return _result(self._rule, name, RuleOutcome.ERROR, at_fault(message), pool)

    def nowhere(self) -> FleetResult:
        """The nodes that may be members of an unknown pool."""
        unplaced = self._unplaced
        if unplaced.missing:
            return _result(self._rule, None, RuleOutcome.UNKNOWN, standing_in_the_way(unplaced), unplaced)
        return _result(self._rule, None, RuleOutcome.ERROR, told(unplaced), unplaced)

    def _message(self, roots: Mapping[str, object], pool: Pool) -> str:
        written = self._rule.message.run(roots).value if self._rule.message is not None else None
        return written if isinstance(written, str) and written else spread(_values(pool))


def _together(pool: Pool, unplaced: Pool) -> Pool:
    """A pool with the nodes that may be its members too."""
    pooled = Pool()
    pooled.merge(pool)
    pooled.merge(unplaced)
    return pooled


def _shown(pool: Pool, undecided: int, union: list[str]) -> dict[str, object]:
    """What expressions read as `fleet`; what a type of values does not have is never read."""
    values = sorted(pool.values.parts)
    lists = [value for value in values if isinstance(value, tuple)]
    return {
        "size": pool.size,
        "unknown": undecided,
        "values": [list(value) if isinstance(value, tuple) else value for value in values],
        "counts": {_key(value): pool.values.parts[value].count for value in values if not isinstance(value, tuple)},
        "common": sorted(set(lists[0]).intersection(*lists[1:])) if lists else [],
        "union": union,
    }


def _key(value: object) -> str:
    """A value as the key of `fleet.counts`, as CEL's string() writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _result(
    rule: CompiledFleetRule, name: str | None, outcome: RuleOutcome, message: str | None, pool: Pool
) -> FleetResult:
    return FleetResult(
        rule=rule.header,
        pool=name,
        outcome=outcome,
        message=message,
        size=pool.size,
        values=_values(pool),
        undecided=tuple(
            FleetUndecided(facts=why.facts, reason=why.reason, count=names.count, nodes=tuple(names.first))
            for why, names in sorted(pool.reasons.parts.items())
        ),
    )


def _values(pool: Pool) -> tuple[FleetValue, ...]:
    """The values, the most common first; where two are as common as any, all are odd."""
    parts = pool.values.parts
    order = sorted(sorted(parts), key=lambda value: -parts[value].count)
    alone = len(order) == 1 or (len(order) > 1 and parts[order[0]].count > parts[order[1]].count)
    return tuple(
        FleetValue(value=value, count=parts[value].count, odd=not (alone and at == 0), nodes=tuple(parts[value].first))
        for at, value in enumerate(order)
    )
