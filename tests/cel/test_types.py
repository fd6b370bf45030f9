"""Types from the snapshot's schema, from constants and from parameters."""

from __future__ import annotations

import pytest

from cel.world import problems, program
from passmuster.cel import (
    Basic,
    EnumType,
    Field,
    ListType,
    MapType,
    ObjectType,
    Presence,
    UInt,
    show,
    type_of_field,
    type_of_value,
)
from passmuster.codec.schema.fieldtypes import FieldType, Kind, ListOf, MapOf, Object, Scalar

_TEXT = Scalar(kind=Kind.STRING)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        (Scalar(kind=Kind.BOOL), Basic.BOOL),
        (Scalar(kind=Kind.INT), Basic.INT),
        (_TEXT, Basic.STRING),
        (Scalar(kind=Kind.STRING, enum=("v1", "v2")), EnumType(("v1", "v2"))),
        (ListOf(element=_TEXT, max_items=9), ListType(Basic.STRING)),
        (
            MapOf(value=Scalar(kind=Kind.STRING, nullable=True), open=True, max_properties=9, keys=("a",)),
            MapType(Basic.STRING, Basic.STRING, Presence.OPEN, ("a",), nullable=True),
        ),
        (MapOf(value=_TEXT, open=False, max_properties=9), MapType(Basic.STRING, Basic.STRING, Presence.CLOSED)),
        (
            Object(fields={"f": Scalar(kind=Kind.INT, nullable=True), "g": _TEXT}),
            ObjectType({"f": Field(Basic.INT, nullable=True), "g": Field(Basic.STRING)}),
        ),
    ],
)
def test_a_field_of_the_schema_has_its_type(field: FieldType, kind: object) -> None:
    assert type_of_field(field) == kind


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "bool"),
        (1, "int"),
        (UInt(1), "uint"),
        (1.5, "double"),
        ("a", "string"),
        (None, "null"),
        ([], "list(dyn)"),
        (["a", "b"], "list(string)"),
        (("a", 1), "list(dyn)"),
        ([["a"], []], "list(list(dyn))"),
        ({"a": 1}, "map(string, int)"),
        ({1: "a"}, "map(int, string)"),
        (object(), "dyn"),
    ],
)
def test_a_plain_value_has_its_type(value: object, kind: str) -> None:
    assert show(type_of_value(value)) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("cpu.flags.filter(f, f != 'x')", "list(string)"),
        ("cpu.flags.map(f, size(f))", "list(int)"),
        ("cgroup.v1.filter(k, k != 'x')", "list(string)"),
        ("cgroup.v1.transformMap(k, v, size(v))", "map(string, int)"),
        ("[1, 'a']", "list(dyn)"),
        ("true ? 1 : 'a'", "dyn"),
        ("true ? cpu.architecture : 'other'", "string"),
        ("[1] + [2]", "list(int)"),
        ("params.any + 1", "dyn"),
        ("size(params.any)", "int"),
        ("int", "type"),
        ("kernelVersion(kernel.release)", "kernelVersion"),
        ("cpu", "object"),
        ("[cpu.count, params.limit][0]", "int"),
        ("cpu['count']", "int"),
        ("cpu[kernel.release]", "dyn"),
        ("params.any.x[1].y", "dyn"),
        ("params.any.map(x, x)", "list(dyn)"),
    ],
)
def test_every_expression_has_its_type(text: str, kind: str) -> None:
    assert show(program(text).type) == kind


@pytest.mark.parametrize(
    "text",
    [
        "cpu.count == 1.0 && cpu.count < 2u",
        "params.any == 1 && params.any < 'x'",
        "cpu.architecture == kernel.release && cpu.architecture.startsWith('x')",
        "cpu == {'count': 1}",
        "'count' in cpu && [] == cpu.flags",
        "sets.contains([cpu.architecture], ['x86_64'])",
    ],
)
def test_what_can_be_compared_is_not_refused(text: str) -> None:
    assert problems(text) == []


def test_a_literal_is_compared_with_enumerated_elements_too() -> None:
    (line,) = problems("sets.contains([cpu.architecture], ['x86-64'])")
    assert "[cel-enum]" in line
    (line,) = problems("'arm' in [cpu.architecture]")
    assert "[cel-enum]" in line
    (line,) = problems("'cont' in cpu")
    assert "[cel-unknown-field]" in line
    (line,) = problems("cpu['cont'] == 1")
    assert "[cel-unknown-field]" in line
