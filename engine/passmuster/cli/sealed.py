"""Bundles as input: every command that takes snapshots takes them, on the terms that its options state.

A command says once what it trusts (`taking`); whoever reads input asks here. What was taken in is noted, for reports.
"""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from passmuster.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from passmuster.bundle import Reading
    from passmuster.verdict import BundleHeader

ENDING = ".pmb"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """What a command's options say of bundles."""

    trust: str | None = None
    skip: bool = False
    now: str | None = None
    taken: dict[str, BundleHeader] = field(default_factory=dict)
    """By digest."""
    watch: list[Callable[[Reading], None]] = field(default_factory=list)
    """Asked before anything of a bundle is used; each may refuse it."""


_terms: ContextVar[_Terms] = ContextVar("bundles", default=_Terms())  # noqa: B039 - noted in for a command's whole run


@contextlib.contextmanager
def taking(options: argparse.Namespace) -> Iterator[None]:
    """Take bundles on the terms of a command, for as long as it runs; raises UsageError where these contradict."""
    told = _Terms(
        trust=getattr(options, "trust", None),
        skip=getattr(options, "insecure_skip_verify", False),
        now=getattr(options, "now", None),
    )
    if told.skip and told.trust is not None:
        message = "contradicts --trust (expected one of them)"
        raise UsageError.at("--insecure-skip-verify", message, code="usage-trust")
    before = _terms.set(told)
    try:
        yield
    finally:
        _terms.reset(before)


def is_named(path: str) -> bool:
    """Whether a file is called as bundles are."""
    return path.lower().endswith(ENDING)


def watched_by(watch: Callable[[Reading], None]) -> None:
    """Ask this of every bundle that the command takes in; it raises IntegrityError for one that is not to be used."""
    _terms.get().watch.append(watch)


def taken() -> tuple[BundleHeader, ...]:
    """The bundles that were taken in so far, by digest."""
    return tuple(header for _, header in sorted(_terms.get().taken.items()))


def snapshots(path: str) -> Iterator[tuple[str, bytes]]:
    """Every snapshot of a bundle: what it is called, and its bytes; raises IntegrityError, NotABundleError."""
    reading = _read(path)
    for each in reading.snapshots:
        yield f"{path}:{each.path}", each.data


def _read(path: str) -> Reading:
    from passmuster import bundle  # noqa: PLC0415 - what opens no bundle does not pay for it
    from passmuster.cli.bundlefiles import load, load_trust, warn_skipped  # noqa: PLC0415 - as above
    from passmuster.cli.moment import moment  # noqa: PLC0415 - as above
    from passmuster.verdict import BundleHeader  # noqa: PLC0415 - as above

    terms = _terms.get()
    asked = bundle.Terms(trust=load_trust(terms.trust), now=moment(terms.now), skip=terms.skip)
    reading = bundle.read(load(path), path, asked)
    if terms.skip:
        warn_skipped(path)
    for watch in terms.watch:
        watch(reading)
    made = reading.bundle
    terms.taken[made.digest] = BundleHeader(
        digest=f"sha256:{made.digest}", site=made.header.site, assurance=reading.assurance.value
    )
    return reading
