"""``semver()`` of Kubernetes, and its like for texts that are not semver: ``kernelVersion()``, ``runtimeVersion()``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from passmuster.cel.library.signature import Function, Overload, Unreadable
from passmuster.cel.values import sizes
from passmuster.cel.values.types import Basic
from passmuster.cel.values.versions import KernelVersion, RuntimeVersion
from passmuster.model.semver import MAX_SEMVER, SemVer

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.values.budget import Frame
    from passmuster.cel.values.sizes import Bound

    class AnyVersion(Protocol):
        """A version of any kind; only versions of one kind are compared."""

        def order(self) -> Any:
            """What versions of the kind are sorted by."""


READERS: dict[str, Callable[[str], object | None]] = {
    "kernelVersion": KernelVersion.parse,
    "runtimeVersion": RuntimeVersion.parse,
    "semver": SemVer.parse,
}
"""Functions that make a version of a text."""
_KINDS = (Basic.KERNEL_VERSION, Basic.RUNTIME_VERSION, Basic.SEMVER)


def _reader(parse: Callable[[str], object | None], name: str) -> Callable[[Frame, str], object]:
    def read(_: Frame, text: str) -> object:
        version = parse(text)
        return Unreadable(f"not a {name} (got {text[:60]!r})") if version is None else version

    return read


def _semver(text: str, *, normalize: bool) -> SemVer | None:
    return SemVer.parse_normalized(text) if normalize else SemVer.parse(text)


def _semver_with(_: Frame, text: str, normalize: bool) -> object:  # noqa: FBT001 - an operand of the function
    version = _semver(text, normalize=normalize)
    return Unreadable(f"not a semver (got {text[:60]!r})") if version is None else version


def _greater(_: Frame, one: AnyVersion, other: AnyVersion) -> bool:
    return bool(one.order() > other.order())


def _less(_: Frame, one: AnyVersion, other: AnyVersion) -> bool:
    return bool(one.order() < other.order())


def _compare(_: Frame, one: AnyVersion, other: AnyVersion) -> int:
    return _greater(_, one, other) - _less(_, one, other)


def _both(name: str, result: Basic, run: Callable[..., object], about: str) -> Function:
    """One method of two versions of a kind, for each kind."""
    overloads = tuple(Overload(parameters=(kind, kind), result=result, run=run, member=True) for kind in _KINDS)
    return Function(name=name, overloads=overloads, about=about)


def _number(name: str, run: Callable[..., object]) -> Function:
    overloads = tuple(Overload(parameters=(kind,), result=Basic.INT, run=run, member=True) for kind in _KINDS)
    return Function(name=name, overloads=overloads, about=f"The {name} number of a version.")


def _text(*_: Bound) -> Bound:
    """A version has at most so many characters as text."""
    return sizes.text(MAX_SEMVER)


def _of_text(name: str, result: Basic, run: Callable[..., object], about: str, *more: Overload) -> Function:
    overload = Overload(parameters=(Basic.STRING,), result=result, run=run, grows=_text)
    return Function(name=name, overloads=(overload, *more), about=about)


_NORMALIZING = (Basic.STRING, Basic.BOOL)
FUNCTIONS = (
    _of_text(
        "kernelVersion",
        Basic.KERNEL_VERSION,
        _reader(KernelVersion.parse, "kernelVersion"),
        "The version at the start of a kernel release, such as 6.1.0-13-amd64.",
    ),
    _of_text(
        "runtimeVersion",
        Basic.RUNTIME_VERSION,
        _reader(RuntimeVersion.parse, "runtimeVersion"),
        "The version of a container runtime, such as 20.10.10+dfsg1 or docker://20.10.8.",
    ),
    _of_text(
        "semver",
        Basic.SEMVER,
        _reader(SemVer.parse, "semver"),
        "A version of Semantic Versioning; with true, v1.2 and 01.2.3 are read too.",
        Overload(parameters=_NORMALIZING, result=Basic.SEMVER, run=_semver_with, grows=_text),
    ),
    _of_text(
        "isKernelVersion",
        Basic.BOOL,
        lambda _, text: KernelVersion.parse(text) is not None,
        "Whether kernelVersion() can read a string.",
    ),
    _of_text(
        "isRuntimeVersion",
        Basic.BOOL,
        lambda _, text: RuntimeVersion.parse(text) is not None,
        "Whether runtimeVersion() can read a string.",
    ),
    _of_text(
        "isSemver",
        Basic.BOOL,
        lambda _, text: SemVer.parse(text) is not None,
        "Whether semver() can read a string.",
        Overload(
            parameters=_NORMALIZING,
            result=Basic.BOOL,
            run=lambda _, text, normalize: _semver(text, normalize=normalize) is not None,
        ),
    ),
    _both("isGreaterThan", Basic.BOOL, _greater, "Whether a version comes after another of its kind."),
    _both("isLessThan", Basic.BOOL, _less, "Whether a version comes before another of its kind."),
    _both("compareTo", Basic.INT, _compare, "-1, 0 or 1: before, the same as, or after another version of its kind."),
    _number("major", lambda _, version: version.major),
    _number("minor", lambda _, version: version.minor),
    _number("patch", lambda _, version: version.patch),
)
