"""What a command takes from the process around it: the clock, the environment, standard input; nothing below does.

SOURCE_DATE_EPOCH stands for the clock where it is set.
"""

from __future__ import annotations

import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from passmuster.errors import UsageError
from passmuster.intake.bundle_input import InputRecord, TrustOptions
from passmuster.model.durations import parse_moment

if TYPE_CHECKING:
    import argparse

    from passmuster.exchange.bundle import Trust

_GIVEN = (("--now", "now"), ("--now-before", "now_before"), ("--created", "created"), ("--approved-at", "approved_at"))
"""Options that take a moment."""
_EPOCH = "SOURCE_DATE_EPOCH"
_LATEST = 253_402_300_799
"""Seconds from 1970 to the last moment of the year 9999."""
_OWN = frozenset(("bundle verify", "report verify"))
"""Commands that look at signatures themselves; a verdict binds its snapshots by their digests."""


def demand_moments(options: argparse.Namespace) -> None:
    """Refuse a moment that is none, even where nothing needs one; raises UsageError."""
    for option, name in _GIVEN:
        text = getattr(options, name, None)
        if text is not None:
            moment(text, option)


def moment(text: str | None, option: str = "--now") -> datetime:
    """Read a moment, or look at the clock where there is no text; raises UsageError."""
    if text is None:
        return _clock()
    try:
        return parse_moment(text)
    except ValueError as error:
        raise UsageError.at(option, str(error), code="usage-now") from None


def _clock() -> datetime:
    epoch = os.environ.get(_EPOCH, "")
    if not epoch:
        return datetime.now(UTC).replace(microsecond=0)
    if not re.fullmatch(r"[0-9]{1,12}", epoch) or int(epoch) > _LATEST:
        message = f"got {epoch[:40]!r}, expected seconds since 1970, at most {_LATEST}"
        raise UsageError.at(_EPOCH, message, code="usage-now")
    return datetime.fromtimestamp(int(epoch), UTC)


def homes() -> tuple[Path, ...]:
    """The folders of packs: the shipped one first, then those on PASSMUSTER_POLICY_PATH."""
    from passmuster.codec import resources  # noqa: PLC0415 - what needs no pack does not pay for it

    extra = [Path(part) for part in os.environ.get("PASSMUSTER_POLICY_PATH", "").split(os.pathsep) if part]
    return (resources.policies(), *extra)


def stdin() -> BinaryIO:
    """Standard input, as bytes."""
    return sys.stdin.buffer


def read(file: str | Path, code: str = "file") -> bytes:
    """The bytes of a file that an option names, `-` for standard input; raises UsageError."""
    from passmuster.intake import reading  # noqa: PLC0415 - as above

    return reading.whole(file, code=code, stdin=stdin)


def load_trust(file: str | None) -> Trust | None:
    """The trust that a caller configures; None where none is."""
    if file is None:
        return None
    from passmuster.exchange import bundle  # noqa: PLC0415 - what trusts nobody does not pay for it

    return bundle.load_trust(read(file), file)


def input_record(options: argparse.Namespace) -> InputRecord:
    """What a command trusts, and what it is to note; the trust file is read before any input.

    Raises UsageError where the options contradict, PolicyError for a trust file that cannot be used.
    """
    file, skip = getattr(options, "trust", None), getattr(options, "insecure_skip_verify", False)
    if skip and file is not None:
        message = "contradicts --trust (expected one of them)"
        raise UsageError.at("--insecure-skip-verify", message, code="usage-trust")
    if options.command == "check" and file is not None and not options.snapshots:
        message = "nothing is received where this node itself is looked at (expected SNAPSHOT, or no --trust)"
        raise UsageError.at("--trust", message, code="usage-trust")
    now = getattr(options, "now", None)
    trust = TrustOptions(
        trust=load_trust(file),
        guard=file is not None and options.command not in _OWN,
        skip=skip,
        now=lambda: moment(now),
        warn=warn_skipped,
    )
    return InputRecord(options=trust, stdin=stdin)


def warn_skipped(path: str) -> None:
    """Say loudly that nobody looked at signatures."""
    from passmuster.report import harmless  # noqa: PLC0415 - as above

    warning = f"WARNING: {path}: signatures NOT verified (--insecure-skip-verify): anyone may have made this"
    sys.stderr.write(harmless.plain(warning) + "\n")


def named(path: str) -> str:
    """What an input is called in messages."""
    return "<stdin>" if path == "-" else path
