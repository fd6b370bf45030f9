"""The shipped schemas: their types, and mistakes in the words of the person who must mend them."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from passmuster.codec import schema
from passmuster.codec.schema.fieldtypes import Kind, ListOf, MapOf, Object, Scalar
from passmuster.codec.schema.wording import fault


def test_sections_have_types() -> None:
    sections = schema.sections(1)
    cpu, devices = sections["cpu"], sections["devices"]
    assert isinstance(cpu, Object)
    assert isinstance(devices, MapOf)
    architecture, flags, vendor = cpu.fields["architecture"], cpu.fields["flags"], cpu.fields["vendor"]
    assert isinstance(architecture, Scalar)
    assert isinstance(flags, ListOf)
    assert isinstance(vendor, Scalar)
    assert architecture.enum is not None
    assert "x86_64" in architecture.enum
    assert (flags.max_items, flags.nullable) == (1024, False)
    assert (vendor.kind, vendor.nullable) == (Kind.STRING, True)
    assert devices.open
    assert devices.keys is not None
    assert "/dev/kvm" in devices.keys


def test_only_versions_that_are_there_are_known() -> None:
    assert schema.versions("snapshot") == (1,)
    assert schema.versions("weather") == ()


WORDS: dict[str, tuple[dict[str, Any], Any, str]] = {
    "a missing field": ({"required": ["a", "b"]}, {"a": 1}, "missing 'b'"),
    "a field that does not belong": (
        {"properties": {"a": {}}, "additionalProperties": False},
        {"z": 1},
        "unknown 'z' (expected 'a')",
    ),
    "a type": ({"type": "string"}, 3, "wrong type (got 3, expected string)"),
    "one of two types": ({"type": ["string", "null"]}, 3, "wrong type (got 3, expected string or null)"),
    "a constant": ({"const": "a"}, "b", 'wrong value (got "b", expected "a")'),
    "a pattern": ({"pattern": "^a$"}, "b", 'wrong form (got "b", expected the pattern ^a$)'),
    "too long": ({"maxLength": 2}, "abc", "too large (got 3, expected at most 2)"),
    "too few": ({"minItems": 1}, [], "too small (got 0, expected at least 1)"),
    "too high": ({"maximum": 2}, 3, "out of range (got 3, expected a maximum of 2)"),
    "repeated": ({"uniqueItems": True}, [1, 1], "repeated items (got [1, 1], expected each once)"),
    "anything else": ({"multipleOf": 2}, 3, "breaks the schema's multipleOf (got 3)"),
    "a long value is cut": ({"type": "integer"}, "x" * 99, 'wrong type (got "' + "x" * 56 + "..., expected integer)"),
}


@pytest.mark.parametrize(("rules", "value", "words"), WORDS.values(), ids=WORDS)
def test_a_mistake_is_worded(rules: dict[str, Any], value: Any, words: str) -> None:
    (error,) = Draft202012Validator(rules).iter_errors(value)
    assert fault(error).message == words
