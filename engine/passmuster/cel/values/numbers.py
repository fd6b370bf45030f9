"""Arithmetic with CEL's ranges, and doubles as text."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from passmuster.cel.values import times
from passmuster.cel.values.budget import MAX_LIST, MAX_STRING
from passmuster.cel.values.values import (
    INT_MAX,
    INT_MIN,
    UINT_MAX,
    CelError,
    OpenMap,
    UInt,
    either,
    failed,
    no_overload,
    unknown_within,
)

if TYPE_CHECKING:
    from passmuster.cel.values.budget import Frame

_NUMBERS = frozenset((int, UInt, float))
_FIXED_POWERS = range(-4, 6)
"""Powers of ten that `string()` writes out, as cel-go and cel-cpp do (Go's `%g`)."""


def apply(frame: Frame, symbol: str, left: object, right: object) -> object:
    """``left + right`` and its like, for any two values."""
    if failed(left) or failed(right):
        return either(left, right)
    if type(left) is type(right):
        if type(left) in _NUMBERS:
            return _of_numbers(symbol, left, right)
        if symbol == "+" and type(left) in {str, bytes, list}:
            return _concatenated(frame, left, right)
    made = times.apply(symbol, left, right)
    if made is not None:
        return made
    if isinstance(left, OpenMap) or isinstance(right, OpenMap):
        return unknown_within([left, right])
    return no_overload(symbol, left, right)


def _of_numbers(symbol: str, left: object, right: object) -> object:
    if isinstance(left, float) and isinstance(right, float):
        return _of_doubles(symbol, left, right)
    assert isinstance(left, int), left
    assert isinstance(right, int), right
    match symbol:
        case "+":
            result = int(left) + int(right)
        case "-":
            result = int(left) - int(right)
        case "*":
            result = int(left) * int(right)
        case _ if right == 0:
            return CelError("divide by zero" if symbol == "/" else "modulus by zero")
        case _:
            # CEL truncates towards zero, Python rounds down.
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            if type(ranged(type(left), quotient)) is CelError:
                return ranged(type(left), quotient)
            result = quotient if symbol == "/" else int(left) - quotient * int(right)
    return ranged(type(left), result)


def ranged(kind: type, result: int) -> object:
    """An integer as a value of its kind, or the error that it does not fit."""
    if kind is UInt:
        return UInt(result) if 0 <= result <= UINT_MAX else CelError("unsigned integer overflow")
    return result if INT_MIN <= result <= INT_MAX else CelError("integer overflow")


def _of_doubles(symbol: str, left: float, right: float) -> object:
    match symbol:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return _quotient(left, right)
        case _:
            return no_overload(symbol, left, right)


def _quotient(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _concatenated(frame: Frame, left: object, right: object) -> object:
    if isinstance(left, list) and isinstance(right, list):
        frame.charge(len(left) + len(right))
        return limited_list(left + right)
    if isinstance(left, str) and isinstance(right, str):
        frame.charge_text(len(left), len(right))
        return limited_text(left + right)
    assert isinstance(left, bytes), left
    assert isinstance(right, bytes), right
    frame.charge_text(len(left), len(right))
    return limited_text(left + right)


def limited_text(made: str | bytes) -> object:
    """A text that an expression made, or the error that it is too long."""
    return made if len(made) <= MAX_STRING else CelError(f"the string is too long (got {len(made)}, max {MAX_STRING})")


def limited_list(made: list[object]) -> object:
    """A list that an expression made, or the error that it is too long."""
    return made if len(made) <= MAX_LIST else CelError(f"the list is too long (got {len(made)}, max {MAX_LIST})")


def negated(value: object) -> object:
    """``-value``."""
    if type(value) is int:
        return ranged(int, -value)
    if type(value) is float:
        return -value
    return value if failed(value) else no_overload("-", value)


def double_text(value: float, fixed: range = _FIXED_POWERS) -> str:
    """A double in the fewest digits that say it exactly; with an exponent beyond the powers of ten in `fixed`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    power = len(digits) - 1 + exponent if value else 0
    if power in fixed:
        return f"{Decimal((sign, digits, exponent)):f}"
    head, tail = str(digits[0]), "".join(map(str, digits[1:]))
    return f"{'-' if sign else ''}{head}{'.' + tail if tail else ''}e{power:+03d}"
