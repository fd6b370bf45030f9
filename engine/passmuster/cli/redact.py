"""`passmuster snapshot redact`: snapshots with only what packs read, written when every verdict holds."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
import textwrap
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from passmuster.cli import output
from passmuster.cli.exclusive import exclusive
from passmuster.cli.surroundings import homes, read
from passmuster.codec.files import PRIVATE
from passmuster.errors import ExitStatus, PolicyError, Problem, UsageError
from passmuster.exchange import redaction
from passmuster.exchange.redaction import Asked, Change, FieldClass, Map, Plan, Pseudonyms, SiteKey
from passmuster.fleet.scratch import Scratch
from passmuster.intake import catalog, inputs, reading
from passmuster.policy.compile import compile_policy
from passmuster.policy.parameters import effective
from passmuster.report import harmless

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from passmuster.exchange.redaction import Redacted
    from passmuster.intake.bundle_input import InputRecord

_KEY_MOST = 4096
_IN_MEMORY = 32 * 1024 * 1024
"""Bytes of redacted snapshots that are kept in memory; more of them go to a temporary file."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_NAME_MOST = 200


@dataclass(slots=True, kw_only=True)
class _Run:
    """What became of the snapshots so far."""

    spool: IO[bytes]
    """The redacted ones, one after the other: nothing of them goes anywhere until all are judged."""
    sizes: list[tuple[str, int]] = field(default_factory=list)
    """Of each redacted one its file's name in a folder, and its bytes."""
    received: int = 0
    """Bytes of those that were read."""
    unreadable: list[str] = field(default_factory=list)
    changes: Counter[Change] = field(default_factory=Counter)
    pseudonyms: Pseudonyms = field(default_factory=Pseudonyms)


def run(options: argparse.Namespace) -> ExitStatus:
    """Redact, judge before and after, and write all or nothing."""
    asked = _asked(options.packs)
    classes = frozenset(FieldClass(name) for name in options.classes)
    key = _key(options, classes)
    _demand_apart(options)
    plan = redaction.plan([pack.policy for pack in asked], classes, key)
    alone = contextlib.nullcontext() if options.map is None else exclusive(options.map)
    with alone, Scratch(_IN_MEMORY) as spool:
        known = _known(options.map, key)
        state = _Run(spool=spool)
        _redact(options.record, options.snapshots, plan, asked, state)
        redaction.demand_same(state.changes, allow_unknown=options.allow_unknown)
        if state.sizes:
            if known is not None:
                known.pseudonyms.add(state.pseudonyms)
                output.write_file(options.map, redaction.write_map(known), PRIVATE)
            _write(options.output, state)
    _tell(asked, plan, state)
    return ExitStatus.INCOMPLETE if state.unreadable else ExitStatus.GOOD


def _asked(texts: Sequence[str]) -> list[Asked]:
    """The policies to redact for; unlike in a verdict, a pack may come in several versions."""
    made: dict[str, Asked] = {}
    problems: list[Problem] = []
    for text in texts:
        try:
            policy = catalog.one(text, homes())
            parameters = effective([policy], ())[policy.pack]
            made[policy.digest] = Asked(policy=compile_policy(policy), parameters=parameters)
        except PolicyError as error:
            problems += error.problems
    if problems:
        raise PolicyError(problems)
    return list(made.values())


def _redact(record: InputRecord, paths: Sequence[str], plan: Plan, asked: Sequence[Asked], state: _Run) -> None:
    for item in inputs.each(record, paths, inputs.nothing):
        given = inputs.load(item) if isinstance(item, inputs.Document) else item
        if given.snapshot is None or not isinstance(item, inputs.Document):
            state.unreadable.append(str(given.input))
            continue
        made = redaction.redact(given.snapshot, plan)
        state.changes.update(redaction.changes(given.snapshot, made.snapshot, asked))
        state.pseudonyms.add(made.pseudonyms)
        state.received += len(item.data)
        state.sizes.append((_file_name(made), len(made.data)))
        state.spool.write(made.data)


def _file_name(made: Redacted) -> str:
    """The node's name as it is in the redacted snapshot, and so much of the digest that two of a node stand apart."""
    name = _UNSAFE.sub("_", made.snapshot.name)[:_NAME_MOST].lstrip(".-") or "_"
    return f"{name}-{made.snapshot.digest.removeprefix('sha256:')[:12]}.json"


def _key(options: argparse.Namespace, classes: frozenset[FieldClass]) -> SiteKey | None:
    """The site's key, where names become pseudonyms."""
    named = FieldClass.HOST_IDENTIFYING in classes
    if named and options.key is None:
        raise UsageError.at("--class host-identifying", "makes pseudonyms and needs --key FILE", code="usage-redact")
    if not named:
        for option, value in (("--key", options.key), ("--map", options.map)):
            if value is not None:
                message = "serves pseudonyms, which --class host-identifying asks for"
                raise UsageError.at(option, message, code="usage-redact")
        return None
    return SiteKey(_secret(options.key))


