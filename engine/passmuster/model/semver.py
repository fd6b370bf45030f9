"""Semantic Versioning 2.0.0: the one reader of it, for the versions of packs and for the function `semver`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar

_PART = r"(?:0|[1-9]\d{0,17})"
_IDENTIFIER = r"(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)"
_SEMVER = re.compile(
    rf"(?P<major>{_PART})\.(?P<minor>{_PART})\.(?P<patch>{_PART})"
    rf"(?:-(?P<prerelease>{_IDENTIFIER}(?:\.{_IDENTIFIER})*))?(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?",
    re.ASCII,
)
MAX_SEMVER = 256
"""Length of a text that can be a version of Semantic Versioning."""
_ZEROS = re.compile(r"^0+(?=[0-9])")
_SHORT = re.compile(r"v?(?P<major>[^.+-]*)(?:\.(?P<minor>[^.+-]*)(?:\.(?P<rest>.*))?)?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class SemVer:
    """A version of Semantic Versioning 2.0.0; what follows a plus has no part in comparing."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()
    build: str = field(default="", compare=False)

    CEL_NAME: ClassVar[str] = "kubernetes.Semver"

    @classmethod
    def parse(cls, text: str) -> SemVer | None:
        """Read ``1.2.3-rc.1+build``, and nothing that is only like it."""
        match = _SEMVER.fullmatch(text) if len(text) <= MAX_SEMVER else None
        if match is None:
            return None
        return cls(
            major=int(match["major"]),
            minor=int(match["minor"]),
            patch=int(match["patch"]),
            prerelease=tuple(match["prerelease"].split(".")) if match["prerelease"] else (),
            build=match["build"] or "",
        )

    @classmethod
    def parse_normalized(cls, text: str) -> SemVer | None:
        """Read ``v01.2`` as 1.2.0 too: without a leading v, leading zeros, and with the numbers that are missing."""
        match = _SHORT.fullmatch(text) if len(text) <= MAX_SEMVER else None
        if match is None:
            return None
        numbers = (match["major"], match["minor"] if match["minor"] is not None else "0", match["rest"] or "0")
        if match["rest"] == "":
            return None
        return cls.parse(".".join(_ZEROS.sub("", number) for number in numbers))

    def order(self) -> tuple[object, ...]:
        """What versions are sorted by: a release comes after its own pre-releases."""
        identifiers = tuple((False, int(part), "") if part.isdigit() else (True, 0, part) for part in self.prerelease)
        return (self.major, self.minor, self.patch, not self.prerelease, identifiers)

    def __str__(self) -> str:
        numbers = f"{self.major}.{self.minor}.{self.patch}"
        prerelease = f"-{'.'.join(self.prerelease)}" if self.prerelease else ""
        return numbers + prerelease + (f"+{self.build}" if self.build else "")
