"""Words as a shell parts them."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passmuster_collector import shellwords
from passmuster_collector.reading import UnreadableError

CASES = {
    "quotes within a word": ("A=\"b c\"'d e'f", ["A=b cd ef"]),
    "an empty word": ("'' \"\"", ["", ""]),
    "a comment": ("a # b 'c\nd", ["a", "d"]),
    "a number sign within a word is none": ("a#b", ["a#b"]),
    "an escaped number sign": ("\\#a", ["#a"]),
    "a line that goes on": ("A=b\\\nc", ["A=bc"]),
    "a line that goes on between quotes": ('A="b\\\nc"', ["A=bc"]),
    "a backslash that stands for itself": ("\"\\n\" '\\n'", ["\\n", "\\n"]),
    "what is kept from its meaning": ('"\\$a \\`b \\" \\\\"', ['$a `b " \\']),
}


@pytest.mark.parametrize("name", CASES)
def test_of(name: str) -> None:
    text, expected = CASES[name]
    assert shellwords.split(text) == expected


@pytest.mark.parametrize("text", ["'a", '"a', '"a\\"', "a\\"])
def test_what_has_no_end_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError, match="not assignments as a shell has them"):
        shellwords.split(text)


@pytest.mark.long
@given(st.text("ab= \n\t'\"\\").filter(lambda text: "\\\n" not in text))
def test_as_the_standard_library_parts_them(text: str) -> None:
    """But for comments and lines that go on, where that is no shell."""
    try:
        expected = shlex.split(text)
    except ValueError:
        with pytest.raises(UnreadableError):
            shellwords.split(text)
        return
    assert shellwords.split(text) == expected
