"""What options say of how to judge: policies, parameters, rules, a roster, ages, waivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cli.surroundings import homes, moment, read
from passmuster.errors import ExitStatus, PolicyError, Problem, UsageError
from passmuster.evaluation.criteria import MaximumAge, Terms
from passmuster.intake import catalog
from passmuster.model.durations import parse_duration
from passmuster.model.outcome import Level, RuleOutcome
from passmuster.policy import waivers
from passmuster.policy.compile import CompiledPolicy, compile_policy
from passmuster.policy.parameters import effective
from passmuster.snapshot import roster

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from passmuster.policy import Policy

DEFAULT = "virtnest"
"""The pack that is judged by where nobody names one."""


def terms(options: argparse.Namespace) -> Terms:
    """The terms that the options of `check` and its like state."""
    policies = catalog.chosen(options.policy or [DEFAULT], homes())
    made = compiled(policies)
    waived = getattr(options, "waivers", None)
    now = moment(options.now)
    return Terms(
        policies=made,
        parameters=effective(policies, options.set),
        rules=rules(made, options.rule),
        roster=listed(options.roster),
        max_age=max_age(options.max_age, now),
        received=now,
        latest=getattr(options, "latest", False),
        waivers=in_force(waived, now),
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
    """The names of the rules that are asked for, by id or by PACK/ID; None where all are."""
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


def listed(file: str | None) -> frozenset[str] | None:
    """The nodes of a roster's file."""
    return None if file is None else roster.parse(read(file), file)


def in_force(file: str | None, now: datetime | None) -> waivers.InForce | None:
    """The waivers of a file, as of a moment."""
    if file is None or now is None:
        return None
    return waivers.InForce(waivers=waivers.load(read(file), file), now=now)


def max_age(text: str | None, now: datetime | None) -> MaximumAge | None:
    """The age that snapshots may have at a moment."""
    if text is None or now is None:
        return None
    try:
        return MaximumAge(text=text, span=parse_duration(text), now=now)
    except ValueError as error:
        raise UsageError.at("--max-age", str(error), code="usage-age") from None


def status(counted: Mapping[Level, Mapping[RuleOutcome, int]], fail_on: str, *, whole: bool) -> ExitStatus:
    """The status at a threshold: a failure first, then what is unknown; `whole` says that some node is, as a whole."""
    levels = (Level.REQUIRED, Level.RECOMMENDED) if fail_on == "recommended" else (Level.REQUIRED,)
    outcomes = {outcome for level in levels for outcome, count in counted[level].items() if count}
    if RuleOutcome.FAIL in outcomes and fail_on != "never":
        return ExitStatus.FAILED
    return ExitStatus.INCOMPLETE if whole or outcomes & {RuleOutcome.UNKNOWN, RuleOutcome.ERROR} else ExitStatus.GOOD
