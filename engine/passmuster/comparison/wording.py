"""The words of an impact that its formats share: values, steps, and the details of one change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from passmuster.comparison.model import Cause, Origin
from passmuster.model.outcome import RuleOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.comparison.model import FactChange, RuleChange, Seen, SideHeader, WaiverChange
    from passmuster.model.unknown import UnknownFact

_BRIEF = 60
"""Characters of a value."""
_SHOWN = 4
"""Facts, or elements of a list, that are told one by one."""
_SILENT = frozenset((None, RuleOutcome.PASS, RuleOutcome.NOT_APPLICABLE))
"""Outcomes of which nothing is said: a message is of what was before."""


def count(number: int, noun: str = "node") -> str:
    """A number of things, in words."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def flipping(number: int, compared: int) -> str:
    """How many of the compared nodes change outcome."""
    return f"{number} of {count(compared)} {'changes' if number == 1 else 'change'} outcome"


def side(header: SideHeader) -> str:
    """A version by its name."""
    policy = header.policy
    return f"{policy.pack}@{policy.version}{'' if policy.released else ' (draft)'}"


def step(change: RuleChange) -> str:
    """From what to what a rule goes."""
    if change.before is change.after and change.old_level and change.new_level:
        return f"{change.old_level.value} -> {change.new_level.value}"
    return f"{outcome(change.before)} -> {outcome(change.after)}"


def outcome(rule_outcome: RuleOutcome | None) -> str:
    """An outcome, also that of a rule which is not there."""
    return "nothing" if rule_outcome is None else rule_outcome.value.replace("_", " ")


def details(change: RuleChange) -> tuple[tuple[str, str], ...]:
    """The details of a change beside its step: a kind and a text; equal changes have equal details."""
    kind = "was" if change.after in _SILENT else "found"
    lines = [(kind, " ".join(change.message.split()))] if change.message else []
    lines += [("read", _facts(change))] if change.facts and change.cause is not Cause.NODE else []
    lines += [("changed", fact_change(fact)) for fact in change.changed]
    lines += [
        ("parameter", f"{parameter.name}: {_parameter(parameter.before)} -> {_parameter(parameter.after)}")
        for parameter in change.parameters
    ]
    lines += [("waiver", _waiver(change.waiver))] if change.waiver else []
    alone = _alone(change)
    return (*lines, ("alone", alone)) if alone else tuple(lines)


def _facts(change: RuleChange) -> str:
    paths = [fact.path for fact in change.facts]
    facts = [fact for fact in change.facts if not any(fact.path.covers(other) for other in paths if other != fact.path)]
    shown = [f"{fact.path} = {value(fact.value)}" for fact in facts[:_SHOWN]]
    more = len(facts) - len(shown)
    return ", ".join(shown) + (f", and {count(more, 'fact')} more" if more else "")


def fact_change(change: FactChange) -> str:
    """A fact before and after; of lists, what came and what went."""
    was, now = change.before.value, change.after.value
    if isinstance(was, list) and isinstance(now, list):
        lost, gained = (
            [element for element in was if element not in now],
            [element for element in now if element not in was],
        )
        parts = [f"{word} {_some(elements)}" for word, elements in (("lost", lost), ("gained", gained)) if elements]
        return f"{change.path} {'; '.join(parts) or 'is in another order'}"
    return f"{change.path}: {seen(change.before)} -> {seen(change.after)}"


def _some(values: Sequence[Any]) -> str:
    more = len(values) - _SHOWN
    text = ", ".join(str(value_) for value_ in values[:_SHOWN])
    return f"{text} and {more} more" if more > 0 else text


def seen(fact: Seen) -> str:
    """A fact's value, or why there is none."""
    return value(fact.value) if fact.unknown is None else f"unknown, {reason(fact.unknown)}"


def reason(fact: UnknownFact) -> str:
    """Why a fact is unknown."""
    return f"{fact.reason.value.replace('_', ' ')}{f' ({fact.detail})' if fact.detail else ''}"


def value(json_value: Any) -> str:
    """A value in few characters; `none` where the host has none."""
    if json_value is None:
        return "none"
    text = json.dumps(json_value, ensure_ascii=False)
    if len(text) <= _BRIEF:
        return text
    return f"{len(json_value)} values" if isinstance(json_value, list) else text[: _BRIEF - 3] + "..."


def _parameter(json_value: Any) -> str:
    return "not there" if json_value is None else value(json_value)


def _waiver(change: WaiverChange) -> str:
    waiver = change.waiver
    granted = f"{waiver.ticket}, {waiver.owner}, last day {waiver.expires}"
    return f"{waiver.id} {change.step.value} ({granted}): {waiver.reason}"


def _alone(change: RuleChange) -> str:
    """What each change alone would do, where the origin does not say it all."""
    before, policy, node = (outcome(outcome_) for outcome_ in (change.before, change.policy_alone, change.node_alone))
    plain = {
        Origin.POLICY: node == before,
        Origin.NODE: policy == before,
        Origin.BOTH: False,
        Origin.EITHER: True,
    }[change.origin]
    if plain or change.cause is Cause.LEVEL:
        return ""
    return f"the policy alone: {before} -> {policy}; the node alone: {before} -> {node}"
