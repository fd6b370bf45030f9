"""The types that the checker reasons with, and how the schema's types, constants and parameters become them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from passmuster.cel.values.times import Duration, Timestamp
from passmuster.cel.values.values import Optional, TypeValue, UInt
from passmuster.codec.schema.fieldtypes import FieldType, Kind, ListOf, MapOf, Object, Scalar


class Basic(enum.Enum):
    """Types without parts; the values are their names in messages."""

    BOOL = "bool"
    INT = "int"
    UINT = "uint"
    DOUBLE = "double"
    STRING = "string"
    BYTES = "bytes"
    NULL = "null"
    TYPE = "type"
    TIMESTAMP = "timestamp"
    DURATION = "duration"
    SEMVER = "semver"
    KERNEL_VERSION = "kernelVersion"
    RUNTIME_VERSION = "runtimeVersion"
    DYN = "dyn"
    """Anything: only running tells."""
    BROKEN = "broken"
    """Of what is wrong already; nothing more is said about it."""


@dataclass(frozen=True, slots=True)
class EnumType:
    """A string that is one of the values which the schema lists."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextType:
    """A string that the schema says how long can be."""

    max_length: int


@dataclass(frozen=True, slots=True)
class ListType:
    """A list whose elements have one type."""

    element: CelType
    max_items: int | None = field(default=None, compare=False)
    """Where the schema limits it; the limits have no part in what fits what."""


@dataclass(frozen=True, slots=True)
class OptionalType:
    """A value of one type, or none."""

    element: CelType


class Presence(enum.Enum):
    """What it means that a key is not in a map."""

    FREE = "free"
    """A map of the policy's own making."""
    CLOSED = "closed"
    """The host does not have it."""
    OPEN = "open"
    """Nobody asked."""


@dataclass(frozen=True, slots=True)
class MapType:
    """A map whose keys have one type, and its values another."""

    key: CelType
    value: CelType
    presence: Presence = Presence.FREE
    keys: tuple[str, ...] | None = None
    """The only keys there can be, where they are listed."""
    nullable: bool = False
    """Whether an entry may be unset although somebody asked for it."""
    dashes: bool = True
    """Whether a key can hold ``-``."""
    max_entries: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object."""

    type: CelType
    nullable: bool = False
    """Whether it may be unset."""


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object with named fields."""

    fields: Mapping[str, Field]

    def __hash__(self) -> int:
        return hash(tuple(self.fields))


@dataclass(frozen=True, slots=True)
class TypeVariable:
    """A type that one use of a function settles: the A of ``sets.contains(list(A), list(A))``."""

    name: str


CelType: TypeAlias = Basic | EnumType | TextType | ListType | MapType | ObjectType | OptionalType | TypeVariable

NUMBERS = frozenset((Basic.INT, Basic.UINT, Basic.DOUBLE))
ORDERED = NUMBERS | {Basic.STRING, Basic.BYTES, Basic.BOOL, Basic.TIMESTAMP, Basic.DURATION}
"""Types whose values can be compared with ``<``."""
VAGUE = frozenset((Basic.DYN, Basic.BROKEN))


def vague(kind: CelType) -> bool:
    """Whether nothing can be said about a type."""
    return isinstance(kind, Basic) and kind in VAGUE


def show(kind: CelType) -> str:
    """The name of a type in messages."""
    match kind:
        case Basic():
            return kind.value
        case EnumType() | TextType():
            return "string"
        case ListType():
            return f"list({show(kind.element)})"
        case OptionalType():
            return f"optional({show(kind.element)})"
        case MapType():
            return f"map({show(kind.key)}, {show(kind.value)})"
        case ObjectType():
            return "object"
        case TypeVariable():
            return kind.name
        case _:
            assert_never(kind)


def plain(kind: CelType) -> CelType:
    """The type without its enumeration or its maximum."""
    return Basic.STRING if isinstance(kind, EnumType | TextType) else kind


def joined(first: CelType, second: CelType) -> CelType:
    """The narrowest type that has both; dyn where no other does."""
    if first == second or second is Basic.BROKEN:
        return first
    if first is Basic.BROKEN:
        return second
    if isinstance(first, EnumType) and isinstance(second, EnumType):
        return EnumType(tuple(dict.fromkeys(first.values + second.values)))
    if isinstance(first, ListType) and isinstance(second, ListType):
        return ListType(joined(first.element, second.element))
    if isinstance(first, OptionalType) and isinstance(second, OptionalType):
        return OptionalType(joined(first.element, second.element))
    if isinstance(first, MapType) and isinstance(second, MapType) and first.presence is second.presence:
        return MapType(joined(first.key, second.key), joined(first.value, second.value), first.presence)
    if plain(first) is Basic.STRING and plain(second) is Basic.STRING:
        return Basic.STRING
    return Basic.DYN


