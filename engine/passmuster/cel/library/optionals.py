"""Optionals: values that may not be there. The methods are closures of their own, which are lazy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.library.signature import A, Function, Overload
from passmuster.cel.values import sizes
from passmuster.cel.values.times import Duration
from passmuster.cel.values.types import Basic, OptionalType
from passmuster.cel.values.values import NONE, Optional

if TYPE_CHECKING:
    from passmuster.cel.values.budget import Frame
    from passmuster.cel.values.sizes import Bound
    from passmuster.cel.values.types import CelType

_MAYBE = OptionalType(A)


def _of(_: Frame, value: object) -> Optional:
    return Optional(value, there=True)


def _of_non_zero(_: Frame, value: object) -> Optional:
    zero = value is None or value == Duration(0) or value == Optional()
    empty = isinstance(value, bool | int | float | str | bytes | list | dict) and not value
    return NONE if zero or empty else Optional(value, there=True)


def _held(bound: Bound) -> Bound:
    return sizes.items(1, bound)


def _first(_: Frame, value: Optional, *__: object) -> object:
    return value


def _method(name: str, about: str, result: CelType, *others: CelType) -> Function:
    overload = Overload(parameters=(_MAYBE, *others), result=result, run=_first, member=True)
    return Function(name=name, overloads=(overload,), about=about)


FUNCTIONS = (
    Function(
        name="optional.of",
        overloads=(Overload(parameters=(A,), result=_MAYBE, run=_of, grows=_held),),
        about="An optional with a value.",
    ),
    Function(
        name="optional.ofNonZeroValue",
        overloads=(Overload(parameters=(A,), result=_MAYBE, run=_of_non_zero, grows=_held),),
        about="An optional with a value, or none for 0, '', [], {}, false and null.",
    ),
    Function(
        name="optional.none",
        overloads=(Overload(parameters=(), result=OptionalType(Basic.DYN), run=lambda _: NONE),),
        about="An optional without a value.",
    ),
    _method("hasValue", "Whether there is a value.", Basic.BOOL),
    _method("value", "The value; an error if there is none.", A),
    _method("or", "The optional itself, or the other where it has no value.", _MAYBE, _MAYBE),
    _method("orValue", "The value, or the other value where there is none; an unknown stays unknown.", A, A),
)
