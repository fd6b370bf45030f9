"""`passmuster bundle ...`: make, sign, verify and look into bundles."""

from __future__ import annotations

import contextlib
import hashlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.cli import bundlekeys, sites
from passmuster.cli.exclusive import exclusive
from passmuster.cli.output import fitted, write_file
from passmuster.cli.surroundings import homes, load_trust, moment, named, read, stdin, warn_skipped
from passmuster.errors import ExitStatus, IntegrityError, UsageError
from passmuster.exchange import bundle
from passmuster.exchange.bundle import create, describe, ed25519, receipt, replay, sshsig, verify
from passmuster.exchange.bundle.manifest import Roster
from passmuster.exchange.bundle.unpack import unpack
from passmuster.intake import catalog, inputs
from passmuster.intake.bundle_input import bundle_bytes, seal_beside
from passmuster.model.durations import format_moment, parse_duration, parse_moment
from passmuster.report import harmless
from passmuster.snapshot import roster

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from passmuster.exchange.bundle import Assurance, Reading
    from passmuster.intake.bundle_input import InputRecord

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def run_create(options: argparse.Namespace) -> ExitStatus:
    """Pack snapshots and policies, and sign the bundle where there are keys."""
    created = moment(options.created, "--created")
    order = create.Order(
        snapshots=_snapshots(options.record, options.snapshots),
        packs=[_pack(text) for text in options.policy],
        site=sites.named(options.site),
        sequence=_sequence(options.sequence, created),
        created=created,
        expires=_expires(options.expires, created),
        roster=_roster(options.roster),
    )
    data = create.create(order, options.output)
    _write(data, options)
    return ExitStatus.GOOD


def run_sign(options: argparse.Namespace) -> ExitStatus:
    """Add signatures to a bundle, or put them in the place of those that it has."""
    if not options.key and not options.ssh_key:
        raise UsageError.at("bundle sign", "nothing to sign with (expected --key or --ssh-key)", code="usage-key")
    if options.output is None:
        options.output = options.bundle
    in_place = options.bundle == options.output != "-"
    with exclusive(options.bundle) if in_place else contextlib.nullcontext():
        _write(bundle_bytes(options.bundle, stdin), options, keep=not options.replace)
    return ExitStatus.GOOD


def _write(data: bytes, options: argparse.Namespace, *, keep: bool = True) -> None:
    """Sign, and write; what was written is told on the other stream than the bundle's."""
    made = unpack(data, options.output)
    signatures = bundlekeys.signatures(made, options.key, options.ssh_key)
    if signatures:
        data = create.signed(data, options.output, signatures, keep=keep)
        made = unpack(data, options.output)
    if options.output == "-":
        if sys.stdout.isatty():
            raise UsageError.at(
                "-o -", "a bundle is binary and not for a terminal (expected a file)", code="usage-output"
            )
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_file(options.output, data)
    lines = [f"{options.output}: sha256:{made.digest}", *describe.contents(made), *describe.claims(made)]
    (sys.stderr if options.output == "-" else sys.stdout).write(_text(lines))


def _snapshots(record: InputRecord, paths: Sequence[str]) -> list[create.Packed]:
    snapshots = []
    for item in inputs.each(record, paths, inputs.nothing) if paths else ():
        if not isinstance(item, inputs.Document):
            raise UsageError.at(str(item.input), f"cannot go into a bundle: {item.problem}", code="bundle-snapshot")
        packed = create.Packed(label=item.label, data=item.data, seal=_seal(item))
        _demand_seal(packed)
        snapshots.append(packed)
    return snapshots


def _seal(document: inputs.Document) -> bytes | None:
    """The seal beside a snapshot's file."""
    seal = None if document.path == "-" else seal_beside(document.path)
    if seal is not None and document.label != document.path:
        message = "seals a file of several snapshots (expected one snapshot in each file that is sealed)"
        raise UsageError.at(document.path + ".sig", message, code="bundle-seal")
    return seal


def _demand_seal(packed: create.Packed) -> None:
    """A seal that does not fit is found out here, where it can still be mended, and not across the gap."""
    if packed.seal is None or not ed25519.available():
        return
    try:
        public = sshsig.parse(packed.seal).public
        holds = verify.ssh_holds(packed.seal, public, packed.data, sshsig.SNAPSHOT)
    except ValueError as error:
        raise UsageError.at(packed.label + ".sig", str(error), code="bundle-seal") from None
    if not holds:
        raise IntegrityError.at(packed.label + ".sig", "does not seal the snapshot beside it", code="bundle-seal")


def _pack(text: str) -> create.Pack:
    policy = catalog.one(text, homes())
    data = catalog.read(Path(policy.document.file))
    if "sha256:" + hashlib.sha256(data).hexdigest() != policy.digest:
        raise IntegrityError.at(policy.document.file, "changed while it was read", code="policy-digest")
    return create.Pack(pack=policy.pack, version=str(policy.version), data=data)


