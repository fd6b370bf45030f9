"""How snapshots come: in bundles, with a seal beside them, or loose.

A caller says once what it trusts (`TrustOptions`). What was met is noted in an `InputRecord`, which goes as an argument
to everything that reads input: for reports, and because later input depends on it. With a trust file, a snapshot that
no signature covers is unknown, unless that file allows its node to have none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from passmuster.errors import IntegrityError, SnapshotError, UsageError
from passmuster.model.verdict import BundleHeader, Origin, SignatureFindings, Skipped
from passmuster.snapshot.roster import of_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from passmuster.evaluation.node import Given
    from passmuster.exchange.bundle import Reading, Trust

T = TypeVar("T")

ENDING = ".pmb"
UNSIGNED = (
    "unsigned: no signature that the trust file believes covers the snapshot "
    "(seal it on the node, bundle it at the site, or name the node under `unsigned` in the trust file)"
)


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


def _no_clock() -> datetime:
    message = "a bundle or a seal is judged as of a moment (expected `now` in TrustOptions)"
    raise UsageError.at("now", message, code="usage-now")


def _no_stdin() -> BinaryIO:
    raise UsageError.at("-", "no standard input was given (expected `stdin` in InputRecord)", code="usage-input")


def _silent(_path: str) -> None:
    """The default of `warn`: no warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustOptions:
    """What a caller trusts. The default trusts nobody, so it accepts only what is not signed at all."""

    trust: Trust | None = None
    guard: bool = False
    """Whether a snapshot without a signature is unknown."""
    skip: bool = False
    """Whether the signatures of bundles are not checked."""
    now: Callable[[], datetime] = _no_clock
    """The time at which signatures must be valid; called only if there are signatures."""
    warn: Callable[[str], None] = _silent
    """Called with the path of each bundle whose signatures were not checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRecord:
    """What was found in the input of one run so far; every reader of input writes it here."""

    options: TrustOptions = field(default_factory=TrustOptions)
    stdin: Callable[[], BinaryIO] = _no_stdin
    """What `-` stands for."""
    watch: list[Callable[[Reading], None]] = field(default_factory=list)
    """Asked before anything of a bundle is used; each raises IntegrityError for one that is not to be used."""
    skipped: set[Skipped] = field(default_factory=set)
    """The files of the input that are not snapshots, so not judged."""
    _bundles: dict[str, BundleHeader] = field(default_factory=dict)
    """By digest."""
    _sites: dict[str, str | None] = field(default_factory=dict)
    """The site of each bundle, by its path."""
    _listed: dict[str, frozenset[str]] = field(default_factory=dict)
    """The roster of each bundle that has one, by its path."""
    _rosters: dict[str, frozenset[str] | None] = field(default_factory=dict)
    """The roster in each bundle's manifest before verification, by path."""
    _loose: dict[str, set[tuple[str, int]]] = field(
        default_factory=lambda: {"unsigned": set(), "allowed": set(), "sealed": set()}
    )
    """Where snapshots outside of bundles lie, by what covers them; a place is a path and a line."""
    covered: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What covers snapshots outside of bundles, by digest: its kind, and why none does; of commands that compare."""

    # What was met

    def skip(self, path: str, why: str) -> None:
        """Record a file that is not judged; its path must be printable text."""
        self.skipped.add(Skipped(path=path, why=why))

    @property
    def every_skipped(self) -> tuple[Skipped, ...]:
        """All files that were not judged, by path."""
        return tuple(sorted(self.skipped, key=lambda skip: (skip.path, skip.why)))

    @property
    def origin(self) -> Origin:
        """How all input that was read so far was delivered."""
        findings = None
        if self.options.trust is not None and self.options.guard:
            counts = {name: len(places) for name, places in self._loose.items()}
            findings = SignatureFindings(trust=self.options.trust.digest, **counts)
        return Origin(bundles=self.bundles, signatures=findings)

    @property
    def bundles(self) -> tuple[BundleHeader, ...]:
        """The bundles read so far, by digest."""
        return tuple(header for _, header in sorted(self._bundles.items()))

    @property
    def listed(self) -> frozenset[str] | None:
        """The nodes on the rosters of the bundles that were taken in; None where none of them has one."""
        return frozenset(name for names in self._listed.values() for name in names) if self._listed else None

    @property
    def trusted(self) -> str | None:
        """The digest of the trust file; None without one."""
        return None if self.options.trust is None else self.options.trust.digest

    def site(self, name: str) -> str | None:
        """The site that signed for a snapshot of this name (`snapshots` gives it); None for loose files, too."""
        return self._sites[name.bundle] if isinstance(name, Member) else None

    # Bundles

    def snapshots(self, path: str) -> Iterator[tuple[Member, bytes]]:
        """Every snapshot of a bundle: what it is called, and its bytes; raises IntegrityError, NotABundleError."""
        for packed in self._read(path).snapshots:
            yield Member.of(path, packed.path), packed.data

    def _read(self, path: str) -> Reading:
        from passmuster.exchange import bundle  # noqa: PLC0415 - what opens no bundle does not pay for it

        options = self.options
        asked = bundle.Terms(trust=options.trust, now=options.now(), skip=options.skip)
        reading = bundle.read(bundle_bytes(path, self.stdin), path, asked)
        made, header = reading.bundle, reading.bundle.header
        names = frozenset(of_site(header.site, name) for name in header.roster.names) if header.roster else None
        if self._rosters.get(path, names) != names:
            raise IntegrityError.at(path, "changed while it was read", code="bundle-changed")
        if options.skip:
            options.warn(path)
        for watch in self.watch:
            watch(reading)
        self._sites[path] = header.site
        if names is not None:
            self._listed[path] = names
        self._bundles[made.digest] = BundleHeader(
            digest=f"sha256:{made.digest}",
            site=header.site,
            assurance=reading.assurance.value,
            snapshots=tuple(f"sha256:{packed.digest}" for packed in made.snapshots),
        )
        return reading

    def roster(self, path: str) -> frozenset[str] | None:
        """The nodes on the roster of a bundle, in its own word; it is held to that when the bundle is read."""
        return self._rosters.setdefault(path, _claimed_roster(path))

    # Snapshots outside of bundles

    def guarded(self, path: str, line: int, met: T) -> T | Given:
        """What was met outside of a bundle; where no signature covers it, the reason why its node is unknown.

        `met` are a snapshot's bytes, or what was made of them and has them as `data`; a line below 0 says that the
        snapshot is alone in its file.
        """
        options = self.options
        data = met if isinstance(met, bytes) else getattr(met, "data", None)
        if options.trust is None or data is None:
            return met
        from passmuster import snapshot  # noqa: PLC0415 - what trusts nobody does not pay for it
        from passmuster.evaluation.node import Given as Unknown  # noqa: PLC0415 - as above

        try:
            loaded = snapshot.load(data, path, abs(line) or 1)
        except SnapshotError:
            return met  # whoever loads it says what is wrong
        kind, why = _coverage(path, line, data, loaded.name, options)
        if not options.guard:
            if self.covered.get(loaded.digest, ("unsigned", ""))[0] == "unsigned":
                self.covered[loaded.digest] = kind, why
            return met
        self._loose[kind].add((path, line))
        if kind != "unsigned":
            return met
        label = f"{path}:{line}" if line > 0 else path
        return Unknown(input=label, snapshot=loaded, problem=f"{label}: {why} (node {loaded.name!r})", doubt=why)


def is_bundle(path: str) -> bool:
    """Whether a file has the name of a bundle."""
    return path.lower().endswith(ENDING)


def is_unsigned(reason: str | None) -> bool:
    """Whether this is why a node is unknown whose snapshot no signature covers."""
    return reason is not None and (reason == UNSIGNED or reason.startswith(f"{UNSIGNED}; "))


def _coverage(path: str, line: int, data: bytes, node: str, options: TrustOptions) -> tuple[str, str]:
    """What covers a snapshot outside of bundles: a kind of `InputRecord._loose`, and why none does."""
    assert options.trust is not None
    seal = seal_beside(path) if line < 0 else None
    if seal is None:
        return "allowed" if options.trust.may_be_unsigned(node) else "unsigned", UNSIGNED
    from passmuster.exchange.bundle.sealing import demand_covered  # noqa: PLC0415 - what trusts nobody does not pay

    try:
        demand_covered(seal, data, node, options.trust, options.now())
    except ValueError as error:
        return "unsigned", f"{UNSIGNED}; {error}"
    return "sealed", UNSIGNED


def seal_beside(path: str) -> bytes | None:
    """The seal that the collector wrote beside a snapshot's file; None where there is none."""
    from passmuster.intake import reading  # noqa: PLC0415 - as above

    beside = Path(path + ".sig")
    return reading.whole(beside) if beside.exists() else None


