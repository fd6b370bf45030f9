"""The types of facts, as the snapshot's JSON Schema states them.

A map is *closed* (a missing key means: the host does not have it) or *open* (a missing key
means: nobody asked). The schema says which with the keyword ``x-map``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(enum.Enum):
    """Kinds of scalars; a snapshot has no floats."""

    BOOL = "boolean"
    INT = "integer"
    STRING = "string"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A boolean, a signed 64-bit integer or a string."""

    kind: Kind
    nullable: bool = False
    """Null says: looked, and the host has none."""
    enum: tuple[str, ...] | None = None
    """The only values there can be, where the schema lists them."""
    max_length: int | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    """A list; it is wholly known or wholly unknown."""

    element: FieldType
    max_items: int
    nullable: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf:
    """A map from names of the host to values of one type."""

    value: FieldType
    open: bool
    max_properties: int
    keys: tuple[str, ...] | None = None
    """The only keys there can be, where the schema lists them."""
    listed: tuple[str, ...] = ()
    """Globs of the keys that are recorded whatever a closed map withholds: where one is missing, it is not there."""
    dashes: bool = True
    """Whether a key can hold ``-``; the kernel reads it as ``_`` in its parameters."""
    full: bool = False
    """Whether keys that are not listed are recorded with --full alone."""
    nullable: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """Fields named by the schema; each is known or unknown."""

    fields: Mapping[str, FieldType]
    nullable: bool = False
    description: str = ""


FieldType: TypeAlias = Scalar | ListOf | MapOf | Object


def field_type(schema: dict[str, Any]) -> FieldType:
    """Read the type that a schema of our own dialect states (see `fieldtypes`)."""
    declared = schema["type"]
    kinds = [declared] if isinstance(declared, str) else declared
    nullable = "null" in kinds
    (kind,) = (name for name in kinds if name != "null")
    description = schema.get("description", "")
    if kind == "array":
        element = field_type(schema["items"])
        return ListOf(element=element, max_items=schema["maxItems"], nullable=nullable, description=description)
    if kind != "object":
        return Scalar(
            kind=Kind(kind),
            nullable=nullable,
            enum=tuple(value for value in schema["enum"] if value is not None) if "enum" in schema else None,
            max_length=schema.get("maxLength"),
            description=description,
        )
    if "x-map" in schema:
        return MapOf(
            value=field_type(schema["additionalProperties"]),
            open=schema["x-map"] == "open",
            max_properties=schema["maxProperties"],
            keys=tuple(schema["x-keys"]) if "x-keys" in schema else None,
            listed=tuple(schema.get("x-listed", ())),
            dashes=schema.get("x-spelling") != "underscores",
            full=schema.get("x-full", False),
            nullable=nullable,
            description=description,
        )
    fields = {name: field_type(member_schema) for name, member_schema in schema["properties"].items()}
    return Object(fields=fields, nullable=nullable, description=description)
