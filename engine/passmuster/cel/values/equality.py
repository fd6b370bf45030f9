"""Equality, order and membership of CEL values: numbers by value across types, all else by type."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from passmuster.cel.values.times import Duration, Timestamp
from passmuster.cel.values.values import (
    CelError,
    OpenMap,
    Optional,
    TypeValue,
    UInt,
    Unknown,
    either,
    failed,
    no_overload,
    shown,
    survey,
    to_key,
    unknown_within,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.values.budget import Frame

SCALARS = frozenset((str, int, bool, float, UInt, bytes, type(None), TypeValue, Timestamp, Duration))
"""Types whose values are never compared in depth, and that hold no unknown."""
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBERS = frozenset((int, UInt, float))
_ORDERED = frozenset((str, bytes, bool, Timestamp, Duration))


def equal(frame: Frame, left: object, right: object) -> object:
    """``left == right``; containers with an unknown inside are unknown."""
    if failed(left) or failed(right):
        return either(left, right)
    if type(left) in SCALARS and type(right) in SCALARS:
        return same(left, right)
    if unknown := whole(frame, left, right):
        return unknown
    return same(left, right)


def whole(frame: Frame, *values: object) -> Unknown | None:
    """The unknowns within some values, after charging for looking through them."""
    union: Unknown | None = None
    for value in values:
        if type(value) in SCALARS:
            continue
        count, unknown = survey(value)
        frame.charge(count)
        if unknown is not None:
            union = unknown if union is None else Unknown(union.facts | unknown.facts)
    return union


def same(left: object, right: object) -> bool:
    """Whether two values without unknowns are equal; recursion is as deep as the values, which are bounded."""
    kinds = type(left), type(right)
    if kinds[0] in _NUMBERS and kinds[1] in _NUMBERS:
        return _number(left) == _number(right) if float in kinds else left == right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return len(left) == len(right) and all(key in right and same(value, right[key]) for key, value in left.items())
    if isinstance(left, Optional) and isinstance(right, Optional):
        return left.there is right.there and same(left.value, right.value)
    return kinds[0] is kinds[1] and left == right


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)


def compare(symbol: str) -> Callable[[object, object], object]:
    """The slow path of an order operator: any two values."""
    decide = ORDERS[symbol]

    def run(left: object, right: object) -> object:
        if failed(left) or failed(right):
            return either(left, right)
        kinds = type(left), type(right)
        if kinds[0] in _NUMBERS and kinds[1] in _NUMBERS:
            # As cel-go has it: where one is a double, both are compared as doubles.
            return decide(_number(left), _number(right)) if float in kinds else decide(left, right)
        if kinds[0] is kinds[1] and kinds[0] in _ORDERED:
            return decide(left, right)
        if isinstance(left, OpenMap) or isinstance(right, OpenMap):
            return unknown_within([left, right])
        return no_overload(symbol, left, right)

    return run


def contains(frame: Frame, container: object, value: object) -> object:
    """``value in container``: an element of a list or a key of a map."""
    if failed(container) or failed(value):
        return either(value, container)
    if isinstance(container, list):
        if unknown := whole(frame, container, value):
            return unknown
        return any(same(value, element) for element in container)
    if isinstance(container, OpenMap):
        return container.has(value)
    if isinstance(container, dict):
        key = to_key(value)
        if key is None or key not in container:
            return False
        member = container[key]
        return member if type(member) is Unknown else True
    return no_overload("in", value, container)


def at_index(container: object, index: object) -> object:
    """``container[index]``: an element of a list or the value of a key."""
    if failed(container) or failed(index):
        return either(container, index)
    if isinstance(container, list):
        return _element(container, index)
    if isinstance(container, OpenMap):
        return container.get(index)
    if isinstance(container, dict):
        key = to_key(index)
        if key is None or key not in container:
            return CelError(f"no such key: {shown(index)}")
        return container[key]
    return no_overload("[]", container, index)


def _element(elements: list[object], index: object) -> object:
    position = to_key(index) if type(index) in _NUMBERS else None
    if not isinstance(position, int):
        return no_overload("[]", elements, index)
    if not 0 <= position < len(elements):
        return CelError(f"index out of bounds: {position} of {len(elements)}")
    return elements[position]
