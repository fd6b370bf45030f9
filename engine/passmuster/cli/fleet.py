"""`passmuster fleet`: the store of a fleet's snapshots; adding is in `fleet_add`, judging in `fleet_check`."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

from passmuster.cli.surroundings import homes, moment
from passmuster.errors import ExitStatus, UsageError
from passmuster.fleet.store import (
    accepting,
    cleaning,
    exporting,
    json_v1,
    listing,
    rejudging,
    restating,
    table,
    verdicts,
    verifying,
)
from passmuster.fleet.store.database import one_state, opened
from passmuster.model.durations import parse_duration
from passmuster.report import harmless

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping


def run_list(options: argparse.Namespace) -> ExitStatus:
    """List the nodes that fit."""
    selector = listing.Selector(
        name=options.name, labels=_labels(options.label), since=_since(options), site=options.site
    )
    with opened(options.store, write=False) as database, one_state(database):
        nodes = listing.nodes(database, selector)
        if options.output == "ndjson":
            for node in nodes:
                sys.stdout.write(harmless.json(json_v1.listing_line(node)))
        elif options.output == "json":
            sys.stdout.write(harmless.json(json_v1.listing(nodes)))
        else:
            sys.stdout.write(harmless.lines(table.listing(list(nodes))))
    return ExitStatus.GOOD


def _labels(texts: Iterable[str]) -> Mapping[str, str]:
    rosters = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise UsageError.at(f"--label {text}", "not a label (expected KEY=VALUE)", code="usage-label")
        rosters[key] = value
    return rosters


def _since(options: argparse.Namespace) -> int | None:
    if options.seen_since is None:
        return None
    return _ago(options.seen_since, options.now, "--seen-since")


def _ago(text: str, now: str | None, option: str) -> int:
    """The moment that is a duration before now, in seconds since 1970."""
    try:
        return int((moment(now) - parse_duration(text)).timestamp())
    except ValueError as error:
        raise UsageError.at(option, str(error), code="usage-age") from None
    except OverflowError:
        message = f"got {text!r}, which reaches back beyond the year 1"
        raise UsageError.at(option, message, code="usage-age") from None


def run_accept(options: argparse.Namespace) -> ExitStatus:
    """Accept what the options say; raises UsageError where they name nothing, or several."""
    with opened(options.store, write=True) as database:
        try:
            if options.one_machine:
                done = accepting.one_machine(database, options.node, options.site)
            else:
                done = [accepting.snapshot(database, options.node, options.site, options.snapshot)]
        except ValueError as error:
            raise UsageError.at(options.node, str(error), code="usage-accept") from None
    sys.stdout.write(harmless.lines("".join(f"{line}\n" for line in done)))
    return ExitStatus.GOOD


def run_verdicts(options: argparse.Namespace) -> ExitStatus:
    """Say under which terms verdicts are kept; forget some."""
    with opened(options.store, write=bool(options.drop)) as database:
        kept = list(verdicts.kept_terms(database))
        if options.drop:
            dropped = _dropped(options.drop, [entry.id for entry in kept])
            verdicts.drop_terms(database, dropped)
            kept = [entry for entry in kept if entry.id not in dropped]
    if options.output == "json":
        sys.stdout.write(harmless.json(json_v1.verdicts(kept)))
    else:
        sys.stdout.write(harmless.lines(table.verdicts(kept)))
    return ExitStatus.GOOD


def _dropped(texts: Iterable[str], known: list[int]) -> set[int]:
    chosen: set[int] = set()
    for text in texts:
        if text == "all":
            chosen |= set(known)
        elif text.isdecimal() and int(text) in known:
            chosen.add(int(text))
        else:
            ids = ", ".join(map(str, known)) or "none is kept"
            raise UsageError.at(f"--drop {text}", f"no such terms (expected all, or one of: {ids})", code="usage-drop")
    return chosen


def run_export(options: argparse.Namespace) -> ExitStatus:
    """Write every snapshot into files."""
    wanted = [_target(text) for text in options.output]
    if not wanted:
        raise UsageError.at("-o", "nothing to write (expected -o ndjson=FILE or -o parquet=FILE)", code="usage-output")
    with opened(options.store, write=False) as database, one_state(database):
        for write, file in wanted:
            many = exporting.to_stream(sys.stdout.buffer, database) if file == "-" else write(file, database)
            sys.stderr.write(f"{harmless.plain(file)}: {many} snapshots\n")
    return ExitStatus.GOOD


def _target(text: str) -> tuple[exporting.Export, str]:
    name, _, file = text.partition("=")
    if name not in exporting.FORMATS or not file or (file == "-" and name != "ndjson"):
        known = ", ".join(f"{name}=FILE" for name in exporting.FORMATS)
        raise UsageError.at(f"-o {text}", f"no such export (expected one of: {known})", code="usage-output")
    return exporting.FORMATS[name], file


def run_gc(options: argparse.Namespace) -> ExitStatus:
    """Give back what nobody refers to."""
    before = _ago(options.keep, options.now, "--keep") if options.keep is not None else None
    with opened(options.store, write=True) as database:
        freed = cleaning.clean(database, before)
    sys.stdout.write(harmless.lines(table.freed(options.store, freed)))
    return ExitStatus.GOOD


def run_verify(options: argparse.Namespace) -> ExitStatus:
    """Compute every digest again, and judge verdicts again; INTEGRITY where something is broken."""
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    plan = rejudging.Plan(terms=restating.finder(options.policy, homes()), every=options.rejudge, seed=seed)
    with opened(options.store, write=False) as database, one_state(database):
        damages = verifying.verify(database, plan)
    if options.output == "json":
        sys.stdout.write(harmless.json(json_v1.verified(damages, seed)))
    else:
        sys.stdout.write(harmless.lines(table.verified(options.store, damages, seed)))
    return ExitStatus.INTEGRITY if damages.broken else ExitStatus.GOOD