def comparable(first: CelType, second: CelType) -> bool:
    """Whether ``==`` can be anything but false for values of the two types."""
    if vague(first) or vague(second):
        return True
    if first in NUMBERS and second in NUMBERS:
        return True
    if isinstance(first, ListType) and isinstance(second, ListType):
        return comparable(first.element, second.element)
    if isinstance(first, OptionalType) and isinstance(second, OptionalType):
        return comparable(first.element, second.element)
    if isinstance(first, MapType) and isinstance(second, MapType):
        return comparable(first.key, second.key) and comparable(first.value, second.value)
    if isinstance(first, MapType | ObjectType) and isinstance(second, MapType | ObjectType):
        return True
    return plain(first) == plain(second)


def orderable(kind: CelType) -> bool:
    """Whether values of the type have an order, so that they can be sorted."""
    return vague(kind) or plain(kind) in ORDERED


def settled(kind: CelType) -> bool:
    """Whether a type says all there is to know: there is no dyn in it at any depth."""
    match kind:
        case ListType() | OptionalType():
            return settled(kind.element)
        case MapType():
            return settled(kind.key) and settled(kind.value)
        case ObjectType():
            return all(settled(field.type) for field in kind.fields.values())
        case _:
            return not vague(kind)


def flat(kind: CelType) -> bool:
    """Whether a value of the type is wholly known or wholly unknown, with nothing unknown inside."""
    if isinstance(kind, ListType):
        return flat(kind.element)
    return isinstance(kind, EnumType | TextType) or (isinstance(kind, Basic) and kind not in VAGUE)


def type_of_field(field_kind: FieldType) -> CelType:
    """The type of a fact, from the snapshot's schema."""
    match field_kind:
        case Scalar():
            if field_kind.enum is not None and field_kind.kind is Kind.STRING:
                return EnumType(field_kind.enum)
            if field_kind.kind is Kind.STRING and field_kind.max_length is not None:
                return TextType(field_kind.max_length)
            return {Kind.BOOL: Basic.BOOL, Kind.INT: Basic.INT, Kind.STRING: Basic.STRING}[field_kind.kind]
        case ListOf():
            return ListType(type_of_field(field_kind.element), field_kind.max_items)
        case MapOf():
            presence = Presence.OPEN if field_kind.open else Presence.CLOSED
            value = type_of_field(field_kind.value)
            return MapType(
                Basic.STRING,
                value,
                presence,
                field_kind.keys,
                field_kind.value.nullable,
                field_kind.dashes,
                max_entries=field_kind.max_properties,
            )
        case Object():
            fields = field_kind.fields.items()
            return ObjectType({name: Field(type_of_field(kind), nullable=kind.nullable) for name, kind in fields})
        case _:
            assert_never(field)


_TYPES_OF_VALUES: dict[type, Basic] = {
    bool: Basic.BOOL,
    int: Basic.INT,
    UInt: Basic.UINT,
    float: Basic.DOUBLE,
    str: Basic.STRING,
    bytes: Basic.BYTES,
    type(None): Basic.NULL,
    TypeValue: Basic.TYPE,
    Timestamp: Basic.TIMESTAMP,
    Duration: Basic.DURATION,
}


def type_of_value(value: object) -> CelType:
    """The type of a constant or a parameter, from its plain Python value."""
    if isinstance(value, list | tuple):
        return ListType(_united(value))
    if isinstance(value, Optional):
        return OptionalType(type_of_value(value.value) if value.there else Basic.DYN)
    if isinstance(value, Mapping):
        keys = tuple(value) if all(isinstance(key, str) for key in value) else None
        return MapType(_united(tuple(value)), _united(tuple(value.values())), Presence.FREE, keys)
    return _TYPES_OF_VALUES.get(type(value), Basic.DYN)


def _united(values: list[object] | tuple[object, ...]) -> CelType:
    united: CelType = Basic.BROKEN
    for value in values:
        united = joined(united, type_of_value(value))
    return Basic.DYN if united is Basic.BROKEN else united
