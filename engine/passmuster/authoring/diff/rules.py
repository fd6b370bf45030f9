"""Comparing a rule with its earlier self: what each sentence says is proven on every node, or it says unclear."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from passmuster.authoring.diff import claims
from passmuster.authoring.diff.claims import Claim
from passmuster.authoring.diff.model import Bump, Change, ChangeKind, Detail
from passmuster.authoring.diff.nodes import NodeClaim, effect
from passmuster.authoring.diff.simplify import TRUE, Form, Kind, TooLargeError, written
from passmuster.model.outcome import Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster import cel
    from passmuster.authoring.diff.cases import Cases, Proven
    from passmuster.policy.compile import CompiledFleetRule, CompiledRule
    from passmuster.policy.model import Reference

_COMPARED = frozenset((Kind.LESS, Kind.AT_MOST, Kind.ONE_OF, Kind.EQUAL, Kind.NOT, Kind.FOLD))


def details(old: Form, new: Form) -> tuple[Detail, ...]:
    """One line for each part of a condition that came, went or was replaced."""
    return tuple(_within(old, new, Kind.AND if Kind.AND in {old.kind, new.kind} else Kind.OR))


def _within(old: Form, new: Form, kind: Kind) -> Iterator[Detail]:
    before, after = _parts(old, kind), _parts(new, kind)
    gone = [part for part in before if part not in after]
    come = [part for part in after if part not in before]
    if len(gone) == 1 and len(come) == 1:
        yield from _replaced(gone[0], come[0], kind)
        return
    for part in list(come):
        like = next((candidate for candidate in gone if _alike(candidate, part)), None)
        if like is not None:
            yield from _replaced(like, part, kind)
            gone.remove(like)
            come.remove(part)
    now, no_longer = ("now also wanted", "no longer wanted") if kind is Kind.AND else ("now enough", "no longer enough")
    yield from (Detail(words=now, now=written(part)) for part in come)
    yield from (Detail(words=no_longer, now=written(part)) for part in gone)


def _parts(form: Form, kind: Kind) -> tuple[Form, ...]:
    return form.parts if form.kind is kind else (form,)


def _replaced(old: Form, new: Form, kind: Kind) -> Iterator[Detail]:
    other = Kind.OR if kind is Kind.AND else Kind.AND
    if other in {old.kind, new.kind}:
        yield from _within(old, new, other)
    else:
        yield Detail(words="now", now=written(new), was=written(old))


def _alike(one: Form, other: Form) -> bool:
    """Whether two parts say something of one thing."""
    orders = {one.kind, other.kind} <= {Kind.LESS, Kind.AT_MOST}
    if (one.kind is not other.kind and not orders) or one.kind not in _COMPARED:
        return False
    if one.kind is Kind.NOT:
        return _alike(one.parts[0], other.parts[0])
    return any(part in other.parts for part in one.parts)


_RANKS = {Level.INFORMATIONAL: 0, Level.RECOMMENDED: 1, Level.REQUIRED: 2}
_KEEPS = frozenset((NodeClaim.SAME, NodeClaim.NO_WORSE, NodeClaim.KEPT))


class Compared(NamedTuple):
    """What changed of a rule, and what that does to nodes."""

    changes: tuple[Change, ...]
    nodes: NodeClaim
    given: tuple[str, ...]
    """Values of parameters without which the claim on nodes is not proven, in words."""


def added(cases: Cases, rule: CompiledRule) -> Compared:
    """A rule that was not there."""
    level, proven = rule.header.level, claims.alone(cases, rule)
    claim = effect(None, level, proven)
    change = Change(kind=ChangeKind.ADDED, sentence=f"added, {level.value}", bump=_bump(claim))
    return Compared((change,), claim, proven.given)


def removed(rule: CompiledRule | CompiledFleetRule) -> Compared:
    """A rule that is no longer there."""
    level = rule.header.level
    change = Change(kind=ChangeKind.REMOVED, sentence=f"removed, was {level.value}", bump=Bump.MINOR)
    return Compared((change,), NodeClaim.SAME if level is Level.INFORMATIONAL else NodeClaim.NO_WORSE, ())


def changed(cases: Cases, old: CompiledRule, new: CompiledRule) -> Compared:
    """Every difference between two versions of a rule about single nodes."""
    before, after = old.header.level, new.header.level
    proven = claims.changed(cases, old, new)
    claim = effect(before, after, proven)
    meaning = Bump.PATCH if Claim.SAME in proven.claims else _bump(claim)
    changes = (
        *level_changed(before, after, _bump(claim)),
        *_applies(old, new, proven, meaning),
        *_expression(old, new, proven, meaning),
        *reads(old, new),
        *texts(cases, old, new),
    )
    return Compared(changes, claim, proven.given)


def _bump(claim: NodeClaim) -> Bump:
    """What a change that is none of wording demands."""
    return Bump.MINOR if claim in _KEEPS else Bump.MAJOR


def level_changed(old: Level, new: Level, bump: Bump) -> Iterator[Change]:
    """The change of a level; where it was raised, it demands `bump`."""
    if old is not new:
        raised = _RANKS[new] > _RANKS[old]
        yield Change(
            kind=ChangeKind.RAISED if raised else ChangeKind.LOWERED,
            sentence=f"level {'raised' if raised else 'lowered'} from {old.value} to {new.value}",
            bump=bump if raised else Bump.MINOR,
        )


def _applies(old: CompiledRule, new: CompiledRule, proven: Proven, bump: Bump) -> Iterator[Change]:
    has, note = proven.claims.__contains__, proven.note
    if old.applies_when is None and new.applies_when is None:
        return
    if has(Claim.SAME_APPLIES):
        if _text(old.source.applies_when) != _text(new.source.applies_when):
            sentence = f"applies to the same nodes, written otherwise{note}"
            yield Change(kind=ChangeKind.APPLIES_REWORDED, sentence=sentence, bump=Bump.PATCH)
        return
    if has(Claim.APPLIES_KEPT) and has(Claim.APPLIES_WAS):
        kind, words = (
            ChangeKind.APPLIES_UNCLEAR,
            "applies to the same nodes; unclear where it is unknown",
        )
    elif has(Claim.APPLIES_KEPT):
        kind, words = ChangeKind.APPLIES_WIDER, "applies to all nodes that it applied to, and may apply to more"
    elif has(Claim.APPLIES_WAS):
        kind, words = ChangeKind.APPLIES_NARROWER, "applies to no node that it did not apply to, and may apply to fewer"
    else:
        kind, words, note = ChangeKind.APPLIES_UNCLEAR, "applies to other nodes, direction unclear", ""
    details = parts(proven, old.applies_when, new.applies_when)
    yield Change(kind=kind, sentence=words + note, details=details, bump=bump)


def _expression(old: CompiledRule, new: CompiledRule, proven: Proven, bump: Bump) -> Iterator[Change]:
    has, note = proven.claims.__contains__, proven.note
    if has(Claim.SAME_EXPRESSION):
        if note or old.source.expression.text != new.source.expression.text:
            written = "" if old.source.expression.text == new.source.expression.text else ", written otherwise"
            sentence = f"same meaning{written}{note}"
            yield Change(kind=ChangeKind.REWORDED, sentence=sentence, bump=Bump.PATCH)
        return
    if {Claim.PASS_KEPT, Claim.PASS_WAS} <= proven.claims:
        fails = {Claim.FAIL_KEPT, Claim.FAIL_WAS} <= proven.claims
        kind = ChangeKind.SAME_PASSES
        words = "the same nodes pass and fail" if fails else "the same nodes pass; the others' outcomes may change"
    elif has(Claim.PASS_WAS):
        kind, words = ChangeKind.STRICTER, "stricter: what passes now passed before"
    elif has(Claim.PASS_KEPT):
        kind, words = ChangeKind.LOOSER, "looser: what passed before passes now"
    else:
        kind, words, note = ChangeKind.UNCLEAR, "changed, direction unclear", ""
    yield Change(kind=kind, sentence=words + note, details=parts(proven, old.expression, new.expression), bump=bump)


def parts(proven: Proven, old: cel.Program | None, new: cel.Program | None) -> tuple[Detail, ...]:
    """What exactly changed of an expression, in the first case in which it did; nothing where it is too large."""
    try:
        for pair in proven.cases:
            before = TRUE if old is None else pair.old.form(old)
            after = TRUE if new is None else pair.new.form(new)
            if before != after:
                return details(before, after)
    except TooLargeError:
        pass
    return ()


def reads(old: CompiledRule | CompiledFleetRule, new: CompiledRule | CompiledFleetRule) -> Iterator[Change]:
    """The facts that an outcome newly depends on, and those that it no longer depends on."""
    for before, after, kind, words in (
        (old, new, ChangeKind.READS, "newly reads"),
        (new, old, ChangeKind.READS_NO_LONGER, "no longer reads"),
    ):
        paths = [str(path) for path in after.reads if path not in before.reads]
        if paths:
            yield Change(kind=kind, sentence=f"{words} {', '.join(paths)}", bump=Bump.PATCH)


def texts(
    cases: Cases, old: CompiledRule | CompiledFleetRule, new: CompiledRule | CompiledFleetRule
) -> Iterator[Change]:
    """The words for people that changed."""
    before, after = old.source, new.source
    for what in ("title", "rationale", "deviation", "remediation", "references"):
        one, other = getattr(before, what), getattr(after, what)
        if one != other:
            details = _references(one, other) if what == "references" else (_now(_quoted(one), _quoted(other)),)
            yield Change(kind=ChangeKind.TEXT, sentence=f"{what} changed", details=details, bump=Bump.PATCH)
    one, other = _text(before.message_expression), _text(after.message_expression)
    if one != other:
        proven = reworded(cases, old.message, new.message)
        same = bool(proven.claims) and old.message is not None
        sentence = f"message written otherwise, the same words{proven.note}" if same else "message changed"
        details = (_now(one or "none", other or "none"),)
        yield Change(kind=ChangeKind.TEXT, sentence=sentence, details=details, bump=Bump.PATCH)


def _now(was: str, now: str) -> Detail:
    return Detail(words="now", now=now, was=was)


def _references(old: tuple[Reference, ...], new: tuple[Reference, ...]) -> tuple[Detail, ...]:
    """Those that came and went; where they only stand in another order, all of them."""
    come = [Detail(words="added", now=_referred(reference)) for reference in new if reference not in old]
    gone = [Detail(words="removed", now=_referred(reference)) for reference in old if reference not in new]
    return (*come, *gone) or (_now(", ".join(map(_referred, old)), ", ".join(map(_referred, new))),)


def _referred(reference: Reference) -> str:
    quoted = "" if reference.quote is None else f": {_quoted(reference.quote)}"
    return f"{_quoted(reference.title)} {reference.url}{quoted}"


def reworded(cases: Cases, old: cel.Program | None, new: cel.Program | None) -> Proven:
    """Whether an expression means what it meant; the proven claims are then not empty."""
    return cases.prove((old,), (new,), lambda pair: frozenset({True} if pair.same(old, new) else ()))


def _text(expression: object) -> str | None:
    return getattr(expression, "text", None)


def _quoted(text: object) -> str:
    return json.dumps(text, ensure_ascii=False)
