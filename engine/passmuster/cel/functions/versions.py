"""``kernelVersion()`` and ``runtimeVersion()``: like ``semver()`` of Kubernetes, for texts that are not semver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.functions.signature import Function, Overload, Unreadable
from passmuster.cel.types import Basic
from passmuster.cel.versions import KernelVersion, RuntimeVersion, Version

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.frame import Frame

READERS: dict[str, type[KernelVersion | RuntimeVersion]] = {
    "kernelVersion": KernelVersion,
    "runtimeVersion": RuntimeVersion,
}
"""Functions that make a version of a text."""
_KINDS = ((Basic.KERNEL_VERSION, KernelVersion), (Basic.RUNTIME_VERSION, RuntimeVersion))


def _reader(kind: type[KernelVersion | RuntimeVersion], name: str) -> Callable[[Frame, str], object]:
    def read(_: Frame, text: str) -> object:
        version = kind.parse(text)
        return Unreadable(f"not a {name} (got {text[:60]!r})") if version is None else version

    return read


def _greater(_: Frame, one: Version, other: Version) -> bool:
    return one.order() > other.order()


def _less(_: Frame, one: Version, other: Version) -> bool:
    return one.order() < other.order()


def _compare(_: Frame, one: Version, other: Version) -> int:
    return (one.order() > other.order()) - (one.order() < other.order())


def _both(result: Basic, run: Callable[..., object]) -> tuple[Overload, ...]:
    """One method of two versions of a kind, for each kind."""
    return tuple(Overload(parameters=(kind, kind), result=result, run=run, member=True) for kind, _ in _KINDS)


def _number(run: Callable[..., object]) -> tuple[Overload, ...]:
    return tuple(Overload(parameters=(kind,), result=Basic.INT, run=run, member=True) for kind, _ in _KINDS)


def _of_text(result: Basic, run: Callable[..., object]) -> tuple[Overload, ...]:
    return (Overload(parameters=(Basic.STRING,), result=result, run=run),)


FUNCTIONS = (
    *(Function(name=kind.value, overloads=_of_text(kind, _reader(cls, kind.value))) for kind, cls in _KINDS),
    Function(name="isKernelVersion", overloads=_of_text(Basic.BOOL, lambda _, text: bool(KernelVersion.parse(text)))),
    Function(name="isRuntimeVersion", overloads=_of_text(Basic.BOOL, lambda _, text: bool(RuntimeVersion.parse(text)))),
    Function(name="isGreaterThan", overloads=_both(Basic.BOOL, _greater)),
    Function(name="isLessThan", overloads=_both(Basic.BOOL, _less)),
    Function(name="compareTo", overloads=_both(Basic.INT, _compare)),
    Function(name="major", overloads=_number(lambda _, version: version.major)),
    Function(name="minor", overloads=_number(lambda _, version: version.minor)),
    Function(name="patch", overloads=_number(lambda _, version: version.patch)),
)
