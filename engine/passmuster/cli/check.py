"""`passmuster check`: read, judge, report."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster import roster, snapshot, waivers
from passmuster.age import parse_duration, parse_moment
from passmuster.cli import assessed, inputs, output, packs, streamed
from passmuster.compile import CompiledPolicy, compile_policy
from passmuster.errors import ExitStatus, PolicyError, Problem, SnapshotError, UsageError
from passmuster.judge import Given, MaximumAge, Terms
from passmuster.outcome import Level, RuleOutcome
from passmuster.policy.parameters import effective
from passmuster.report import Evidence, Style, counting

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from passmuster.policy import Policy

DEFAULT = "virtnest"


def run(options: argparse.Namespace) -> ExitStatus:
    """Judge what the options say; returns the status."""
    outputs = output.parse(options.output)
    terms, fail_on = assessed.terms(options) if options.assessment else (_terms(options), options.fail_on or "required")
    given = [] if options.snapshots else [_live(options.keep)]
    style = Style(evidence=Evidence(options.evidence), verbose=options.verbose)
    streamed_ = [each for each in outputs if each.reporter.name in streamed.FORMATS]
    if len(streamed_) == len(outputs):
        source = streamed.Source(paths=options.snapshots, given=given, workers=options.jobs)
        conclusion = streamed.run(source, terms, outputs, style)
        return status(conclusion.weighing, fail_on, whole=conclusion.verdict.incomplete)
    if options.jobs > 1:
        known = ", ".join(sorted(streamed.FORMATS))
        message = (
            f"only some reports are made by several processes (got -o {_other(outputs)}, expected some of: {known})"
        )
        raise UsageError.at("--jobs", message, code="usage-jobs")
    lines = [each for each in streamed_ if each.reporter.name == "ndjson"]
    if lines:  # in the order of the input, which a verdict has not
        given = given or inputs.read(options.snapshots)
        streamed.run(streamed.Source(given=given), terms, lines, style)
    verdict = streamed.whole(streamed.Source(paths=() if given else options.snapshots, given=given), terms)
    output.emit(verdict, [each for each in outputs if each not in lines], style)
    return status(counting.every_rule(verdict), fail_on, whole=verdict.incomplete)


def _terms(options: argparse.Namespace) -> Terms:
    policies = packs.chosen(options.policy or [DEFAULT])
    compiled = _compile(policies)
    now = _now(options.now, needed=options.max_age is not None or options.waivers is not None)
    return Terms(
        policies=compiled,
        parameters=effective(policies, options.set),
        rules=_rules(compiled, options.rule),
        roster=_roster(options.roster),
        max_age=_max_age(options.max_age, now),
        waivers=_waivers(options.waivers, now),
    )


def _other(outputs: Sequence[output.Output]) -> str:
    return next(each.reporter.name for each in outputs if each.reporter.name not in streamed.FORMATS)


def _compile(policies: Sequence[Policy]) -> tuple[CompiledPolicy, ...]:
    compiled: list[CompiledPolicy] = []
    problems: list[Problem] = []
    for policy in policies:
        try:
            compiled.append(compile_policy(policy))
        except PolicyError as error:
            problems += error.problems
    if problems:
        raise PolicyError(problems)
    return tuple(compiled)


def _rules(policies: Sequence[CompiledPolicy], asked: Sequence[str]) -> frozenset[str] | None:
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


def _roster(file: str | None) -> frozenset[str] | None:
    return None if file is None else roster.parse(packs.read(Path(file)), file)


def _waivers(file: str | None, now: datetime | None) -> waivers.InForce | None:
    if file is None or now is None:
        return None
    return waivers.InForce(waivers=waivers.load(packs.read(Path(file)), file), now=now)


def _now(text: str | None, *, needed: bool) -> datetime | None:
    """The moment to judge at; None where nothing needs one, so that no clock is looked at."""
    if not needed:
        return None
    try:
        return parse_moment(text) if text is not None else _clock()
    except ValueError as error:
        raise UsageError.at("--now", str(error), code="usage-now") from None


def _max_age(text: str | None, now: datetime | None) -> MaximumAge | None:
    if text is None or now is None:
        return None
    try:
        return MaximumAge(text=text, span=parse_duration(text), now=now)
    except ValueError as error:
        raise UsageError.at("--max-age", str(error), code="usage-age") from None


def _clock() -> datetime:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC).replace(microsecond=0)


def _live(keep: str | None) -> Given:
    from passmuster_collector.cli import collect_bytes  # noqa: PLC0415 - only a live check needs it

    data = collect_bytes([])
    if keep is not None:
        output.write_file(keep, data)
    try:
        return Given(input=None, snapshot=snapshot.load(data, "<this node>"))
    except SnapshotError as error:
        return Given(input="this node", snapshot=None, problem=str(error.problems[0]))


def status(rules: Mapping[Level, Mapping[RuleOutcome, int]], fail_on: str, *, whole: bool) -> ExitStatus:
    """The status at a threshold: a failure first, then what is unknown; `whole` says that some node is, as a whole."""
    levels = (Level.REQUIRED, Level.RECOMMENDED) if fail_on == "recommended" else (Level.REQUIRED,)
    outcomes = {outcome for level in levels for outcome, count in rules[level].items() if count}
    if RuleOutcome.FAIL in outcomes and fail_on != "never":
        return ExitStatus.FAILED
    return ExitStatus.INCOMPLETE if whole or outcomes & {RuleOutcome.UNKNOWN, RuleOutcome.ERROR} else ExitStatus.GOOD
