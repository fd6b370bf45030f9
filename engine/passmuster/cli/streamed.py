"""Judging a fleet in one pass for the reports that need no verdict as a whole, with a line of progress meanwhile."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster import api
from passmuster.cli import output, progress
from passmuster.fleet.judging import Sinks
from passmuster.model.verdict import Origin
from passmuster.report import counting, origin
from passmuster.report.matrix import text as matrix
from passmuster.report.scope import headline
from passmuster.report.summary import text as summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.api import EvaluationCriteria
    from passmuster.fleet.conclusion import Conclusion
    from passmuster.fleet.source import Source
    from passmuster.model.verdict import Verdict
    from passmuster.report import Style

FORMATS = frozenset(("json", "matrix", "ndjson", "summary"))


def run(source: Source, terms: EvaluationCriteria, outputs: Sequence[output.Output], style: Style) -> Conclusion:
    """Judge the snapshots and write the reports; all of them are among FORMATS."""
    names = {target.reporter.name for target in outputs}
    bar = progress_of(source.paths)
    with bar, contextlib.ExitStack() as stack:
        lines = [
            stack.enter_context(output.growing(target.file)) for target in outputs if target.reporter.name == "ndjson"
        ]
        sinks = Sinks(lines=lines, report="json" in names, done=bar.done)
        stream = stack.enter_context(api.check_stream(source, terms, sinks, style))
        conclusion = stream.conclusion
        bar.clear()
        for one in output.files_first(outputs):
            if one.reporter.name == "json":
                with output.growing(one.file) as file:
                    file.writelines(stream.report())
            else:
                _write(one, conclusion, terms, style)
    if not names & {"json", "ndjson"}:
        _note(conclusion)
    if bar.watched and sum(conclusion.totals.nodes.values()) > 1:
        sys.stdout.flush()
        sys.stderr.write(progress.finished(conclusion.totals.nodes, bar.seconds) + "\n")
    return conclusion


def whole(source: Source, terms: EvaluationCriteria) -> Verdict:
    """The verdict with every node in memory, for reports that look at all of them."""
    with progress_of(source.paths) as bar:
        return api.check(source, terms, bar.done)


def progress_of(paths: Sequence[str]) -> progress.Progress:
    """A line of progress over these paths, drawn where someone watches."""
    return progress.Progress(_size(paths), sys.stderr if progress.wanted(sys.stderr, os.environ) else None)


def _note(conclusion: Conclusion) -> None:
    """Say on standard error what reports say that are not counts alone."""
    repeats, older = conclusion.totals.repeats, conclusion.verdict.superseded
    if repeats:
        sys.stderr.write(f"note: given more than once, byte for byte, and counted once: {repeats}\n")
    if older:
        sys.stderr.write(f"note: --latest: older than the newest of their nodes, and left out: {older}\n")


def _write(target: output.Output, conclusion: Conclusion, terms: EvaluationCriteria, style: Style) -> None:
    verdict = conclusion.verdict
    match target.reporter.name:
        case "summary":
            roster = None if terms.roster is None else terms.roster_source
            came = Origin(bundles=verdict.bundles, signatures=verdict.signatures, roster=roster)
            text = summary(verdict.outcome, conclusion.counts, verdict.scope, verdict.skipped, came)
            output.emit_bytes(text.encode(), target)
        case "matrix":
            pools = counting.by_fleet_rule(verdict)
            fitting = output.styled(style, target)
            head = [*headline(verdict.scope, verdict.levels, verdict.skipped), *origin.headline(verdict)]
            text = matrix(conclusion.totals.by_rule, conclusion.totals.nodes, fitting, head=head, pools=pools)
            output.emit_bytes(text.encode(), target)
        case _:
            pass  # a stream is written by now


def _size(paths: Sequence[str]) -> int | None:
    """Bytes of the input; None where nobody knows."""
    sizes = [Path(path).stat().st_size for path in paths if path != "-" and Path(path).is_file()]
    plain = not any(path.lower().endswith((".gz", ".xz", ".bz2", ".zst")) for path in paths)
    return sum(sizes) if len(sizes) == len(paths) and plain else None
