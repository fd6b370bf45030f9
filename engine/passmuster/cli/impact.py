"""`passmuster impact`: who comes out otherwise between two versions, two collections, or both, and what caused it."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from passmuster import api
from passmuster.cli import fleet_input, output
from passmuster.cli.surroundings import homes, moment, read
from passmuster.comparison import FORMATS, Alike, Format, Hand, Side
from passmuster.comparison.items import Met, given
from passmuster.errors import ExitStatus, PolicyError, Problem, UsageError
from passmuster.intake import catalog, inputs
from passmuster.policy import waivers
from passmuster.policy.compile import compile_policy
from passmuster.policy.parameters import effective
from passmuster.policy.waivers import InForce
from passmuster.report import harmless
from passmuster.report.names import fold

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from passmuster.comparison import Impact
    from passmuster.policy import Policy
    from passmuster.policy.compile import CompiledPolicy

_NO_WAIVERS = "none"
_HAND = Hand(fold=fold, plain=harmless.plain, json=harmless.json)


def run(options: argparse.Namespace) -> ExitStatus:
    """Compare; the status is FAILED where more nodes than allowed passed and would fail."""
    outputs = _outputs(options.output)
    if "-" in options.before and "-" in options.snapshots:
        raise UsageError.at("--before -", "standard input can be read once (expected a file)", code="usage-input")
    old, new = _sides(options)
    with contextlib.ExitStack() as stack:
        later, earlier = _compared(options, old, new, stack)
        impact = api.impact(old, new, later, earlier)
    for unreadable in impact.unreadable:
        sys.stderr.write(harmless.lines(unreadable.problem) + "\n")
    _emit(impact, outputs)
    if len(impact.broken) > options.allow:
        return ExitStatus.FAILED
    return ExitStatus.GOOD if impact.whole else ExitStatus.INCOMPLETE


def _compared(
    options: argparse.Namespace, old: Side, new: Side, stack: contextlib.ExitStack
) -> tuple[Iterator[Met], Iterator[Met] | None]:
    """The snapshots that are, and those that were where there are any: of files, or of a store."""
    if options.fleet and (options.snapshots or options.before):
        raise UsageError.at(
            "--fleet", "contradicts SNAPSHOT and --before (expected a store alone)", code="usage-impact"
        )
    if not options.fleet and not options.snapshots:
        raise UsageError.at(
            "impact", "nothing to judge (expected SNAPSHOT, a folder, - or --fleet)", code="usage-impact"
        )
    if not options.fleet and (options.as_of or options.before_as_of):
        raise UsageError.at("--as-of", "files have no history (expected --fleet STORE)", code="usage-impact")
    quick = not options.before and not options.before_as_of and Alike.serves(old, new)
    known = Alike(old, new).known if quick else inputs.nothing
    if not options.fleet:
        later = given(inputs.items(options.record, options.snapshots, known))
    else:
        store = stack.enter_context(fleet_input.state(options.fleet))
        later = given(store.snapshots(options.as_of, known))
    earlier = None
    if options.before_as_of is not None:
        earlier = given(store.snapshots(options.before_as_of, inputs.nothing))
    elif options.before:
        earlier = given(inputs.items(options.record, options.before, inputs.nothing))
    return later, earlier


def _emit(impact: Impact, outputs: Sequence[tuple[Format, str | None]]) -> None:
    """Write every format; files first, so that a failed write is not lost behind a long table."""
    for form, file in sorted(outputs, key=lambda pair: pair[1] is None):
        text = form.render(impact, _HAND)
        if file is not None:
            output.write_file(file, text.encode())
        else:
            sys.stdout.write(output.fitted(text) if form.lined else text)


def _outputs(texts: Sequence[str]) -> list[tuple[Format, str | None]]:
    outputs = [_output(text) for text in texts or ["table"]]
    if sum(file is None for _, file in outputs) > 1:
        raise UsageError.at(
            "-o", "two formats to standard output (expected one; write FORMAT=FILE)", code="usage-output"
        )
    return outputs


def _output(text: str) -> tuple[Format, str | None]:
    name, equals, file = text.partition("=")
    for form in FORMATS:
        if form.name == name and (file or not equals):
            return form, None if file in {"", "-"} else file
    known = ", ".join(form.name for form in FORMATS)
    raise UsageError.at(f"-o {text}", f"no such format (got {name!r}, expected one of: {known})", code="usage-output")


def _sides(options: argparse.Namespace) -> tuple[Side, Side]:
    """What each side judges by; raises PolicyError with the mistakes of both policies."""
    policies: list[tuple[Policy, CompiledPolicy]] = []
    problems: list[Problem] = []
    for text in (options.old, options.new):
        try:
            policy = catalog.one(text, homes())
            policies.append((policy, compile_policy(policy)))
        except PolicyError as error:
            problems += error.problems
    if problems:
        raise PolicyError(problems)
    (old, old_compiled), (new, new_compiled) = policies
    if old.pack != new.pack:
        packs = " and ".join(sorted((old.pack, new.pack)))
        raise UsageError.at(options.new, f"two packs (got {packs}, expected two versions of one)", code="usage-impact")
    was, now = _parameters(old, new, options)
    before, after = _waivers(options)
    return (
        Side(policy=old_compiled, parameters=was, waivers=before),
        Side(policy=new_compiled, parameters=now, waivers=after),
    )


def _parameters(old: Policy, new: Policy, options: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values on each side; a version may lack what is set for both, but one of them has it."""
    for setting in options.set:
        if not any(_declares(policy, setting) for policy in (old, new)):
            effective([new], [setting])  # which says what is wrong with it
    was, now = ([setting for setting in options.set if _declares(policy, setting)] for policy in (old, new))
    values = effective([old], was)[old.pack]
    try:
        named = {setting.partition("=")[0].rpartition(".")[2] for setting in options.set_before}
        set_before = effective([old], options.set_before)[old.pack]
    except UsageError as error:
        raise UsageError([_of_old(problem) for problem in error.problems]) from None
    return {**values, **{name: set_before[name] for name in named}}, effective([new], now)[new.pack]


def _declares(policy: Policy, setting: str) -> bool:
    """Whether a version has the parameter that is set: the other one may not have it yet."""
    target = setting.partition("=")[0]
    return any(target in {parameter.name, f"{policy.pack}.{parameter.name}"} for parameter in policy.parameters)


def _of_old(problem: Problem) -> Problem:
    where = replace(problem.location, file=problem.location.file.replace("--set ", "--set-before ", 1))
    return replace(problem, location=where)


def _waivers(options: argparse.Namespace) -> tuple[InForce | None, InForce | None]:
    """The waivers of each side, as of its moment; a clock is looked at once, and only where there are some."""
    after = options.waivers
    before = options.waivers_before or after
    before = None if before == _NO_WAIVERS else before
    if before is None and after is None:
        for option, text in (("--now", options.now), ("--now-before", options.now_before)):
            if text is not None:
                raise UsageError.at(
                    option, "only waivers depend on the time (expected --waivers, too)", code="usage-now"
                )
        return None, None
    now = moment(options.now)
    then = now if options.now_before is None else moment(options.now_before, "--now-before")
    return _in_force(before, then), _in_force(after, now)


def _in_force(file: str | None, now: datetime) -> InForce | None:
    return None if file is None else InForce(waivers=waivers.load(read(file), file), now=now)
