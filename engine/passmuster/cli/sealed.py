"""How snapshots come, as every command that takes them sees it: in bundles, with a seal beside them, or loose.

A command says once what it trusts (`taking`); whoever reads input asks here. With a trust file, a snapshot that no
signature covers is unknown, unless that file allows its node to have none. What was taken in is noted, for reports.
"""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from passmuster.errors import IntegrityError, SnapshotError, UsageError
from passmuster.model.verdict import BundleHeader, Origin, SignatureFindings
from passmuster.snapshot.roster import of_site

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping

    from passmuster.evaluation.node import Given
    from passmuster.exchange.bundle import Reading, Trust

T = TypeVar("T")

ENDING = ".pmb"
UNSIGNED = (
    "unsigned: no signature that the trust file believes covers the snapshot "
    "(seal it on the node, bundle it at the site, or name the node under `unsigned` in the trust file)"
)
_OWN = frozenset(("bundle verify", "report verify"))
"""Commands that look at signatures themselves; a verdict binds its snapshots by their digests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """What a command's options say of what comes in."""

    trust: Trust | None = None
    guard: bool = False
    """Whether what no signature covers is unknown."""
    skip: bool = False
    now: str | None = None
    taken: dict[str, BundleHeader] = field(default_factory=dict)
    """By digest."""
    sites: dict[str, str | None] = field(default_factory=dict)
    """The site of each bundle, by its path."""
    listed: dict[str, frozenset[str]] = field(default_factory=dict)
    """The roster of each bundle that has one, by its path."""
    rosters: dict[str, frozenset[str] | None] = field(default_factory=dict)
    """What each bundle said of its roster before it was verified, by its path."""
    watch: list[Callable[[Reading], None]] = field(default_factory=list)
    """Asked before anything of a bundle is used; each may refuse it."""
    loose: dict[str, set[tuple[str, int]]] = field(
        default_factory=lambda: {"unsigned": set(), "allowed": set(), "sealed": set()}
    )
    """Where snapshots outside of bundles lie, by what covers them; a place is a path and a line."""
    covered: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What covers snapshots outside of bundles, by digest: its kind, and why none does; of commands that compare."""


class Member(str):
    """What a snapshot of a bundle is called. Only its type says that it is in one: a file beside may have any name."""

    __slots__ = ("bundle",)
    bundle: str
    """The path of the bundle."""

    @classmethod
    def of(cls, bundle: str, path: str) -> Member:
        """The snapshot at a path of a bundle."""
        made = cls(f"{bundle}:{path}")
        made.bundle = bundle
        return made


_terms: ContextVar[_Terms] = ContextVar("bundles", default=_Terms())  # noqa: B039 - noted in for a command's whole run


@contextlib.contextmanager
def taking(options: argparse.Namespace) -> Iterator[None]:
    """Take bundles on the terms of a command, for as long as it runs; the trust file is read before any input.

    Raises UsageError where the terms contradict, PolicyError for a trust file that cannot be used.
    """
    file, skip = getattr(options, "trust", None), getattr(options, "insecure_skip_verify", False)
    if skip and file is not None:
        message = "contradicts --trust (expected one of them)"
        raise UsageError.at("--insecure-skip-verify", message, code="usage-trust")
    if options.command == "check" and file is not None and not options.snapshots:
        message = "nothing is received where this node itself is looked at (expected SNAPSHOT, or no --trust)"
        raise UsageError.at("--trust", message, code="usage-trust")
    guard = file is not None and options.command not in _OWN
    before = _terms.set(_Terms(trust=_trust(file), guard=guard, skip=skip, now=getattr(options, "now", None)))
    try:
        yield
    finally:
        _terms.reset(before)


def _trust(file: str | None) -> Trust | None:
    if file is None:
        return None
    from passmuster.cli.bundlefiles import load_trust  # noqa: PLC0415 - what trusts nobody does not pay for it

    return load_trust(file)


def guarding() -> bool:
    """Whether what no signature covers is unknown here."""
    return _terms.get().guard


def is_named(path: str) -> bool:
    """Whether a file is called as bundles are."""
    return path.lower().endswith(ENDING)


def watched_by(watch: Callable[[Reading], None]) -> None:
    """Ask this of every bundle that the command takes in; it raises IntegrityError for one that is not to be used."""
    _terms.get().watch.append(watch)


def origin() -> Origin:
    """How everything came that was read so far."""
    terms = _terms.get()
    found = None
    if terms.trust is not None and terms.guard:
        counts = {name: len(places) for name, places in terms.loose.items()}
        found = SignatureFindings(trust=terms.trust.digest, **counts)
    return Origin(bundles=taken(), signatures=found)


def taken() -> tuple[BundleHeader, ...]:
    """The bundles that were taken in so far, by digest."""
    return tuple(header for _, header in sorted(_terms.get().taken.items()))


def site(name: str) -> str | None:
    """The site that signed for a snapshot of this name (`snapshots` gives it); None for loose files, too."""
    return _terms.get().sites[name.bundle] if isinstance(name, Member) else None


def snapshots(path: str) -> Iterator[tuple[Member, bytes]]:
    """Every snapshot of a bundle: what it is called, and its bytes; raises IntegrityError, NotABundleError."""
    reading = _read(path)
    for each in reading.snapshots:
        yield Member.of(path, each.path), each.data


def _read(path: str) -> Reading:
    from passmuster.cli.bundlefiles import load, warn_skipped  # noqa: PLC0415 - as above
    from passmuster.cli.moment import moment  # noqa: PLC0415 - as above
    from passmuster.exchange import bundle  # noqa: PLC0415 - what opens no bundle does not pay for it

    terms = _terms.get()
    asked = bundle.Terms(trust=terms.trust, now=moment(terms.now), skip=terms.skip)
    reading = bundle.read(load(path), path, asked)
    made, header = reading.bundle, reading.bundle.header
    names = frozenset(of_site(header.site, name) for name in header.roster.names) if header.roster else None
    if terms.rosters.get(path, names) != names:
        raise IntegrityError.at(path, "changed while it was read", code="bundle-changed")
    if terms.skip:
        warn_skipped(path)
    for watch in terms.watch:
        watch(reading)
    terms.sites[path] = header.site
    if names is not None:
        terms.listed[path] = names
    terms.taken[made.digest] = BundleHeader(
        digest=f"sha256:{made.digest}",
        site=header.site,
        assurance=reading.assurance.value,
        snapshots=tuple(f"sha256:{each.digest}" for each in made.snapshots),
    )
    return reading


def listed() -> frozenset[str] | None:
    """The nodes on the rosters of the bundles that were taken in; None where none of them has one."""
    found = _terms.get().listed
    return frozenset(name for names in found.values() for name in names) if found else None


def trusted() -> str | None:
    """The digest of the trust file; None without one."""
    trust = _terms.get().trust
    return None if trust is None else trust.digest


def roster(path: str) -> frozenset[str] | None:
    """The nodes on the roster of a bundle, in its own word; it is held to that when the bundle is read."""
    from passmuster.cli.bundlefiles import claimed_roster  # noqa: PLC0415 - what opens no bundle does not pay for it

    return _terms.get().rosters.setdefault(path, claimed_roster(path))


def guarded(path: str, line: int, met: T) -> T | Given:
    """What was met outside of a bundle; where no signature covers it, the reason why its node is unknown.

    `met` are a snapshot's bytes, or what was made of them and has them as `data`; a line below 0 says that the
    snapshot is alone in its file.
    """
    terms = _terms.get()
    data = met if isinstance(met, bytes) else getattr(met, "data", None)
    if terms.trust is None or data is None:
        return met
    from passmuster import snapshot  # noqa: PLC0415 - what trusts nobody does not pay for it
    from passmuster.evaluation.node import Given as Unknown  # noqa: PLC0415 - as above

    try:
        found = snapshot.load(data, path, abs(line) or 1)
    except SnapshotError:
        return met  # whoever loads it says what is wrong
    kind, why = _coverage(path, line, data, found.name)
    if not terms.guard:
        if terms.covered.get(found.digest, ("unsigned", ""))[0] == "unsigned":
            terms.covered[found.digest] = kind, why
        return met
    terms.loose[kind].add((path, line))
    if kind != "unsigned":
        return met
    label = f"{path}:{line}" if line > 0 else path
    return Unknown(input=label, snapshot=found, problem=f"{label}: {why} (node {found.name!r})", doubt=why)


def _coverage(path: str, line: int, data: bytes, node: str) -> tuple[str, str]:
    """What covers a snapshot outside of bundles, as `loose` has it, and why none does."""
    from passmuster.cli.moment import moment  # noqa: PLC0415 - what trusts nobody does not pay for it

    terms = _terms.get()
    assert terms.trust is not None
    seal = _seal(path) if line < 0 else None
    if seal is None:
        return "allowed" if terms.trust.may_be_unsigned(node) else "unsigned", UNSIGNED
    from passmuster.exchange.bundle.sealing import demand_covered  # noqa: PLC0415 - as above

    try:
        demand_covered(seal, data, node, terms.trust, moment(terms.now))
    except ValueError as error:
        return "unsigned", f"{UNSIGNED}; {error}"
    return "sealed", UNSIGNED


def is_unsigned(reason: str | None) -> bool:
    """Whether this is why a node is unknown whose snapshot no signature covers."""
    return reason is not None and (reason == UNSIGNED or reason.startswith(f"{UNSIGNED}; "))


def covered() -> Mapping[str, tuple[str, str]]:
    """What covers the snapshots that were met outside of bundles, by digest; see `_coverage`."""
    return _terms.get().covered


def _seal(path: str) -> bytes | None:
    from passmuster.cli.bundlekeys import seal_beside  # noqa: PLC0415 - what trusts nobody does not pay for it

    return seal_beside(path)
