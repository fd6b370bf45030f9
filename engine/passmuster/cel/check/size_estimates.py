"""How large values can be, by their types, and by themselves where they are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from passmuster.cel.values import sizes
from passmuster.cel.values.sizes import ANY, SMALL, Bound
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
)

DEFAULT_ITEMS = 128
"""Elements of a list, or entries of a map, of which the schema says nothing: parameters."""
DEFAULT_LENGTH = 256
"""Characters of a string of which the schema says nothing."""


def bound_of_type(kind: CelType) -> Bound:
    """The most that a value of a type can be."""
    match kind:
        case TextType():
            return sizes.text(kind.max_length)
        case EnumType():
            return sizes.text(max(map(len, kind.values), default=0))
        case Basic.STRING | Basic.BYTES:
            return sizes.text(DEFAULT_LENGTH)
        case Basic.DYN:
            return ANY
        case Basic() | TypeVariable():
            return SMALL
        case ListType():
            length = DEFAULT_ITEMS if kind.max_items is None else kind.max_items
            return sizes.items(length, bound_of_type(kind.element))
        case MapType():
            length = DEFAULT_ITEMS if kind.max_entries is None else kind.max_entries
            length = length if kind.keys is None else min(length, len(kind.keys))
            return sizes.entries(length, bound_of_type(kind.key), bound_of_type(kind.value))
        case ObjectType():
            return Bound(fields={name: bound_of_type(field.type) for name, field in kind.fields.items()})
        case OptionalType():
            return sizes.items(1, bound_of_type(kind.element))
        case _:
            assert_never(kind)


def bound_of_value(value: object) -> Bound:
    """The bound of a value that is known."""
    if isinstance(value, str | bytes):
        return sizes.text(len(value))
    if isinstance(value, list | tuple):
        parts = tuple(map(bound_of_value, value))
        return Bound(length=len(value), element=sizes.union(parts), parts=parts)
    if isinstance(value, Mapping):
        members = sizes.union(map(bound_of_value, value.values()))
        named = {key: bound_of_value(member) for key, member in value.items() if isinstance(key, str)}
        key = sizes.union(map(bound_of_value, value))
        return Bound(length=len(value), element=members, key=key, fields=named or None)
    return SMALL


def stamped(kind: CelType, bound: Bound) -> CelType:
    """A type with the maxima of a bound, so that what is made of it can be bounded in its turn."""
    match kind:
        case Basic.STRING | TextType():
            return TextType(bound.length)
        case ListType():
            return ListType(stamped(kind.element, sizes.element(bound)), bound.length)
        case MapType():
            value = stamped(kind.value, sizes.element(bound))
            return replace(kind, key=stamped(kind.key, bound.key or SMALL), value=value, max_entries=bound.length)
        case OptionalType():
            return OptionalType(stamped(kind.element, sizes.element(bound)))
        case _:
            return kind
