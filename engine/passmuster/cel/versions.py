"""Kernel releases, versions of container runtimes, Semantic Versioning: how they are read, and how they compare."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar

# At most nine digits a number, and the whole number: no part of one may pass for a smaller version.
_NUMBERS = r"(?P<major>\d{1,9})\.(?P<minor>\d{1,9})(?:\.(?P<patch>\d{1,9}))?(?!\d)"
_KERNEL = re.compile(rf"v?{_NUMBERS}(?:-rc(?P<rc>\d{{1,9}})(?!\d))?", re.ASCII)
_RUNTIME = re.compile(
    rf"(?:[A-Za-z][A-Za-z0-9.+-]*://)?(?:\d{{1,9}}:)?v?{_NUMBERS}(?:[-~]rc\.?(?P<rc>\d{{1,9}})(?!\d))?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Three numbers, and the number of the release candidate if it is one: that comes before the release."""

    major: int
    minor: int
    patch: int
    rc: int | None = None

    CEL_NAME: ClassVar[str] = "version"

    def order(self) -> tuple[int, int, int, bool, int]:
        """What versions are sorted by."""
        return (self.major, self.minor, self.patch, self.rc is None, self.rc or 0)

    def __str__(self) -> str:
        numbers = f"{self.major}.{self.minor}.{self.patch}"
        return numbers if self.rc is None else f"{numbers}-rc{self.rc}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelVersion(Version):
    """The numbers at the start of a kernel release; what distributions add says nothing that can be compared."""

    CEL_NAME: ClassVar[str] = "kernelVersion"

    @classmethod
    def parse(cls, text: str) -> KernelVersion | None:
        """Read ``6.1.0-13-amd64`` or ``5.3.0-rc7``; None if it does not begin with two numbers."""
        numbers = _read(_KERNEL, text)
        return None if numbers is None else cls(**numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeVersion(Version):
    """The version of a container runtime, as engines, packages and kubelets write it."""

    CEL_NAME: ClassVar[str] = "runtimeVersion"

    @classmethod
    def parse(cls, text: str) -> RuntimeVersion | None:
        """Read ``docker://20.10.8``, ``5:20.10.10~3-0~ubuntu-focal`` and their like; None for anything else."""
        numbers = _read(_RUNTIME, text)
        return None if numbers is None else cls(**numbers)


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
        found = _SEMVER.fullmatch(text) if len(text) <= MAX_SEMVER else None
        if found is None:
            return None
        return cls(
            major=int(found["major"]),
            minor=int(found["minor"]),
            patch=int(found["patch"]),
            prerelease=tuple(found["prerelease"].split(".")) if found["prerelease"] else (),
            build=found["build"] or "",
        )

    @classmethod
    def parse_normalized(cls, text: str) -> SemVer | None:
        """Read ``v01.2`` as 1.2.0 too: without a leading v, leading zeros, and with the numbers that are missing."""
        found = _SHORT.fullmatch(text) if len(text) <= MAX_SEMVER else None
        if found is None:
            return None
        numbers = (found["major"], found["minor"] if found["minor"] is not None else "0", found["rest"] or "0")
        if found["rest"] == "":
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


def _read(pattern: re.Pattern[str], text: str) -> dict[str, int] | None:
    match = pattern.match(text)
    if match is None:
        return None
    found = {name: int(digits) for name, digits in match.groupdict().items() if digits is not None}
    return {"patch": 0, **found}
