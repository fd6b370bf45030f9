"""What nobody sees in a text: which characters they are, and how they are shown."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passmuster.errors import Location, Problem
from passmuster.model.text import BLANKS, INVISIBLE, visible
from passmuster.report import harmless

UNSEEN = re.compile(f"[{INVISIBLE}]")
IGNORABLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u2065\u3164\ufe00\ufe0f\uffa0\ufff0\U000e0000\U000e0020\U000e0100\U000e0fff"
"""Of Default_Ignorable_Code_Point, what is of another category than Cf."""


def test_every_format_control_and_every_break_of_unicode_is_unseen() -> None:
    for number in range(0x110000):
        character = chr(number)
        if unicodedata.category(character) in {"Cf", "Zl", "Zp"}:
            assert UNSEEN.match(character), hex(number)


@pytest.mark.parametrize("character", IGNORABLE, ids=ascii)
def test_what_unicode_lets_be_ignored_is_unseen(character: str) -> None:
    assert UNSEEN.match(character)


def test_what_people_write_is_seen() -> None:
    assert not UNSEEN.search("A, é, ß, €, 字, 한글, हिन्दी, עברית, 😀, e\u0301 and \u00a0")


def test_every_other_space_of_unicode_is_a_blank() -> None:
    blanks = [chr(number) for number in range(0x110000) if unicodedata.category(chr(number)) == "Zs"]
    assert [each for each in blanks if not re.match(f"[{BLANKS}]", each)] == [" "]


SHOWN = {
    "worker\u200b-1": "worker\\u200b-1",
    "a\u202eb": "a\\u202eb",
    "tag\U000e0041": "tag\\U000e0041",
    "soft\u00adhyphen": "soft\\xadhyphen",
    "\x1b[2J": "\\x1b[2J",
    "\ud800": "\\ud800",
    "plain": "plain",
}


@pytest.mark.parametrize(("text", "shown"), SHOWN.items(), ids=ascii)
def test_it_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.sampled_from([*IGNORABLE, "\u200b", "\U000e0041", "\x7f", "\x80", "a", '"', "\\", "\n"])))
def test_json_with_escapes_means_the_same_and_has_nothing_unseen(text: str) -> None:
    written = harmless.json(json.dumps([text], ensure_ascii=False))
    assert json.loads(written) == [text]
    assert not re.search(f"[\x7f-\x9f{INVISIBLE}]", written)


def test_a_caret_stands_under_what_it_means_though_escapes_are_longer() -> None:
    where = Location(file="f", line=1, column=4)
    told = str(Problem(code="c", message="m", location=where, excerpt="\u200b\u200bab"))
    _, excerpt, caret = told.splitlines()
    assert excerpt[len(caret) - 1] == "b"
    assert caret.endswith("^")
