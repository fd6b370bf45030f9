"""`passmuster policy diff`: what changed between two versions of a policy, in words."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from passmuster.authoring import diff
from passmuster.cli import output
from passmuster.cli.surroundings import homes
from passmuster.errors import ExitStatus, PolicyError, Problem
from passmuster.intake import catalog
from passmuster.policy.compile import compile_policy
from passmuster.report import harmless

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> ExitStatus:
    """Compare two policies; the status is GOOD whatever the differences are."""
    sides = []
    problems: list[Problem] = []
    for text in (options.old, options.new):
        try:
            policy = catalog.one(text, homes())
            sides.append((policy, compile_policy(policy)))
        except PolicyError as error:
            problems += error.problems
    if problems:
        raise PolicyError(problems)
    old, new = sides
    text = diff.FORMATS[options.output](diff.compare(old, new), old[0].version)
    if options.output == "table":
        text = output.fitted(text)
    sys.stdout.write(harmless.json(text) if options.output == "json" else harmless.lines(text))
    return ExitStatus.GOOD
