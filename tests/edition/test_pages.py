"""The pages: accessible, self-contained, and nothing from data becomes markup."""

from __future__ import annotations

import functools
import itertools
import json
import re

import pytest
from packs import POLICIES, rule, text
from pages import Page, contrast, pairs, palettes

from passmuster import policy
from passmuster.authoring import docs, testing
from passmuster.report.page import Markup, escaped, prose, tag

FORMATS = dict(docs.FORMATS)


@functools.cache
def virtnest() -> docs.Edition:
    folder = POLICIES / "virtnest/1.0.0"
    source = policy.load((folder / "policy.yaml").read_bytes(), "policy.yaml", released=True)
    return docs.gather(source, testing.load((folder / "tests.yaml").read_bytes(), "tests.yaml"))


@functools.cache
def page() -> Page:
    return Page(FORMATS["html"](virtnest()))


def test_the_page_names_its_language_and_itself() -> None:
    (html,) = page().all("html")
    (title,) = page().all("title")
    assert html.attributes["lang"] == "en"
    assert title.text == "virtnest 1.0.0: Node prerequisites for installing virtual machines"
    assert page().source.startswith("<!doctype html>\n<html ")


def test_headings_are_in_order_and_skip_no_level() -> None:
    levels = [int(each.name[1]) for each in page().all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all(each.text.strip() for each in page().all("h1", "h2", "h3", "h4"))


def test_landmarks_and_labels() -> None:
    assert [len(page().all(name)) for name in ("main", "header", "nav")] == [1, 1, 1]
    ids = {each.attributes["id"] for each in page().elements if "id" in each.attributes}
    for each in page().all("section", "nav"):
        assert each.attributes["aria-labelledby"] in ids
    assert page().all("a")[0].attributes["href"] == "#page_rules"


def test_links_have_a_text_and_lead_somewhere() -> None:
    ids = [each.attributes["id"] for each in page().elements if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    for link in page().all("a"):
        target = link.attributes["href"]
        assert link.text.strip()
        assert target.startswith("https://") or target[1:] in ids, target


def test_pictures_have_a_text_and_tables_have_heads() -> None:
    assert all(each.attributes.get("alt", "").strip() for each in page().all("img", "svg"))
    assert page().all("th")
    assert all(each.attributes["scope"] == "col" for each in page().all("th"))
    assert len(page().all("table")) == len(page().all("thead")) == len(page().all("tbody"))


@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_every_colour_of_text_stands_out_from_what_it_stands_on(name: str) -> None:
    (style,) = page().all("style")
    palette = palettes(style.text)[name]
    found = pairs(style.text)
    assert {("ink", "paper"), ("soft", "panel"), ("fact", "panel")} <= found
    poor = {pair: round(contrast(*(palette[each] for each in pair)), 2) for pair in found}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 4.5} == {}


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_outcomes_are_told_in_words_and_not_by_colour_alone() -> None:
    for each in page().all("td"):
        if "outcome" in each.attributes.get("class", ""):
            assert each.attributes["class"].split()[1].replace("_", " ") == each.text


def self_contained(made: Page) -> None:
    assert not made.all(
        "script", "link", "iframe", "object", "embed", "form", "base", "img", "video", "audio", "source"
    )
    assert {name for each in made.elements for name in each.attributes} <= {
        "aria-labelledby", "charset", "class", "content", "href", "http-equiv", "id", "lang", "name", "scope",
    }  # fmt: skip
    (style,) = made.all("style")
    assert not re.search(r"url\(|@import|expression\(|@font-face", style.text)
    (security,) = (each for each in made.all("meta") if each.attributes.get("http-equiv"))
    assert security.attributes["http-equiv"] == "Content-Security-Policy"
    assert "default-src 'none'" in security.attributes["content"]
    assert all(re.match(r"https?://|#", each.attributes["href"]) for each in made.all("a"))


def test_the_page_asks_no_network_and_runs_nothing() -> None:
    self_contained(page())


def test_the_page_has_a_style_for_narrow_screens_for_darkness_and_for_paper() -> None:
    (style,) = page().all("style")
    for query in ("(max-width:34rem)", "(prefers-color-scheme:dark)", "@media print"):
        assert query in style.text
    assert any(each.attributes.get("content", "").startswith("width=device-width") for each in page().all("meta"))


EVIL = '</code></style><script>alert(1)</script><img src=x onerror=alert(2)>" onclick="x\' `[a](javascript:b)` |'


def hostile() -> docs.Edition:
    quoted = json.dumps(EVIL)
    literal = "'" + EVIL.replace("'", "\\'") + "'"
    body = rule("one", f"os.id != {literal} && constants.evil != ''", message_expression=literal)
    body = body.replace("title: one holds", f"title: {quoted}").replace("rationale: r", f"rationale: {quoted}")
    body = body.replace("deviation: none", f"deviation: {quoted}").replace(
        "remediation: mend one", f"remediation: {quoted}"
    )
    body = body.replace(
        "{title: t, url: 'https://example.org'}",
        f"{{title: {quoted}, quote: {quoted}, url: {json.dumps('https://e.org/' + EVIL)}}}",
    )
    extra = f"constants:\n  evil:\n    description: {quoted}\n    value: {quoted}\n"
    source = policy.load(text(body, extra=extra).encode(), "demo.yaml")
    cases = [{"name": EVIL, "base": "a", "expect": {"one": "fail"}, "messages": {"one": EVIL}}]
    suite = {
        "schema": "passmuster.tests/1",
        "bases": {"a": {"description": EVIL, "sections": {"os": {"id": "a"}}}},
        "cases": cases,
    }
    return docs.gather(source, testing.load(json.dumps(suite).encode(), "tests.yaml"))


def test_nothing_from_a_policy_becomes_html() -> None:
    made = Page(FORMATS["html"](hostile()))
    self_contained(made)
    assert made.source.count("alert(1)") >= 9
    assert "<script" not in made.source
    assert {each.name for each in made.elements} <= {each.name for each in page().elements}


def test_nothing_from_a_policy_becomes_markup() -> None:
    text = FORMATS["markdown"](hostile())
    outside = re.sub(r"(?ms)^(`{3,})\w+$.*?^\1$", "", text)
    assert outside.count("alert") >= 5
    assert not re.search(r"(?<!\\)<(?!https?://)", outside)
    assert not re.search(r"(?<!\\)\]\((?!<https?://)", outside)
    assert all(line.count("|") - line.count("\\|") in {0, 4, 5} for line in outside.splitlines())


def test_a_rule_may_be_called_as_a_part_of_the_page_is() -> None:
    names = ["main", "rules", "terms", "contents", "reading", "page-rules"]
    source = policy.load(text(*(rule(name, "network.ipv6") for name in names)).encode(), "demo.yaml")
    made = Page(FORMATS["html"](docs.gather(source, None)))
    ids = [each.attributes["id"] for each in made.elements if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    assert set(names) <= set(ids)


def test_controls_are_shown_and_not_passed_on() -> None:
    assert escaped("a\x1b[2J\u202eb") == "a\\x1b[2J\\u202eb"
    assert tag("p", "<b>", Markup("<br>"), class_='"') == '<p class="&quot;">&lt;b&gt;<br></p>'
    assert prose("run `a <b>` now") == "run <code>a &lt;b&gt;</code> now"


def test_the_same_policy_gives_the_same_pages() -> None:
    for render in FORMATS.values():
        assert render(virtnest()) == render(virtnest())


def test_markdown_holds_every_rule_and_every_example() -> None:
    text = FORMATS["markdown"](virtnest())
    for entry in virtnest().entries:
        assert f"Rule {entry.id.replace('_', chr(92) + '_')}, {entry.level.value}. Digest: `{entry.digest}`" in text
    assert text.count("\n| ") >= sum(len(entry.examples) for entry in virtnest().entries)
