"""Versions of packs: semantic versioning 2.0.0, without build metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from passmuster.model.semver import SemVer


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version; the order is that of clause 11 of the specification."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read a version; raises ValueError."""
        version = SemVer.parse(text)
        if version is None or version.build:
            raise ValueError(f"not a version (got {text[:60]!r}, expected one such as 1.0.0)")
        return cls(major=version.major, minor=version.minor, patch=version.patch, prerelease=version.prerelease)

    def __str__(self) -> str:
        return str(self._semver())

    def __lt__(self, other: Self) -> bool:
        return self._semver().order() < other._semver().order()

    def _semver(self) -> SemVer:
        return SemVer(major=self.major, minor=self.minor, patch=self.patch, prerelease=self.prerelease)
