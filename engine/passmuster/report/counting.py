"""Counts of outcomes; every outcome is present, also at zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.model.outcome import Level, NodeOutcome, RuleOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.model.verdict import RuleHeader, Verdict


def nodes(verdict: Verdict) -> dict[NodeOutcome, int]:
    """How many nodes came to each outcome."""
    outcomes = [node.outcome for node in verdict.nodes]
    return {outcome: outcomes.count(outcome) for outcome in NodeOutcome}


def rules(verdict: Verdict) -> dict[Level, dict[RuleOutcome, int]]:
    """How many results of each level came to each outcome, over all nodes that were judged."""
    counts = {level: dict.fromkeys(RuleOutcome, 0) for level in Level}
    for node in verdict.nodes:
        for result in node.results:
            counts[result.rule.level][result.outcome] += 1
    return counts


def by_rule(verdict: Verdict) -> dict[RuleHeader, dict[RuleOutcome, int]]:
    """How many nodes each rule came to each outcome on, in the policies' order; empty where no node was judged."""
    counts: dict[RuleHeader, dict[RuleOutcome, int]] = {}
    for node in verdict.nodes:
        for result in node.results:
            if result.rule not in counts:
                counts[result.rule] = dict.fromkeys(RuleOutcome, 0)
            counts[result.rule][result.outcome] += 1
    return counts


def by_fleet_rule(verdict: Verdict) -> dict[RuleHeader, dict[RuleOutcome, int]]:
    """Pools by outcome for each fleet rule; empty if no fleet rule is selected."""
    counts: dict[RuleHeader, dict[RuleOutcome, int]] = {}
    for result in verdict.fleet:
        counts.setdefault(result.rule, dict.fromkeys(RuleOutcome, 0))[result.outcome] += 1
    return counts


def summary(verdict: Verdict) -> dict[str, object]:
    """The counts as a report's `summary` has them."""
    return worded(nodes(verdict), rules(verdict), fleet_rules(verdict))


def fleet_rules(verdict: Verdict) -> dict[Level, dict[RuleOutcome, int]]:
    """How many results of fleet rules of each level came to each outcome, over all pools."""
    counts = {level: dict.fromkeys(RuleOutcome, 0) for level in Level}
    for result in verdict.fleet:
        counts[result.rule.level][result.outcome] += 1
    return counts


def every_rule(verdict: Verdict) -> dict[Level, dict[RuleOutcome, int]]:
    """The results of node rules and fleet rules together, which decide the exit status."""
    return together(rules(verdict), fleet_rules(verdict))


def together(*counted: Mapping[Level, Mapping[RuleOutcome, int]]) -> dict[Level, dict[RuleOutcome, int]]:
    """The sum of several counts."""
    return {level: {outcome: sum(one[level][outcome] for one in counted) for outcome in RuleOutcome} for level in Level}


def worded(
    of_nodes: Mapping[NodeOutcome, int],
    of_rules: Mapping[Level, Mapping[RuleOutcome, int]],
    of_fleet_rules: Mapping[Level, Mapping[RuleOutcome, int]] | None = None,
) -> dict[str, object]:
    """Counts in the words of the wire format; None where there are no fleet rules."""
    none = {level: dict.fromkeys(RuleOutcome, 0) for level in Level}
    return {
        "nodes": {outcome.value: count for outcome, count in of_nodes.items()},
        "rules": _by_level(of_rules),
        "fleet_rules": _by_level(of_fleet_rules or none),
    }


def _by_level(counted: Mapping[Level, Mapping[RuleOutcome, int]]) -> dict[str, dict[str, int]]:
    return {
        level.value: {outcome.value: count for outcome, count in counts.items()} for level, counts in counted.items()
    }
