"""Versions of packs: semantic versioning 2.0.0, without build metadata."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_VERSION = re.compile(
    r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?", re.ASCII
)


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
        match = _VERSION.fullmatch(text)
        if match is None:
            raise ValueError(f"not a version (got {text!r}, expected one such as 1.0.0)")
        prerelease = tuple(match[4].split(".")) if match[4] else ()
        return cls(major=int(match[1]), minor=int(match[2]), patch=int(match[3]), prerelease=prerelease)

    def __str__(self) -> str:
        suffix = "-" + ".".join(self.prerelease) if self.prerelease else ""
        return f"{self.major}.{self.minor}.{self.patch}{suffix}"

    def __lt__(self, other: Self) -> bool:
        return self._key() < other._key()

    def _key(self) -> tuple[object, ...]:
        numbers = (self.major, self.minor, self.patch)
        if not self.prerelease:
            return (*numbers, 1)
        steps = tuple((0, int(each), "") if each.isdigit() else (1, 0, each) for each in self.prerelease)
        return (*numbers, 0, steps)
