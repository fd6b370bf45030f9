"""`passmuster snapshot ...`: validate and show."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING

from passmuster.cli.output import fitted, width
from passmuster.errors import ExitStatus, UsageError
from passmuster.intake import inputs
from passmuster.model.verdict import UNDATED
from passmuster.report import harmless

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from passmuster.snapshot import Section, Snapshot


def run_validate(options: argparse.Namespace) -> ExitStatus:
    """Say of each snapshot whether it can be judged."""
    given = inputs.read(options.record, options.snapshots)
    bad = [item for item in given if item.snapshot is None]
    for item in given:
        if item.snapshot is None:
            sys.stderr.write(harmless.lines(str(item.problem)) + "\n")
        else:
            head = f"{harmless.plain(str(item.input))}: {harmless.plain(item.snapshot.name)}"
            sys.stdout.write(fitted(f"{head} {item.snapshot.digest}"))
    sys.stdout.write(f"{len(given) - len(bad)} valid, {len(bad)} invalid\n")
    return ExitStatus.INCOMPLETE if bad else ExitStatus.GOOD


def run_show(options: argparse.Namespace) -> ExitStatus:
    """Print a snapshot for reading."""
    (given, *more) = inputs.read(options.record, [options.snapshot])
    if more:
        raise UsageError.at(options.snapshot, f"{len(more) + 1} snapshots (expected one)", code="usage-input")
    if given.snapshot is None:
        sys.stderr.write(harmless.lines(str(given.problem)) + "\n")
        return ExitStatus.INCOMPLETE
    sections = given.snapshot.sections
    if options.section is not None and options.section not in sections:
        raise UsageError.at(
            f"--section {options.section}",
            f"no such section (expected one of: {', '.join(sorted(sections))})",
            code="usage-section",
        )
    for line in _lines(given.snapshot, [options.section] if options.section else sorted(sections)):
        sys.stdout.write(harmless.plain(line) + "\n")
    return ExitStatus.GOOD


def _lines(snapshot: Snapshot, names: list[str]) -> Iterator[str]:
    collection = snapshot.collection
    how = f"{collection['kind']}, {collection['context']}"
    when = collection["collected_at"] or UNDATED
    yield f"{snapshot.name}  collected {when} by {collection['collector']} ({how})"
    yield f"digest   {snapshot.digest}"
    for name in names:
        yield ""
        yield from _section(name, snapshot.sections[name])


def _section(name: str, section: Section) -> Iterator[str]:
    yield name if section.reason is None else f"{name}  unknown: {section.reason.value}"
    for key in sorted(section.facts):
        value = json.dumps(section.facts[key], ensure_ascii=False, sort_keys=True)
        yield from textwrap.wrap(
            f"{key}: {value}",
            width(),
            initial_indent="  ",
            subsequent_indent="      ",
            break_on_hyphens=False,
            break_long_words=False,
        )
    for path, fact in sorted(section.unknown.items()):
        yield from textwrap.wrap(
            f"{path}: unknown, {fact.reason.value}{f' - {fact.detail}' if fact.detail else ''}",
            width(),
            initial_indent="  ",
            subsequent_indent="      ",
        )
