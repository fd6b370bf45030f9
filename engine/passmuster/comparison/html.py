"""An impact as one page: what flips, what each change alone would do, why, what to collect again, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.comparison.groups import by_cause, flips, to_collect
from passmuster.comparison.wording import count, flipping, side
from passmuster.comparison.wording import value as brief
from passmuster.report.page import Markup, css, join, tag, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from passmuster.comparison.format import Hand
    from passmuster.comparison.groups import CauseGroup, Details, RuleGroup
    from passmuster.comparison.model import Impact, OneSided, SideHeader, Term
    from passmuster.model.outcome import NodeOutcome

_STYLE = """
.big{font-size:1.2rem;margin:1.2rem 0}
.names{overflow-wrap:anywhere}
article h4{font-size:1rem;letter-spacing:0;text-transform:none;color:var(--ink)}
article table{table-layout:fixed}
article th:first-child{width:60%}
article th:nth-child(2){width:4rem}
ul.told{margin:0;padding:0;list-style:none}
ul.told li{margin:0 0 .25rem;overflow-wrap:anywhere}
.kind{color:var(--soft)}
td.number{white-space:nowrap}
"""
_KINDS = {
    "found": "found",
    "was": "was",
    "read": "read",
    "changed": "changed on the node",
    "parameter": "parameter",
    "waiver": "waiver",
    "alone": "alone",
}


def render(impact: Impact, hand: Hand) -> str:
    """The whole page."""
    judged = _title(impact)
    main = tag(
        "main",
        _flips(impact, hand),
        _terms(impact, hand),
        _causes(impact, hand),
        _collect_again(impact, hand),
        _one_sided(impact, hand),
        _not_compared(impact),
        id="impact",
    )
    close = f"Old: {impact.old.policy.digest}. New: {impact.new.policy.digest}."
    footer = tag("footer", tag("p", close, class_="digest"), class_="close")
    return whole(
        _head(impact, judged),
        main,
        footer,
        title=f"Impact: {judged}",
        style=css(_STYLE),
        skip=("Skip to what changes", "impact"),
    )


def _title(impact: Impact) -> str:
    return (
        f"{side(impact.old)}, before and after"
        if impact.same_terms
        else f"{side(impact.old)} \u2192 {side(impact.new)}"
    )


def _head(impact: Impact, judged: str) -> Markup:
    broken = impact.broken
    rows = [("Compared", count(impact.nodes)), *_asked("Old", impact.old), *_asked("New", impact.new)]
    verdict = f"{count(len(broken))} passed and would fail" if broken else "No node that passed would fail"
    flipped = flipping(len(impact.flips), impact.nodes)
    return tag(
        "header",
        tag("p", "Impact", class_="label"),
        tag("h1", judged),
        tag("p", tag("strong", verdict, class_="fail" if broken else "pass"), f". {flipped}.", class_="big"),
        tag(
            "dl",
            *(tag(name, text) for row in rows for name, text in zip(("dt", "dd"), row, strict=True)),
            class_="meta",
        ),
    )


def _asked(name: str, header: SideHeader) -> Iterator[tuple[str, str]]:
    """What a side judges by, beside its version."""
    yield name, f"{side(header)}: {header.policy.title}"
    if header.parameters:
        text = ", ".join(f"{key} = {brief(value)}" for key, value in sorted(header.parameters.items()))
        yield f"{name}: parameters", text
    if header.waivers is not None:
        yield f"{name}: waivers", f"{header.waivers}, at {header.now}"


def _section(name: str, title: str, *content: Markup | str | None) -> Markup:
    return tag("section", tag("h2", title, id=name), *content, aria_labelledby=name)


def _table(heads: Sequence[str], rows: Iterable[Sequence[Markup | str]]) -> Markup:
    head = tag("tr", *(tag("th", text, scope="col") for text in heads))
    body = [tag("tr", *(cell if isinstance(cell, Markup) else tag("td", cell) for cell in row)) for row in rows]
    return tag("table", tag("thead", head), tag("tbody", *body))


def _number(number: int) -> Markup:
    return tag("td", str(number), class_="number")


def _names(names: Iterable[str], hand: Hand) -> Markup:
    return tag("span", hand.plain(", ".join(hand.fold(names))), class_="names")


def _outcome(outcome: NodeOutcome) -> Markup:
    return tag("span", outcome.value, class_=f"outcome {outcome.value}")


def _flips(impact: Impact, hand: Hand) -> Markup:
    rows = [
        (tag("td", _outcome(before), " \u2192 ", _outcome(after)), _number(len(names)), tag("td", _names(names, hand)))
        for before, after, names in flips(impact)
    ]
    nothing = "Nothing was compared." if impact.nodes == 0 else "No node changes its overall outcome."
    content = _table(("Outcome", "Nodes", "Which"), rows) if rows else tag("p", nothing)
    return _section("flips", "Nodes that change outcome", content)


def _terms(impact: Impact, hand: Hand) -> Markup | None:
    if impact.terms is None or impact.same_terms:
        return None
    rows = [
        (label, _number(term.flips), tag("td", _broken(term, hand)))
        for label, term in (
            ("only the policy changes: NEW on the earlier snapshots", impact.terms.policy_alone),
            ("only the nodes change: OLD on the later snapshots", impact.terms.node_alone),
            ("both together", impact.terms.together),
        )
    ]
    return _section(
        "terms",
        "Changes by policy and by nodes",
        _table(("Judged with", "Changed", "Passed and would fail"), rows),
    )


def _broken(term: Term, hand: Hand) -> Markup | str:
    return _names(term.broken, hand) if term.broken else "none"


def _causes(impact: Impact, hand: Hand) -> Markup:
    cross = impact.terms is not None
    groups = [_cause(group, hand, cross=cross) for group in by_cause(impact)]
    return _section("causes", "Why", *(groups or [tag("p", "No rule changes outcome on any node.")]))


def _cause(group: CauseGroup, hand: Hand, *, cross: bool) -> Markup:
    title = f"{group.cause.value[0].upper()}{group.cause.value[1:]}: {count(group.nodes)}"
    return tag("article", tag("h3", title), *(_rule(rule, hand, cross=cross) for rule in group.rules))


def _rule(group: RuleGroup, hand: Hand, *, cross: bool) -> Markup:
    step = group.step.replace("->", "\u2192")
    origin = f", {group.origin.value}" if cross else ""
    rows = [
        (tag("td", _told(fact_text)), _number(len(names)), tag("td", _names(names, hand)))
        for fact_text, names in group.nodes.items()
    ]
    return join(
        tag("h4", group.title),
        tag("p", tag("code", group.rule), f" {step}{origin}, {count(group.count)}", class_="under"),
        _table(("What decides", "Nodes", "Which"), rows),
    )


def _told(details: Details) -> Markup | str:
    if not details:
        return "no message"
    items = [tag("li", tag("span", f"{_KINDS[kind]}: ", class_="kind"), words) for kind, words in details]
    return tag("ul", *items, class_="told")


def _collect_again(impact: Impact, hand: Hand) -> Markup | None:
    if not impact.collect_again:
        return None
    rows = [
        (tag("td", fact_text), _number(len(names)), tag("td", _names(names, hand)))
        for fact_text, names in to_collect(impact).items()
    ]
    said = "The snapshots of these nodes lack facts that decide. Collect again with a collector that reads these facts."
    return _section(
        "collect",
        f"Collect again: {count(len(impact.collect_again))}",
        tag("p", said),
        _table(("What to read", "Nodes", "Which"), rows),
    )


def _one_sided(impact: Impact, hand: Hand) -> Markup | None:
    if not impact.appeared and not impact.gone:
        return None
    rows = [
        *_lone("appeared: a later snapshot only", impact.appeared, hand),
        *_lone("gone: an earlier snapshot only", impact.gone, hand),
    ]
    replaced = sorted({side.node for side in impact.appeared} & {side.node for side in impact.gone})
    note = "Replaced (same name, another machine id): "
    return _section(
        "one-sided",
        "Nodes on one side only",
        _table(("Node", "Outcome", "Nodes", "Which"), rows),
        tag("p", note, _names(replaced, hand), ".") if replaced else None,
    )


def _lone(label: str, nodes: Sequence[OneSided], hand: Hand) -> Iterator[Sequence[Markup | str]]:
    for outcome in dict.fromkeys(node.outcome for node in nodes):
        names = [node.node for node in nodes if node.outcome is outcome]
        yield label, tag("td", _outcome(outcome)), _number(len(names)), tag("td", _names(names, hand))


def _not_compared(impact: Impact) -> Markup | None:
    rows = [
        *(
            (doubled.node, f"more than once among the {doubled.when.value} snapshots: {', '.join(doubled.inputs)}")
            for doubled in impact.doubled
        ),
        *((fleet_rule, "a fleet rule") for fleet_rule in impact.fleet_rules),
        *((unreadable.input, unreadable.problem) for unreadable in impact.unreadable),
    ]
    return _section("not-compared", "Not compared", _table(("What", "Why"), rows)) if rows else None
