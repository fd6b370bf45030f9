"""Mistakes in regular expressions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passmuster.authoring.testing.values import mistaken

PATTERNS = {
    "anchors": ("^ab$", ["ab$", "^ab"]),
    "a class": ("^[1Yy]", ["[1Yy]", "^[Yy]", "^[1y]", "^[1Y]"]),
    "alternatives in a group": ("^(y|on|1)", ["(y|on|1)", "^(on|1)", "^(y|1)", "^(y|on)"]),
    "alternatives at the top": ("a|b", ["b", "a"]),
    "a group within another": ("(?:a|(b|c))", ["(?:a|(c))", "(?:a|(b))", "(?:(b|c))", "(?:a)"]),
    "nothing to leave out": ("abc", []),
    "one letter is no class": ("[a]", []),
    "ranges and complements stay": ("[a-z][^b]", []),
    "escaped brackets are letters": (r"\(a\)\[b\]\$", []),
    "an alternative after an anchor": ("^a|b", ["a|b", "^b", "^a"]),
}


@pytest.mark.parametrize(("pattern", "expected"), PATTERNS.values(), ids=PATTERNS)
def test_what_is_left_out(pattern: str, expected: list[str]) -> None:
    assert list(mistaken(pattern)) == expected


@given(st.text("ab|()[]^$\\-", max_size=12))
def test_any_pattern_ends_and_loses_something(pattern: str) -> None:
    assert all(len(each) < len(pattern) for each in mistaken(pattern))
