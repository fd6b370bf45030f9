"""Comparing a rule about all nodes of a pool with its earlier self."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.diff import rules
from passmuster.authoring.diff.model import Bump, Change, ChangeKind
from passmuster.authoring.diff.simplify import follows
from passmuster.evaluation.pools import settled
from passmuster.model.outcome import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster import cel
    from passmuster.authoring.diff.cases import Cases, Pair
    from passmuster.policy.compile import CompiledFleetRule


def added(rule: CompiledFleetRule) -> Change:
    """A rule that was not there."""
    return Change(
        kind=ChangeKind.ADDED, sentence=f"added, {rule.header.level.value}", bump=_may_fail(rule.header.level)
    )


def rescoped(level: Level, *, fleet: bool) -> Change:
    """A rule that was about something else."""
    words = "now about all nodes of a pool, was about each node" if fleet else "now about each node, was about a pool"
    return Change(kind=ChangeKind.UNCLEAR, sentence=words, bump=_may_fail(level))


def changed(cases: Cases, old: CompiledFleetRule, new: CompiledFleetRule) -> Iterator[Change]:
    """Every difference; a direction is given only if the same values of the same pools are compared."""
    level = new.header.level
    yield from rules.level_changed(old.header.level, level, _may_fail(level))
    known = True
    for what, before, after in (
        ("members", old.applies_when, new.applies_when),
        ("pools", old.group_by, new.group_by),
        ("value", old.value, new.value),
    ):
        proven = rules.reworded(cases, before, after)
        if not proven.claims:
            known = False
            yield Change(
                kind=ChangeKind.UNCLEAR, sentence=f"the {what} changed, direction unclear", bump=_may_fail(level)
            )
        elif before is not None and after is not None and (proven.note or before.text != after.text):
            sentence = f"the {what} written otherwise, with the same meaning{proven.note}"
            yield Change(kind=ChangeKind.REWORDED, sentence=sentence, bump=Bump.PATCH)
    yield from _expression(cases, old, new, known=known)
    yield from rules.reads(old, new)
    yield from rules.texts(cases, old, new)


def _expression(cases: Cases, old: CompiledFleetRule, new: CompiledFleetRule, *, known: bool) -> Iterator[Change]:
    """How the expression changed; where not `known`, it is asked of other things now, and has no direction."""
    one, other = old.expression, new.expression

    def question(pair: Pair) -> frozenset[str]:
        before, after = pair.old.form(one), pair.new.form(other)
        tests = {
            "same": before == after and _settled(one, other) and _settled(other, one),
            "kept": follows([before], [after]) and _settled(one, other, only=True),
            "was": follows([after], [before]) and _settled(other, one, only=True),
        }
        return frozenset(claim for claim, holds in tests.items() if holds)

    proven = cases.prove((one,), (other,), question)
    if "same" in proven.claims:
        if proven.note or one.text != other.text:
            sentence = f"same meaning, written otherwise{proven.note}"
            yield Change(kind=ChangeKind.REWORDED, sentence=sentence, bump=Bump.PATCH)
        return
    bump, claims = _may_fail(new.header.level), proven.claims if known else frozenset()
    if {"kept", "was"} <= claims:
        kind, words, bump = ChangeKind.SAME_PASSES, "the same pools pass", Bump.MINOR
    elif "was" in claims:
        kind, words = ChangeKind.STRICTER, "stricter: what passes now passed before"
    elif "kept" in claims:
        kind, words, bump = ChangeKind.LOOSER, "looser: what passed before passes now", Bump.MINOR
    else:
        kind, words = ChangeKind.UNCLEAR, "changed, direction unclear"
    note = "" if kind is ChangeKind.UNCLEAR else proven.note
    yield Change(kind=kind, sentence=words + note, details=rules.parts(proven, one, other), bump=bump)


def _settled(one: cel.Program, other: cel.Program, *, only: bool | None = None) -> bool:
    """Whether, where members are undecided, the other has each value in which the one stands fast."""
    values = (True, False) if only is None else (only,)
    return all(settled(other, value=value) for value in values if settled(one, value=value))


def _may_fail(level: Level) -> Bump:
    """What a change demands after which the rule may fail for more pools."""
    return Bump.MAJOR if level is Level.REQUIRED else Bump.MINOR
