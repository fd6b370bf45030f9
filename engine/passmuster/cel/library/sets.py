"""The sets extension: lists as sets, elements compared as ``==`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.library.signature import A, Function, Overload
from passmuster.cel.values.equality import same
from passmuster.cel.values.types import Basic, ListType

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.values.budget import Frame
    from passmuster.cel.values.sizes import Bound

_HASHED = frozenset((str, bytes, int))
"""Types whose values Python compares as CEL does, among themselves."""
_CHEAP = 16


def _finder(frame: Frame, elements: list[object], wanted: list[object]) -> Callable[[object], bool]:
    """A test for membership in a list, after charging for as many tests as there are wanted elements."""
    kinds = {*map(type, elements), *map(type, wanted)}
    if len(kinds) <= 1 and kinds <= _HASHED:
        frame.charge((len(elements) + len(wanted)) // _CHEAP)
        return set(elements).__contains__
    frame.charge(len(elements) * len(wanted))
    return lambda value: any(same(value, element) for element in elements)


def _contains(frame: Frame, elements: list[object], wanted: list[object]) -> bool:
    return all(map(_finder(frame, elements, wanted), wanted))


def _intersects(frame: Frame, elements: list[object], wanted: list[object]) -> bool:
    return any(map(_finder(frame, elements, wanted), wanted))


def _equivalent(frame: Frame, elements: list[object], wanted: list[object]) -> bool:
    return _contains(frame, elements, wanted) and _contains(frame, wanted, elements)


def _of_two(name: str, run: Callable[[Frame, list[object], list[object]], bool], about: str) -> Function:
    overloads = tuple(
        Overload(parameters=(ListType(kind), ListType(kind)), result=Basic.BOOL, run=run, spends=spends)
        for kind, spends in ((Basic.STRING, _cheap), (Basic.INT, _cheap), (A, _dear))
    )
    return Function(name=name, overloads=overloads, about=about)


def _cheap(one: Bound, other: Bound) -> int:
    return 2 * ((one.length + other.length) // _CHEAP)


def _dear(one: Bound, other: Bound) -> int:
    return 2 * one.length * other.length + _cheap(one, other)


FUNCTIONS = (
    _of_two("sets.contains", _contains, "Whether each element of the second list is in the first."),
    _of_two("sets.equivalent", _equivalent, "Whether each list has all elements of the other."),
    _of_two("sets.intersects", _intersects, "Whether some element is in both lists."),
)
