"""Nodes that came out alike: one group for each distinct list of outcomes, and within it what differs in evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.model.outcome import NodeOutcome

if TYPE_CHECKING:
    from passmuster.model.outcome import RuleOutcome
    from passmuster.model.verdict import NodeVerdict, Result, Verdict
    from passmuster.report.format import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Nodes with the same outcome, as a whole and of each rule; waived results are the same where the waiver is."""

    outcome: NodeOutcome
    nodes: tuple[NodeVerdict, ...]
    """In the verdict's order; at least one."""

    @property
    def results(self) -> tuple[Result, ...]:
        """The results of the first node: their outcomes are those of all; empty where the nodes were not judged."""
        return self.nodes[0].results

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the nodes; one may stand there twice."""
        return tuple(node.node for node in self.nodes)

    @property
    def reasons(self) -> dict[str, list[str]]:
        """Why nodes are unknown as a whole: reason -> names; empty where rules decided."""
        by_key: dict[str, list[str]] = {}
        for node in self.nodes:
            if node.reason is not None:
                by_key.setdefault(node.reason, []).append(node.node)
        return by_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One result as some of the nodes have it: the same message, the same values, the same grounds."""

    result: Result
    names: tuple[str, ...]


_RANKS = {outcome: rank for rank, outcome in enumerate(NodeOutcome)}


def alike(verdict: Verdict) -> list[Alike]:
    """The groups, worst first, then the larger, then by name; every node is in exactly one."""
    by_key: dict[object, list[NodeVerdict]] = {}
    for node in verdict.nodes:
        key = node.outcome, node.reason is None, tuple(_kind(result) for result in node.results)
        by_key.setdefault(key, []).append(node)
    made = [Alike(outcome=nodes[0].outcome, nodes=tuple(nodes)) for nodes in by_key.values()]
    return sorted(made, key=lambda group: (_RANKS[group.outcome], -len(group.nodes), group.names[0]))


def _kind(result: Result) -> RuleOutcome | tuple[RuleOutcome, str]:
    return result.outcome if result.waived is None else (result.waived.outcome, result.waived.waiver.id)


def variants(group: Alike, at: int, evidence: Evidence) -> list[Variant]:
    """The results of the rule at this place, on all nodes of a group; what most of them have comes first."""
    by_key: dict[object, tuple[Result, list[str]]] = {}
    for node in group.nodes:
        result = node.results[at]
        by_key.setdefault(_shown(result, evidence), (result, []))[1].append(node.node)
    made = [Variant(result=result, names=tuple(names)) for result, names in by_key.values()]
    return sorted(made, key=lambda group: (-len(group.names), group.names[0]))


def _shown(result: Result, evidence: Evidence) -> object:
    """All that a report shows of a result, as a key."""
    facts = [[str(fact.path), fact.value, fact.source] for fact in result.facts] if evidence.wanted(result) else []
    because = [
        [because.expression, because.value, because.line, because.column, because.wanted] for because in result.because
    ]
    return result.message, result.unknown, json.dumps([facts, because], sort_keys=True)
