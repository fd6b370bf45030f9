"""`passmuster report sign|verify`: verdicts that somebody else can prove."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from passmuster import api, proof
from passmuster.cli import bundlekeys
from passmuster.cli.criteria import load_assessment
from passmuster.cli.output import fitted, write_file
from passmuster.cli.surroundings import homes, load_trust, moment, named, read, stdin
from passmuster.errors import ExitStatus, IntegrityError, UsageError
from passmuster.fleet.source import Source
from passmuster.intake import catalog, reading
from passmuster.policy.selection import LEAST_DIGITS
from passmuster.proof import replay, signature
from passmuster.report import harmless

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from passmuster.exchange.bundle.trust import Key
    from passmuster.proof import Claim


_MOST = 1024 * 1024 * 1024
_PINNED = len("sha256:") + LEAST_DIGITS
"""So much of a digest can be given back as `-p PACK@VERSION#DIGEST`."""


def run_sign(options: argparse.Namespace) -> ExitStatus:
    """Sign a verdict; its bytes stay as they are."""
    claim = proof.read(_read(options.report), named(options.report))
    made = signature.sign(claim, bundlekeys.load(options.key))
    if options.output == "-":
        sys.stdout.write(made.decode())
    else:
        write_file(options.output, made)
    return ExitStatus.GOOD


def run_verify(options: argparse.Namespace) -> ExitStatus:
    """Judge again what a verdict says that it was made from, and say whether it holds."""
    claim, key = _believed(options)
    tried = api.verify(claim, _given(options))
    sys.stdout.write(_text([*_verdict(claim, tried), *_by(claim, key, tried)]))
    return ExitStatus.GOOD if tried.holds else ExitStatus.INTEGRITY


def _given(options: argparse.Namespace) -> replay.ReplayInput:
    return replay.ReplayInput(
        source=Source(record=options.record, paths=options.snapshots),
        policies=[catalog.one(text, homes()) for text in options.policy],
        homes=homes(),
        assessment=None if options.assessment is None else load_assessment(options.assessment),
        waivers=_file(options.waivers),
        roster=_file(options.roster),
        now=moment(options.now),
        unsigned=options.unsigned,
        second=options.second is not None,
    )


def _file(path: str | None) -> replay.File | None:
    return None if path is None else replay.File(name=path, data=read(path))


def _believed(options: argparse.Namespace) -> tuple[Claim, Key | None]:
    """The verdict out of its envelope, and who signed it; raises IntegrityError where nobody is to be believed."""
    data, file = _read(options.report), named(options.report)
    envelope = signature.opened(data, file)
    trust = load_trust(options.trust)
    if envelope is None:
        if trust is not None and not options.unsigned:
            message = "not signed, and --trust requires a signature"
            hint = "use --unsigned if --trust is only for bundles among the snapshots"
            raise IntegrityError.at(file, message, code="report-unsigned", hint=hint)
        return proof.read(data, file), None
    if options.unsigned:
        raise UsageError.at("--unsigned", f"{file} is signed (expected no --unsigned)", code="usage-verify")
    if trust is None:
        raise IntegrityError.at(
            file,
            "signed, but there is no trust file",
            code="report-trust",
            hint="name the trusted keys with --trust FILE (docs/proof.md)",
        )
    claim = proof.read(envelope.payload, file)
    return claim, signature.demand(envelope, claim, trust, moment(options.now))


def _read(path: str) -> bytes:
    """The bytes of a verdict; one of a large fleet is larger than other documents may be."""
    return reading.whole(path, _MOST, stdin=stdin)


def _verdict(claim: Claim, tried: replay.Replayed) -> Iterator[str]:
    holds = (
        "holds" if tried.texts else "holds, except for its texts: another engine wrote them, and they were not compared"
    )
    yield f"{claim.file}: {holds if tried.holds else 'does not hold'}"
    yield from tried.differences
    yield f"compared: {tried.compared}"
    yield from tried.notes
    if tried.opinion is not None:
        yield (
            f"cel-cpp: {tried.opinion.compared} results are the same there"
            if not tried.opinion.differing
            else (f"cel-cpp: {len(tried.opinion.differing)} of {tried.opinion.compared} results differ there")
        )
        yield from (f"cel-cpp: {difference}" for difference in tried.opinion.differing[: proof.MOST])
        for reason, count in tried.opinion.skipped.items():
            yield f"cel-cpp: {count} not compared: {reason}"


def _by(claim: Claim, key: Key | None, tried: replay.Replayed) -> Iterator[str]:
    if tried.holds:
        policies = ", ".join(f"{policy.name}#{policy.digest[:_PINNED]}" for policy in claim.policies)
        count = f"{tried.snapshots} snapshot{'' if tried.snapshots == 1 else 's'}"
        yield f"verdict: {tried.outcome} ({count}) by {policies}"
        yield f"digest {claim.verdict_digest}"
    yield f"signed by: {key.name} (ed25519 {key.keyid})" if key is not None else "signed by: nobody"


def _text(lines: list[str]) -> str:
    first, *others = [harmless.plain(line) for line in lines]
    return fitted("\n".join([first, *(f"  {line}" for line in others)]))
