"""Counts of outcomes; every outcome is present, also at zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.outcome import Level, NodeOutcome, RuleOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.verdict import Verdict


def nodes(verdict: Verdict) -> dict[NodeOutcome, int]:
    """How many nodes came to each outcome."""
    found = [node.outcome for node in verdict.nodes]
    return {outcome: found.count(outcome) for outcome in NodeOutcome}


def rules(verdict: Verdict) -> dict[Level, dict[RuleOutcome, int]]:
    """How many results of each level came to each outcome, over all nodes that were judged."""
    counts = {level: dict.fromkeys(RuleOutcome, 0) for level in Level}
    for node in verdict.nodes:
        for result in node.results:
            counts[result.rule.level][result.outcome] += 1
    return counts


def summary(verdict: Verdict) -> dict[str, object]:
    """The counts as a report's `summary` has them."""
    return worded(nodes(verdict), rules(verdict))


def worded(
    of_nodes: Mapping[NodeOutcome, int], of_rules: Mapping[Level, Mapping[RuleOutcome, int]]
) -> dict[str, object]:
    """Counts in the words of the wire format."""
    return {
        "nodes": {outcome.value: count for outcome, count in of_nodes.items()},
        "rules": {
            level.value: {outcome.value: count for outcome, count in counts.items()}
            for level, counts in of_rules.items()
        },
    }
