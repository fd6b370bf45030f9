"""Rules about many nodes at once: for each pool, which values its members have, and who is the odd one out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.model.outcome import RuleOutcome
from passmuster.report import advice
from passmuster.report import pools as pools_in_words
from passmuster.report.html import words
from passmuster.report.page import Markup, join, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.model.verdict import FleetResult, FleetUndecided, FleetValue, RuleHeader

_VALUES_MAX = 20
"""Values of one pool that are told of; where all differ from each other, the table is no help."""


def pools(results: Sequence[FleetResult]) -> Markup | None:
    """A part for each fleet rule; None if no fleet rule is selected."""
    if not results:
        return None
    by_rule: dict[RuleHeader, list[FleetResult]] = {}
    for result in results:
        by_rule.setdefault(result.rule, []).append(result)
    intro = tag("p", "These rules judge all nodes of a pool together, never one node alone.")
    return words.section("Fleet rules", "fleet", intro, *(_rule(*item) for item in by_rule.items()))


def _rule(rule: RuleHeader, results: Sequence[FleetResult]) -> Markup:
    failing = any(result.outcome is RuleOutcome.FAIL for result in results)
    return tag(
        "article",
        tag("h3", rule.title),
        tag("p", tag("code", rule.name), f" {rule.level.value}", class_="under"),
        *(_pool(result) for result in results),
        words.remedy(RuleOutcome.FAIL, rule.remediation) if failing else None,
    )


def _pool(result: FleetResult) -> Markup:
    first = result.values[0] if result.values else None
    rows = [*(_value(value, first) for value in result.values[:_VALUES_MAX]), *map(_undecided, result.undecided)]
    rest = result.values[_VALUES_MAX:]
    nodes = words.count(sum(fleet_value.count for fleet_value in rest), "node")
    more = f"And {words.count(len(rest), 'other value')} (see the JSON report) on {nodes}" if rest else None
    return tag(
        "div",
        tag("h4", words.outcome(result.outcome), f" {words.name(pools_in_words.where(result))}"),
        tag("p", result.message, class_="said") if result.message else None,
        words.table(("Value", "Nodes", "Which"), rows, kind="pool") if rows else None,
        tag("p", more, class_="note") if more else None,
        class_="result",
    )


def _value(fleet_value: FleetValue, first: FleetValue | None) -> Markup:
    odd = tag("span", "odd one out", class_="sub") if fleet_value.odd else None
    return words.row(
        join(_told(fleet_value, first), odd), f"{fleet_value.count:,}", _names(fleet_value.nodes, fleet_value.count)
    )


def _told(fleet_value: FleetValue, first: FleetValue | None) -> Markup:
    """A value; of a list, how it differs from the most common one."""
    if not isinstance(fleet_value.value, tuple):
        return words.value(fleet_value.value)
    usual = first.value if first is not None and isinstance(first.value, tuple) else ()
    if fleet_value is first or not usual:
        return words.value(list(fleet_value.value))
    lacks = [member for member in usual if member not in fleet_value.value]
    adds = [member for member in fleet_value.value if member not in usual]
    differences = [f"{word} {', '.join(members)}" for word, members in (("without", lacks), ("with", adds)) if members]
    return tag("span", words.name("; ".join(differences) or "the same words in another order"))


def _undecided(undecided: FleetUndecided) -> Markup:
    facts = [f"{words.name(str(fact.path))} {advice.met(fact.reason)}" for fact in undecided.facts]
    text = "; ".join([*facts, *([undecided.reason] if undecided.reason else [])])
    return words.row(
        join(words.outcome(RuleOutcome.UNKNOWN), f" {text}"),
        f"{undecided.count:,}",
        _names(undecided.nodes, undecided.count),
    )


def _names(nodes: Sequence[str], count: int) -> str:
    """The names that are kept; of very many nodes only the first are."""
    rest = count - len(nodes)
    return words.names(nodes) + (f", and {rest:,} that are not listed here" if rest > 0 else "")
