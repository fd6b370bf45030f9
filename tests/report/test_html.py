"""The HTML report: complete, self-contained, readable in every way, and nothing from data becomes markup."""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import pytest
from goldens import same_as_golden
from pages import Page, contrast, pairs, palettes
from report_fleets import HOSTILE, TERMS, full, node, single, small
from spoiling import spoiled

from passmuster.evaluation.node import judge
from passmuster.model.outcome import RuleOutcome
from passmuster.model.text import INVISIBLE
from passmuster.report import Evidence, Style
from passmuster.report.harmless import plain
from passmuster.report.html import render
from passmuster.report.html.words import names

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.model.verdict import Verdict

VERDICTS: dict[str, Callable[[], Verdict]] = {
    "one node": single,
    "a small fleet": small,
    "everything": full,
    "nothing": lambda: judge([], TERMS),
}


@functools.cache
def page(name: str, evidence: Evidence = Evidence.NEEDED) -> Page:
    return Page(render(VERDICTS[name](), Style(evidence=evidence)))


def text(made: Page) -> str:
    """The words of a page, elements apart."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", made.source.partition("<body>")[2])).split())


@pytest.fixture(params=VERDICTS)
def each(request: pytest.FixtureRequest) -> Page:
    return page(request.param)


def test_the_page_of_a_small_fleet_with_a_hostile_node() -> None:
    same_as_golden("report/small-fleet.html", page("a small fleet").source)


def test_headings_are_in_order_and_skip_no_level(each: Page) -> None:
    headings = each.all("h1", "h2", "h3", "h4", "h5", "h6")
    levels = [int(heading.name[1]) for heading in headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all(heading.text.strip() for heading in headings)


def test_ids_are_unique_and_links_and_labels_lead_to_them(each: Page) -> None:
    ids = [element.attributes["id"] for element in each.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    assert {link.attributes["href"] for link in each.all("a")} <= {f"#{id_}" for id_ in ids}
    labels = {
        element.attributes["aria-labelledby"] for element in each.elements if "aria-labelledby" in element.attributes
    }
    assert labels <= set(ids)
    assert all("aria-labelledby" in section.attributes for section in each.all("section"))
    assert [len(each.all(name)) for name in ("main", "header", "footer")] == [1, 1, 1]


def test_tables_have_heads_and_every_head_says_what_it_is_the_head_of(each: Page) -> None:
    tables = each.all("table")
    assert tables
    assert len(tables) == len(each.all("thead")) == len(each.all("tbody"))
    for cell in each.all("th"):
        row = cell.parent
        assert row is not None
        assert row.parent is not None
        assert cell.attributes["scope"] == ("col" if row.parent.name == "thead" else "row")
        assert cell.text.strip()


def test_outcomes_are_told_in_words_and_not_by_colour_alone(each: Page) -> None:
    words = {outcome.value for outcome in RuleOutcome} | {"warn"}
    for element in each.elements:
        classes = element.attributes.get("class", "").split()
        if "outcome" in classes:
            assert classes[1].replace("_", " ") == element.text
        elif set(classes) & words and element.name == "td":
            assert element.text.replace(",", "").isdigit()  # the column's head says the word


def test_an_informational_rule_that_fails_is_not_red_as_a_required_one_is() -> None:
    made = page("one node")
    classes = {
        element.attributes["class"]
        for element in made.elements
        if "outcome fail" in element.attributes.get("class", "")
    }
    assert classes == {"outcome fail", "outcome fail informational"}
    assert re.search(r"\.fail\.informational\{color:var\(--soft\)\}", made.source)


def test_the_page_asks_no_network_and_runs_nothing(each: Page) -> None:
    assert {element.name for element in each.elements} <= {
        "html", "head", "meta", "title", "style", "body", "header", "main", "section", "article", "footer", "div", "span",
        "h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td",
        "a", "code", "strong", "br",
    }  # fmt: skip
    assert {name for element in each.elements for name in element.attributes} <= {
        "aria-hidden", "aria-labelledby", "charset", "class", "content", "href", "http-equiv", "id", "lang", "name", "role",
        "scope", "style", "tabindex",
    }  # fmt: skip
    (security,) = (meta for meta in each.all("meta") if "http-equiv" in meta.attributes)
    assert "default-src 'none'; style-src 'unsafe-inline'" in security.attributes["content"]
    for element in each.elements:
        assert re.fullmatch(r"flex-grow:\d+", element.attributes.get("style", "flex-grow:0"))
    assert not re.search(r"url\(|@import|expression\(|@font-face", each.all("style")[0].text)


@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_every_colour_of_text_stands_out_from_what_it_stands_on(name: str) -> None:
    css = page("one node").all("style")[0].text
    bar = "".join(re.findall(r"\.bar \.\w+\{[^}]*\}", css))
    palette = palettes(css)[name]
    found = pairs(re.sub(r"\.bar \.\w+\{[^}]*\}", "", css)) | pairs(bar)
    assert {("paper", "bad"), ("paper", "good"), ("bad", "paper"), ("soft", "paper")} <= found
    poor = {pair: round(contrast(*(palette[part] for part in pair)), 2) for pair in found}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < 4.5} == {}


def test_there_is_a_style_for_narrow_screens_for_darkness_and_for_paper(each: Page) -> None:
    style = each.all("style")[0].text
    for query in ("(max-width:34rem)", "(prefers-color-scheme:dark)", "@media print"):
        assert query in style
    assert ".long{max-height:none;overflow:visible" in style.rpartition("@media print")[2]


def _words(told: str) -> str:
    return " ".join(plain(told).split())


@pytest.mark.parametrize("name", ["one node", "a small fleet", "everything"])
def test_every_node_and_all_that_there_is_to_say_of_it_is_on_the_page(name: str) -> None:
    verdict, told = VERDICTS[name](), text(page(name))
    for every in verdict.nodes:
        assert _words(every.node) in told
        assert every.snapshot is None or every.snapshot.digest in told
        assert every.reason is None or _words(every.reason) in told
        for result in every.results:
            assert result.rule.id in told
            if result.outcome in {RuleOutcome.FAIL, RuleOutcome.WAIVED}:
                assert _words(result.message or "") in told
                assert " ".join(result.rule.remediation.replace("`", "").split()) in told
                for fact in result.facts:
                    assert str(fact.path) in told
                    assert fact.source is None or fact.source in told
            for lacking in result.unknown:
                assert str(lacking.path) in told


@pytest.mark.parametrize("name", VERDICTS)
def test_what_the_verdict_rests_on_is_on_the_page(name: str) -> None:
    verdict, told = VERDICTS[name](), text(page(name))
    assert verdict.digest in told
    assert f"passmuster {verdict.engine}, {verdict.language}" in told
    for policy in verdict.policies:
        assert f"{policy.pack} {policy.version}" in told
        assert policy.digest in told


def test_what_is_not_there_is_said() -> None:
    told = text(page("one node"))
    for sentence in (
        "The policies have none.",
        "None were given.",
        "this report cannot show missing nodes",
        "Each snapshot is of a different node.",
        "no result depends on the time of the check",
    ):
        assert sentence in told
    assert "an empty fleet never passes" in text(page("nothing"))


def test_nodes_without_a_result_are_not_passed_over_in_the_table() -> None:
    assert "Unknown as a whole, so not counted here: 1 node: broken.json" in text(page("a small fleet"))


def test_parameters_waivers_roster_duplicates_and_the_moment() -> None:
    told = text(page("everything"))
    for sentence in (
        'virtnest.words ["a"]',
        "Would be fail. Waived because: It leaves. (waiver w1: Ada, OPS-1, until 2026-12-31)",
        "waiver w2 (kernel-version on name waived; o, t) expired after 2026-11-22",
        "waiver w3 (iommu-enabled on name idle; o, t) unused",
        "Without a snapshot: gone.",
        "With a snapshot, but not listed: aged, blind, clone, copied, old-cpu-[1-2], twin, waived.",
        "several snapshots of one node twin",
        "one snapshot, given more than once copied",
        "one name, several machines worker-002",
        "Judged as of 2026-11-23T23:59:00Z. A node is unknown if its snapshot is older than 30d.",
    ):
        assert sentence in told, sentence


def test_rules_over_the_fleet_tell_the_odd_ones_out() -> None:
    told = text(page("everything"))
    assert "Fleet rules" in told
    assert 'fail pool racks/1, 4 nodes 2 sets of flags Value Nodes Which ["a", "b"] 3 n[1-3] without b; with c' in told
    assert "unknown cpu.flags denied 1 blind Do: Mend same-flags." in told
    assert "Fleet rules" not in text(page("a small fleet"))


@pytest.mark.long
def test_evidence_can_be_had_for_all_results_or_for_none() -> None:
    shown = [
        len(page("a small fleet", evidence).all("tr")) for evidence in (Evidence.NONE, Evidence.NEEDED, Evidence.FULL)
    ]
    assert shown == sorted(set(shown))
    assert "mend" in text(page("a small fleet", Evidence.NONE))


def test_nodes_that_came_out_alike_share_a_part_that_lists_them_all() -> None:
    nodes = [node(f"worker-{number:03d}", number) for number in range(1, 41)]
    nodes += [node("odd", 99, set_={"kernel.release": "4.4.0"})]
    made = Page(render(judge(nodes, TERMS), Style()))
    assert [heading.text for heading in made.all("h3")][:2] == ["odd", "worker-[001-040]"]
    assert [cell.text for cell in made.all("th") if cell.text.startswith("worker-0")] == [
        f"worker-{number:03d}" for number in range(1, 41)
    ]
    columns = [cell.text for cell in made.all("th") if cell.text.startswith("Group")]
    assert columns == ["Group 11 nodeodd", "Group 240 nodesworker-[001-040]"]


@pytest.mark.long
def test_many_groups_are_counted_by_rule_and_outcome() -> None:
    paths = ["devices", "kernel", "cpu", "cgroup", "iommu", "runtime", "virtualization", "memory"]
    nodes = [
        node(
            f"worker-{number:03d}",
            number,
            unknown={path: "denied" for at, path in enumerate(paths) if number >> at & 1},
        )
        for number in range(64)
    ]
    made = Page(render(judge(nodes, TERMS), Style()))
    rows = [[cell.text for cell in made.elements if cell.parent is row] for row in made.all("tr")]
    (head, *_) = rows
    assert head == ["Rule", "fail", "unknown", "pass", "n/a"]
    assert "No results are error or waived." in text(made)
    (kernel,) = (row for row in rows if "virtnest/kernel-version" in row[0] and len(row) == 5)
    assert kernel[1:] == ["0", "32", "32", "0"]
    assert "unknown worker-[002-003,006-007,010-011," in kernel[0]


def test_what_differs_from_node_to_node_does_not_fill_the_page() -> None:
    nodes = [node(f"worker-{number:03d}", number, set_={"kernel.release": f"4.4.{number}"}) for number in range(60)]
    told = text(Page(render(judge(nodes, TERMS), Style())))
    assert "With 55 other sets of values (see the JSON report) on 55 nodes" in told


def test_a_very_long_value_is_cut_and_says_so() -> None:
    made = render(judge([node("a", 1, set_={"cpu.flags": [f"word{number}" for number in range(600)]})], TERMS), Style())
    assert re.search(r"and [\d,]+ more characters \(see the JSON report\)", made)
    assert "word599" not in made


PAYLOADS = {
    "a script": "<script>alert(1)</script>",
    "an end of the style": "</style><style>*{display:none}",
    "an end of the title": "</title><h1>pwn</h1>",
    "an image": '"><img src=x onerror=alert(1)>',
    "an attribute": '" onmouseover="alert(1)" x="',
    "an attribute in single quotes": "' autofocus onfocus='alert(1)",
    "a comment": "<!-- ",
    "CDATA": "]]><![CDATA[<b>",
    "a vector": "<svg/onload=alert(1)>",
    "a link": "<a href=javascript:alert(1)>x</a>",
    "a base": "<base href=//evil.example>",
    "a refresh": '<meta http-equiv="refresh" content="0;url=//evil.example">',
    "an entity": "&lt;script&gt;&#x3c;b&#x3e;",
    "half an element": "<b",
    "an end": "</td></tr></table></article></main></body></html>",
    "text turned round": "\u202egnp.exe\u2066\u2069\u200f",
    "controls": "\x00\x1b]0;pwn\x07\x1b[2J\x9b31m\x7f\r\n\t",
    "lines": "\u2028\u2029",
    "what nobody sees": "a\u200bb\u2060\u00ad\ufe0f\u3164\U000e0041\U000e0100",
    "half a character": "\ud800",
    "a template": "{{7*7}}${7*7}<%= 7 %>",
}
"""Texts that a hostile node, policy or waiver would write."""


def _skeleton(verdict: Verdict, payload: str) -> list[tuple[str, dict[str, str]]]:
    source = render(spoiled(verdict, payload), Style(evidence=Evidence.FULL))
    assert not re.search(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800{INVISIBLE}]", source)
    assert source.count("<!") == 1
    return [(element.name, element.attributes) for element in Page(source).elements]


@pytest.mark.long
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
@pytest.mark.parametrize("verdict", [full, single], ids=["everything", "one node"])
def test_no_element_and_no_attribute_comes_from_data(
    verdict: functools._lru_cache_wrapper[Verdict], payload: str
) -> None:
    harmless = "x" * len(payload)
    assert _skeleton(verdict(), payload) == _skeleton(verdict(), harmless)


def test_hostile_text_is_shown_and_not_swallowed() -> None:
    assert plain(HOSTILE) in text(page("a small fleet"))


def test_the_order_of_the_nodes_changes_nothing() -> None:
    verdict = full()
    assert render(replace(verdict, nodes=verdict.nodes), Style()) == page("everything").source


SHORTENED = {
    "what fits": (["a1", "a2", "b"], 20, "a[1-2], b"),
    "what does not": ([f"n{number}" for number in range(1, 60, 2)], 20, "n[1,3,5,7,9,11] and 24 more"),
    "one long name": (["x" * 50], 20, "x" * 50),
    "nothing": ([], 20, ""),
}


@pytest.mark.parametrize(("given", "limit", "told"), SHORTENED.values(), ids=SHORTENED)
def test_many_names_in_few_words(given: list[str], limit: int, told: str) -> None:
    assert names(given, limit) == told
