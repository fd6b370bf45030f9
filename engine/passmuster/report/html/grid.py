"""Rules and nodes in one table: a column for each group of nodes where they are few, else counts and folded names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.model.outcome import RuleOutcome
from passmuster.report import counting
from passmuster.report.html import words
from passmuster.report.matrix import COLUMNS, worst_first
from passmuster.report.page import Markup, join, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.model.verdict import RuleHeader, Verdict
    from passmuster.report.node_groups import Alike

_COLUMNS_MAX = 8
_HEAD_MAX = 40
"""Characters of folded names over a column."""
_TOLD = (RuleOutcome.FAIL, RuleOutcome.UNKNOWN, RuleOutcome.ERROR, RuleOutcome.WAIVED)
"""Outcomes whose nodes are named."""


def grid(verdict: Verdict, groups: Sequence[Alike]) -> Markup:
    """The table, with a sentence on how to read it; it scrolls in itself where the screen is narrow."""
    judged = [(number, group) for number, group in enumerate(groups, 1) if group.results]
    if not judged:
        return words.section("Rules", "rules", tag("p", "No node was judged, so no rule has an outcome."))
    content = _by_group(verdict, judged) if len(judged) <= _COLUMNS_MAX else _by_outcome(verdict, groups)
    return words.section("Rules", "rules", content, _unjudged(groups))


def _unjudged(groups: Sequence[Alike]) -> Markup | None:
    """What has no part in the table."""
    nodes = [name for group in groups if not group.results for name in group.names]
    return tag("p", f"Unknown as a whole, so not counted here: {words.on(nodes)}", class_="note") if nodes else None


def _by_group(verdict: Verdict, judged: Sequence[tuple[int, Alike]]) -> Markup:
    text = "Each column is a group of nodes with identical results; its number links to the details."
    heads = [
        tag(
            "th",
            tag("a", f"Group {number}", href=f"#group-{number}"),
            tag("span", words.count(len(group.nodes), "node"), class_="sub"),
            tag("span", words.names(group.names, _HEAD_MAX), class_="sub"),
            scope="col",
        )
        for number, group in judged
    ]
    rows = []
    for rule, _ in worst_first(counting.by_rule(verdict)):
        at = [result.rule for result in judged[0][1].results].index(rule)
        cells = [tag("td", words.outcome(group.results[at].outcome, rule.level)) for _, group in judged]
        rows.append(tag("tr", _rule(rule), *cells))
    head = tag("tr", tag("th", "Rule", scope="col"), *heads)
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="grid")
    return join(tag("p", text), _scrolls(table))


def _by_outcome(verdict: Verdict, groups: Sequence[Alike]) -> Markup:
    counts = counting.by_rule(verdict)
    columns = [(outcome, head) for outcome, head in COLUMNS if any(rule[outcome] for rule in counts.values())]
    never = [
        outcome.value.replace("_", " ") for outcome, _ in COLUMNS if outcome not in {shown for shown, _ in columns}
    ]
    text = "Number of nodes for each outcome, worst first." + (
        f" No results are {' or '.join(never)}." if never else ""
    )
    concerned = _concerned(groups)
    rows = []
    for rule, numbers in worst_first(counts):
        names = [
            tag("span", words.outcome(kind, rule.level), " ", words.names(concerned[rule, kind]), class_="sub")
            for kind in _TOLD
            if (rule, kind) in concerned
        ]
        cells = [
            tag("td", f"{numbers[outcome]:,}", class_=words.colour(outcome, rule.level) if numbers[outcome] else "none")
            for outcome, _ in columns
        ]
        rows.append(tag("tr", _rule(rule, *names), *cells))
    heads = [tag("th", head_text, scope="col") for head_text in ("Rule", *(head for _, head in columns))]
    table = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows), class_="grid counts")
    return join(tag("p", text), _scrolls(table))


def _concerned(groups: Sequence[Alike]) -> dict[tuple[RuleHeader, RuleOutcome], list[str]]:
    """Rule and outcome -> the names of the nodes, for outcomes whose nodes are named."""
    names: dict[tuple[RuleHeader, RuleOutcome], list[str]] = {}
    for group in groups:
        for result in group.results:
            if result.outcome in _TOLD:
                names.setdefault((result.rule, result.outcome), []).extend(group.names)
    return names


def _rule(rule: RuleHeader, *below: Markup) -> Markup:
    subtitle = tag("span", tag("code", rule.name), f" {rule.level.value}", class_="sub")
    return tag("th", rule.title, subtitle, *below, scope="row")


def _scrolls(table: Markup) -> Markup:
    return tag("div", table, class_="scrolls", role="region", tabindex="0", aria_labelledby="rules")
