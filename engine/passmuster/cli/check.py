"""`passmuster check`: read, judge, report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from passmuster.cli import exit_status, output, streamed
from passmuster.cli.criteria import asked
from passmuster.errors import ExitStatus, UsageError
from passmuster.fleet.source import Source
from passmuster.intake import inputs
from passmuster.report import Evidence, Style, counting

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from passmuster.api import Given


def run(options: argparse.Namespace) -> ExitStatus:
    """Judge what the options say; returns the status."""
    outputs, record = output.parse(options.output), options.record
    terms, fail_on = asked(options)
    if terms.roster is None:
        terms = replace(terms, roster=inputs.rosters(record, options.snapshots), roster_source="bundles")
    given = [] if options.snapshots else [_live(options.keep)]
    style = Style(evidence=Evidence(options.evidence), verbose=options.verbose)
    passing = [target for target in outputs if target.reporter.name in streamed.FORMATS]
    if len(passing) == len(outputs):
        workers = 1 if record.options.guard else options.jobs
        source = Source(record=record, paths=options.snapshots, given=given, workers=workers)
        conclusion = streamed.run(source, terms, outputs, style)
        return exit_status.of_verdict(conclusion.weighing, fail_on, whole=conclusion.verdict.incomplete)
    if options.jobs > 1:
        known = ", ".join(sorted(streamed.FORMATS))
        message = (
            f"only some reports are made by several processes (got -o {_other(outputs)}, expected some of: {known})"
        )
        raise UsageError.at("--jobs", message, code="usage-jobs")
    lines = [target for target in passing if target.reporter.name == "ndjson"]
    if lines:  # in the order of the input, which a verdict has not
        given = given or inputs.read(record, options.snapshots)
        streamed.run(Source(record=record, given=given), terms, lines, style)
    verdict = streamed.whole(Source(record=record, paths=() if given else options.snapshots, given=given), terms)
    output.emit(verdict, [target for target in outputs if target not in lines], style)
    return exit_status.of_verdict(counting.every_rule(verdict), fail_on, whole=verdict.incomplete)


def _other(outputs: Sequence[output.Output]) -> str:
    return next(target.reporter.name for target in outputs if target.reporter.name not in streamed.FORMATS)


def _live(keep: str | None) -> Given:
    from passmuster_collector.cli import collect_bytes  # noqa: PLC0415 - only a live check needs it

    data = collect_bytes([])
    if keep is not None:
        output.write_file(keep, data)
    return inputs.live(data)
