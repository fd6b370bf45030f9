"""The page of an impact: complete, self-contained, readable, and nothing from data becomes markup."""

from __future__ import annotations

import functools
import itertools
import re
from typing import TYPE_CHECKING

import pytest
from impacts import exceptions, given, rendered, side
from packs import compiled, rule
from pages import Page, contrast, pairs, palettes
from snapshots import snapshot

from passmuster import impact
from passmuster.evaluation.node import Given

if TYPE_CHECKING:
    from passmuster.comparison import Impact

EVIL = '</td></style><script>alert(1)</script><img src=x onerror=alert(2)>" onclick="x\' \x1b[31m\u202e\n&amp;'
OLD = compiled(
    rule("one", "kernel.major >= 5", message_expression="'is ' + kernel.release"),
    rule("two", "os.id == 'alpine'"),
    rule("three", "network.nf_tables"),
)
NEW = compiled(
    rule("one", "kernel.major >= 6", message_expression="'is ' + kernel.release"),
    rule("two", "os.id == 'alpine'"),
    rule("three", "network.nf_tables && network.ipv6"),
)


@functools.cache
def crossed(name: str = "node-1") -> Impact:
    """Every part of a report at once."""
    was = [snapshot(name), snapshot("gone-1"), snapshot("worker-01"), snapshot("worker-02"), snapshot("twice")]
    is_now = [
        snapshot(name, set_={"kernel.major": 5, "kernel.release": f"5.{EVIL}"}),
        snapshot("new-1"),
        *(snapshot(each, unknown={"network.ipv6": "denied"}) for each in ("worker-01", "worker-02", "twice")),
        snapshot("twice", unknown={"network.ipv6": "failed"}),
    ]
    bad = Given(input=f"{name}.json", snapshot=None, problem=f"{name}.json:1:1: not JSON")
    waived = exceptions("w * two 2026-12-31"), exceptions("w * two 2026-12-31", now="2027-01-01")
    old, new = side(OLD, {"least": 4}, waived[0]), side(NEW, {"least": 5}, waived[1])
    return impact(old, new, [*given(*is_now), bad], given(*was))


@functools.cache
def page(name: str = "node-1") -> Page:
    return Page(rendered("html", crossed(name)))


def test_the_page_says_all_that_the_table_says() -> None:
    text = " ".join(page().all("body")[0].text.split())
    for told in (
        "3 nodes passed and would fail",
        "3 of 3 nodes change outcome",
        "The requirement changed: 1 node",
        "A waiver changed: 3 nodes",
        "w expired (t, o, last day 2026-12-31): r",
        "Collect again: 2 nodes",
        "network.ipv6: denied",
        "worker-[01-02]",
        "kernel.major: 6 -> 5",
        "appeared: a later snapshot only",
        "gone: an earlier snapshot only",
        "more than once among the later snapshots: twice.json, twice.json",
        "node-1.json:1:1: not JSON",
        "the policy alone: pass -> pass; the node alone: pass -> pass",
    ):
        assert told in text, told


def test_headings_are_in_order_and_every_link_leads_somewhere() -> None:
    levels = [int(each.name[1]) for each in page().all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    ids = [each.attributes["id"] for each in page().elements if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    assert {each.attributes["href"] for each in page().all("a")} <= {f"#{each}" for each in ids}
    assert {each.attributes["aria-labelledby"] for each in page().all("section")} <= set(ids)
    assert all(each.attributes["scope"] == "col" for each in page().all("th"))
    assert page().all("html")[0].attributes["lang"] == "en"


@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_every_colour_of_text_stands_out_from_what_it_stands_on(name: str) -> None:
    (style,) = page().all("style")
    palette = palettes(style.text)[name]
    poor = {pair: contrast(*(palette[each] for each in pair)) for pair in pairs(style.text)}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 4.5} == {}


def self_contained(made: Page) -> None:
    assert not made.all("script", "link", "iframe", "object", "embed", "form", "base", "img", "video", "source")
    assert {name for each in made.elements for name in each.attributes} <= {
        "aria-labelledby", "charset", "class", "content", "href", "http-equiv", "id", "lang", "name", "scope",
    }  # fmt: skip
    (style,) = made.all("style")
    assert not re.search(r"url\(|@import|expression\(|@font-face", style.text)
    (security,) = (each for each in made.all("meta") if each.attributes.get("http-equiv"))
    assert security.attributes["http-equiv"] == "Content-Security-Policy"
    assert "default-src 'none'" in security.attributes["content"]


def test_the_page_asks_no_network_and_runs_nothing() -> None:
    self_contained(page())


def test_nothing_from_a_host_becomes_markup() -> None:
    hostile = page(f"{EVIL}-1")
    self_contained(hostile)
    assert hostile.source.count("alert(1)") > 5
    assert {each.name for each in hostile.elements} == {each.name for each in page().elements}
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", hostile.source)


def test_nothing_from_a_host_drives_a_terminal_or_makes_a_line() -> None:
    hostile, harmless = (rendered("table", crossed(name)) for name in (f"{EVIL}-1", "node-1"))
    assert len(hostile.splitlines()) == len(harmless.splitlines())
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", hostile + rendered("json", crossed(f"{EVIL}-1")))


def test_an_impact_without_a_change_says_so() -> None:
    made = Page(rendered("html", impact(side(OLD), side(OLD), given(snapshot("a")))))
    text = made.all("body")[0].text
    assert "No node that passed would fail" in text
    assert "No rule changes outcome on any node." in text
    nothing = Page(rendered("html", impact(side(OLD), side(NEW), given(snapshot("a")), given(snapshot("b")))))
    assert "Nothing was compared." in nothing.all("body")[0].text


def test_the_page_has_more_sets_of_values_than_a_terminal_wants() -> None:
    nodes = [snapshot(f"n{at}", set_={"kernel.major": 5, "kernel.release": f"5.{at}.0"}) for at in range(30)]
    found = impact(side(OLD), side(NEW), given(*nodes))
    table = rendered("table", found)
    assert table.count("is 5.") == 20
    assert "and 10 more sets of values, on 10 nodes (-o json has them all)" in table
    assert rendered("html", found).count("is 5.") == 30
