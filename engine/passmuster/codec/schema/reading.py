"""From a JSON Schema to the types of facts."""

from __future__ import annotations

from typing import Any

from passmuster.codec.schema.fieldtypes import FieldType, Kind, ListOf, MapOf, Object, Scalar


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
            nullable=nullable,
            description=description,
        )
    fields = {name: field_type(member_schema) for name, member_schema in schema["properties"].items()}
    return Object(fields=fields, nullable=nullable, description=description)
