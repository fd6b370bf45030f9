"""What is proven of a rule's outcomes in two versions: each claim holds on every node, unknown facts included.

`pass` is where applies_when and the expression are true, `fail` where the first is true and the second false, `not
applicable` where applies_when is false; everything else is unknown or an error. "Good" is pass or not applicable: what
takes nothing from its node.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from passmuster.authoring.diff.simplify import TRUE, Form, conjunction, follows, impossible, negated

if TYPE_CHECKING:
    from passmuster.authoring.diff.cases import Cases, Pair, Proven
    from passmuster.authoring.diff.simplify import Normalizer
    from passmuster.policy.compile import CompiledRule


class Claim(enum.Enum):
    """One thing that holds on every node; KEPT is about what was, WAS about what is now."""

    SAME = enum.auto()
    """Every outcome is what it was."""
    SAME_APPLIES = enum.auto()
    """The condition `applies_when` has the value it had, unknown and error too."""
    SAME_EXPRESSION = enum.auto()
    APPLIES_KEPT = enum.auto()
    """Where `applies_when` was true, it is."""
    APPLIES_WAS = enum.auto()
    PASS_KEPT = enum.auto()
    PASS_WAS = enum.auto()
    FAIL_KEPT = enum.auto()
    FAIL_WAS = enum.auto()
    NOT_APPLICABLE_KEPT = enum.auto()
    NOT_APPLICABLE_WAS = enum.auto()
    GOOD_KEPT = enum.auto()
    """Where the outcome was good, it is."""
    NO_NEW_FAIL = enum.auto()
    """Where the outcome was good, it is no fail."""
    ALWAYS_GOOD = enum.auto()
    """The new outcome is good everywhere."""
    NEVER_FAILS = enum.auto()


class Outcomes(NamedTuple):
    """Where a rule has which outcome, as normal forms."""

    applies: Form
    expression: Form

    @classmethod
    def of(cls, normalizer: Normalizer, rule: CompiledRule) -> Outcomes:
        """Raises TooLargeError."""
        applies = TRUE if rule.applies_when is None else normalizer.form(rule.applies_when)
        return cls(applies, normalizer.form(rule.expression))

    @property
    def passes(self) -> Form:
        """True where the rule passes."""
        return conjunction((self.applies, self.expression))

    @property
    def fails(self) -> Form:
        """True where the rule fails."""
        return conjunction((self.applies, negated(self.expression)))

    @property
    def leaves(self) -> Form:
        """True where the rule is not applicable."""
        return negated(self.applies)


def changed(cases: Cases, old: CompiledRule, new: CompiledRule) -> Proven:
    """What is proven of two versions of a rule."""

    def question(pair: Pair) -> frozenset[Claim]:
        return _between(Outcomes.of(pair.old, old), Outcomes.of(pair.new, new))

    return cases.prove((old.applies_when, old.expression), (new.applies_when, new.expression), question)


def alone(cases: Cases, new: CompiledRule) -> Proven:
    """What is proven of a rule that has no earlier version."""

    def question(pair: Pair) -> frozenset[Claim]:
        return frozenset(_of_one(Outcomes.of(pair.new, new)))

    return cases.prove((), (new.applies_when, new.expression), question)


def _of_one(new: Outcomes) -> set[Claim]:
    tests = {
        Claim.ALWAYS_GOOD: follows([], [new.passes, new.leaves]),
        Claim.NEVER_FAILS: impossible(new.fails),
    }
    return {claim for claim, holds in tests.items() if holds}


def _between(old: Outcomes, new: Outcomes) -> frozenset[Claim]:
    if old == new:
        one = _of_one(new)
        return frozenset(Claim) - {Claim.ALWAYS_GOOD, Claim.NEVER_FAILS} | one
    good = [new.passes, new.leaves]
    tests = {
        Claim.SAME_APPLIES: old.applies == new.applies,
        Claim.SAME_EXPRESSION: old.expression == new.expression,
        Claim.APPLIES_KEPT: follows([old.applies], [new.applies]),
        Claim.APPLIES_WAS: follows([new.applies], [old.applies]),
        Claim.PASS_KEPT: follows([old.passes], [new.passes]),
        Claim.PASS_WAS: follows([new.passes], [old.passes]),
        Claim.FAIL_KEPT: follows([old.fails], [new.fails]),
        Claim.FAIL_WAS: follows([new.fails], [old.fails]),
        Claim.NOT_APPLICABLE_KEPT: follows([old.leaves], [new.leaves]),
        Claim.NOT_APPLICABLE_WAS: follows([new.leaves], [old.leaves]),
        Claim.GOOD_KEPT: follows([old.passes], good) and follows([old.leaves], good),
        Claim.NO_NEW_FAIL: impossible(old.passes, new.fails) and impossible(old.leaves, new.fails),
    }
    return frozenset({claim for claim, holds in tests.items() if holds} | _of_one(new))
