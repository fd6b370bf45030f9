"""Grouping results for people: by what there is to do, then by what was found, then by node.

Rules of one outcome and level that share their remedy make one group: where there is no IOMMU, both
of its rules fail, and there is one thing to do about it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.model.outcome import Level, RuleOutcome
from passmuster.model.unknown import Reason
from passmuster.report.advice import action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.model.verdict import RuleHeader, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule in a group, and the nodes by the message they got."""

    rule: RuleHeader
    nodes: Mapping[str, tuple[str, ...]]
    """Message -> names, sorted; a name that two nodes have stands there twice, so that counts are of nodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules with one outcome, level and remedy."""

    outcome: RuleOutcome
    level: Level
    remediation: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Unknown facts with one reason, one remedy, and the rules that need them."""

    reason: Reason
    action: str
    """What to do, in the imperative."""
    facts: Mapping[str, str]
    """Path -> detail."""
    rules: tuple[str, ...]
    nodes: tuple[str, ...]
    """Sorted; a name that two nodes have stands there twice."""


_LEVELS = {level: rank for rank, level in enumerate(Level)}


def groups(verdict: Verdict, outcome: RuleOutcome) -> list[Group]:
    """The groups of one outcome: required first, then in the policies' order."""
    by_rule: dict[tuple[Level, str], dict[RuleHeader, dict[str, list[str]]]] = {}
    for node in verdict.nodes:
        for result in node.results:
            if result.outcome is outcome:
                rules = by_rule.setdefault((result.rule.level, result.rule.remediation), {})
                rules.setdefault(result.rule, {}).setdefault(result.message or "", []).append(node.node)
    made = [
        Group(
            outcome=outcome,
            level=level,
            remediation=remediation,
            findings=tuple(
                Finding(rule=rule, nodes={message: tuple(sorted(names)) for message, names in sorted(messages.items())})
                for rule, messages in rules.items()
            ),
        )
        for (level, remediation), rules in by_rule.items()
    ]
    return sorted(made, key=lambda group: _LEVELS[group.level])


def missing(verdict: Verdict) -> list[Missing]:
    """What stood in the way, by reason and by what to do about it."""
    facts: dict[tuple[Reason, str], dict[str, str]] = defaultdict(dict)
    rules: dict[tuple[Reason, str], dict[str, None]] = defaultdict(dict)
    nodes: dict[tuple[Reason, str], dict[int, str]] = defaultdict(dict)
    for number, node in enumerate(verdict.nodes):
        for result in node.results:
            for fact in result.unknown if result.outcome is RuleOutcome.UNKNOWN else ():
                key = fact.reason, action(fact, node.snapshot)
                facts[key].setdefault(str(fact.path), fact.detail)
                rules[key][result.rule.id] = None
                nodes[key][number] = node.node
    return [
        Missing(
            reason=reason,
            action=advice,
            facts=dict(sorted(facts[reason, advice].items())),
            rules=tuple(rules[reason, advice]),
            nodes=tuple(sorted(nodes[reason, advice].values())),
        )
        for reason, advice in sorted(facts, key=lambda key: (_REASONS[key[0]], key[1]))
    ]


_REASONS = {reason: rank for rank, reason in enumerate(Reason)}
