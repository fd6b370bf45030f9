"""`passmuster impact`: who flips between two versions of a policy, and what caused it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from passmuster.cli import inputs, output, packs
from passmuster.compile import compile_policy
from passmuster.errors import ExitStatus, PolicyError, Problem, UsageError
from passmuster.impact import FORMATS, impact
from passmuster.policy.parameters import effective
from passmuster.report import harmless
from passmuster.report.names import fold

if TYPE_CHECKING:
    import argparse
    from typing import Any

    from passmuster.compile import CompiledPolicy


def run(options: argparse.Namespace) -> ExitStatus:
    """Compare; the status is FAILED where more nodes than allowed passed and would fail."""
    old, new = _sides(options)
    given = inputs.read(options.snapshots)
    unread = [each for each in given if each.snapshot is None]
    for each in unread:
        sys.stderr.write(harmless.lines(str(each.problem)) + "\n")
    found = impact(old, new, [each.snapshot for each in given if each.snapshot is not None])
    text = FORMATS[options.output](found, fold)
    if options.output == "table":
        text = output.fitted(text)
    sys.stdout.write(harmless.json(text) if options.output == "json" else harmless.lines(text))
    if len(found.broken) > options.allow:
        return ExitStatus.FAILED
    return ExitStatus.INCOMPLETE if unread else ExitStatus.GOOD


def _sides(options: argparse.Namespace) -> list[tuple[CompiledPolicy, dict[str, Any]]]:
    sides = []
    problems: list[Problem] = []
    for text in (options.old, options.new):
        try:
            policy = packs.one(text)
            settings = [each for each in options.set if _declares(policy.parameters, each)]
            sides.append((compile_policy(policy), effective([policy], settings)[policy.pack]))
        except PolicyError as error:
            problems += error.problems
    if problems:
        raise PolicyError(problems)
    names = {side[0].header.pack for side in sides}
    if len(names) > 1:
        told = " and ".join(sorted(names))
        raise UsageError.at(options.new, f"two packs (got {told}, expected two versions of one)", code="usage-impact")
    return sides


def _declares(parameters: tuple[Any, ...], setting: str) -> bool:
    """Whether a version has the parameter that is set: the other one may not have it yet."""
    name = setting.partition("=")[0].rpartition(".")[2]
    return any(parameter.name == name for parameter in parameters)
