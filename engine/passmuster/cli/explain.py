"""`passmuster explain`: why a rule came out as it did on one node."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from passmuster import api
from passmuster.cli import output
from passmuster.cli.surroundings import homes
from passmuster.errors import ExitStatus, UsageError
from passmuster.intake import catalog, inputs
from passmuster.intake.criteria import rule_named
from passmuster.report import explanation, harmless

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> ExitStatus:
    """Print the explanation; the status says that there is one, whatever the outcome."""
    policy = catalog.one(options.policy, homes())
    rule = rule_named(policy, options.rule).id  # before anything is read
    given = inputs.read(options.record, [options.snapshot])
    if len(given) != 1:
        raise UsageError.at(options.snapshot, f"{len(given)} snapshots (expected one)", code="usage-input")
    if given[0].snapshot is None or given[0].doubt is not None:
        sys.stderr.write(harmless.lines(str(given[0].problem)) + "\n")
        return ExitStatus.INCOMPLETE
    explained = api.explain(given[0].snapshot, policy, rule, options.set)
    file = f"{policy.pack}/{policy.version}/policy.yaml" if policy.released else policy.document.file
    for line in explanation.lines(explained, file, output.width()):
        sys.stdout.write(harmless.plain(line).rstrip() + "\n")
    return ExitStatus.GOOD