def _sequence(given: int | None, created: datetime) -> int:
    sequence = int(created.timestamp()) if given is None else given
    if not 1 <= sequence < 2**63:
        raise UsageError.at("--sequence", f"got {sequence}, expected a number from 1", code="usage-sequence")
    return sequence


def _expires(text: str | None, created: datetime) -> datetime | None:
    """A span after `created`, the end of a day, or a moment."""
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return parse_moment(f"{text}T23:59:59Z")
        expires = parse_moment(text) if text.endswith("Z") else created + parse_duration(text)
    except (ValueError, OverflowError):
        message = f"got {text!r}, expected a day (2026-12-31), a moment (2026-12-31T12:00:00Z) or a duration (30d)"
        raise UsageError.at("--expires", message, code="usage-expires") from None
    return expires


def _roster(file: str | None) -> Roster | None:
    if file is None:
        return None
    data = read(file)
    names = tuple(sorted(roster.parse(data, file)))
    return Roster(digest="sha256:" + hashlib.sha256(data).hexdigest(), names=names)


def run_verify(options: argparse.Namespace) -> ExitStatus:
    """Verify a bundle under a trust file; the receipt says what arrived."""
    outputs = _outputs(options)
    now = moment(options.now, "--now")
    trust = load_trust(options.trust)
    _demand_sense(options)
    key = bundlekeys.load(options.key) if options.key else None
    terms = bundle.Terms(trust=trust, now=now, skip=options.insecure_skip_verify)
    reading = bundle.read(bundle_bytes(options.bundle, stdin), named(options.bundle), terms)
    if trust is None and not terms.skip:
        message = "not signed, so nothing of it can be verified"
        raise IntegrityError.at(reading.bundle.file, message, code="bundle-unsigned")
    made = receipt.write(reading, trust, now)
    if key is not None:
        made = receipt.signed(made, reading.bundle, key)
    with contextlib.nullcontext() if options.state is None else exclusive(options.state):
        state = _newer(options.state, reading, now)
        if terms.skip:
            warn_skipped(reading.bundle.file)
        for file in outputs:
            if file is not None:
                write_file(file, made)
        if None in outputs:
            sys.stdout.write(harmless.json(made.decode()))
        else:
            sys.stdout.write(_text(_verified(reading, now)))
        if state is not None:
            write_file(options.state, state)
    return ExitStatus.GOOD


def _outputs(options: argparse.Namespace) -> list[str | None]:
    """Where receipts go; None: to standard output."""
    seals: list[str | None] = []
    for text in options.output:
        name, equals, file = text.partition("=")
        if name != "receipt" or (equals and not file):
            raise UsageError.at(f"-o {text}", "no such output (expected receipt or receipt=FILE)", code="usage-output")
        seals.append(None if file in {"", "-"} else file)
    return seals


def _demand_sense(options: argparse.Namespace) -> None:
    skip, wrong = options.insecure_skip_verify, None
    if skip and options.state is not None:
        wrong = ("--state", "only a verified bundle may change it (expected --trust)")
    elif options.key is not None and not options.output:
        wrong = ("--key", "nothing to sign (expected -o receipt or -o receipt=FILE)")
    if wrong is not None:
        raise UsageError.at(*wrong, code="usage-verify")


def _newer(file: str | None, reading: Reading, now: datetime) -> bytes | None:
    """The state's new bytes; they are written when all else has been done."""
    if file is None:
        return None
    if Path(file).exists():
        state = replay.read(read(file), file)
    else:
        sys.stderr.write(harmless.plain(f"note: {file}: new state file") + "\n")
        state = replay.State()
    return replay.write(replay.newer(state, reading.bundle, now))


def _verified(reading: Reading, now: datetime) -> Iterator[str]:
    as_of = f"as of {format_moment(now)}"
    yield f"{reading.bundle.file}: {_WORDS[reading.assurance]} {as_of if reading.verified else ''}".rstrip()
    yield from describe.contents(reading.bundle)
    yield from describe.assured(reading) if reading.verified else describe.claims(reading.bundle)


_WORDS: dict[Assurance, str] = {
    bundle.Assurance.VERIFIED: "verified: every digest and signature matches,",
    bundle.Assurance.SKIPPED: "NOT verified: every digest matches, signatures were not checked",
    bundle.Assurance.UNSIGNED: "NOT verified: every digest matches, but there is no signature",
}


def run_inspect(options: argparse.Namespace) -> ExitStatus:
    """Say what is in a bundle, and believe nothing of it."""
    unpacked = unpack(bundle_bytes(options.bundle, stdin), options.bundle)
    lines = [
        f"{options.bundle}: not verified; the bundle claims:",
        *describe.contents(unpacked),
        *describe.claims(unpacked),
    ]
    sys.stdout.write(_text(lines))
    return ExitStatus.GOOD


def _text(lines: Iterator[str] | list[str]) -> str:
    first, *others = [harmless.plain(line) for line in lines]
    return fitted("\n".join([first, *(f"  {line}" for line in others)]))
