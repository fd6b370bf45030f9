"""The functions of CEL itself: sizes and conversions between types."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from passmuster.cel.library.signature import ANY_LIST, ANY_MAP, Function, Overload
from passmuster.cel.values import sizes
from passmuster.cel.values.numbers import double_text
from passmuster.cel.values.times import SECOND
from passmuster.cel.values.types import Basic, CelType
from passmuster.cel.values.values import INT_MAX, INT_MIN, UINT_MAX, CelError, TypeValue, UInt, shown, type_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.values.budget import Frame
    from passmuster.cel.values.sizes import Bound

_INT_TEXT = re.compile(r"[+-]?[0-9]{1,40}")
_UINT_TEXT = re.compile(r"[0-9]{1,40}")
_DOUBLE_TEXT = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]{1,9})?|inf|infinity|nan)", re.IGNORECASE | re.ASCII
)
_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))


def _same(_: Frame, value: object) -> object:
    return value


def _size(_: Frame, value: str | bytes | list[object] | dict[object, object]) -> int:
    return len(value)


def _int(_: Frame, value: UInt | float) -> object:
    if type(value) is UInt:
        return int(value) if value <= INT_MAX else _range("int", value)
    if not math.isfinite(value) or not -(2.0**63) < value < 2.0**63:
        return _range("int", value)
    return int(value)


def _int_of_text(_: Frame, text: str) -> object:
    if _INT_TEXT.fullmatch(text) is None or not INT_MIN <= int(text) <= INT_MAX:
        return _unconvertible(text, "int")
    return int(text)


def _uint(_: Frame, value: float) -> object:
    if not math.isfinite(value) or not 0 <= value < 2.0**64 or int(value) > UINT_MAX:
        return _range("uint", value)
    return UInt(value)


def _uint_of_text(_: Frame, text: str) -> object:
    if _UINT_TEXT.fullmatch(text) is None or int(text) > UINT_MAX:
        return _unconvertible(text, "uint")
    return UInt(text)


def _double(_: Frame, value: int) -> float:
    return float(value)


def _double_of_text(_: Frame, text: str) -> object:
    return float(text) if _DOUBLE_TEXT.fullmatch(text) else _unconvertible(text, "double")


def _string_of_number(_: Frame, value: int) -> str:
    return str(int(value))


def _string_of_bytes(_: Frame, value: bytes) -> object:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return CelError("the bytes are not UTF-8")


def _bool_of_text(_: Frame, text: str) -> object:
    return text in _TRUE if text in _TRUE | _FALSE else _unconvertible(text, "bool")


def _range(wanted: str, value: object) -> CelError:
    return CelError(f"the number is out of the range of {wanted} (got {shown(value)})")


def _unconvertible(text: str, wanted: str) -> CelError:
    return CelError(f"the string is no {wanted} (got {shown(text)})")


def _from(parameter: CelType, result: CelType, run: Callable[..., object] = _same) -> Overload:
    grows = _GROWTH.get(result, _as_it_was) if result != parameter else _as_it_was
    return Overload(parameters=(parameter,), result=result, run=run, grows=grows)


def _as_it_was(bound: Bound) -> Bound:
    return bound


def _text(bound: Bound) -> Bound:
    return sizes.text(max(bound.length, sizes.NUMBER_TEXT))


def _utf8(bound: Bound) -> Bound:
    return sizes.text(4 * bound.length)


def _small(_: Bound) -> Bound:
    return sizes.SMALL


_GROWTH: dict[CelType, Callable[[Bound], Bound]] = {
    Basic.STRING: _text,
    Basic.BYTES: _utf8,
    **dict.fromkeys((Basic.INT, Basic.UINT, Basic.DOUBLE, Basic.BOOL, Basic.TYPE), _small),
}
_SIZED: tuple[CelType, ...] = (Basic.STRING, Basic.BYTES, ANY_LIST, ANY_MAP)
FUNCTIONS = (
    Function(
        name="size",
        about="How many characters, bytes, elements or entries there are.",
        overloads=tuple(
            Overload(parameters=(kind,), result=Basic.INT, run=_size, member=member)
            for kind in _SIZED
            for member in (False, True)
        ),
    ),
    Function(
        name="int",
        about="A whole number: of a number towards zero, of a text, or of a timestamp the seconds since 1970.",
        overloads=(
            _from(Basic.INT, Basic.INT),
            _from(Basic.UINT, Basic.INT, _int),
            _from(Basic.DOUBLE, Basic.INT, _int),
            _from(Basic.STRING, Basic.INT, _int_of_text),
            _from(Basic.TIMESTAMP, Basic.INT, lambda _, value: value.nanoseconds // SECOND),
        ),
    ),
    Function(
        name="uint",
        about="A whole number without sign.",
        overloads=(
            _from(Basic.UINT, Basic.UINT),
            _from(Basic.INT, Basic.UINT, _uint),
            _from(Basic.DOUBLE, Basic.UINT, _uint),
            _from(Basic.STRING, Basic.UINT, _uint_of_text),
        ),
    ),
    Function(
        name="double",
        about="A number with a fraction.",
        overloads=(
            _from(Basic.DOUBLE, Basic.DOUBLE),
            _from(Basic.INT, Basic.DOUBLE, _double),
            _from(Basic.UINT, Basic.DOUBLE, _double),
            _from(Basic.STRING, Basic.DOUBLE, _double_of_text),
        ),
    ),
    Function(
        name="string",
        about="Anything without parts as text.",
        overloads=(
            _from(Basic.STRING, Basic.STRING),
            _from(Basic.INT, Basic.STRING, _string_of_number),
            _from(Basic.UINT, Basic.STRING, _string_of_number),
            _from(Basic.DOUBLE, Basic.STRING, lambda _, value: double_text(value)),
            _from(Basic.BOOL, Basic.STRING, lambda _, value: "true" if value else "false"),
            _from(Basic.BYTES, Basic.STRING, _string_of_bytes),
            _from(Basic.TIMESTAMP, Basic.STRING, lambda _, value: str(value)),
            _from(Basic.DURATION, Basic.STRING, lambda _, value: str(value)),
        ),
    ),
    Function(
        name="bytes",
        about="The UTF-8 of a string.",
        overloads=(_from(Basic.BYTES, Basic.BYTES), _from(Basic.STRING, Basic.BYTES, lambda _, text: text.encode())),
    ),
    Function(
        name="bool",
        about="true or false, from text.",
        overloads=(_from(Basic.BOOL, Basic.BOOL), _from(Basic.STRING, Basic.BOOL, _bool_of_text)),
    ),
    Function(
        name="dyn",
        about="The value itself, of which the checker then knows nothing.",
        overloads=(_from(Basic.DYN, Basic.DYN),),
    ),
    Function(
        name="type",
        about="The type of a value.",
        overloads=(_from(Basic.DYN, Basic.TYPE, lambda _, value: TypeValue(type_name(value))),),
    ),
)
