"""Comparing a rule with its earlier self."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from passmuster.compile import CompiledFleetRule
from passmuster.normalform import TRUE, Form, Normalizer, TooLargeError
from passmuster.outcome import Level
from passmuster.policydiff.details import details
from passmuster.policydiff.direction import Direction, direction
from passmuster.policydiff.model import Bump, Change, ChangeKind, Detail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster import cel
    from passmuster.compile import CompiledRule

_RANKS = {Level.INFORMATIONAL: 0, Level.RECOMMENDED: 1, Level.REQUIRED: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two versions of a rule, and what makes its normal forms."""

    rule: CompiledRule | CompiledFleetRule
    normalizer: Normalizer

    def form(self, program: cel.Program | None) -> Form | None:
        """The normal form; of no program at all, true; None where it is too large."""
        try:
            return TRUE if program is None else self.normalizer.form(program)
        except TooLargeError:
            return None


def added(rule: CompiledRule | CompiledFleetRule) -> Change:
    """A rule that was not there."""
    level = rule.header.level
    bump = Bump.MAJOR if level is Level.REQUIRED else Bump.MINOR
    return Change(kind=ChangeKind.ADDED, sentence=f"added, {level.value}", bump=bump)


def removed(rule: CompiledRule | CompiledFleetRule) -> Change:
    """A rule that is no longer there."""
    sentence = f"removed, was {rule.header.level.value}"
    return Change(kind=ChangeKind.REMOVED, sentence=sentence, bump=Bump.MINOR)


def changed(old: Side, new: Side, note: str) -> tuple[Change, ...]:
    """Every difference between two versions of a rule; `note` is added where a meaning was compared."""
    fleet = isinstance(new.rule, CompiledFleetRule)
    if isinstance(old.rule, CompiledFleetRule) is not fleet:
        meaning = _rescoped(new.rule, fleet=fleet)
    else:
        meaning = _of_pools(old, new, note) if fleet else (*_applies(old, new, note), *_expression(old, new, note))
    return (
        *_level(old.rule.header.level, new.rule.header.level),
        *meaning,
        *_reads(old.rule, new.rule),
        *_texts(old, new, note),
    )


def _rescoped(rule: CompiledRule | CompiledFleetRule, *, fleet: bool) -> tuple[Change, ...]:
    words = "now about all nodes of a pool, was about each node" if fleet else "now about each node, was about a pool"
    return (Change(kind=ChangeKind.UNCLEAR, sentence=words, bump=_may_fail(rule)),)


def _of_pools(old: Side, new: Side, note: str) -> tuple[Change, ...]:
    """What changed of a fleet rule; a direction is told only where the same values of the same pools are compared."""
    assert isinstance(old.rule, CompiledFleetRule)
    assert isinstance(new.rule, CompiledFleetRule)
    found: list[Change] = []
    for what, before, after in (
        ("members", old.rule.applies_when, new.rule.applies_when),
        ("pools", old.rule.group_by, new.rule.group_by),
        ("value", old.rule.value, new.rule.value),
    ):
        if old.form(before) is None or old.form(before) != new.form(after):
            sentence = f"the {what} changed, direction unknown{note}"
            found.append(Change(kind=ChangeKind.UNCLEAR, sentence=sentence, bump=_may_fail(new.rule)))
        elif before is not None and after is not None and before.text != after.text:
            sentence = f"the {what} written otherwise, with the same meaning{note}"
            found.append(Change(kind=ChangeKind.REWORDED, sentence=sentence, bump=Bump.PATCH))
    same = all(change.kind is ChangeKind.REWORDED for change in found)
    found += _expression(old, new, note, known=same)
    return tuple(found)


def _level(old: Level, new: Level) -> Iterator[Change]:
    if old is not new:
        raised = _RANKS[new] > _RANKS[old]
        yield Change(
            kind=ChangeKind.RAISED if raised else ChangeKind.LOWERED,
            sentence=f"level {'raised' if raised else 'lowered'} from {old.value} to {new.value}",
            bump=Bump.MAJOR if raised else Bump.MINOR,
        )


def _may_fail(rule: CompiledRule | CompiledFleetRule) -> Bump:
    """What a change demands after which the rule may fail on more nodes."""
    return Bump.MAJOR if rule.header.level is Level.REQUIRED else Bump.MINOR


