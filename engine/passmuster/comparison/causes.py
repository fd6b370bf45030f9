"""Which change of the policy side makes a rule change outcome, found by reverting single changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from passmuster.comparison.model import Cause, ParameterChange, WaiverChange, WaiverStep
from passmuster.model.outcome import RuleOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.comparison.side import Side
    from passmuster.model.fieldpath import FieldPath
    from passmuster.model.unknown import UnknownFact
    from passmuster.model.verdict import Result
    from passmuster.policy.waivers import InForce, Waiver
    from passmuster.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One rule of one snapshot, judged by both sides; a result is None where the side has no such rule."""

    rule: str
    snapshot: Snapshot
    roots: Mapping[str, object]
    before: Result | None
    after: Result | None


def cause(old: Side, new: Side, ask: Ask) -> Cause:
    """Why a rule differs on the new side.

    A waiver is the cause where the new side with the waivers of the old one finds what was found before; a
    parameter likewise. What is left is the expression.
    """
    before, after = ask.before, ask.after
    if before is None:
        return Cause.ADDED
    if after is None:
        return Cause.REMOVED
    if old.waivers != new.waivers and _again(replace(new, waivers=old.waivers), ask) is before.outcome:
        return Cause.WAIVER
    if after.outcome is RuleOutcome.UNKNOWN and newly_read(old.rules[ask.rule].reads, after):
        return Cause.UNREAD
    if _again(_with_parameters(old, new), ask) is before.outcome:
        return Cause.PARAMETER
    return _left(old, new, ask)


def _left(old: Side, new: Side, ask: Ask) -> Cause:
    """The cause where taking back one change explains nothing: the words, or else a parameter and a waiver at once."""
    was, now = old.basis(ask.rule), new.basis(ask.rule)
    same = (was.texts, was.constants) == (now.texts, now.constants)
    return Cause.PARAMETER if same else Cause.EXPRESSION


def newly_read(known: tuple[FieldPath, ...], result: Result) -> tuple[UnknownFact, ...]:
    """What stands in the way of a result, and was not read before."""
    return tuple(
        fact for fact in result.unknown if not any(path.covers(fact.path) or fact.path.covers(path) for path in known)
    )


def parameters(old: Side, new: Side, rule: str) -> tuple[ParameterChange, ...]:
    """The parameters that a rule reads on either side, and that changed."""
    named = old.basis(rule).parameters | new.basis(rule).parameters
    return tuple(
        ParameterChange(name=name, before=old.parameters.get(name), after=new.parameters.get(name))
        for name in sorted(named)
        if old.parameters.get(name) != new.parameters.get(name)
    )


def waiver(old: Side, new: Side, ask: Ask) -> WaiverChange:
    """What became of the waiver, where that is the cause: it held on one side, and does not on the other."""
    lost = ask.before is not None and ask.before.waived is not None
    result, here, there = (ask.before, old.waivers, new.waivers) if lost else (ask.after, new.waivers, old.waivers)
    assert result is not None
    assert here is not None, "something waived it"
    held = here.covering(ask.snapshot.name, ask.snapshot.node["labels"], result.rule.name)[0]
    step = (_LOST if lost else _WON)[_elsewhere(held, there, ask, result.rule.name)]
    return WaiverChange(step=step, waiver=held.header)


_LOST = {"absent": WaiverStep.REMOVED, "expired": WaiverStep.EXPIRED, "other": WaiverStep.CHANGED}
_WON = {"absent": WaiverStep.ADDED, "expired": WaiverStep.RENEWED, "other": WaiverStep.CHANGED}


def _elsewhere(waiver: Waiver, there: InForce | None, ask: Ask, rule: str) -> str:
    """What the other side makes of a waiver that is in force on this one."""
    like = [waiver_ for waiver_ in there.waivers.waivers if _known(waiver, waiver_)] if there else []
    if there is None or not like:
        return "absent"
    name, labels = ask.snapshot.name, ask.snapshot.node["labels"]
    covering = [waiver_ for waiver_ in like if waiver_.names(rule) and waiver_.node.covers(name, labels)]
    return "expired" if covering and not any(there.holds(waiver_) for waiver_ in covering) else "other"


def _known(waiver: Waiver, other: Waiver) -> bool:
    """Whether two files mean one waiver: by its id, or, where it has only its place in the file, by what it covers."""
    if waiver.id.startswith("#"):
        return (waiver.rule, waiver.node) == (other.rule, other.node)
    return waiver.id == other.id


def _again(side: Side, ask: Ask) -> RuleOutcome:
    """What becomes of the rule on another side that has it."""
    return side.only(ask.rule).results(ask.snapshot, ask.roots)[ask.rule].outcome


def _with_parameters(old: Side, new: Side) -> Side:
    """The new side with the old values of its parameters, where it still has them with the same type."""
    kept = {
        name: old.parameters[name] if type(old.parameters.get(name)) is type(value) else value
        for name, value in new.parameters.items()
    }
    return replace(new, parameters=kept)
