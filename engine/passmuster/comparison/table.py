"""An impact for a person at a terminal: what flips, then why, then what to do."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from passmuster.comparison.groups import by_cause, flips, to_collect
from passmuster.comparison.wording import count, flipping, side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from passmuster.comparison.format import Hand
    from passmuster.comparison.groups import RuleGroup
    from passmuster.comparison.model import Impact, OneSided, Term

_VALUES = 20
"""Sets of values that are shown of one rule and step; the other formats have them all."""
_LABELS = {
    "found": "",
    "was": "was: ",
    "read": "read: ",
    "changed": "changed: ",
    "parameter": "",
    "waiver": "waiver ",
    "alone": "",
}


def render(impact: Impact, hand: Hand) -> str:
    """Lines of any length; where they end is for the terminal to say."""
    return "".join(f"{hand.plain(line)}\n" for line in _lines(impact, hand))


def _lines(impact: Impact, hand: Hand) -> Iterator[str]:
    yield from _head(impact)
    yield from _flips(impact, hand)
    yield from _terms(impact, hand)
    for group in by_cause(impact):
        yield ""
        yield f"{group.cause.value}: {count(group.nodes)}"
        for rule in group.rules:
            yield from _rule(rule, hand, cross=impact.terms is not None)
    yield from _collect_again(impact, hand)
    yield from _one_sided(impact, hand)
    yield from _not_compared(impact)
    yield ""
    broken = impact.broken
    names = f": {_names([node.node for node in broken], hand)}" if broken else ""
    yield f"passed and would fail: {count(len(broken))}{names}"


def _head(impact: Impact) -> Iterator[str]:
    judged = (
        f"{side(impact.old)} before and after" if impact.same_terms else f"{side(impact.old)} -> {side(impact.new)}"
    )
    yield f"{judged}: {flipping(len(impact.flips), impact.nodes)}"
    if impact.nodes == 0:
        yield "nothing was compared: no node was given, or none on both sides"


def _flips(impact: Impact, hand: Hand) -> Iterator[str]:
    for before, after, names in flips(impact):
        yield f"  {before.value} -> {after.value}, {count(len(names))}: {_names(names, hand)}"


def _terms(impact: Impact, hand: Hand) -> Iterator[str]:
    if impact.terms is None or impact.same_terms:
        return
    yield ""
    yield "nodes that change outcome"
    for label, term in (
        ("by the policy alone (NEW on the earlier snapshots)", impact.terms.policy_alone),
        ("by the nodes alone (OLD on the later snapshots)", impact.terms.node_alone),
        ("by both together", impact.terms.together),
    ):
        yield f"  {label}: {term.flips}{_broken(term, hand)}"


def _broken(term: Term, hand: Hand) -> str:
    return f"; passed and would fail: {_names(term.broken, hand)}" if term.broken else ""


def _rule(group: RuleGroup, hand: Hand, *, cross: bool) -> Iterator[str]:
    origin = f", {group.origin.value}" if cross else ""
    yield f"  {group.rule}: {group.step}{origin}, {count(group.count)}"
    for fact_text, names in itertools.islice(group.nodes.items(), _VALUES):
        yield from (f"    {_LABELS[kind]}{words}" for kind, words in fact_text)
        yield f"      on: {_names(names, hand)}"
    more = list(itertools.islice(group.nodes.values(), _VALUES, None))
    if more:
        yield f"    and {len(more)} more sets of values, on {count(sum(map(len, more)))} (-o json has them all)"


def _collect_again(impact: Impact, hand: Hand) -> Iterator[str]:
    if impact.collect_again:
        yield ""
        yield f"collect again: {count(len(impact.collect_again))}"
        for fact_text, names in to_collect(impact).items():
            yield f"  {fact_text}"
            yield f"    on: {_names(names, hand)}"


def _one_sided(impact: Impact, hand: Hand) -> Iterator[str]:
    for label, nodes in (
        ("appeared, with a later snapshot only", impact.appeared),
        ("gone, with an earlier snapshot only", impact.gone),
    ):
        if nodes:
            yield ""
            yield f"{label}: {count(len(nodes))}"
            yield from _outcomes(nodes, hand)
    replaced = sorted({side.node for side in impact.appeared} & {side.node for side in impact.gone})
    if replaced:
        yield f"  replaced: same name, another machine id: {_names(replaced, hand)}"


def _outcomes(nodes: Sequence[OneSided], hand: Hand) -> Iterator[str]:
    for outcome in dict.fromkeys(node.outcome for node in nodes):
        yield f"  {outcome.value}: {_names([node.node for node in nodes if node.outcome is outcome], hand)}"


def _not_compared(impact: Impact) -> Iterator[str]:
    if impact.doubled:
        yield ""
        nodes = {(doubled.node, doubled.machine_id) for doubled in impact.doubled}
        yield f"not compared, because one side has several snapshots of them: {count(len(nodes))}"
        yield from (
            f"  {doubled.node}, {doubled.when.value}: {', '.join(doubled.inputs)}" for doubled in impact.doubled
        )
    if impact.fleet_rules:
        yield ""
        yield f"not compared, because fleet rules judge all nodes together: {', '.join(impact.fleet_rules)}"
    if impact.unreadable:
        yield ""
        yield f"could not be read: {len(impact.unreadable)}"
        yield from (f"  {unreadable.problem}" for unreadable in impact.unreadable)


def _names(names: Iterable[str], hand: Hand) -> str:
    return ", ".join(hand.fold(names))
