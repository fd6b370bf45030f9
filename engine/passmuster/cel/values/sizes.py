"""How large a value can be: what the static bound reckons with.

The same figures serve before a run, as maxima, and during one, as what is: a function's work is one
formula over lengths, and it never falls when a length grows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NUMBER_TEXT = 32
"""Characters of a number, a boolean, a timestamp or a version as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The most that a value can be; a number, and an object without fields, is all zeros."""

    length: int = 0
    """Characters of a string, bytes, items of a list, entries of a map."""
    element: Bound | None = None
    """Of a list, of the values of a map, or of an optional with length 1."""
    key: Bound | None = None
    """Of the keys of a map."""
    fields: Mapping[str, Bound] | None = None
    """Of an object."""
    parts: tuple[Bound, ...] | None = None
    """Of a list that is written out, each of its items."""


SMALL = Bound()
"""A number, a boolean and their like."""


ANY = Bound(length=256, element=Bound(length=256), key=Bound(length=256))
"""What may be anything, and so may its members."""


def text(length: int) -> Bound:
    """A string or bytes with this maximum length."""
    return Bound(length=length)


def items(length: int, element: Bound) -> Bound:
    """A list with this maximum length."""
    return Bound(length=length, element=element)


def entries(length: int, key: Bound, element: Bound) -> Bound:
    """A map with this maximum number of entries."""
    return Bound(length=length, element=element, key=key)


def element(bound: Bound) -> Bound:
    """Of an item of a list, a value of a map, a field of an object, what an optional holds."""
    if bound is ANY:
        return ANY
    if bound.element is not None:
        return bound.element
    return union(bound.fields.values()) if bound.fields else SMALL


def union(bounds: Iterable[Bound]) -> Bound:
    """A bound that holds for each of several values."""
    united = SMALL
    for bound in bounds:
        united = either(united, bound)
    return united


def either(first: Bound, second: Bound) -> Bound:
    """A bound that holds for both."""
    if first is second or second is SMALL:
        return first
    if first is SMALL:
        return second
    names = {**(first.fields or {}), **(second.fields or {})}
    return Bound(
        length=max(first.length, second.length),
        element=_both(first.element, second.element),
        key=_both(first.key, second.key),
        fields={name: union(_of(name, (first, second))) for name in names} or None,
    )


def _both(first: Bound | None, second: Bound | None) -> Bound | None:
    if first is None or second is None:
        return first or second
    return either(first, second)


def _of(name: str, bounds: Iterable[Bound]) -> list[Bound]:
    return [bound.fields[name] for bound in bounds if bound.fields and name in bound.fields]


def weight(bound: Bound) -> int:
    """How many values a value holds, itself included."""
    if bound.parts is not None:
        return 1 + sum(map(weight, bound.parts))
    fields = sum(weight(field) for field in bound.fields.values()) if bound.fields else 0
    return 1 + fields + (bound.length * weight(bound.element) if bound.element is not None else 0)


def written(bound: Bound) -> int:
    """How many characters a value has as text."""
    if bound.parts is not None:
        return 2 + sum(written(part) + 2 for part in bound.parts)
    if bound.element is not None:
        key = 0 if bound.key is None else written(bound.key) + 2
        return 2 + bound.length * (key + written(bound.element) + 2)
    if bound.fields:
        return 2 + sum(len(name) + 4 + written(field) for name, field in bound.fields.items())
    return max(bound.length, NUMBER_TEXT)
