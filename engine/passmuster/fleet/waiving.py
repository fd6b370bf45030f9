"""Waivers over cached classes: each class is waived once for all nodes with the same waivers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from passmuster.codec import json
from passmuster.fleet.classes import class_of
from passmuster.model.outcome import RuleOutcome
from passmuster.policy.waivers import Seen, findings, waive
from passmuster.policy.waivers.apply import WAIVABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from passmuster.fleet.cache.remember import Remembered
    from passmuster.fleet.classes import Class
    from passmuster.model.verdict import Result, WaiverFindings
    from passmuster.policy.waivers import InForce, Waiver

_MANY = 4096
"""The number of classes, or sets of labels, that are cached."""


class Waiving:
    """Waivers of one fleet, or a part of it, and the nodes on which they hold."""

    def __init__(self, in_force: InForce, render: Callable[[Result], bytes] | None) -> None:
        """`render` gives the form that a result has in a report; None where outcomes are all that is wanted."""
        self._in_force, self._render = in_force, render
        self._labels: dict[bytes, Mapping[str, str]] = {}
        self._made: dict[tuple[Class, tuple[str, ...]], Class] = {}
        self._seen: list[tuple[str, Seen]] = []
        self._others = 0

    def remembered(self, node: Remembered) -> tuple[Remembered, tuple[str, ...]]:
        """A node with what is waived on it, and the ids of the waivers that hold there."""
        covering = self._in_force.on(node.name.decode(), self._labels_of(node))
        if not covering:
            return node, ()
        ids = tuple(waiver.id for waiver in covering)
        known = self._made.get((node.judged, ids))
        if known is None:
            if len(self._made) >= _MANY:
                self._made.clear()
            known = self._made[node.judged, ids] = self._waived(node.judged, covering)
        return node._replace(judged=known), ids

    def note(
        self, name: str, digest: str, covering: tuple[str, ...], results: Iterable[tuple[str, RuleOutcome]]
    ) -> None:
        """Note a node: its snapshot's digest, ids of waivers that hold there, and the name and outcome of each rule."""
        if covering:
            waived = tuple(rule for rule, outcome in results if outcome is RuleOutcome.WAIVED)
            self._seen.append((digest, Seen(name=name, covering=covering, waived=waived)))
        else:
            self._others += 1

    def on(self, name: str, labels: Mapping[str, str]) -> tuple[str, ...]:
        """The ids of the waivers that hold on a node."""
        return tuple(waiver.id for waiver in self._in_force.on(name, labels))

    def hand_over(self) -> tuple[tuple[tuple[str, Seen], ...], int]:
        """What was noted so far, with the digests of snapshots, and on how many nodes none holds; a new part begins."""
        noted = tuple(self._seen), self._others
        self._seen, self._others = [], 0
        return noted

    def take(self, seen: Sequence[tuple[str, Seen]], others: int) -> None:
        """Add what another part recorded."""
        self._seen += seen
        self._others += others

    def findings(self, doubled: frozenset[str], repeats: Sequence[str]) -> WaiverFindings:
        """The waivers' part of a report.

        Nothing was said of snapshots with `doubled` digests; each of `repeats` is a digest that was noted once more.
        """
        more, nodes = Counter(repeats), []
        for digest, each in self._seen:
            if more[digest]:
                more[digest] -= 1
            else:
                nodes.append(replace(each, waived=()) if digest in doubled else each)
        return findings(self._in_force, nodes, others=self._others - more.total())

    def _labels_of(self, node: Remembered) -> Mapping[str, str]:
        written: bytes = node.head[4]
        known = self._labels.get(written)
        if known is None:
            if len(self._labels) >= _MANY:
                self._labels.clear()
            known = self._labels[written] = json.trusted(written)
        return known

    def _waived(self, judged: Class, covering: Sequence[Waiver]) -> Class:
        if judged.reason is not None and not judged.results:
            return judged
        full = tuple(waive(covering, result) for result in judged.full)
        results = [(rule, _outcome(outcome, rule.name, covering)) for rule, outcome in judged.results]
        return class_of(
            results,
            wire=b",".join(self._render(result) for result in full) if self._render is not None else b"",
            full=full,
            contributions=judged.contributions,
        )


def _outcome(outcome: RuleOutcome, rule: str, covering: Sequence[Waiver]) -> RuleOutcome:
    waived = outcome in WAIVABLE and any(waiver.names(rule) for waiver in covering)
    return RuleOutcome.WAIVED if waived else outcome
