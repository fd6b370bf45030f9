"""`passmuster fleet add`: read snapshots, and keep them a batch at a time."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.cli import output, sites
from passmuster.cli.streamed import progress_of
from passmuster.cli.surroundings import moment, read
from passmuster.errors import ExitStatus, IntegrityError, PassmusterError, SnapshotError, UsageError
from passmuster.fleet.store import adding, bundles, json_v1, table
from passmuster.fleet.store.cut import Cutter
from passmuster.fleet.store.database import create, opened, transaction
from passmuster.fleet.store.run import Intake
from passmuster.fleet.store.writing import Delivery, Writer, keep_roster
from passmuster.intake import inputs
from passmuster.intake.bundle_input import Member
from passmuster.intake.folder import readable
from passmuster.model.durations import parse_duration
from passmuster.report import harmless
from passmuster.snapshot import roster

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from datetime import datetime

    from passmuster.api import Given
    from passmuster.cli.progress import Progress
    from passmuster.exchange.bundle import Reading
    from passmuster.fleet.store.database import Database

_SOME = 256
"""Snapshots between two looks at the clock."""


def run(options: argparse.Namespace) -> ExitStatus:
    """Keep what the options say; INCOMPLETE where some cannot be read."""
    if not options.snapshots and options.roster is None:
        raise UsageError.at(
            "fleet add", "nothing to add (expected SNAPSHOT, a folder, - or --roster)", code="usage-input"
        )
    site = sites.named(options.site or None) or ""
    names = roster.parse(read(options.roster), options.roster) if options.roster is not None else None
    if not Path(options.store).exists():
        create(options.store)
    with opened(options.store, write=True) as database:
        if names is not None:
            keep_roster(database, site, names)
        return _add(database, options, site) if options.snapshots else ExitStatus.GOOD


def _add(database: Database, options: argparse.Namespace, site: str) -> ExitStatus:
    now = moment(options.now)
    deliveries = _Deliveries(database, options, site, now)
    options.record.watch.append(deliveries.opened)
    cutter = Cutter()
    intake = Intake(Writer(database, cutter))
    through = False
    with progress_of(options.snapshots) as bar:
        try:
            _read(intake, cutter, options, bar, deliveries)
            through = True
        finally:
            # However it ends: what is on the disk is told.
            bar.clear()
            if through or intake.total.read:
                _total(intake, options)
    return ExitStatus.INCOMPLETE if intake.total.unreadable else ExitStatus.GOOD


class _Deliveries:
    """What comes together: each bundle, and all loose files of the command."""

    def __init__(self, database: Database, options: argparse.Namespace, site: str, now: datetime) -> None:
        self._database, self._now = database, now
        self._loose = Delivery(site=site, received=int(now.timestamp()), tolerance=_tolerance(options.clock_tolerance))
        self._own_rosters = options.roster is None
        """Whether the roster of a bundle is that of its site."""
        self._bundles: dict[str, Delivery] = {}
        """By path."""

    def opened(self, reading: Reading) -> None:
        """Note a bundle; raises IntegrityError for one that is not to come in."""
        site = _site(reading, self._loose.site)
        _admit(self._database, reading, self._now)
        listed = reading.bundle.header.roster
        if listed is not None and self._own_rosters:
            keep_roster(self._database, site, listed.names)
        made, verified = reading.bundle, reading.verified
        delivery = replace(
            self._loose,
            site=site,
            sequence=made.header.sequence if made.header.site is not None else None,
            bundle=bytes.fromhex(made.digest),
            assurance=reading.assurance.value,
            keys=tuple(sorted(key.name for key in verified.signers)) if verified else (),
        )
        self._bundles[made.file] = delivery

    def of(self, path: str) -> Delivery:
        """The delivery that something at a path came with."""
        return self._bundles[path.bundle] if isinstance(path, Member) else self._loose


def _site(reading: Reading, asked: str) -> str:
    """The site of a bundle: its manifest's, else the one that the caller names; raises IntegrityError for another."""
    signed = reading.bundle.header.site
    if signed is not None and asked not in {"", signed}:
        message = f"the bundle is of the site {signed!r} (got --site {asked})"
        raise IntegrityError.at(reading.bundle.file, message, code="bundle-site")
    return asked if signed is None else signed


def _tolerance(text: str) -> int:
    try:
        return int(parse_duration(text).total_seconds())
    except ValueError as error:
        raise UsageError.at("--clock-tolerance", str(error), code="usage-age") from None


def _admit(database: Database, reading: Reading, now: datetime) -> None:
    """Remember a verified bundle; raises IntegrityError for one that is older than what came before."""
    from passmuster.exchange.bundle import Assurance, replay  # noqa: PLC0415 - what opens no bundle does not pay for it

    if reading.assurance is not Assurance.VERIFIED or reading.bundle.header.site is None:
        return
    with transaction(database):
        known = bundles.state(database)
        seen = replay.State() if known is None else replay.read(known, "the store")
        bundles.keep(database, replay.write(replay.newer(seen, reading.bundle, now)))


def _read(intake: Intake, cutter: Cutter, options: argparse.Namespace, bar: Progress, deliveries: _Deliveries) -> None:
    """Read everything, and write it a batch at a time."""
    by_batch = options.output == "ndjson"
    size = nodes = 0
    try:
        items: Iterator[inputs.InputItem[Given]] = inputs.items(options.record, options.snapshots, inputs.nothing)
        for path, line, item in items:
            delivery = deliveries.of(path)
            problem = _taken(intake, cutter, (readable(path), line), item, delivery)
            if problem is not None:
                bar.clear()
                sys.stderr.write(harmless.lines(problem) + "\n")
            size += len(item) if isinstance(item, bytes) else 0
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


def _taken(
    intake: Intake, cutter: Cutter, where: tuple[str, int], item: bytes | Given, delivery: Delivery
) -> str | None:
    """Add what was found; gives why it cannot be kept, where it cannot."""
    label = inputs.label(*where)
    try:
        if isinstance(item, bytes):
            intake.add(adding.row(cutter, item, *where), delivery, label)
            return None
        problem = item.problem or f"{label}: cannot be read"
    except SnapshotError as error:
        problem = str(error.problems[0])
    intake.unreadable(label)
    return problem


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
        sys.stdout.write(harmless.lines(output.fitted(table.added(options.store, intake.total))))
