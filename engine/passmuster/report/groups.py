"""Grouping results for people: by what there is to do, then by what was found, then by node.

Rules of one outcome and level that share their remedy make one group: where there is no IOMMU, both
of its rules fail, and there is one thing to do about it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.outcome import Level, RuleOutcome
from passmuster.unknown import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.verdict import RuleHeader, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule in a group, and the nodes by the message they got."""

    rule: RuleHeader
    nodes: Mapping[str, tuple[str, ...]]
    """Message -> names, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules with one outcome, level and remedy."""

    outcome: RuleOutcome
    level: Level
    remediation: str
    findings: tuple[Finding, ...]

    @property
    def names(self) -> frozenset[str]:
        """All nodes concerned."""
        return frozenset(name for finding in self.findings for names in finding.nodes.values() for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Facts that could not be looked at for one reason, and what hangs on them."""

    reason: Reason
    facts: Mapping[str, str]
    """Path -> detail."""
    rules: tuple[str, ...]
    nodes: tuple[str, ...]


_LEVELS = {level: rank for rank, level in enumerate(Level)}


def groups(verdict: Verdict, outcome: RuleOutcome) -> list[Group]:
    """The groups of one outcome: required first, then in the policies' order."""
    found: dict[tuple[Level, str], dict[RuleHeader, dict[str, set[str]]]] = {}
    for node in verdict.nodes:
        for result in node.results:
            if result.outcome is outcome:
                rules = found.setdefault((result.rule.level, result.rule.remediation), {})
                rules.setdefault(result.rule, {}).setdefault(result.message or "", set()).add(node.node)
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
        for (level, remediation), rules in found.items()
    ]
    return sorted(made, key=lambda group: _LEVELS[group.level])


def missing(verdict: Verdict) -> list[Missing]:
    """What stood in the way, by reason."""
    facts: dict[Reason, dict[str, str]] = defaultdict(dict)
    rules: dict[Reason, dict[str, None]] = defaultdict(dict)
    nodes: dict[Reason, set[str]] = defaultdict(set)
    for node in verdict.nodes:
        for result in node.results:
            for fact in result.unknown if result.outcome is RuleOutcome.UNKNOWN else ():
                facts[fact.reason].setdefault(str(fact.path), fact.detail)
                rules[fact.reason][result.rule.id] = None
                nodes[fact.reason].add(node.node)
    return [
        Missing(
            reason=reason,
            facts=dict(sorted(facts[reason].items())),
            rules=tuple(rules[reason]),
            nodes=tuple(sorted(nodes[reason])),
        )
        for reason in Reason
        if reason in facts
    ]
