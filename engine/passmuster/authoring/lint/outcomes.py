"""Rules whose outcome is decided before anyone looks at a node, and rules that say what another says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.authoring.diff.simplify import TRUE, Form, Normalizer, TooLargeError, impossible, negated
from passmuster.authoring.lint.finding import Lint, Severity, Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.authoring.lint.finding import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """A rule's two conditions in normal form."""

    number: int
    id: str
    applies: Form
    expression: Form


def _meanings(subject: Subject) -> Iterator[_Meaning]:
    """The rules that are not too large to reason about."""
    if subject.compiled is None:
        return
    normalizer = Normalizer(subject.compiled)
    numbers = {rule.id: number for number, rule in enumerate(subject.policy.rules)}
    for rule in subject.compiled.rules:
        try:
            applies = TRUE if rule.applies_when is None else normalizer.form(rule.applies_when)
            expression = normalizer.form(rule.expression)
        except TooLargeError:
            continue
        yield _Meaning(number=numbers[rule.source.id], id=rule.header.id, applies=applies, expression=expression)


def _never_applies(subject: Subject) -> Iterator[Spot]:
    for rule in _meanings(subject):
        if impossible(rule.applies):
            message = f"{rule.id!r} can never apply: its condition is true on no node"
            yield Spot(path=("rules", rule.number, "applies_when"), message=message)


def _never_fails(subject: Subject) -> Iterator[Spot]:
    for rule in _meanings(subject):
        if not impossible(rule.applies) and impossible(rule.applies, negated(rule.expression)):
            message = f"{rule.id!r} can never fail: where it applies its expression is false on no node"
            yield Spot(path=("rules", rule.number, "expression"), message=message)


def _never_passes(subject: Subject) -> Iterator[Spot]:
    for rule in _meanings(subject):
        if not impossible(rule.applies) and impossible(rule.applies, rule.expression):
            message = f"{rule.id!r} can never pass: where it applies its expression is true on no node"
            yield Spot(path=("rules", rule.number, "expression"), message=message)


def _duplicates(subject: Subject) -> Iterator[Spot]:
    first: dict[tuple[Form, Form], _Meaning] = {}
    for rule in _meanings(subject):
        same = first.setdefault((rule.applies, rule.expression), rule)
        if same is not rule:
            message = f"{rule.id!r} says the same as {same.id!r}, variables and constants worked in"
            yield Spot(path=("rules", rule.number, "expression"), message=message)


LINTS = (
    Lint(
        code="rule-never-applies",
        severity=Severity.ERROR,
        summary="a rule applies to no node",
        check=_never_applies,
    ),
    Lint(code="rule-never-fails", severity=Severity.ERROR, summary="a rule fails on no node", check=_never_fails),
    Lint(code="rule-never-passes", severity=Severity.ERROR, summary="a rule passes on no node", check=_never_passes),
    Lint(code="rule-duplicate", severity=Severity.WARNING, summary="two rules say the same", check=_duplicates),
)
