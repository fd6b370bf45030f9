"""Judging: compiled policies and a snapshot's facts in, outcomes and their grounds out. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster import cel
from passmuster.codec import schema
from passmuster.evaluation.reasons import because
from passmuster.model.outcome import RuleOutcome
from passmuster.model.verdict import FactShown, Result
from passmuster.snapshot.activation import at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.model.fieldpath import FieldPath
    from passmuster.model.unknown import UnknownFact
    from passmuster.model.verdict import Because
    from passmuster.policy import Expression
    from passmuster.policy.compile import CompiledPolicy, CompiledRule, CompiledVariable
    from passmuster.snapshot import Snapshot


_BRIEF = 80


def evaluate(
    policy: CompiledPolicy, snapshot: Snapshot, roots: Mapping[str, object], parameters: Mapping[str, Any]
) -> tuple[Result, ...]:
    """Judge one snapshot by one policy; `roots` is the snapshot as `binding.bind` gives it."""
    values = bound(policy, roots, parameters)
    return tuple(_result(policy, rule, snapshot, values) for rule in policy.rules)


def bound(policy: CompiledPolicy, roots: Mapping[str, object], parameters: Mapping[str, Any]) -> dict[str, object]:
    """Every name that the policy's expressions can use: facts, parameters, constants and variables."""
    values = {**roots, "params": dict(parameters), "constants": policy.constants}
    values["variables"] = _Variables(policy.variables, values)
    return values


class _Variables(dict[str, object]):
    """The policy's variables, each evaluated when first selected."""

    def __init__(self, variables: Mapping[str, CompiledVariable], roots: Mapping[str, object]) -> None:
        super().__init__()
        self._variables, self._roots = variables, roots

    def __missing__(self, name: str) -> object:
        value = self[name] = self._variables[name].program.run(self._roots).value
        return value


def outcome(rule: CompiledRule, values: Mapping[str, object]) -> RuleOutcome:
    """What becomes of one rule, without its grounds; `values` is what `bound` gives."""
    if rule.applies_when is not None:
        applies = rule.applies_when.value(values)
        if applies is not True:
            return RuleOutcome.NOT_APPLICABLE if applies is False else _undecided(applies)
    value = rule.expression.value(values)
    return _OUTCOMES[value] if isinstance(value, bool) else _undecided(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What decided a rule: its outcome, the value behind it, and the program and text that gave it."""

    outcome: RuleOutcome
    value: object
    program: cel.Program
    expression: Expression
    steps: int


def _result(policy: CompiledPolicy, rule: CompiledRule, snapshot: Snapshot, roots: Mapping[str, object]) -> Result:
    judged = _judge(rule, roots)
    unknown = _unknown(judged.value) if judged.outcome is RuleOutcome.UNKNOWN else ()
    grounds: tuple[Because, ...] = ()
    if judged.outcome is not RuleOutcome.PASS:
        grounds = because(judged.program, judged.expression, roots, policy.variables)
    return Result(
        rule=rule.header,
        outcome=judged.outcome,
        message=_message(rule, judged, unknown, grounds, roots),
        facts=_facts(rule, snapshot, roots),
        unknown=unknown,
        because=grounds,
        steps=judged.steps,
    )


def _judge(rule: CompiledRule, roots: Mapping[str, object]) -> _Judged:
    steps = 0
    if rule.applies_when is not None and rule.source.applies_when is not None:
        applies = rule.applies_when.run(roots)
        steps = applies.steps
        if applies.value is not True:
            outcome = RuleOutcome.NOT_APPLICABLE if applies.value is False else _undecided(applies.value)
            return _Judged(
                outcome=outcome,
                value=applies.value,
                program=rule.applies_when,
                expression=rule.source.applies_when,
                steps=steps,
            )
    evaluation = rule.expression.run(roots)
    return _Judged(
        outcome=_OUTCOMES[evaluation.value] if isinstance(evaluation.value, bool) else _undecided(evaluation.value),
        value=evaluation.value,
        program=rule.expression,
        expression=rule.source.expression,
        steps=steps + evaluation.steps,
    )


_OUTCOMES = {True: RuleOutcome.PASS, False: RuleOutcome.FAIL}


def _undecided(value: object) -> RuleOutcome:
    return RuleOutcome.UNKNOWN if isinstance(value, cel.Unknown) else RuleOutcome.ERROR


def _unknown(value: object) -> tuple[UnknownFact, ...]:
    assert isinstance(value, cel.Unknown)
    return tuple(sorted(value.facts, key=lambda fact: (fact.path, fact.reason.value, fact.detail)))


def _facts(rule: CompiledRule, snapshot: Snapshot, roots: Mapping[str, object]) -> tuple[FactShown, ...]:
    return tuple(
        FactShown(path=path, value=snapshot.value(path), source=snapshot.source(path))
        for path in rule.reads
        if not _withheld(path, snapshot, roots)
    )


def _withheld(path: FieldPath, snapshot: Snapshot, roots: Mapping[str, object]) -> bool:
    """Whether the fact could not be looked at, or is no fact of the snapshot's sections."""
    # A newer collector may call a section as others call what is none: `node`.
    section = snapshot.sections.get(path.parts[0]) if path.parts[0] in schema.sections(1) else None
    if section is None or section.reason is not None:
        return True
    # What nobody asked for, and what a mark of all others covers, stands nowhere by its own name.
    return any(mark.covers(path) for mark in section.unknown) or isinstance(at(roots, path), cel.Unknown)


def _message(
    rule: CompiledRule,
    judged: _Judged,
    unknown: tuple[UnknownFact, ...],
    grounds: tuple[Because, ...],
    roots: Mapping[str, object],
) -> str | None:
    if judged.outcome in {RuleOutcome.PASS, RuleOutcome.NOT_APPLICABLE}:
        return None
    if judged.outcome is RuleOutcome.UNKNOWN:
        return "; ".join(f"{fact.path} is unknown: {wording(fact)}" for fact in unknown)
    if judged.outcome is RuleOutcome.ERROR:
        met = judged.value if isinstance(judged.value, cel.CelError) else "the result is not a boolean"
        return f"error in the policy: {met}"
    written = rule.message.run(roots).value if rule.message is not None else None
    if isinstance(written, str):
        return written
    return (
        "; ".join(f"{ground.expression} is {_brief(ground.value)}" for ground in grounds) or "the expression is false"
    )


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _BRIEF else text[: _BRIEF - 3] + "..."


def wording(fact: UnknownFact) -> str:
    """Why a fact is unknown, in a few words."""
    return f"{fact.reason.value.replace('_', ' ')}{f' ({fact.detail})' if fact.detail else ''}"
