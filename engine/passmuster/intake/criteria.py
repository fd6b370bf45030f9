"""From names, texts and the contents of files to the criteria, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.errors import PolicyError, Problem, UsageError
from passmuster.evaluation.criteria import EvaluationCriteria, MaximumAge
from passmuster.model.durations import parse_duration
from passmuster.policy import Scope
from passmuster.policy.compile import CompiledPolicy, compile_policy
from passmuster.policy.parameters import effective
from passmuster.policy.waivers import InForce

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from passmuster.policy import Policy, Rule
    from passmuster.policy.waivers import Waivers


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaOptions:
    """The options of a caller; by default every rule counts, with the default parameters."""

    parameters: Sequence[str] = ()
    """Each as NAME=VALUE, or PACK.NAME=VALUE where several policies have the name."""
    rules: Sequence[str] = ()
    """The only rules to judge, each as ID or PACK/ID; empty for all."""
    roster: frozenset[str] | None = None
    """The names of the expected nodes (`passmuster.snapshot.roster.parse` reads them from a file)."""
    max_age: str | None = None
    """The maximum age of a snapshot, such as `7d`; needs `now`."""
    waivers: Waivers | None = None
    """`passmuster.policy.waivers.load` reads them from a file; needs `now`."""
    now: datetime | None = None
    """The moment to judge at; None: no snapshot is from the future, or too old."""
    latest: bool = False
    """Whether only the newest snapshot of each node is judged."""


_DEFAULT = CriteriaOptions()


def criteria(policies: Sequence[Policy], options: CriteriaOptions = _DEFAULT) -> EvaluationCriteria:
    """What nodes are judged by.

    Raises PolicyError with the mistakes of all policies, UsageError for an option that does not fit them.
    """
    made = compiled(policies)
    return EvaluationCriteria(
        policies=made,
        parameters=effective(policies, options.parameters),
        rules=rules(made, options.rules),
        roster=options.roster,
        max_age=max_age(options.max_age, options.now),
        received=options.now,
        latest=options.latest,
        waivers=in_force(options.waivers, options.now),
    )


def compiled(policies: Sequence[Policy]) -> tuple[CompiledPolicy, ...]:
    """The policies as programs; raises PolicyError with the mistakes of all of them."""
    made: list[CompiledPolicy] = []
    problems: list[Problem] = []
    for policy in policies:
        try:
            made.append(compile_policy(policy))
        except PolicyError as error:
            problems += error.problems
    if problems:
        raise PolicyError(problems)
    return tuple(made)


def rules(policies: Sequence[CompiledPolicy], asked: Sequence[str]) -> frozenset[str] | None:
    """The names of the selected rules, by id or by PACK/ID; None for all."""
    if not asked:
        return None
    names = [rule.header.name for policy in policies for rule in policy.every_rule]
    chosen: set[str] = set()
    for text in asked:
        fitting = [name for name in names if text in {name, name.partition("/")[2]}]
        if not fitting:
            known = ", ".join(name.partition("/")[2] for name in names)
            raise UsageError.at(f"--rule {text}", f"no such rule (expected one of: {known})", code="usage-rule")
        chosen |= set(fitting)
    return frozenset(chosen)


def rule_named(policy: Policy, name: str) -> Rule:
    """The rule that a caller names by id or by PACK/ID; raises UsageError where there is none."""
    # Rules about single nodes first, as compiling orders them.
    every = sorted(policy.rules, key=lambda rule: rule.scope is Scope.FLEET)
    for rule in every:
        if name in {rule.id, f"{policy.pack}/{rule.id}"}:
            return rule
    known = ", ".join(rule.id for rule in every)
    pack = f"{policy.pack}@{policy.version}"
    hint = "-p PACK names another policy"
    raise UsageError.at(name, f"no such rule in {pack} (expected one of: {known})", code="usage-rule", hint=hint)


def max_age(text: str | None, now: datetime | None) -> MaximumAge | None:
    """The age that snapshots may have at a moment; raises UsageError."""
    if text is None:
        return None
    try:
        return MaximumAge(text=text, span=parse_duration(text), now=_demanded(now, "--max-age"))
    except ValueError as error:
        raise UsageError.at("--max-age", str(error), code="usage-age") from None


def in_force(waivers: Waivers | None, now: datetime | None) -> InForce | None:
    """Waivers as of a moment."""
    return None if waivers is None else InForce(waivers=waivers, now=_demanded(now, "--waivers"))


def _demanded(now: datetime | None, option: str) -> datetime:
    if now is None:
        raise UsageError.at(option, "it depends on the time (expected the moment to judge at, too)", code="usage-now")
    return now
