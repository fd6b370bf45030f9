"""Choosing policies by name: PACK, PACK@VERSION, either with #sha256:DIGEST.

A pack's newest version is its newest released one; a draft is chosen only by its full version.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.errors import IntegrityError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from passmuster.policy.version import Version

_SPEC = re.compile(r"(?P<pack>[a-z][a-z0-9-]*)(?:@(?P<version>[0-9][0-9A-Za-z.-]*))?(?:#(?P<digest>sha256:[0-9a-f]*))?")
LEAST_DIGITS = 16
"""Fewest digits of a digest on a command line: somebody could make a file that fits fewer. Files have all 64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One version of a pack that can be had."""

    pack: str
    version: Version
    file: str
    released: bool

    @property
    def name(self) -> str:
        """PACK@VERSION."""
        return f"{self.pack}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What a caller asks for."""

    text: str
    pack: str
    version: str | None
    digest: str | None

    @classmethod
    def parse(cls, text: str) -> Spec | None:
        """Read PACK[@VERSION][#DIGEST]; None where the text is not of that form (it may be a path).

        Raises UsageError for a digest with too few digits.
        """
        match = _SPEC.fullmatch(text)
        digits = len((match["digest"] or "").removeprefix("sha256:")) if match else 0
        if match and match["digest"] is not None and not LEAST_DIGITS <= digits <= 64:
            message = f"a digest of {digits} digits (expected {LEAST_DIGITS} to 64 of them behind sha256:)"
            raise UsageError.at(text, message, code="policy-digest")
        return cls(text=text, pack=match["pack"], version=match["version"], digest=match["digest"]) if match else None


def select(spec: Spec, catalogue: Iterable[Entry]) -> Entry:
    """The newest version that fits; raises UsageError that names what there is."""
    offered = sorted((entry for entry in catalogue if entry.pack == spec.pack), key=lambda entry: entry.version)
    if not offered:
        packs = sorted({entry.pack for entry in catalogue})
        raise UsageError.at(
            spec.text,
            f"no such pack (got {spec.pack!r}, expected one of: {', '.join(packs) or 'none found'})",
            code="policy-not-found",
            hint="a pack of your own: name the folder of a version, or its folder of packs in PASSMUSTER_POLICY_PATH",
        )
    exact = [entry for entry in offered if str(entry.version) == spec.version]
    if exact:
        return exact[-1]
    fitting = [entry for entry in offered if entry.released and _fits(entry.version, spec.version)]
    if not fitting:
        names = ", ".join(f"{entry.version}{'' if entry.released else ' (draft)'}" for entry in offered)
        wanted = f"no version {spec.version}" if spec.version else "no released version"
        raise UsageError.at(spec.text, f"{wanted} of {spec.pack} (expected one of: {names})", code="policy-not-found")
    return fitting[-1]


def _fits(version: Version, wanted: str | None) -> bool:
    if version.prerelease:
        return False
    return wanted is None or str(version).startswith(wanted + ".")


def demand_digest(spec: Spec, digest: str) -> None:
    """Raise IntegrityError unless the chosen file has the digest that the caller named."""
    if spec.digest is not None and not digest.startswith(spec.digest):
        raise IntegrityError.at(
            spec.text, f"the policy has another digest (got {digest}, expected {spec.digest})", code="policy-digest"
        )


def demand_distinct(names: Sequence[str]) -> None:
    """Raise UsageError if two versions of one pack are selected together."""
    packs = [name.partition("@")[0] for name in names]
    for pack in sorted({name for name in packs if packs.count(name) > 1}):
        asked = ", ".join(name for name in names if name.startswith(pack + "@"))
        raise UsageError.at(pack, f"one pack twice in one run (got {asked}, expected one version)", code="policy-twice")
