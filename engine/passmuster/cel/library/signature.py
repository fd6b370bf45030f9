"""What a function is: a name and overloads, each with its types for the checker and the code that runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.cel.values.times import Duration, Timestamp
from passmuster.cel.values.types import (
    Basic,
    CelType,
    EnumType,
    ListType,
    MapType,
    ObjectType,
    OptionalType,
    TextType,
    TypeVariable,
    comparable,
    joined,
    plain,
    vague,
)
from passmuster.cel.values.values import Optional, TypeValue, UInt
from passmuster.cel.values.versions import KernelVersion, RuntimeVersion
from passmuster.model.semver import SemVer

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.values.sizes import Bound

A = TypeVariable("A")
ANY_LIST = ListType(Basic.DYN)
ANY_MAP = MapType(Basic.DYN, Basic.DYN)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What a function that reads a text yields where the text means nothing."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """One form of a function."""

    parameters: tuple[CelType, ...]
    """The receiver's type first, where there is a receiver."""
    result: CelType
    run: Callable[..., object]
    """Takes the frame and the values, whose types fit the parameters."""
    member: bool = False
    """Called as ``receiver.function(...)``."""
    work: Callable[..., int] | None = None
    """Steps for operands of these lengths, beyond what their texts cost; None for none."""
    spends: Callable[..., int] | None = None
    """The most steps that `run` charges by itself, for operands of these bounds; None for none."""
    grows: Callable[..., Bound] | None = None
    """The bound of the result for operands of these bounds; None for a result of no size."""

    def accepts(self, kinds: tuple[type, ...]) -> bool:
        """Whether values of these Python types fit the parameters."""
        return all(
            accepted is None or kind is accepted
            for kind, accepted in zip(kinds, map(python_type, self.parameters), strict=True)
        )

    def fits(self, arguments: tuple[CelType, ...]) -> CelType | None:
        """The type of the result for arguments of these types; None if they do not fit."""
        settled: dict[str, CelType] = {}
        if not all(_fits(p, a, settled) for p, a in zip(self.parameters, arguments, strict=True)):
            return None
        return _settle(self.result, settled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function by its full name, such as ``size`` or ``sets.contains``."""

    name: str
    overloads: tuple[Overload, ...]
    about: str = ""
    """What it does, in a sentence."""

    def forms(self, *, member: bool, arguments: int) -> tuple[Overload, ...]:
        """The overloads of one style and number of arguments, the receiver counted."""
        return tuple(o for o in self.overloads if o.member == member and len(o.parameters) == arguments)


_PYTHON_TYPES: dict[Basic, type] = {
    Basic.BOOL: bool,
    Basic.INT: int,
    Basic.UINT: UInt,
    Basic.DOUBLE: float,
    Basic.STRING: str,
    Basic.BYTES: bytes,
    Basic.NULL: type(None),
    Basic.TYPE: TypeValue,
    Basic.KERNEL_VERSION: KernelVersion,
    Basic.RUNTIME_VERSION: RuntimeVersion,
    Basic.SEMVER: SemVer,
    Basic.TIMESTAMP: Timestamp,
    Basic.DURATION: Duration,
}


def python_type(parameter: CelType) -> type | None:
    """The class of the values of a type; None if any will do."""
    if isinstance(parameter, ListType):
        return list
    if isinstance(parameter, MapType | ObjectType):
        return dict
    if isinstance(parameter, OptionalType):
        return Optional
    if isinstance(parameter, EnumType | TextType):
        return str
    return _PYTHON_TYPES.get(parameter) if isinstance(parameter, Basic) else None


def _fits(parameter: CelType, argument: CelType, settled: dict[str, CelType]) -> bool:
    if isinstance(parameter, TypeVariable):
        before = settled.setdefault(parameter.name, argument)
        settled[parameter.name] = joined(before, argument)
        return comparable(before, argument)
    if parameter is Basic.DYN or vague(argument):
        return True
    if isinstance(parameter, ListType):
        return isinstance(argument, ListType) and _fits(parameter.element, argument.element, settled)
    if isinstance(parameter, OptionalType):
        return isinstance(argument, OptionalType) and _fits(parameter.element, argument.element, settled)
    if isinstance(parameter, MapType):
        return isinstance(argument, MapType | ObjectType)
    return parameter == plain(argument)


def _settle(result: CelType, settled: dict[str, CelType]) -> CelType:
    if isinstance(result, TypeVariable):
        return settled.get(result.name, Basic.DYN)
    if isinstance(result, ListType):
        return ListType(_settle(result.element, settled))
    if isinstance(result, OptionalType):
        return OptionalType(_settle(result.element, settled))
    return result
