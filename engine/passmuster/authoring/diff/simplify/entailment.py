"""What follows from what: whether one expression is true wherever others are. Sound, not complete.

An expression that is true is true in three values: `a && b` where both are, `a || b` where one is.
Negations stand only before what is compared, and count as statements of their own, for "not true"
may be unknown. So nothing here rests on "either a or not a"; that both hold is a contradiction.
The proof is a search over conjunctions and disjunctions, with ranges of numbers and versions at the leaves
(`ranges`): a sequent calculus without the law of the excluded middle, as in Kleene's strong logic of three values.
"No" means that no proof was found. A claim rests on "yes" alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.authoring.diff.simplify.form import FALSE, TRUE, Form, Kind, conjunction, disjunction, negated
from passmuster.authoring.diff.simplify.ranges import Ranges

if TYPE_CHECKING:
    from collections.abc import Sequence

_FUEL = 4000
"""Steps that one question may take; beyond, the answer is no."""


class _OutOfFuelError(Exception):
    pass


def follows(given: Sequence[Form], wanted: Sequence[Form]) -> bool:
    """Whether one of the wanted is true wherever all that is given is; no proof means no."""
    try:
        return _Prover().prove(list(given), list(wanted), [], [])
    except _OutOfFuelError:
        return False


def impossible(*given: Form) -> bool:
    """Whether the given can never all be true; no proof means no."""
    return follows(given, ())


@dataclass(slots=True)
class _Prover:
    fuel: int = _FUEL

    def prove(self, given: list[Form], wanted: list[Form], facts: list[Form], goals: list[Form]) -> bool:
        """Take connectives apart, what needs no branch first; `facts` and `goals` are what is left of them."""
        self.fuel -= 1
        if self.fuel < 0:
            raise _OutOfFuelError
        known, branches, contradiction = _taken_apart(given, Kind.AND, TRUE, Kind.OR)
        open_, _, answered = _taken_apart(wanted, Kind.OR, FALSE, None)
        if contradiction or answered or any(branch in wanted for branch in branches):
            return True
        facts, goals = [*facts, *known], [*goals, *open_]
        return self._closed(facts, goals) or self._branched(branches, facts, goals)

    def _branched(self, branches: list[Form], facts: list[Form], goals: list[Form]) -> bool:
        for at, goal in enumerate(goals):
            if goal.kind is Kind.AND:
                rest = goals[:at] + goals[at + 1 :]
                return all(self.prove(branches, [part], facts, rest) for part in goal.parts)
        if not branches:
            return False
        first, *others = branches
        return all(self.prove([part, *others], [], facts, goals) for part in first.parts)

    def _closed(self, facts: list[Form], goals: list[Form]) -> bool:
        ranges = Ranges(facts)
        if ranges.impossible or self._clash(facts):
            return True
        return any(goal in facts or ranges.tells(goal) or self._fold(goal, facts) for goal in goals)

    def _clash(self, facts: list[Form]) -> bool:
        """Whether an element must be, of which what must be true of all is false."""
        return any(
            self.prove([fact.parts[-1], *_of_all(fact, facts)], [], [], [])
            for fact in facts
            if fact.kind is Kind.FOLD and fact.value in _EXISTS
        )

    def _fold(self, goal: Form, facts: list[Form]) -> bool:
        if goal.kind is not Kind.FOLD or goal.value not in _EXISTS | _ALL:
            return False
        of_all = _of_all(goal, facts)
        if goal.value in _ALL:
            return bool(of_all) and self.prove(of_all, [goal.parts[-1]], [], [])
        same = [fact for fact in facts if (fact.kind, fact.value) == (goal.kind, goal.value)]
        return any(
            self.prove([fact.parts[-1], *of_all], [goal.parts[-1]], [], [])
            for fact in same
            if fact.parts[0] == goal.parts[0]
        )


_EXISTS: frozenset[object] = frozenset({("exists", 1, False), ("exists", 2, False)})
_ALL: frozenset[object] = frozenset({("all", 1, False), ("all", 2, False)})


def _of_all(form: Form, facts: list[Form]) -> list[Form]:
    """What is true of every element that the form speaks about."""
    assert isinstance(form.value, tuple)
    wanted = ("all", *form.value[1:])
    return [
        fact.parts[-1]
        for fact in facts
        if fact.kind is Kind.FOLD and fact.value == wanted and fact.parts[0] == form.parts[0]
    ]


def _taken_apart(
    forms: list[Form], joint: Kind, neutral: Form, aside: Kind | None
) -> tuple[list[Form], list[Form], bool]:
    """What forms joined by one connective come to: the parts, those of a kind put aside, and whether one decides."""
    waiting, parts, others = list(forms), list[Form](), list[Form]()
    while waiting:
        form = _opened(waiting.pop())
        if form == negated(neutral):
            return [], [], True
        if form.kind is joint:
            waiting += form.parts
        elif form.kind is aside:
            others.append(form)
        elif form != neutral:
            parts.append(form)
    return parts, others, False


def _opened(form: Form) -> Form:
    """`c ? a : b` is true exactly where `c && a || !c && b` is, though not unknown exactly where that is."""
    if form.kind is not Kind.IF:
        return form
    condition, then, otherwise = form.parts
    return disjunction((conjunction((condition, then)), conjunction((negated(condition), otherwise))))
