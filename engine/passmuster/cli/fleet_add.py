"""`passmuster fleet add`: read snapshots, and keep them a batch at a time."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster import roster
from passmuster.cli import inputs, packs, progress, sealed
from passmuster.cli.moment import moment
from passmuster.cli.streamed import _size
from passmuster.errors import ExitStatus, PassmusterError, SnapshotError, UsageError
from passmuster.report import harmless
from passmuster.store import adding, bundles, json_v1, table
from passmuster.store.cut import Cutter
from passmuster.store.database import create, opened, transaction
from passmuster.store.run import Intake
from passmuster.store.writing import Writer, keep_roster

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from passmuster.bundle import Reading
    from passmuster.judge import Given
    from passmuster.store.database import Database

_SOME = 256
"""Snapshots between two looks at the clock."""


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
    sealed.watched_by(lambda reading: _admit(database, reading, moment(None)))
    cutter = Cutter()
    intake = Intake(Writer(database, cutter, options.site))
    through = False
    stream = sys.stderr if progress.wanted(sys.stderr, os.environ) else None
    with progress.Progress(_size(options.snapshots), stream) as bar:
        try:
            _read(intake, cutter, options, bar)
            through = True
        finally:
            # However it ends: what is on the disk is told.
            bar.clear()
            if through or intake.total.read:
                _total(intake, options)
    return ExitStatus.INCOMPLETE if intake.total.unreadable else ExitStatus.GOOD


def _admit(database: Database, reading: Reading, now: datetime) -> None:
    """Remember a verified bundle; raises IntegrityError for one that is older than what came before."""
    from passmuster.bundle import Assurance, replay  # noqa: PLC0415 - what opens no bundle does not pay for it

    if reading.assurance is not Assurance.VERIFIED or reading.bundle.header.site is None:
        return
    with transaction(database):
        known = bundles.state(database)
        seen = replay.State() if known is None else replay.read(known, "the store")
        bundles.keep(database, replay.write(replay.newer(seen, reading.bundle, now)))


def _read(intake: Intake, cutter: Cutter, options: argparse.Namespace, bar: progress.Progress) -> None:
    """Read everything, and write it a batch at a time."""
    by_batch = options.output == "ndjson"
    size = nodes = 0
    try:
        for path, line, found in inputs.met(options.snapshots, _nothing):
            _take(intake, cutter, (inputs.readable(path), line), found, bar)
            size += len(found) if isinstance(found, bytes) else 0
            nodes += 1
            if nodes == _SOME:
                bar.done(size, nodes)
                size = nodes = 0
            if intake.full:
                _write(intake, by_batch=by_batch)
    except PassmusterError:
        # One input spoils nothing of those before it.
        _write(intake, by_batch=by_batch)
        raise
    _write(intake, by_batch=by_batch)


def _nothing(_line: bytes) -> Given | None:
    return None


def _take(intake: Intake, cutter: Cutter, where: tuple[str, int], found: bytes | Given, bar: progress.Progress) -> None:
    """Add what was found, or say why it cannot be kept."""
    label = inputs.label(*where)
    try:
        if isinstance(found, bytes):
            intake.add(adding.row(cutter, found, *where), label)
            return
        problem = found.problem or f"{label}: cannot be read"
    except SnapshotError as error:
        problem = str(error.problems[0])
    intake.unreadable(label)
    bar.clear()
    sys.stderr.write(harmless.lines(problem) + "\n")


def _write(intake: Intake, *, by_batch: bool) -> None:
    """Write a batch, and only then say so."""
    batch = intake.write()
    if by_batch and batch.read:
        sys.stdout.write(harmless.json(json_v1.taken("batch", batch)))
        sys.stdout.flush()


def _total(intake: Intake, options: argparse.Namespace) -> None:
    if options.output == "ndjson":
        sys.stdout.write(harmless.json(json_v1.taken("added", intake.total)))
    else:
        sys.stdout.write(harmless.lines(table.added(options.store, intake.total)))
