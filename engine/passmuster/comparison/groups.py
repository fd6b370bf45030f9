"""Changes for people: by cause, then by rule and step, then by the values that decide, then by node."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from passmuster.comparison import wording
from passmuster.comparison.model import Cause
from passmuster.model.outcome import NodeOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.comparison.model import Impact, Origin
    from passmuster.model.unknown import UnknownFact

Details: TypeAlias = tuple[tuple[str, str], ...]
"""What is told of a change: what kind of thing, and the words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGroup:
    """One rule that takes one step for one cause."""

    rule: str
    title: str
    step: str
    origin: Origin
    nodes: Mapping[Details, tuple[str, ...]]
    """Names by what is told of them: the most frequent first."""

    @property
    def count(self) -> int:
        """How many nodes."""
        return sum(len(names) for names in self.nodes.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseGroup:
    """Everything that one cause did."""

    cause: Cause
    rules: tuple[RuleGroup, ...]
    nodes: int


def by_cause(impact: Impact) -> tuple[CauseGroup, ...]:
    """The changes of rules, in the order of the causes and then of the rules' ids."""
    steps: dict[tuple[Cause, str, str, Origin], dict[Details, list[str]]] = defaultdict(lambda: defaultdict(list))
    titles: dict[str, str] = {}
    concerned: dict[Cause, set[tuple[str, str | None]]] = defaultdict(set)
    for node in impact.changes:
        for change in node.rules:
            step = change.cause, change.rule, wording.step(change), change.origin
            steps[step][wording.details(change)].append(node.node)
            titles[change.rule] = change.title
            concerned[change.cause].add((node.node, node.machine_id))
    groups: dict[Cause, list[RuleGroup]] = defaultdict(list)
    for (cause, rule, words, origin), values in sorted(steps.items(), key=lambda step: _sortable(step[0])):
        ordered = dict(sorted(values.items(), key=lambda entry: (-len(entry[1]), entry[0])))
        nodes = {fact_text: tuple(names) for fact_text, names in ordered.items()}
        groups[cause].append(RuleGroup(rule=rule, title=titles[rule], step=words, origin=origin, nodes=nodes))
    return tuple(
        CauseGroup(cause=cause, rules=tuple(groups[cause]), nodes=len(concerned[cause]))
        for cause in Cause
        if cause in groups
    )


def _sortable(key: tuple[Cause, str, str, Origin]) -> tuple[str, str, str]:
    _, rule, step, origin = key
    return rule, step, origin.value


def flips(impact: Impact) -> tuple[tuple[NodeOutcome, NodeOutcome, tuple[str, ...]], ...]:
    """Nodes that change outcome as a whole: from, to, names; what is worst now comes first."""
    names: dict[tuple[NodeOutcome, NodeOutcome], list[str]] = defaultdict(list)
    for node in impact.flips:
        names[node.judged.after, node.judged.before].append(node.node)
    ranks = {outcome: rank for rank, outcome in enumerate(NodeOutcome)}
    ordered = sorted(names, key=lambda pair: (ranks[pair[0]], -ranks[pair[1]]))
    return tuple((before, after, tuple(names[after, before])) for after, before in ordered)


def to_collect(impact: Impact) -> Mapping[str, tuple[str, ...]]:
    """What to collect again, with why it is unknown -> names."""
    nodes: dict[str, list[str]] = defaultdict(list)
    for unread in impact.collect_again:
        for fact in unread.facts:
            nodes[_missing(fact)].append(unread.node)
    return {fact_text: tuple(names) for fact_text, names in sorted(nodes.items())}


def _missing(fact: UnknownFact) -> str:
    return f"{fact.path}: {wording.reason(fact)}"
