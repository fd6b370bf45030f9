"""An impact for a person at a terminal: what flips, then why, then what to do."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from passmuster.impact.groups import by_cause, flips, to_collect
from passmuster.impact.wording import count, flipping, side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from passmuster.impact.format import Hand
    from passmuster.impact.groups import RuleGroup
    from passmuster.impact.model import Impact, OneSided, Term

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


def render(found: Impact, hand: Hand) -> str:
    """Lines of any length; where they end is for the terminal to say."""
    return "".join(f"{hand.plain(line)}\n" for line in _lines(found, hand))


def _lines(found: Impact, hand: Hand) -> Iterator[str]:
    yield from _head(found)
    yield from _flips(found, hand)
    yield from _terms(found, hand)
    for group in by_cause(found):
        yield ""
        yield f"{group.cause.value}: {count(group.nodes)}"
        for rule in group.rules:
            yield from _rule(rule, hand, cross=found.terms is not None)
    yield from _collect_again(found, hand)
    yield from _one_sided(found, hand)
    yield from _not_compared(found)
    yield ""
    broken = found.broken
    names = f": {_names([each.node for each in broken], hand)}" if broken else ""
    yield f"passed and would fail: {count(len(broken))}{names}"


def _head(found: Impact) -> Iterator[str]:
    judged = f"{side(found.old)} before and after" if found.same_terms else f"{side(found.old)} -> {side(found.new)}"
    yield f"{judged}: {count(found.nodes)} compared, {flipping(len(found.flips))}"
    if found.nodes == 0:
        yield "nothing was compared: no node was given, or none on both sides"


def _flips(found: Impact, hand: Hand) -> Iterator[str]:
    for before, after, names in flips(found):
        yield f"  {before.value} -> {after.value}, {count(len(names))}: {_names(names, hand)}"


def _terms(found: Impact, hand: Hand) -> Iterator[str]:
    if found.terms is None or found.same_terms:
        return
    yield ""
    yield "nodes that come out otherwise"
    for told, term in (
        ("by the policy alone (NEW on the earlier snapshots)", found.terms.policy_alone),
        ("by the nodes alone (OLD on the later snapshots)", found.terms.node_alone),
        ("by both together", found.terms.together),
    ):
        yield f"  {told}: {term.flips}{_broken(term, hand)}"


def _broken(term: Term, hand: Hand) -> str:
    return f"; passed and would fail: {_names(term.broken, hand)}" if term.broken else ""


def _rule(group: RuleGroup, hand: Hand, *, cross: bool) -> Iterator[str]:
    origin = f", {group.origin.value}" if cross else ""
    yield f"  {group.rule}: {group.step}{origin}, {count(group.count)}"
    for told, names in itertools.islice(group.nodes.items(), _VALUES):
        yield from (f"    {_LABELS[kind]}{words}" for kind, words in told)
        yield f"      on: {_names(names, hand)}"
    more = list(itertools.islice(group.nodes.values(), _VALUES, None))
    if more:
        yield f"    and {len(more)} more sets of values, on {count(sum(map(len, more)))} (-o json has them all)"


def _collect_again(found: Impact, hand: Hand) -> Iterator[str]:
    if found.collect_again:
        yield ""
        yield f"collect again: {count(len(found.collect_again))}"
        for told, names in to_collect(found).items():
            yield f"  {told}"
            yield f"    on: {_names(names, hand)}"


def _one_sided(found: Impact, hand: Hand) -> Iterator[str]:
    for told, nodes in (
        ("appeared, with a later snapshot only", found.appeared),
        ("gone, with an earlier snapshot only", found.gone),
    ):
        if nodes:
            yield ""
            yield f"{told}: {count(len(nodes))}"
            yield from _outcomes(nodes, hand)
    replaced = sorted({each.node for each in found.appeared} & {each.node for each in found.gone})
    if replaced:
        yield f"  gone and appeared under one name, with another machine id: {_names(replaced, hand)}"


def _outcomes(nodes: Sequence[OneSided], hand: Hand) -> Iterator[str]:
    for outcome in dict.fromkeys(each.outcome for each in nodes):
        yield f"  {outcome.value}: {_names([each.node for each in nodes if each.outcome is outcome], hand)}"


def _not_compared(found: Impact) -> Iterator[str]:
    if found.doubled:
        yield ""
        nodes = {(each.node, each.machine_id) for each in found.doubled}
        yield f"not compared, for one side has them more than once: {count(len(nodes))}"
        yield from (f"  {each.node}, {each.when.value}: {', '.join(each.inputs)}" for each in found.doubled)
    if found.fleet_rules:
        yield ""
        yield f"not compared, for they are about all nodes together: {', '.join(found.fleet_rules)}"
    if found.unreadable:
        yield ""
        yield f"could not be read: {len(found.unreadable)}"
        yield from (f"  {each.problem}" for each in found.unreadable)


def _names(names: Iterable[str], hand: Hand) -> str:
    return ", ".join(hand.fold(names))
