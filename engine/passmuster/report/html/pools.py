"""Rules about many nodes at once: for each pool, which values its members have, and who is the odd one out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.model.outcome import RuleOutcome
from passmuster.report import pools as pools_in_words
from passmuster.report import remedies
from passmuster.report.html import words
from passmuster.report.page import Markup, join, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.model.verdict import FleetResult, FleetUndecided, FleetValue, RuleHeader

_VALUES_MAX = 20
"""Values of one pool that are told of; where all differ from each other, the table is no help."""


def pools(found: Sequence[FleetResult]) -> Markup | None:
    """A part for each fleet rule; None where no such rule was asked."""
    if not found:
        return None
    by_rule: dict[RuleHeader, list[FleetResult]] = {}
    for result in found:
        by_rule.setdefault(result.rule, []).append(result)
    told = tag("p", "What these rules ask for is about a pool of nodes, and not about any of them alone.")
    return words.section("Rules over the fleet", "fleet", told, *(_rule(*each) for each in by_rule.items()))


def _rule(rule: RuleHeader, results: Sequence[FleetResult]) -> Markup:
    failing = any(each.outcome is RuleOutcome.FAIL for each in results)
    return tag(
        "article",
        tag("h3", rule.title),
        tag("p", tag("code", rule.name), f" {rule.level.value}", class_="under"),
        *(_pool(each) for each in results),
        words.remedy(RuleOutcome.FAIL, rule.remediation) if failing else None,
    )


def _pool(found: FleetResult) -> Markup:
    first = found.values[0] if found.values else None
    rows = [*(_value(each, first) for each in found.values[:_VALUES_MAX]), *map(_undecided, found.undecided)]
    rest = found.values[_VALUES_MAX:]
    nodes = words.count(sum(each.count for each in rest), "node")
    more = f"And {words.count(len(rest), 'other value')}, which the JSON report has, on {nodes}" if rest else None
    return tag(
        "div",
        tag("h4", words.outcome(found.outcome), f" {words.name(pools_in_words.where(found))}"),
        tag("p", found.message, class_="said") if found.message else None,
        words.table(("Value", "Nodes", "Which"), rows, kind="pool") if rows else None,
        tag("p", more, class_="note") if more else None,
        class_="result",
    )


def _value(found: FleetValue, first: FleetValue | None) -> Markup:
    odd = tag("span", "odd one out", class_="sub") if found.odd else None
    return words.row(join(_told(found, first), odd), f"{found.count:,}", _names(found.nodes, found.count))


def _told(found: FleetValue, first: FleetValue | None) -> Markup:
    """A value; of a list, how it differs from the most common one."""
    if not isinstance(found.value, tuple):
        return words.value(found.value)
    usual = first.value if first is not None and isinstance(first.value, tuple) else ()
    if found is first or not usual:
        return words.value(list(found.value))
    lacks = [each for each in usual if each not in found.value]
    adds = [each for each in found.value if each not in usual]
    told = [f"{word} {', '.join(each)}" for word, each in (("without", lacks), ("with", adds)) if each]
    return tag("span", words.name("; ".join(told) or "the same words in another order"))


def _undecided(found: FleetUndecided) -> Markup:
    facts = [f"{words.name(str(each.path))} {remedies.met(each.reason)}" for each in found.facts]
    told = "; ".join([*facts, *([found.reason] if found.reason else [])])
    return words.row(
        join(words.outcome(RuleOutcome.UNKNOWN), f" {told}"), f"{found.count:,}", _names(found.nodes, found.count)
    )


def _names(nodes: Sequence[str], count: int) -> str:
    """The names that are kept; of very many nodes only the first are."""
    rest = count - len(nodes)
    return words.names(nodes) + (f", and {rest:,} that are not listed here" if rest > 0 else "")
