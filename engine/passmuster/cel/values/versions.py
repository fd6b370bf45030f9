"""Kernel releases and versions of container runtimes: how they are read, and how they compare."""

from __future__ import annotations

import re
from dataclasses import dataclass
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


def _read(pattern: re.Pattern[str], text: str) -> dict[str, int] | None:
    match = pattern.match(text)
    if match is None:
        return None
    amounts = {name: int(digits) for name, digits in match.groupdict().items() if digits is not None}
    return {"patch": 0, **amounts}
