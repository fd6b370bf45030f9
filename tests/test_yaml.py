"""Strict YAML: what plain text means, what is refused and where, and where values stand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passmuster.codec import yaml

SCALARS: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "~": None,
    "": None,
    "7": 7,
    "-7": -7,
    "0": 0,
    "1.5": 1.5,
    "1e3": 1000.0,
    "yes": "yes",
    "no": "no",
    "on": "on",
    "off": "off",
    "True": "True",
    "NULL": "NULL",
    "010": "010",
    "0x1F": "0x1F",
    "0o17": "0o17",
    "1_000": "1_000",
    "+1": "+1",
    "12:30:45": "12:30:45",
    "2024-01-01": "2024-01-01",
    ".nan": ".nan",
    ".inf": ".inf",
    "1.2.3": "1.2.3",
    "'true'": "true",
    '"7"': "7",
    "=": "=",
}


@pytest.mark.parametrize(("text", "value"), SCALARS.items(), ids=[repr(text) for text in SCALARS])
def test_a_plain_scalar_means_what_json_means_by_it(text: str, value: Any) -> None:
    got = yaml.load(f"a: {text}\n".encode(), "f").value["a"]
    assert got == value
    assert type(got) is type(value)


REFUSED = {
    "an anchor and its alias, both": (
        "a: &x 1\nb: *x\n",
        ["f:1:4: an anchor is not allowed here (got &x)", "f:2:4: an alias is not allowed here (got *x)"],
    ),
    "a tag": ("a: !!python/object:x 1\n", ["f:1:4: a tag is not allowed here (got tag:yaml.org,2002:python/object:x)"]),
    "every duplicate key and merge": (
        "a: 1\na: 2\n<<: {b: 1}\n",
        ["f:2:1: duplicate key 'a' (expected each key once)", "f:3:1: a merge key is not allowed here (got <<)"],
    ),
    "a duplicate key in a list": ("l:\n  - {x: 1, x: 2}\n", ["f:2:12: duplicate key 'x' (expected each key once)"]),
    "a second document": ("a: 1\n---\nb: 2\n", ["f:2:1: a second document (expected one)"]),
    "nothing": ("", ["f:1:1: the file is empty (expected a mapping)"]),
    "a comment alone": ("# nothing\n", ["f:1:1: the file is empty (expected a mapping)"]),
    "a key that is no text": ("? [a]\n: b\n", ["f:1:3: a key is not a string (expected a string)"]),
    "a number beyond 64 bits": (
        "a: 99999999999999999999999\n",
        ["f:1:4: a number out of range (got 99999999999999999999999, expected 64 bits)"],
    ),
    "five thousand digits": (
        "a: " + "9" * 5000 + "\n",
        [f"f:1:4: a number out of range (got {'9' * 24}, expected 64 bits)"],
    ),
    "too many levels": ("a: " + "[" * 40 + "]" * 40 + "\n", ["f:1:35: too much: nested deeper than 32 levels"]),
    "too many nodes": ("a: [" + "1," * 10_001 + "]\n", ["f:1:19999: too much: more than 10000 nodes"]),
    "broken syntax": ("a: [1\nb: 2\n", ["f:2:2: not YAML: did not find expected ',' or ']'"]),
    "a tab for an indent": ("a:\n\tb: 1\n", ["f:2:1: not YAML: found character that cannot start any token"]),
    "a control character": (
        "a: \x07\n",
        ["f:1:4: U+0007 is not seen by who reads this (got a control character, expected visible text)"],
    ),
    "a byte order mark within": (
        "a: 1\nb: x\ufeff\n",
        ["f:2:5: U+FEFF is not seen by who reads this (got a byte order mark, expected visible text)"],
    ),
}


@pytest.mark.parametrize(("text", "messages"), REFUSED.values(), ids=REFUSED)
def test_refused(text: str, messages: list[str]) -> None:
    with pytest.raises(yaml.YAMLProblems) as caught:
        yaml.load(text.encode(), "f")
    assert [str(problem).splitlines()[0] for problem in caught.value.problems] == messages


def test_a_mark_before_the_text_says_nothing() -> None:
    assert yaml.load(b"\xef\xbb\xbfa: 1\n", "f").value == {"a": 1}
    with pytest.raises(yaml.YAMLProblems, match=r"f:1:1: UTF-16 text \(expected UTF-8: save it again\)"):
        yaml.load("a: 1\n".encode("utf-16"), "f")


def test_text_that_is_not_utf8_is_refused_with_its_place() -> None:
    with pytest.raises(yaml.YAMLProblems, match="f:2:4: not UTF-8 text"):
        yaml.load(b"a: 1\nb: \xff\n", "f")


def test_a_file_beyond_the_limit_is_refused_unread() -> None:
    with pytest.raises(yaml.YAMLProblems, match="too large"):
        yaml.load(b"#" * (yaml.MAX_BYTES + 1), "f")


BARE = {
    "a bang is taken for a tag": "expression: !has(x)\n",
    "a quote ends too early": "expression: 'a' in b\n",
    "a star is taken for an alias": "expression: *x\n",
    "a colon makes a mapping": "expression: a ? b: c : d\n",
}


@pytest.mark.parametrize("text", BARE.values(), ids=BARE)
def test_an_expression_outside_a_block_is_told_its_cure(text: str) -> None:
    with pytest.raises(yaml.YAMLProblems) as caught:
        yaml.load(text.encode(), "f")
    assert "literal block" in str(caught.value.problems[0].hint)


def test_a_block_stands_where_its_text_stands() -> None:
    document = yaml.load(b"r:\n  - e: |-\n      first\n        second\n    n: |\n\n      after a blank line\n", "f")
    assert document.value["r"][0] == {"e": "first\n  second", "n": "\nafter a blank line\n"}
    assert document.positions["r", 0, "e"] == yaml.Position(line=3, column=7, block=True)
    assert document.positions["r", 0, "n"] == yaml.Position(line=6, column=7, block=True)
    assert document.keys["r", 0, "n"] == yaml.Position(line=5, column=5)


@given(st.text(max_size=200))
def test_no_text_gives_anything_but_a_value_or_problems(text: str) -> None:
    try:
        document = yaml.load(text.encode("utf-8", "surrogatepass"), "f")
    except yaml.YAMLProblems as error:
        assert error.problems
        assert all(problem.location.line for problem in error.problems)
    else:
        assert () in document.positions


CURES = {
    "a key deeper than its like": ("rules:\n  - id: one\n     title: It\n", "begins in column 6, and what it can belong to in column 5 or 1"),
    "a key deeper than one with a value": ("a: 1\n  b: 2\n", "begins in column 3, and what it can belong to in column 1"),
    "a key shallower than its like": ("rules:\n  - id: one\n    title: It\n   level: x\n", "begins in column 4, and what it can belong to in column 5 or 1"),
    "an item shallower than its like": ("rules:\n  - id: one\n - id: two\n", "begins in column 2, and what it can belong to in column 3"),
    "an item deeper than its like": ("rules:\n  - id: one\n   - id: two\n", "begins in column 4, and what it can belong to in column 3"),
    "a key where items are": ("rules:\n  - id: one\n  title: x\n", "begins in column 3, and what it can belong to in column 1 or 5"),
    "a key below a block": ("rules:\n  - expression: |\n      kernel.major > 4\n   title: x\n", "begins in column 4, and what it can belong to in column 5 or 1"),
    "a line of a block": ("r:\n  - expression: |\n        a &&\n      b\n    title: x\n", "the text of a block begins in column 9: indent this line as far"),
    "the first line of a block, before its key": ("r:\n  - expression: |\n a\n", "the text of a block begins in column 7: indent this line as far"),
    "the first line of a block, before the key of a map": ("r:\n    a: 1\n    b: |\n  a\n", "the text of a block begins in column 7: indent this line as far"),
    "a line of a block, as far as the key": ("r:\n  - expression: |\n      a &&\n    b\n    title: x\n", "the text of a block begins in column 7: indent this line as far"),
    "a tab": ("a:\n\tb: 1\n", "a tab indents this line: indent with spaces"),
    "no colon": ("rules:\n  - id: one\n    title It\n    level: x\n", "a key and its value are written `key: value`"),
    "an open bracket": ("a: [1\nb: 2\n", "close the bracket that is open above"),
    "a quote within a title": ("title: 'it's so'\n", "in double quotes, or in a block"),
    "a colon within a title": ("title: missing: x\n", "in double quotes, or in a block"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "cure"), CURES.values(), ids=CURES)
def test_a_mistake_of_layout_is_told_its_own_cure(text: str, cure: str) -> None:
    with pytest.raises(yaml.YAMLProblems) as caught:
        yaml.load(text.encode(), "f")
    assert cure in str(caught.value.problems[0].hint)