def _secret(path: str) -> bytes:
    """The bytes of a key that nobody but its owner can read."""
    try:
        with reading.opened(path) as file:
            status = os.fstat(file.fileno())
            secret = file.read(_KEY_MOST + 1)
    except OSError as error:
        hint = f"make one: (umask 077; head -c {redaction.KEY_BYTES} /dev/urandom >FILE)"
        message = f"cannot be read ({error.strerror or error})"
        raise UsageError([_problem(path, message, hint)]) from None
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        message = f"others can read this key (got mode {mode:04o}, expected 0600)"
        raise UsageError([_problem(path, message, f"chmod 600 {path}")])
    if not redaction.KEY_BYTES <= len(secret) <= _KEY_MOST:
        got = f"more than {_KEY_MOST}" if len(secret) > _KEY_MOST else len(secret)
        message = f"no key (got {got} bytes, expected {redaction.KEY_BYTES} to {_KEY_MOST} random ones)"
        raise UsageError([_problem(path, message, None)])
    return secret


def _problem(path: str, message: str, hint: str | None) -> Problem:
    (problem,) = UsageError.at(path, message, code="key", hint=hint).problems
    return problem


def _demand_apart(options: argparse.Namespace) -> None:
    """Raise UsageError where the output would replace an original, or the map would travel with the snapshots."""
    target = None if options.output == "-" else Path(os.path.realpath(options.output))
    if target is not None and target.exists():
        given = [Path(os.path.realpath(path)) for path in options.snapshots if path != "-"]
        if any(target == path or (target.is_file() and path in target.parents) for path in given):
            raise UsageError.at(options.output, "is among the originals (expected another place)", code="usage-output")
    if options.map is not None and target is not None:
        home = Path(os.path.realpath(options.map))
        if home == target or target in home.parents:
            message = "would travel with the snapshots (expected a place outside of the output)"
            raise UsageError.at(options.map, message, code="usage-map")


def _known(path: str | None, key: SiteKey | None) -> Map | None:
    """The map to go on with; None where none is asked for."""
    if path is None or key is None:
        return None
    if not Path(path).exists():
        return Map(key=key.id, pseudonyms=Pseudonyms())
    try:
        return redaction.read_map(read(path), key.id)
    except redaction.MapError as error:
        raise UsageError.at(path, str(error), code="map") from None


def _write(target: str, state: _Run) -> None:
    state.spool.seek(0)
    if target.endswith("/") or (target != "-" and Path(target).is_dir()):
        _write_folder(target, state)
        return
    with output.growing(None if target == "-" else target) as file:
        for _, size in state.sizes:
            file.write(state.spool.read(size))


def _write_folder(folder: str, state: _Run) -> None:
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError.at(folder, f"cannot be created ({error.strerror})", code="file") from None
    for name, size in state.sizes:
        output.write_file(str(Path(folder, name)), state.spool.read(size))


def _tell(asked: Sequence[Asked], plan: Plan, state: _Run) -> None:
    """Say on standard error what was kept and taken out; field paths and counts, and nothing of a node."""
    for path in state.unreadable:
        line = f"{path}: left out, because it is not a valid snapshot (`passmuster snapshot validate` says why)"
        sys.stderr.write(harmless.plain(line) + "\n")
    if not state.sizes:
        return
    names = ", ".join(f"{pack.policy.header.pack}@{pack.policy.header.version}" for pack in asked)
    for line in [f"kept for {names}:", *_lines(plan), *_sizes(state)]:
        sys.stderr.write(harmless.plain(line) + "\n")


def _lines(plan: Plan) -> Iterator[str]:
    sections = redaction.account(plan)
    whole = [section.name for section in sections if not section.kept]
    read = [section for section in sections if section.kept]
    yield from (line for section in read for line in _row(section.name, section.kept))
    yield "taken out:"
    yield from (line for section in read if section.removed for line in _row(section.name, section.removed))
    yield from _row("whole sections", whole)
    yield from _row("everywhere", ("details of what is unknown", "sections and fields that are not in the schema"))
    names = "pseudonyms" if plan.key is not None else "as they are (--class host-identifying makes pseudonyms)"
    yield from textwrap.wrap(
        f"names, machine ids and labels of nodes: {names}",
        output.width(),
        subsequent_indent="  ",
        break_long_words=False,
    )


def _row(name: str, items: Sequence[str]) -> list[str]:
    text = f"  {name:<15} {', '.join(items) or '-'}"
    return textwrap.wrap(
        text, output.width(), subsequent_indent=" " * 18, break_on_hyphens=False, break_long_words=False
    )


def _sizes(state: _Run) -> Iterator[str]:
    written = sum(size for _, size in state.sizes)
    count = len(state.sizes)
    percent = round(100 * written / state.received)
    yield f"{count} snapshot{'' if count == 1 else 's'}, {state.received:,} bytes -> {written:,} bytes ({percent} %)"
