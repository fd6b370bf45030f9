"""A pattern of simple values matches only what the strict reader and the schema take, whatever the bytes are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshots import every_path

from passmuster.codec import json, schema
from passmuster.fleet.cache import simple
from passmuster.model.fieldpath import FieldPath

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

WORDS = "boot.words"


@cache
def below(text: str) -> dict[str, Any]:
    section, *rest = FieldPath.parse(text).parts
    found = schema.below(1, section, ("facts", *rest))
    assert found is not None
    return found


def pattern(text: str) -> re.Pattern[bytes]:
    found = simple.pattern(below(text))
    assert found is not None
    return found


def keeps(text: str) -> Callable[[Any], bool]:
    return schema.keeps(1, below(text))


SIMPLE = [text for text in every_path() if "." in text and simple.pattern(below(text)) is not None]
MATCHED: dict[str, tuple[str, Any]] = {
    "a number": ("cpu.logical_count", 7),
    "a text": ("cpu.model_name", "Xeon"),
    "a list of texts": ("cpu.flags", ["vmx", "svm"]),
    "no element": ("cpu.flags", []),
    "a list of objects": (WORDS, [{"name": "iommu", "value": "pt"}, {"name": "quiet", "value": "a=b"}]),
    "a member that is null": (WORDS, [{"name": "quiet", "value": None}, {"name": "", "value": ""}]),
    "no object": (WORDS, []),
    "as many objects as there can be": (WORDS, [{"name": "a", "value": None}] * 512),
    "members as long as they can be": (WORDS, [{"name": "n" * 512, "value": "v" * 1024}]),
}


@pytest.mark.parametrize(("path", "value"), MATCHED.values(), ids=MATCHED)
def test_usual_values_are_matched(path: str, value: Any) -> None:
    assert pattern(path).fullmatch(json.canonical(value)[:-1])
    assert keeps(path)(value)


LEFT: dict[str, bytes] = {
    "one object too many": json.canonical([{"name": "a", "value": None}] * 513)[:-1],
    "a name that is too long": b'[{"name":"%s","value":null}]' % (b"n" * 513),
    "a value that is too long": b'[{"name":"a","value":"%s"}]' % (b"v" * 1025),
    "a member that is missing": b'[{"name":"a"}]',
    "one that is null and may not be": b'[{"name":null,"value":"b"}]',
    "one of another type": b'[{"name":"a","value":5}]',
    "one that the schema does not name": b'[{"more":1,"name":"a","value":"b"}]',
    "one that comes twice": b'[{"name":"a","name":"a","value":"b"}]',
    "another order": b'[{"value":"b","name":"a"}]',
    "a blank": b'[{"name":"a", "value":"b"}]',
    "an end within a text": b'[{"name":"a","value":"b"}],"x":[]',
    "a text with a backslash": b'[{"name":"a","value":"\\u0041"}]',
    "a text with a quotation mark": b'[{"name":"a","value":"b"c"}]',
    "bytes that are no ASCII": '[{"name":"ä","value":"b"}]'.encode(),
    "a comma too many": b'[{"name":"a","value":"b"},]',
    "a word that is no object": b'["a"]',
    "an object by itself": b'{"name":"a","value":"b"}',
}


@pytest.mark.parametrize("written", LEFT.values(), ids=LEFT)
def test_what_is_not_plainly_right_is_left_to_the_strict_reader(written: bytes) -> None:
    assert pattern(WORDS).fullmatch(written) is None


NOT_SIMPLE: dict[str, dict[str, Any]] = {
    "members that may be missing": {"type": "object", "properties": {"a": {"type": "string"}}, "required": []},
    "members of any name": {"type": "object", "additionalProperties": {"type": "string"}},
    "a member that is not simple": {
        "type": "object",
        "properties": {"a": {"type": "array", "maxItems": 5, "items": {"type": "string"}}},
        "required": ["a"],
    },
    "a member of few values": {
        "type": "object",
        "properties": {"a": {"type": "string", "enum": ["b"]}},
        "required": ["a"],
    },
    "a word that hangs on another": {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "if": {"properties": {"a": {"const": "b"}}},
        "then": {"maxProperties": 1},
    },
    "numbers": {"type": "integer"},
    "texts or null": {"type": ["string", "null"]},
}


@pytest.mark.parametrize("items", NOT_SIMPLE.values(), ids=NOT_SIMPLE)
def test_lists_of_other_elements_are_not_simple(items: dict[str, Any]) -> None:
    assert simple.pattern({"type": "array", "maxItems": 9, "items": items}) is None


TEXT = st.text(alphabet='aZ0 =,:{}[]"\\\n\x7f\u00e9', max_size=6)
SCALAR = st.none() | st.booleans() | st.integers(-2, 2**63) | TEXT
WORD = st.fixed_dictionaries({"name": SCALAR, "value": SCALAR}) | st.dictionaries(
    st.sampled_from(["name", "x"]), SCALAR
)
VALUE = SCALAR | st.lists(TEXT, max_size=4) | st.lists(SCALAR, max_size=3) | st.lists(WORD, max_size=3)
BYTES = b'"\\{}[],:0129ax \xc3'


@settings(max_examples=400)
@given(st.sampled_from([*SIMPLE, WORDS, WORDS]), VALUE, st.data())
def test_what_a_pattern_matches_is_strict_json_and_keeps_to_the_schema(
    path: str, value: Any, draw: st.DataObject
) -> None:
    written = bytearray(json.canonical(value)[:-1])
    if draw.draw(st.booleans()):
        written[draw.draw(st.integers(0, len(written) - 1))] = draw.draw(st.sampled_from(BYTES))
    if pattern(path).fullmatch(bytes(written)):
        read = json.loads(bytes(written))
        assert keeps(path)(read)
        assert json.canonical(read)[:-1] == bytes(written)
