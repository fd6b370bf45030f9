"""Which outcomes a rule can have: a suite has to show each of them, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.diff.simplify import (
    TRUE,
    Normalizer,
    TooLargeError,
    conjunction,
    follows,
    impossible,
    negated,
)
from passmuster.authoring.testing.policy_parts import reached
from passmuster.cel.library.versions import READERS
from passmuster.cel.syntax.tree import Call, walk
from passmuster.codec import schema
from passmuster.model.outcome import RuleOutcome
from passmuster.policy.compile import CompiledRule

if TYPE_CHECKING:
    from passmuster import cel
    from passmuster.policy.compile import CompiledFleetRule, CompiledPolicy


def outcomes(policy: CompiledPolicy, rule: CompiledRule | CompiledFleetRule) -> tuple[RuleOutcome, ...]:
    """Outcomes that are not proven to be impossible; `error` is never required."""
    wanted = [RuleOutcome.PASS, RuleOutcome.FAIL]
    wanted += [RuleOutcome.UNKNOWN] if _unknowable(policy, rule) else []
    wanted += [RuleOutcome.NOT_APPLICABLE] if rule.applies_when is not None else []
    never = _never(policy, rule) if isinstance(rule, CompiledRule) else frozenset()
    return tuple(outcome for outcome in wanted if outcome not in never)


def _never(policy: CompiledPolicy, rule: CompiledRule) -> frozenset[RuleOutcome]:
    normalizer = Normalizer(policy)
    try:
        applies = TRUE if rule.applies_when is None else normalizer.form(rule.applies_when)
        asked = normalizer.form(rule.expression)
        forms = {
            RuleOutcome.PASS: conjunction((applies, asked)),
            RuleOutcome.FAIL: conjunction((applies, negated(asked))),
            RuleOutcome.NOT_APPLICABLE: negated(applies),
        }
        possible = {outcome for outcome, form in forms.items() if impossible(form)}
        if follows([], [*forms.values()]):
            possible.add(RuleOutcome.UNKNOWN)
    except TooLargeError:
        return frozenset()
    return frozenset(possible)


def _unknowable(policy: CompiledPolicy, rule: CompiledRule | CompiledFleetRule) -> bool:
    """Whether a node can keep from the rule what it asks for.

    Facts of sections can be unknown. What stands above them (`node`, `collection`) is always known, but a text of it
    may be no version: then what reads it is unknown too.
    """
    above = schema.header(1)
    if any(path.parts[0] not in above for path in rule.reads):
        return True
    programs = (*_judging(rule), *(policy.variables[name].program for name in reached(policy, _judging(rule))))
    calls = (node.function for program in programs for node in walk(program.tree) if isinstance(node, Call))
    return bool(rule.reads) and not READERS.keys().isdisjoint(calls)


def _judging(rule: CompiledRule | CompiledFleetRule) -> tuple[cel.Program, ...]:
    """The programs that its outcome depends on."""
    return tuple(program for program in rule.programs if program is not rule.message)
