"""A part of the page for each group of nodes that came out alike: what was found, on what grounds, on which nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.model.outcome import Level, RuleOutcome
from passmuster.report import advice, exceptions
from passmuster.report.advice import action
from passmuster.report.format import Evidence
from passmuster.report.html import words
from passmuster.report.node_groups import alike, variants
from passmuster.report.page import Markup, join, tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from passmuster.model.verdict import Because, NodeVerdict, Result, Verdict, WaiverHeader
    from passmuster.report.node_groups import Alike, Variant

_ORDER = (
    RuleOutcome.FAIL,
    RuleOutcome.ERROR,
    RuleOutcome.UNKNOWN,
    RuleOutcome.WAIVED,
    RuleOutcome.PASS,
    RuleOutcome.NOT_APPLICABLE,
)
_QUIET = (RuleOutcome.PASS, RuleOutcome.NOT_APPLICABLE)
_LEVELS = tuple(Level)
_VARIANTS_MAX = 5
"""Sets of values that are told of one rule in one group; what differs from node to node would fill the page."""
_HEAD_MAX = 80
"""Characters of folded names in a heading."""
_LONG = 13
"""From so many nodes on, their list scrolls in itself on a screen; paper has it whole."""


def parts(groups: Sequence[Alike], evidence: Evidence) -> Markup:
    """All groups of several nodes, in their order."""
    text = "Nodes with identical results are grouped, worst first." if groups else "There is none."
    made = [_part(number, group, evidence) for number, group in enumerate(groups, 1)]
    return words.section("Nodes", "nodes", tag("p", text), *made)


def single(verdict: Verdict, evidence: Evidence) -> Markup:
    """The part of the only node."""
    (group,) = alike(verdict)
    return words.section("What was found", "nodes", _part(None, group, evidence), words.next_step(verdict))


def _part(number: int | None, group: Alike, evidence: Evidence) -> Markup:
    alone = len(group.nodes) == 1
    label = f" Group {number}, {words.count(len(group.nodes), 'node')}" if number else None
    reasons = [
        tag("p", reason, None if alone else tag("span", words.on(names), class_="sub"), class_="reason")
        for reason, names in sorted(group.reasons.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]
    return tag(
        "article",
        tag("p", words.outcome(group.outcome), label, class_="label"),
        tag("h3", words.names(group.names, _HEAD_MAX), id=f"group-{number or 1}"),
        _node(group.nodes[0]) if alone else None,
        *reasons,
        *_results(group, evidence),
        *_quiet(group, evidence),
        None if alone else _nodes(number, group.nodes),
    )


def _node(node: NodeVerdict) -> Markup:
    if node.snapshot is None:
        return tag("p", "It has no readable snapshot.")
    snapshot = node.snapshot
    rows = (
        ("Snapshot", tag("span", snapshot.digest, class_="mono digest")),
        ("Collected", f"{snapshot.when}, {_KINDS.get(snapshot.kind, snapshot.kind)} ({snapshot.context})"),
        ("Machine", tag("span", node.machine_id or "no machine id", class_="mono digest")),
    )
    listed = [part for name, value in rows for part in (tag("dt", name), tag("dd", value))]
    return tag("dl", *listed, class_="meta")


_KINDS = {"live": "from the live system", "root": "from a mounted host", "dump": "from copied files"}


def _nodes(number: int | None, nodes: Sequence[NodeVerdict]) -> Markup:
    rows = [
        words.row(words.name(node.node), node.snapshot.when, node.snapshot.digest)
        if node.snapshot
        else words.row(words.name(node.node), "", "no readable snapshot")
        for node in nodes
    ]
    table = words.table(("Node", "Collected", "Digest of the snapshot"), rows, kind="nodes")
    anchor = f"nodes-{number}"
    head = tag("h4", f"All {words.count(len(nodes), 'node')}, with their digests", id=anchor)
    if len(nodes) < _LONG:
        return join(head, table)
    return join(head, tag("div", table, class_="long", role="region", tabindex="0", aria_labelledby=anchor))


def _results(group: Alike, evidence: Evidence) -> Iterator[Markup]:
    listed_rules = [
        (at, result)
        for at, result in enumerate(group.results)
        if result.outcome not in _QUIET or evidence is Evidence.FULL
    ]
    listed_rules.sort(key=lambda entry: _urgency(entry[1]))
    for at, result in listed_rules:
        yield _result(result, variants(group, at, evidence), len(group.nodes), evidence)


def _urgency(result: Result) -> tuple[bool, int, int]:
    """The worst outcome first, in it the weightier rule; informational rules come last."""
    informational = result.rule.level is Level.INFORMATIONAL
    return informational, _ORDER.index(result.outcome), _LEVELS.index(result.rule.level)


def _quiet(group: Alike, evidence: Evidence) -> Iterator[Markup]:
    """What passed or did not apply, by name."""
    for outcome in _QUIET if evidence is not Evidence.FULL else ():
        fitting = [result.rule.id for result in group.results if result.outcome is outcome]
        if fitting:
            text = f" ({len(fitting)}): {', '.join(fitting)}"
            yield tag("p", words.outcome(outcome), text, class_="quiet")


def _result(result: Result, variants: Sequence[Variant], nodes: int, evidence: Evidence) -> Markup:
    rule = result.rule
    several = len(variants) > 1 or len(variants[0].names) != nodes
    return tag(
        "div",
        tag("h4", words.outcome(result.outcome, rule.level), " ", rule.title),
        tag("p", tag("code", rule.name), f" {rule.level.value}", class_="under"),
        *(_variant(variant, evidence, several=several) for variant in variants[:_VARIANTS_MAX]),
        _further(variants[_VARIANTS_MAX:]),
        words.remedy(result.waived.outcome if result.waived else result.outcome, rule.remediation),
        _waiver(result.waived.waiver, result.waived.outcome) if result.waived else None,
        class_="result",
    )


def _variant(variant: Variant, evidence: Evidence, *, several: bool) -> Markup:
    result = variant.result
    return join(
        tag("p", f"On {words.on(variant.names)}", class_="note") if several else None,
        tag("p", result.message, class_="said") if result.message and not result.unknown else None,
        _facts(result) if evidence.wanted(result) else None,
        _unknown(result),
        _because(result.because) if evidence.wanted(result) and not result.unknown else None,
    )


def _further(variants: Sequence[Variant]) -> Markup | None:
    if not variants:
        return None
    nodes = words.on([name for variant in variants for name in variant.names])
    text = f"With {words.count(len(variants), 'other set')} of values (see the JSON report) on {nodes}"
    return tag("p", text, class_="note")


def _facts(result: Result) -> Markup | None:
    if not result.facts:
        return None
    rows = [
        words.row(
            tag("code", words.name(str(fact.path))), words.value(fact.value), words.name(fact.source or "not told")
        )
        for fact in result.facts
    ]
    return words.table(("Fact", "Value", "Read from"), rows, kind="facts")


def _unknown(result: Result) -> Markup | None:
    if not result.unknown:
        return None
    rows = [
        words.row(
            tag("code", words.name(str(fact.path))),
            join(advice.met(fact.reason), f": {fact.detail}" if fact.detail else None),
            action(fact, None),
        )
        for fact in result.unknown
    ]
    return words.table(("Unknown facts", "Why", "What to do"), rows, kind="facts")


def _because(reasons: Sequence[Because]) -> Markup | None:
    if not reasons:
        return None
    items = [
        tag(
            "li",
            tag("code", because.expression),
            " is ",
            words.value(because.value),
            join("; wanted: ", tag("code", because.wanted)) if because.wanted else None,
            tag("span", f" (line {because.line} of the policy)", class_="note"),
        )
        for because in reasons
    ]
    return join(tag("p", "Decided by:", class_="note"), tag("ul", *items, class_="because"))


def _waiver(waiver: WaiverHeader, outcome: RuleOutcome) -> Markup:
    text = f"Would be {outcome.value}. Waived because: {waiver.reason} ({exceptions.grant(waiver)})"
    return tag("p", text, class_="waiver")
