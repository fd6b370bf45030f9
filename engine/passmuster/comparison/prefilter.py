"""Telling quickly that nothing changes on a node: only rules that could differ are run, and only for their outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.comparison.model import Judged
from passmuster.evaluation.rule import bound, outcome
from passmuster.model.outcome import node_outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.comparison.side import Side
    from passmuster.model.outcome import NodeOutcome, RuleOutcome


class Quick:
    """Two sides with the same rules at the same levels, and no waivers that differ; else it says nothing."""

    def __init__(self, old: Side, new: Side) -> None:
        self._old, self._new = old, new
        before, after = old.rules, new.rules
        levels = [{name: rule.header.level for name, rule in rules.items()} for rules in (before, after)]
        self._serves = levels[0] == levels[1] and old.waivers == new.waivers
        self._unlike = [name for name in after if self._serves and not _alike(old, new, name)]
        self._rules = before, after

    def same(self, roots: Mapping[str, object]) -> bool:
        """Whether every rule has the same outcome on both sides; False may also mean that this is not certain."""
        if not self._serves:
            return False
        was, now = (bound(side.policy, roots, side.parameters) for side in (self._old, self._new))
        before, after = self._rules
        return all(outcome(before[name], was) is outcome(after[name], now) for name in self._unlike)

    def judged(self, was: Mapping[str, object], now: Mapping[str, object]) -> Judged | None:
        """A node on which every rule ends as it was; None where one does not, or where it takes a longer look."""
        if not self._serves or self._old.waivers is not None:
            return None
        before, after = self._outcomes(0, was), self._outcomes(1, now)
        if before != after:
            return None
        policy = self._outcomes(1, was, before)
        node = self._outcomes(0, now, after)
        return Judged(
            before=self._node(before),
            policy_alone=self._node(policy),
            node_alone=self._node(node),
            after=self._node(after),
        )

    def _outcomes(
        self, side: int, roots: Mapping[str, object], like: Mapping[str, RuleOutcome] | None = None
    ) -> dict[str, RuleOutcome]:
        """What becomes of each rule; `like` is what the other side makes of the same node, for rules that are alike."""
        one = (self._old, self._new)[side]
        values = bound(one.policy, roots, one.parameters)
        if like is not None:
            return {**like, **{name: outcome(self._rules[side][name], values) for name in self._unlike}}
        return {name: outcome(rule, values) for name, rule in self._rules[side].items()}

    def _node(self, outcomes: Mapping[str, RuleOutcome]) -> NodeOutcome:
        return node_outcome((self._rules[1][name].header.level, outcome) for name, outcome in outcomes.items())


def _alike(old: Side, new: Side, rule: str) -> bool:
    """Whether a rule says the same on both sides, whatever the node."""
    was, now = old.basis(rule), new.basis(rule)
    return (was.texts, was.constants) == (now.texts, now.constants) and all(
        old.parameters.get(name) == new.parameters.get(name) for name in was.parameters
    )