def _applies(old: Side, new: Side, note: str) -> Iterator[Change]:
    before, after = old.form(old.rule.applies_when), new.form(new.rule.applies_when)
    found = direction(before, after)
    if found is Direction.SAME:
        if _text(old.rule.source.applies_when) != _text(new.rule.source.applies_when):
            sentence = f"applies to the same nodes, written otherwise{note}"
            yield Change(kind=ChangeKind.APPLIES_REWORDED, sentence=sentence, bump=Bump.PATCH)
        return
    kind, words, bump = _widened(found, _may_fail(new.rule))
    told = details(before, after) if before is not None and after is not None else ()
    yield Change(kind=kind, sentence=words + note, details=told, bump=bump)


def _widened(found: Direction, bump: Bump) -> tuple[ChangeKind, str, Bump]:
    match found:
        case Direction.LOOSER:
            return ChangeKind.APPLIES_WIDER, "applies to more nodes", bump
        case Direction.STRICTER:
            return ChangeKind.APPLIES_NARROWER, "applies to fewer nodes", Bump.MINOR
        case Direction.SAME_TRUE:
            words = "applies to the same nodes; where it does not, it may be unknown instead of not applicable, or back"
            return ChangeKind.APPLIES_UNCLEAR, words, Bump.MINOR
        case Direction.UNCLEAR | Direction.SAME:
            return ChangeKind.APPLIES_UNCLEAR, "applies to other nodes, direction unknown", bump
        case _:
            assert_never(found)


def _expression(old: Side, new: Side, note: str, *, known: bool = True) -> Iterator[Change]:
    """How the expression changed; where not `known`, it is asked of other things now, and has no direction."""
    before, after = old.form(old.rule.expression), new.form(new.rule.expression)
    about_nodes = not isinstance(new.rule, CompiledFleetRule)
    sides = [side.form(side.rule.applies_when) for side in (old, new)] if about_nodes else []
    found = direction(before, after, [form for form in sides if form is not None])
    if not known and found is not Direction.SAME:
        found = Direction.UNCLEAR
    if found is Direction.SAME:
        if _text(old.rule.source.expression) != _text(new.rule.source.expression):
            sentence = f"same meaning, written otherwise{note}"
            yield Change(kind=ChangeKind.REWORDED, sentence=sentence, bump=Bump.PATCH)
        return
    kind, words, bump = _tightened(found, _may_fail(new.rule))
    told = details(before, after) if before is not None and after is not None else ()
    yield Change(kind=kind, sentence=words + note, details=told, bump=bump)


def _tightened(found: Direction, bump: Bump) -> tuple[ChangeKind, str, Bump]:
    match found:
        case Direction.STRICTER:
            return ChangeKind.STRICTER, "stricter: what passes now passed before", bump
        case Direction.LOOSER:
            return ChangeKind.LOOSER, "looser: what passed before passes now", Bump.MINOR
        case Direction.SAME_TRUE:
            words = "the same nodes pass; of the others, some may change between fail and unknown"
            return ChangeKind.SAME_PASSES, words, Bump.MINOR
        case Direction.UNCLEAR | Direction.SAME:
            return ChangeKind.UNCLEAR, "changed, direction unknown", bump
        case _:
            assert_never(found)


def _reads(old: CompiledRule | CompiledFleetRule, new: CompiledRule | CompiledFleetRule) -> Iterator[Change]:
    for before, after, kind, words in (
        (old, new, ChangeKind.READS, "newly reads"),
        (new, old, ChangeKind.READS_NO_LONGER, "no longer reads"),
    ):
        paths = [str(path) for path in after.reads if path not in before.reads]
        if paths:
            yield Change(kind=kind, sentence=f"{words} {', '.join(paths)}", bump=Bump.PATCH)


def _texts(old: Side, new: Side, note: str) -> Iterator[Change]:
    before, after = old.rule.source, new.rule.source
    for what in ("title", "rationale", "deviation", "remediation", "references"):
        one, other = getattr(before, what), getattr(after, what)
        if one != other:
            told = (Detail(words="now", now=_quoted(other), was=_quoted(one)),) if what == "title" else ()
            yield Change(kind=ChangeKind.TEXT, sentence=f"{what} changed", details=told, bump=Bump.PATCH)
    if _text(before.message_expression) != _text(after.message_expression):
        same = None not in {before.message_expression, after.message_expression} and (
            old.form(old.rule.message) == new.form(new.rule.message) is not None
        )
        sentence = f"message written otherwise, the same words{note}" if same else "message changed"
        yield Change(kind=ChangeKind.TEXT, sentence=sentence, bump=Bump.PATCH)


def _text(expression: object) -> str | None:
    return getattr(expression, "text", None)


def _quoted(text: object) -> str:
    return json.dumps(text, ensure_ascii=False)