def bundle_bytes(path: str, stdin: Callable[[], BinaryIO]) -> bytes:
    """The bytes of a bundle's file, `-` for standard input; raises NotABundleError before the whole was read."""
    from passmuster.intake import reading  # noqa: PLC0415 - what opens no bundle does not pay for it

    try:
        if path == "-":
            return _bounded(stdin(), "<stdin>")
        with reading.opened(path) as handle:
            return _bounded(handle, path)
    except OSError as error:
        raise UsageError.at(path, f"cannot be read ({error.strerror or error})", code="usage-input") from None


def _bounded(handle: BinaryIO, name: str) -> bytes:
    from passmuster.exchange.bundle import container  # noqa: PLC0415 - as above

    beginning = handle.read(container.BLOCK)
    container.demand_beginning(beginning, name)
    data = beginning + handle.read(container.MAX_BYTES + 1 - len(beginning))
    if len(data) > container.MAX_BYTES:
        message = f"larger than a bundle may be (expected at most {container.MAX_BYTES} bytes)"
        raise IntegrityError.at(name, message, code="bundle-container")
    return data


def _claimed_roster(path: str) -> frozenset[str] | None:
    """The roster that a bundle's manifest has, of its site; None where it has none, or cannot be read.

    Nothing is verified here: only the manifest is read, which stands first.
    """
    from passmuster.codec import json  # noqa: PLC0415 - as above
    from passmuster.exchange.bundle import container  # noqa: PLC0415 - as above

    try:
        with Path(path).open("rb") as handle:
            data = container.first(handle)
        document = None if data is None else json.loads(data)
    except (OSError, json.InvalidJSONError):
        return None
    listed = document.get("roster") if isinstance(document, dict) else None
    names = listed.get("names") if isinstance(listed, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    site = document.get("site") if isinstance(document, dict) else None
    return None if not isinstance(site, str | None) else frozenset(of_site(site, name) for name in names)
