"""The sets extension: lists as sets, elements compared as ``==`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.equality import same
from passmuster.cel.functions.signature import A, Function, Overload
from passmuster.cel.types import Basic, ListType

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.frame import Frame

_PLAIN = frozenset((str, bytes))
_CHEAP = 16


def _finder(frame: Frame, elements: list[object], wanted: list[object]) -> Callable[[object], bool]:
    """A test for membership in a list, after charging for as many tests as there are wanted elements."""
    if _PLAIN.issuperset(map(type, elements)) and _PLAIN.issuperset(map(type, wanted)):
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


def _of_two(name: str, run: Callable[[Frame, list[object], list[object]], bool]) -> Function:
    overload = Overload(parameters=(ListType(A), ListType(A)), result=Basic.BOOL, run=run)
    return Function(name=name, overloads=(overload,))


FUNCTIONS = (
    _of_two("sets.contains", _contains),
    _of_two("sets.equivalent", _equivalent),
    _of_two("sets.intersects", _intersects),
)
