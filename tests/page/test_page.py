"""What every page stands on: text that cannot become markup, a shell without addresses, colours that can be read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import Page, contrast, pairs, palettes

from passmuster.model.text import escape
from passmuster.report.page import Markup, css, escaped, join, prose, tag, whole

EVIL = '</p></style><script>alert(1)</script><img src=x onerror=alert(2)>" onclick="x\' \x1b[31m\u202e\u2028&amp;'


def test_text_is_escaped_and_markup_is_not() -> None:
    assert tag("p", "<b>", Markup("<br>"), class_='"') == '<p class="&quot;">&lt;b&gt;<br></p>'
    assert join("a", None, tag("hr"), "&") == "a<hr>&amp;"


def test_attributes_have_their_names_and_what_is_none_is_left_out() -> None:
    made = tag("a", "x", href=None, class_="y", aria_hidden="true")
    assert made == '<a class="y" aria-hidden="true">x</a>'


@pytest.mark.parametrize(
    "character", ["\x1b", "\x00", "\x9b", "\u202e", "\u2066", "\u200f", "\u2028", "\ufeff", "\ud800", "\u200b"]
)
def test_what_drives_terminals_or_turns_text_round_is_shown_and_not_passed_on(character: str) -> None:
    assert escaped(f"a{character}b") == f"a{escape(character)}b"
    assert escape(character).isascii()


def test_what_stands_between_backticks_is_code_and_still_text() -> None:
    assert prose("run `a <b>` now") == "run <code>a &lt;b&gt;</code> now"


@given(st.text(st.characters(exclude_categories=())))
def test_no_text_makes_an_element_or_an_attribute(text: str) -> None:
    page = Page(str(tag("div", tag("p", text, class_=text), prose(text.replace("`", "")))))
    assert [(each.name, list(each.attributes)) for each in page.elements] == [("div", []), ("p", ["class"])]


def test_a_whole_page_holds_its_content_and_asks_for_nothing() -> None:
    made = whole(tag("h1", EVIL, id="top"), title=EVIL, style=css(".a{color:var(--ink)}"), skip=("Skip", "top"))
    page = Page(made)
    assert made.startswith("<!doctype html>\n<html ")
    assert [each.name for each in page.elements] == [
        "html", "head", "meta", "meta", "meta", "meta", "title", "style", "body", "a", "div", "h1",
    ]  # fmt: skip
    security = next(each for each in page.elements if "http-equiv" in each.attributes)
    assert security.attributes["content"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert not re.search(r"url\(|@import|@font-face", page.all("style")[0].text)


@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_every_colour_of_text_stands_out_from_what_it_stands_on(name: str) -> None:
    palette = palettes(css())[name]
    poor = {pair: contrast(*(palette[each] for each in pair)) for pair in pairs(css())}
    assert {("ink", "paper"), ("soft", "panel")} <= set(poor)
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 4.5} == {}


def test_a_page_adds_its_own_style_where_it_counts() -> None:
    made = css(".own{margin:1px}", narrow=".own{margin:2px}", paper=".own{margin:3px}")
    narrow, paper = made.index("@media (max-width:34rem)"), made.rindex("@media print")
    assert made.index("margin:1px") < narrow < made.index("margin:2px") < paper < made.index("margin:3px")
