"""What is proven of the outcomes of nodes: of what each rule can take from its node, and of whether any counts at all.

A node has the worst of what its rules take: a required rule that fails 3, one that is unknown or an error 2, a
recommended rule that is not good 1. Where no required or recommended rule applies, it is unknown. Waivers are left
aside, and so are rules about pools of nodes, which take nothing from a node.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from passmuster.authoring.diff.claims import Claim, Outcomes
from passmuster.authoring.diff.simplify import TRUE, Form, follows
from passmuster.model.outcome import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from passmuster.authoring.diff.cases import Cases, Pair, Proven
    from passmuster.policy.compile import CompiledRule

_COUNTED = frozenset((Level.REQUIRED, Level.RECOMMENDED))


class NodeClaim(enum.Enum):
    """What holds of every node; the values stand in JSON."""

    SAME = "same"
    """It has the outcome that it had."""
    NO_WORSE = "no_worse"
    """Its outcome is no worse."""
    KEPT = "kept"
    """Where it was pass or warn, it is pass or warn."""
    NO_NEW_FAIL = "no_new_fail"
    """Where it was pass or warn, it is not fail."""
    UNPROVEN = "unproven"


def effect(old: Level | None, new: Level | None, proven: Proven) -> NodeClaim:
    """What a rule takes from its node now, compared with what it took; None is no such rule."""
    has = proven.claims.__contains__
    if new not in _COUNTED:
        return NodeClaim.SAME if old not in _COUNTED else NodeClaim.NO_WORSE
    if old is new and has(Claim.SAME):
        return NodeClaim.SAME
    known = old in _COUNTED
    good = has(Claim.ALWAYS_GOOD) or (known and has(Claim.GOOD_KEPT))
    if new is Level.RECOMMENDED:
        return NodeClaim.NO_WORSE if good else NodeClaim.KEPT
    if old is Level.REQUIRED and good:
        return NodeClaim.NO_WORSE if has(Claim.FAIL_WAS) or has(Claim.NEVER_FAILS) else NodeClaim.KEPT
    if has(Claim.ALWAYS_GOOD):
        return NodeClaim.NO_WORSE
    never = has(Claim.NEVER_FAILS) or (old is Level.REQUIRED and has(Claim.NO_NEW_FAIL))
    return NodeClaim.NO_NEW_FAIL if never else NodeClaim.UNPROVEN


def something_counts(cases: Cases, pairs: Iterable[tuple[CompiledRule | None, CompiledRule | None]]) -> Proven:
    """Whether, on each node that passed or warned, a rule counts; the proven claims are then not empty."""
    pairs = list(pairs)
    before = [old for old, _ in pairs if old is not None and old.header.level in _COUNTED]
    after = [new for _, new in pairs if new is not None and new.header.level in _COUNTED]
    partners = {rule.header.id: rule for rule in after}

    def question(pair: Pair) -> frozenset[bool]:
        conditions = [Outcomes.of(pair.new, rule).applies for rule in after]
        if TRUE in conditions:
            return frozenset({True})
        return frozenset({True} if all(_stands_in(pair, rule, partners, conditions) for rule in before) else ())

    return cases.prove([rule.applies_when for rule in before], [rule.applies_when for rule in after], question)


def _stands_in(pair: Pair, rule: CompiledRule, partners: Mapping[str, CompiledRule], conditions: list[Form]) -> bool:
    """Whether something counts wherever this rule counted and the node was no worse than warned."""
    applied = Outcomes.of(pair.old, rule).applies
    partner = partners.get(rule.header.id)
    if partner is not None and Outcomes.of(pair.new, partner).applies == applied:
        return True
    # A recommended rule counts where its condition is unknown, too, and its node only warns.
    return rule.header.level is Level.REQUIRED and follows([applied], conditions)
