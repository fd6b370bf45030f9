"""Counting a fleet in one pass: each node once, a few bytes kept of each, nothing of its facts."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster import _json, digest
from passmuster.fleet.remember import class_of
from passmuster.judge import asked, misdated
from passmuster.outcome import Level, NodeOutcome, RuleOutcome, fleet_outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.fleet.remember import Class, Remembered
    from passmuster.judge import Terms
    from passmuster.verdict import NodeVerdict

_UNJUDGED = class_of((), unknown=True)
"""A node that is unknown as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a fleet came to."""

    outcome: NodeOutcome
    nodes: Mapping[NodeOutcome, int]
    rules: Mapping[Level, Mapping[RuleOutcome, int]]
    whole: bool
    """Whether there is a node that is unknown as a whole, or no node at all."""
    digest: str


class Tally:
    """Nodes as they come; the same totals as judging them all at once gives."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._heads: list[bytes] = []
        """What each node's digest begins with: its name and its snapshot's digest, as canonical JSON."""
        self._classes: list[Class] = []
        self._identities: dict[tuple[str, str | None], int] = {}
        self._doubled: set[int] = set()
        self._names: set[str] = set()

    def remembered(self, node: Remembered) -> None:
        """Count a node that was judged from memory."""
        head = node.head
        misfit = misdated(head.collected_at, self._terms.max_age) if self._terms.max_age else None
        start = b'["%s","sha256:%s",' % (head.name.encode(), node.digest.hex().encode())
        self._add(start, node.judged if misfit is None else _UNJUDGED)
        self._identify(head.name, head.machine_id)

    def plain(self, node: NodeVerdict) -> None:
        """Count a node that was judged the plain way."""
        snapshot = node.snapshot.digest if node.snapshot else None
        self._add(
            _json.canonical([node.node, snapshot])[:-2] + b",",
            class_of([(result.rule, result.outcome) for result in node.results], unknown=node.reason is not None),
        )
        if node.snapshot is not None:
            self._identify(node.node, node.machine_id)

    def _add(self, start: bytes, judged: Class) -> None:
        self._heads.append(start)
        self._classes.append(judged)

    def _identify(self, name: str, machine_id: str | None) -> None:
        here = len(self._classes) - 1
        first = self._identities.setdefault((name, machine_id), here)
        if first != here:
            self._doubled |= {first, here}
        if self._terms.roster is not None:
            self._names.add(name)

    def totals(self) -> Totals:
        """What all nodes came to; nodes that only the roster names are unknown, and so are those that came twice."""
        classes = list(self._classes)
        for at in self._doubled:
            classes[at] = _UNJUDGED
        heads = list(self._heads)
        for name in sorted((self._terms.roster or frozenset()) - self._names):
            heads.append(_json.canonical([name, None])[:-2] + b",")
            classes.append(_UNJUDGED)
        nodes, rules = _counted(classes)
        digests = (hashlib.sha256(head + each.tail).digest() for head, each in zip(heads, classes, strict=True))
        return Totals(
            outcome=fleet_outcome(outcome for outcome, count in nodes.items() if count),
            nodes=nodes,
            rules=rules,
            whole=not classes or any(each.whole for each in {id(each): each for each in classes}.values()),
            digest=digest.verdict(asked(self._terms), digests),
        )


def _counted(classes: list[Class]) -> tuple[dict[NodeOutcome, int], dict[Level, dict[RuleOutcome, int]]]:
    nodes = dict.fromkeys(NodeOutcome, 0)
    rules = {level: dict.fromkeys(RuleOutcome, 0) for level in Level}
    by_number = Counter(map(id, classes))
    for judged in {id(each): each for each in classes}.values():
        many = by_number[id(judged)]
        nodes[judged.outcome] += many
        for level, outcome in judged.counts:
            rules[level][outcome] += many
    return nodes, rules
