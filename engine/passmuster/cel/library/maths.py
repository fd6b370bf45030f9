"""The math extension: the greatest and the least, rounding, bits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from passmuster.cel.library.signature import Function, Overload
from passmuster.cel.values.equality import compare
from passmuster.cel.values.numbers import ranged
from passmuster.cel.values.types import Basic, ListType
from passmuster.cel.values.values import UINT_MAX, CelError, UInt, failed, no_overload

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.values.budget import Frame

_WORD = 64
_KINDS = (Basic.INT, Basic.UINT, Basic.DOUBLE)
_WHOLE = (Basic.INT, Basic.UINT)


def _same(_: Frame, value: object) -> object:
    return value


def _extreme(name: str, symbol: str) -> Callable[[Frame, list[object]], object]:
    better = compare(symbol)

    def run(_: Frame, values: list[object]) -> object:
        if not values:
            return CelError(f"{name}() needs at least one number")
        largest = values[0]
        for value in values:
            if type(value) not in {int, UInt, float}:
                return no_overload(f"{name}()", value)
            outcome = better(value, largest)
            if failed(outcome):
                return outcome
            largest = value if outcome is True else largest
        return largest

    return run


def _round(_: Frame, value: float) -> float:
    """Halves away from zero."""
    if not math.isfinite(value):
        return value
    whole = math.trunc(value)
    return math.copysign(float(abs(whole) + (abs(value - whole) >= 0.5)), value)


def _integral(decide: Callable[[float], int]) -> Callable[[Frame, float], float]:
    def run(_: Frame, value: float) -> float:
        return math.copysign(float(decide(value)), value) if math.isfinite(value) else value

    return run


def _abs(_: Frame, value: float) -> object:
    return ranged(type(value), abs(value)) if isinstance(value, int) else abs(value)


def _sign(_: Frame, value: float) -> object:
    return value if value != value else type(value)((value > 0) - (value < 0))  # noqa: PLR0124 - NaN


def _sqrt(_: Frame, value: float) -> float:
    number = float(value)
    return math.sqrt(number) if number >= 0 else math.nan


def _shift(name: str, move: Callable[[int, int], int]) -> Callable[[Frame, int, int], object]:
    """Shift the 64 bits of a number; those that leave are lost, and zeros come in."""

    def run(_: Frame, value: int, by: int) -> object:
        if by < 0:
            return CelError(f"{name}() by a negative offset (got {by})")
        bits = move(int(value) & UINT_MAX, by) & UINT_MAX if by < _WORD else 0
        return UInt(bits) if type(value) is UInt else _signed(bits)

    return run


def _signed(bits: int) -> int:
    return bits - (UINT_MAX + 1) if bits >> (_WORD - 1) else bits


def _bits(decide: Callable[[int, int], int]) -> Callable[[Frame, int, int], object]:
    return lambda _, one, other: type(one)(decide(int(one), int(other)))


def _not(_: Frame, value: int) -> int:
    return UInt(value ^ UINT_MAX) if type(value) is UInt else ~value


def _extremes(name: str, symbol: str, about: str) -> Function:
    alone = tuple(Overload(parameters=(kind,), result=kind, run=_same) for kind in _KINDS)
    lists = tuple(
        Overload(parameters=(ListType(kind),), result=kind, run=_extreme(name, symbol), work=lambda length: length)
        for kind in _KINDS
    )
    return Function(name=name, overloads=(*alone, *lists), about=about)


def _of_doubles(name: str, result: Basic, run: Callable[..., object], about: str) -> Function:
    return Function(name=name, overloads=(Overload(parameters=(Basic.DOUBLE,), result=result, run=run),), about=about)


def _of_each(name: str, run: Callable[..., object], about: str, kinds: tuple[Basic, ...] = _KINDS) -> Function:
    overloads = tuple(Overload(parameters=(kind,), result=kind, run=run) for kind in kinds)
    return Function(name=name, overloads=overloads, about=about)


def _of_two(name: str, run: Callable[..., object], about: str) -> Function:
    overloads = tuple(Overload(parameters=(kind, kind), result=kind, run=run) for kind in _WHOLE)
    return Function(name=name, overloads=overloads, about=about)


def _shifts(name: str, move: Callable[[int, int], int], about: str) -> Function:
    run = _shift(name, move)
    overloads = tuple(Overload(parameters=(kind, Basic.INT), result=kind, run=run) for kind in _WHOLE)
    return Function(name=name, overloads=overloads, about=about)


FUNCTIONS = (
    _extremes("math.greatest", ">", "The greatest of some numbers, or of a list of numbers."),
    _extremes("math.least", "<", "The least of some numbers, or of a list of numbers."),
    _of_doubles("math.ceil", Basic.DOUBLE, _integral(math.ceil), "The next whole number above."),
    _of_doubles("math.floor", Basic.DOUBLE, _integral(math.floor), "The next whole number below."),
    _of_doubles("math.round", Basic.DOUBLE, _round, "The nearest whole number; halves go away from zero."),
    _of_doubles("math.trunc", Basic.DOUBLE, _integral(math.trunc), "The whole number towards zero."),
    _of_doubles("math.isNaN", Basic.BOOL, lambda _, value: math.isnan(value), "Whether it is not a number."),
    _of_doubles("math.isInf", Basic.BOOL, lambda _, value: math.isinf(value), "Whether it is infinite."),
    _of_doubles("math.isFinite", Basic.BOOL, lambda _, value: math.isfinite(value), "Whether it is a finite number."),
    _of_each("math.abs", _abs, "The number without its sign."),
    _of_each("math.sign", _sign, "-1, 0 or 1, of the same type."),
    Function(
        name="math.sqrt",
        overloads=tuple(Overload(parameters=(kind,), result=Basic.DOUBLE, run=_sqrt) for kind in _KINDS),
        about="The square root; NaN of what is negative.",
    ),
    _of_two("math.bitAnd", _bits(lambda one, other: one & other), "The bits that both have."),
    _of_two("math.bitOr", _bits(lambda one, other: one | other), "The bits that one of both has."),
    _of_two("math.bitXor", _bits(lambda one, other: one ^ other), "The bits in which both differ."),
    _of_each("math.bitNot", _not, "All bits the other way.", _WHOLE),
    _shifts("math.bitShiftLeft", lambda bits, by: bits << by, "The bits moved up."),
    _shifts("math.bitShiftRight", lambda bits, by: bits >> by, "The bits moved down; zeros come in."),
)
