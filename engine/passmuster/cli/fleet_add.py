"""`passmuster fleet add`: read snapshots, and keep them a batch at a time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster import roster
from passmuster.cli import inputs, packs
from passmuster.errors import ExitStatus, PassmusterError, SnapshotError, UsageError
from passmuster.report import harmless
from passmuster.store import adding, json_v1, table
from passmuster.store.cut import Cutter
from passmuster.store.database import create, opened
from passmuster.store.run import Intake
from passmuster.store.writing import Writer, keep_roster

if TYPE_CHECKING:
    import argparse

    from passmuster.judge import Given
    from passmuster.store.database import Database


def run(options: argparse.Namespace) -> ExitStatus:
    """Keep what the options say; INCOMPLETE where some cannot be read."""
    if not options.snapshots and options.roster is None:
        raise UsageError.at(
            "fleet add", "nothing to add (expected SNAPSHOT, a folder, - or --roster)", code="usage-input"
        )
    names = roster.parse(packs.read(Path(options.roster)), options.roster) if options.roster is not None else None
    if not Path(options.store).exists():
        create(options.store)
    with opened(options.store, write=True) as database:
        if names is not None:
            keep_roster(database, options.site, names)
        return _add(database, options) if options.snapshots else ExitStatus.GOOD


def _add(database: Database, options: argparse.Namespace) -> ExitStatus:
    cutter = Cutter()
    intake = Intake(Writer(database, cutter, options.site))
    by_batch = options.output == "ndjson"
    last: str | None = None
    try:
        for path, line, found in inputs.met(options.snapshots, _nothing):
            last = _take(intake, cutter, inputs.readable(path), line, found)
            if intake.full:
                _write(intake, last, by_batch=by_batch)
    except PassmusterError:
        # What one input spoils is told; what was read before it is kept, as after a kill.
        _write(intake, last, by_batch=by_batch)
        _total(intake, options, last)
        raise
    _write(intake, last, by_batch=by_batch)
    _total(intake, options, last)
    return ExitStatus.INCOMPLETE if intake.total.unreadable else ExitStatus.GOOD


def _nothing(_line: bytes) -> Given | None:
    return None


def _take(intake: Intake, cutter: Cutter, path: str, line: int, found: bytes | Given) -> str:
    """Add what was found, or say why it cannot be kept; returns its label."""
    problem = None
    if isinstance(found, bytes):
        try:
            intake.add(adding.row(cutter, found, path, line))
        except SnapshotError as error:
            problem = str(error.problems[0])
    else:
        problem = found.problem or "cannot be read"
    if problem is not None:
        intake.unreadable()
        sys.stderr.write(harmless.lines(problem) + "\n")
    return inputs.label(path, line)


def _write(intake: Intake, last: str | None, *, by_batch: bool) -> None:
    """Write a batch, and only then say so."""
    batch = intake.write()
    if by_batch and batch.read:
        sys.stdout.write(harmless.json(json_v1.taken("batch", batch, last)))
        sys.stdout.flush()


def _total(intake: Intake, options: argparse.Namespace, last: str | None) -> None:
    text = (
        harmless.json(json_v1.taken("added", intake.total, last))
        if options.output == "ndjson"
        else harmless.lines(table.added(options.store, intake.total))
    )
    sys.stdout.write(text)
