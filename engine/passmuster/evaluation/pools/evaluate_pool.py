"""Fleet rules over nodes that are all at hand: what each contributes, gathered and judged. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.evaluation.pools.aggregate import Aggregate
from passmuster.evaluation.pools.contributions import UNJUDGED, contribution
from passmuster.evaluation.pools.pool_verdict import pool_results
from passmuster.evaluation.rule import bound
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from passmuster.model.verdict import FleetResult
    from passmuster.policy.compile import CompiledFleetRule, CompiledPolicy
    from passmuster.snapshot import Snapshot


def evaluate_pools(
    rules: Sequence[tuple[CompiledPolicy, CompiledFleetRule]],
    nodes: Iterable[tuple[str, Snapshot | None]],
    parameters: Mapping[str, Mapping[str, Any]],
) -> tuple[FleetResult, ...]:
    """What the rules, each with its policy, say of nodes by name; None is a node that could not be judged."""
    gathered = [(policy, rule, Aggregate()) for policy, rule in rules]
    for name, snapshot in nodes if gathered else ():
        values = {} if snapshot is None else _values(rules, snapshot, parameters)
        for policy, rule, aggregate in gathered:
            contributed = UNJUDGED if snapshot is None else contribution(rule, values[policy.header.pack])
            aggregate.add(contributed, name)
    return tuple(
        result
        for policy, rule, aggregate in gathered
        for result in pool_results(rule, aggregate, parameters[policy.header.pack], policy.constants)
    )


def _values(
    rules: Sequence[tuple[CompiledPolicy, CompiledFleetRule]],
    snapshot: Snapshot,
    parameters: Mapping[str, Mapping[str, Any]],
) -> dict[str, Mapping[str, object]]:
    """What expressions read of one node, by pack."""
    roots = bind(snapshot)
    policies = {policy.header.pack: policy for policy, _ in rules}
    return {pack: bound(policy, roots, parameters[pack]) for pack, policy in policies.items()}
