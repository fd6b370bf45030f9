"""Functions of lists, with the names and meanings of Kubernetes' and CEL's list libraries."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING

from passmuster.cel.library.signature import ANY_LIST, A, Function, Overload
from passmuster.cel.values import numbers, sizes
from passmuster.cel.values.budget import MAX_LIST
from passmuster.cel.values.equality import compare, same
from passmuster.cel.values.times import Duration
from passmuster.cel.values.types import Basic, CelType, ListType, OptionalType
from passmuster.cel.values.values import NONE, CelError, Optional, UInt, failed, no_overload

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.values.budget import Frame
    from passmuster.cel.values.sizes import Bound

_LIST = ListType(A)
_ORDERED = (
    *(Basic.INT, Basic.UINT, Basic.DOUBLE, Basic.STRING, Basic.BOOL, Basic.BYTES),
    *(Basic.TIMESTAMP, Basic.DURATION),
)
_ZEROS: dict[Basic, object] = {
    Basic.INT: 0,
    Basic.UINT: UInt(0),
    Basic.DOUBLE: 0.0,
    Basic.DURATION: Duration(0),
}
_HASHED = frozenset((str, bytes, bool))
_less, _at_most = compare("<"), compare("<=")


def _is_sorted(_: Frame, values: list[object]) -> object:
    for one, other in itertools.pairwise(values):
        outcome = _at_most(one, other)
        if outcome is not True:
            return outcome
    return True


def _sum(zero: object) -> Callable[[Frame, list[object]], object]:
    def run(frame: Frame, values: list[object]) -> object:
        if not values:
            return zero
        total = values[0]
        for value in values[1:]:
            total = numbers.apply(frame, "+", total, value)
            if failed(total):
                return total
        return total if type(total) in {int, UInt, float, Duration} else no_overload("sum()", values)

    return run


def _extreme(name: str, symbol: str) -> Callable[[Frame, list[object]], object]:
    better = compare(symbol)

    def run(_: Frame, values: list[object]) -> object:
        if not values:
            return CelError(f"{name}() of an empty list")
        largest = values[0]
        for value in values:
            outcome = better(value, largest)
            if failed(outcome):
                return outcome
            largest = value if outcome is True else largest
        return largest

    return run


def _index_of(_: Frame, values: list[object], wanted: object) -> int:
    return next((at for at, value in enumerate(values) if same(value, wanted)), -1)


def _last_index_of(_: Frame, values: list[object], wanted: object) -> int:
    return next((at for at in reversed(range(len(values))) if same(values[at], wanted)), -1)


def _distinct(frame: Frame, values: list[object]) -> list[object]:
    kinds = set(map(type, values))
    if len(kinds) <= 1 and kinds <= _HASHED:
        return list(dict.fromkeys(values))
    frame.charge(len(values) * len(values))
    kept: list[object] = []
    for value in values:
        if not any(same(value, other) for other in kept):
            kept.append(value)
    return kept


def _flatten(frame: Frame, values: list[object], depth: int = 1) -> object:
    if depth < 0:
        return CelError(f"flatten() to a negative depth (got {depth})")
    for _ in range(min(depth, MAX_LIST)):
        if not any(isinstance(value, list) for value in values):
            break
        length = sum(len(value) if isinstance(value, list) else 1 for value in values)
        frame.charge(length + len(values))
        if length > MAX_LIST:
            return CelError(f"the list is too long (got {length}, max {MAX_LIST})")
        values = [part for value in values for part in (value if isinstance(value, list) else [value])]
    return values


def _range(frame: Frame, length: int) -> object:
    if length > MAX_LIST:
        return CelError(f"lists.range() goes to {MAX_LIST} at most (got {length})")
    frame.charge(max(0, length))
    return list(range(length))


def _slice(_: Frame, values: list[object], start: int, end: int) -> object:
    if not 0 <= start <= end <= len(values):
        return CelError(f"slice() out of range (got {start} to {end} of {len(values)})")
    return values[start:end]


def sort(values: list[object], keys: list[object]) -> object:
    """The values in the order of their keys; an error if the keys have none."""
    if len(set(map(type, keys))) > 1 or (keys and failed(_less(keys[0], keys[0]))):
        mixed = next((key for key in keys if type(key) is not type(keys[0])), keys[0])
        return no_overload("sort()", keys[0], mixed)
    ordered = functools.cmp_to_key(_order)
    places = sorted(range(len(keys)), key=lambda at: ordered(keys[at]))
    return [values[at] for at in places]


def _order(one: object, other: object) -> int:
    return (_less(other, one) is True) - (_less(one, other) is True)


def _sort(_: Frame, values: list[object]) -> object:
    return sort(values, values)


def sort_work(length: int) -> int:
    """Steps for sorting this number of values."""
    return length * length.bit_length()


def _first(_: Frame, values: list[object]) -> Optional:
    return Optional(values[0], there=True) if values else NONE


def _last(_: Frame, values: list[object]) -> Optional:
    return Optional(values[-1], there=True) if values else NONE


def _length(length: int, *_: int) -> int:
    return length


def _quarter(length: int, *_: int) -> int:
    return length // 4


def _as_it_was(bound: Bound, *_: Bound) -> Bound:
    return bound


def _flat(bound: Bound) -> Bound:
    inner = sizes.element(bound)
    if inner.element is None:
        return bound
    return sizes.items(bound.length * max(1, inner.length), inner.element)


def _flattest(bound: Bound, _: Bound) -> Bound:
    while sizes.element(bound).element is not None:
        bound = _flat(bound)
    return bound


def _member(result: CelType, run: Callable[..., object], *parameters: CelType, **more: object) -> Overload:
    return Overload(parameters=parameters, result=result, run=run, member=True, **more)  # type: ignore[arg-type]


def _function(name: str, about: str, *overloads: Overload) -> Function:
    return Function(name=name, overloads=overloads, about=about)


FUNCTIONS = (
    _function(
        "isSorted",
        "Whether each element is at least the one before it.",
        *(_member(Basic.BOOL, _is_sorted, ListType(kind), work=_length) for kind in _ORDERED),
    ),
    _function(
        "sum",
        "The sum of numbers or durations; 0 of an empty list.",
        *(_member(kind, _sum(zero), ListType(kind), work=_length) for kind, zero in _ZEROS.items()),
    ),
    _function(
        "min",
        "The least element; an error of an empty list.",
        *(_member(kind, _extreme("min", "<"), ListType(kind), work=_length, grows=sizes.element) for kind in _ORDERED),
    ),
    _function(
        "max",
        "The greatest element; an error of an empty list.",
        *(_member(kind, _extreme("max", ">"), ListType(kind), work=_length, grows=sizes.element) for kind in _ORDERED),
    ),
    _function(
        "indexOf",
        "Where a value is first in a list, from 0; -1 if it is not.",
        _member(Basic.INT, _index_of, _LIST, A, work=_length),
    ),
    _function(
        "lastIndexOf",
        "Where a value is last in a list, from 0; -1 if it is not.",
        _member(Basic.INT, _last_index_of, _LIST, A, work=_length),
    ),
    _function(
        "distinct",
        "The elements, each once.",
        *(
            _member(ListType(kind), _distinct, ListType(kind), work=_quarter, grows=_as_it_was)
            for kind in (Basic.STRING, Basic.BYTES, Basic.BOOL)
        ),
        _member(_LIST, _distinct, _LIST, work=_quarter, grows=_as_it_was, spends=lambda bound: bound.length**2),
    ),
    _function(
        "flatten",
        "The elements of the lists in a list, one level deep or as many as are given.",
        _member(ANY_LIST, _flatten, ANY_LIST, grows=_flat, spends=lambda bound: 2 * sizes.weight(bound)),
        _member(
            ANY_LIST,
            _flatten,
            ANY_LIST,
            Basic.INT,
            grows=_flattest,
            spends=lambda bound, _: 8 * sizes.weight(bound),
        ),
    ),
    _function(
        "lists.range",
        "The numbers from 0 up to one that is not in the list.",
        Overload(
            parameters=(Basic.INT,),
            result=ListType(Basic.INT),
            run=_range,
            grows=lambda _: sizes.items(MAX_LIST, sizes.SMALL),
        ),
    ),
    _function(
        "reverse",
        "The elements from the last to the first.",
        _member(_LIST, lambda _, values: values[::-1], _LIST, work=_quarter, grows=_as_it_was),
    ),
    _function(
        "slice",
        "The elements from one place up to another.",
        _member(_LIST, _slice, _LIST, Basic.INT, Basic.INT, work=_quarter, grows=_as_it_was),
    ),
    _function(
        "sort",
        "The elements in their order.",
        *(_member(ListType(kind), _sort, ListType(kind), work=sort_work, grows=_as_it_was) for kind in _ORDERED),
    ),
    _function(
        "first",
        "The first element as an optional.",
        _member(OptionalType(A), _first, _LIST, grows=lambda bound: sizes.items(1, sizes.element(bound))),
    ),
    _function(
        "last",
        "The last element as an optional.",
        _member(OptionalType(A), _last, _LIST, grows=lambda bound: sizes.items(1, sizes.element(bound))),
    ),
)
