"""Strict JSON: what is refused and where, and the one canonical form."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passmuster.codec import json as _json

REFUSED = {
    "a duplicate key": (b'{"a":1,"a":2}', "duplicate key 'a'", (1, 8)),
    "a duplicate key, spelled with an escape": (b'{"a":1,\n "\\u0061":2}', "duplicate key 'a'", (2, 2)),
    "a duplicate key deep inside": (b'[{"x":{}},{"y":[{"k":0,"k":0}]}]', "duplicate key 'k'", (1, 24)),
    "an integer beyond 64 bits": (b'{"a":\n  9223372036854775808}', "out of range", (2, 3)),
    "a negative integer beyond 64 bits": (b"[-9223372036854775809]", "out of range", (1, 2)),
    "NaN": (b"[NaN]", "not JSON", (1, 2)),
    "an endless number": (b"[1e400]", "not JSON", (1, 2)),
    "a lone surrogate": (b'["\\ud800"]', "not JSON", (1, 3)),
    "text that is not UTF-8": (b'["\xff"]', "not JSON", (1, 1)),
    "a trailing comma": (b"[1,]", "not JSON", (1, 3)),
    "two documents": (b"{} {}", "not JSON", (1, 4)),
    "nothing": (b"", "not JSON", (1, 1)),
    "too many levels": (b"[" * 65 + b"]" * 65, "nested too deeply", (1, 1)),
    "a bomb of levels": (b"[" * 900 + b"]" * 900, "nested too deeply", (1, 1)),
}


@pytest.mark.parametrize(("data", "message", "place"), REFUSED.values(), ids=REFUSED)
def test_refused(data: bytes, message: str, place: tuple[int, int]) -> None:
    with pytest.raises(_json.InvalidJSONError, match=message) as caught:
        _json.loads(data)
    assert (caught.value.line, caught.value.column) == place


def test_more_than_the_limit_is_refused() -> None:
    with pytest.raises(_json.InvalidJSONError, match="too large"):
        _json.loads(b'"' + b"x" * _json.MAX_BYTES + b'"')


READ = {
    "the largest integer": b"[9223372036854775807]",
    "the smallest integer": b"[-9223372036854775808]",
    "as many levels as there may be": b"[" * 64 + b"]" * 64,
    "one key in two objects": b'[{"a":1},{"a":2}]',
    "a key that is also a value": b'{"a":"a","b":["a","a"]}',
    "a float, which the schema judges": b"[1.5]",
}


@pytest.mark.parametrize("data", READ.values(), ids=READ)
def test_read(data: bytes) -> None:
    assert _json.loads(data) == json.loads(data)


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_the_canonical_form_is_that_of_the_standard_library(value: Any) -> None:
    expected = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"
    assert _json.canonical(value) == expected.encode()
    assert _json.loads(_json.canonical(value)) == value


@pytest.mark.long
@given(st.lists(st.dictionaries(st.text(), values, max_size=3), max_size=5), st.booleans(), st.booleans())
def test_documents_are_split_in_any_layout(objects: list[dict[str, Any]], indent: bool, newline: bool) -> None:  # noqa: FBT001
    texts = [json.dumps(each, indent=2 if indent else None).encode() + (b"\n" if newline else b"") for each in objects]
    split = list(_json.documents(b"".join(texts)))
    assert [json.loads(document) for _, document in split] == objects
    assert [document for _, document in split] == texts


def test_documents_are_found_with_their_lines() -> None:
    data = b'{"a":1}\n\n{"b":2}\n{\n "c": "}"\n}\n{"d":1}{"e":2}\nstray\n{"f":\n'
    assert list(_json.documents(data)) == [
        (1, b'{"a":1}\n'),
        (3, b'{"b":2}\n'),
        (4, b'{\n "c": "}"\n}\n'),
        (7, b'{"d":1}'),
        (7, b'{"e":2}\n'),
        (8, b"stray\n"),
        (9, b'{"f":\n'),
    ]


SNAPSHOT = {"collection": {"uid": 0}, "node": {"name": "n1"}, "schema": "passmuster.snapshot/1", "sections": {"os": {}}}
LAYOUTS = {
    "canonical": _json.canonical(SNAPSHOT),
    "blanks": json.dumps(SNAPSHOT).encode() + b"\n",
    "the schema first": json.dumps({"schema": SNAPSHOT["schema"], **SNAPSHOT}, separators=(",", ":")).encode() + b"\n",
    "a blank before it": b" " + json.dumps(SNAPSHOT).encode() + b"\n",
}


@pytest.mark.parametrize("before", [_json.canonical(SNAPSHOT), _json.pretty(SNAPSHOT)], ids=["a line", "many lines"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_snapshot_on_a_line_is_found_behind_a_torn_one(layout: str, before: bytes) -> None:
    """Wherever the one before is cut: at the end, or at any byte with the end of the line behind it."""
    for cut in range(1, len(before) - 1):
        torn = before[:cut].removesuffix(b"\n") + b"\n"
        found = [each for _, each in _json.stream(BytesIO(torn + LAYOUTS[layout] * 2))]
        # What is given may have blanks before it that are no part of it.
        assert [each.lstrip() for each in found[-2:]] == [LAYOUTS[layout].lstrip()] * 2, torn


def test_a_snapshot_behind_a_torn_one_has_its_line() -> None:
    data = b'{\n "a": {\n' + LAYOUTS["a blank before it"] + LAYOUTS["canonical"]
    assert [(line, each.strip()) for line, each in _json.stream(BytesIO(data))] == [
        (1, b'{\n "a": {'),
        (3, LAYOUTS["blanks"].strip()),
        (4, LAYOUTS["canonical"].strip()),
    ]


POSITIONS = {
    "a member": (("b",), (2, 7)),
    "an element": (("b", 1), (2, 11)),
    "a member of an element": (("b", 2, "c"), (3, 9)),
    "the nearest parent of what is not there": (("b", 1, "zzz"), (2, 11)),
    "the document": ((), (1, 1)),
    "what follows a nested object": (("z",), (4, 7)),
}


@pytest.mark.parametrize(("path", "place"), POSITIONS.values(), ids=POSITIONS)
def test_the_position_of(path: tuple[str | int, ...], place: tuple[int, int]) -> None:
    data = b'{"a":{"x":[1,{"b":0}]},\n "b": [1, 2,\n  {"c": 3}],\n "z": {}}'
    assert _json.positions(data, [path]) == [place]
