"""An impact as one page: what flips, what each change alone would do, why, what to collect again, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.impact.groups import by_cause, flips, to_collect
from passmuster.impact.wording import count, flipping, side
from passmuster.impact.wording import value as brief
from passmuster.report.page import Markup, css, join, tag, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from passmuster.impact.format import Hand
    from passmuster.impact.groups import CauseGroup, Details, RuleGroup
    from passmuster.impact.model import Impact, OneSided, SideHeader, Term
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


def render(found: Impact, hand: Hand) -> str:
    """The whole page."""
    judged = _title(found)
    main = tag(
        "main",
        _flips(found, hand),
        _terms(found, hand),
        _causes(found, hand),
        _collect_again(found, hand),
        _one_sided(found, hand),
        _not_compared(found),
        id="impact",
    )
    close = f"Old: {found.old.policy.digest}. New: {found.new.policy.digest}."
    footer = tag("footer", tag("p", close, class_="digest"), class_="close")
    return whole(
        _head(found, judged),
        main,
        footer,
        title=f"Impact: {judged}",
        style=css(_STYLE),
        skip=("Skip to what changes", "impact"),
    )


def _title(found: Impact) -> str:
    return f"{side(found.old)}, before and after" if found.same_terms else f"{side(found.old)} \u2192 {side(found.new)}"


def _head(found: Impact, judged: str) -> Markup:
    broken = found.broken
    rows = [("Compared", count(found.nodes)), *_asked("Old", found.old), *_asked("New", found.new)]
    verdict = f"{count(len(broken))} passed and would fail" if broken else "No node that passed would fail"
    flipped = f"Of {count(found.nodes)}, {flipping(len(found.flips))}"
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
        told = ", ".join(f"{key} = {brief(value)}" for key, value in sorted(header.parameters.items()))
        yield f"{name}: parameters", told
    if header.waivers is not None:
        yield f"{name}: waivers", f"{header.waivers}, at {header.now}"


def _section(name: str, title: str, *content: Markup | str | None) -> Markup:
    return tag("section", tag("h2", title, id=name), *content, aria_labelledby=name)


def _table(heads: Sequence[str], rows: Iterable[Sequence[Markup | str]]) -> Markup:
    head = tag("tr", *(tag("th", each, scope="col") for each in heads))
    body = [tag("tr", *(each if isinstance(each, Markup) else tag("td", each) for each in row)) for row in rows]
    return tag("table", tag("thead", head), tag("tbody", *body))


def _number(number: int) -> Markup:
    return tag("td", str(number), class_="number")


def _names(names: Iterable[str], hand: Hand) -> Markup:
    return tag("span", hand.plain(", ".join(hand.fold(names))), class_="names")


def _outcome(outcome: NodeOutcome) -> Markup:
    return tag("span", outcome.value, class_=f"outcome {outcome.value}")


def _flips(found: Impact, hand: Hand) -> Markup:
    rows = [
        (tag("td", _outcome(before), " \u2192 ", _outcome(after)), _number(len(names)), tag("td", _names(names, hand)))
        for before, after, names in flips(found)
    ]
    nothing = "Nothing was compared." if found.nodes == 0 else "No node comes out otherwise as a whole."
    content = _table(("Outcome", "Nodes", "Which"), rows) if rows else tag("p", nothing)
    return _section("flips", "Nodes that come out otherwise", content)


def _terms(found: Impact, hand: Hand) -> Markup | None:
    if found.terms is None or found.same_terms:
        return None
    rows = [
        (told, _number(term.flips), tag("td", _broken(term, hand)))
        for told, term in (
            ("the policy\u2019s change alone: the new side on the earlier snapshots", found.terms.policy_alone),
            ("the nodes\u2019 change alone: the old side on the later snapshots", found.terms.node_alone),
            ("both together", found.terms.together),
        )
    ]
    return _section(
        "terms",
        "What came from the policy, and what from the nodes",
        _table(("Judged with", "Otherwise", "Passed and would fail"), rows),
    )


def _broken(term: Term, hand: Hand) -> Markup | str:
    return _names(term.broken, hand) if term.broken else "none"


def _causes(found: Impact, hand: Hand) -> Markup:
    cross = found.terms is not None
    groups = [_cause(each, hand, cross=cross) for each in by_cause(found)]
    return _section("causes", "Why", *(groups or [tag("p", "No rule comes out otherwise, on any node.")]))


def _cause(group: CauseGroup, hand: Hand, *, cross: bool) -> Markup:
    title = f"{group.cause.value[0].upper()}{group.cause.value[1:]}: {count(group.nodes)}"
    return tag("article", tag("h3", title), *(_rule(each, hand, cross=cross) for each in group.rules))


def _rule(group: RuleGroup, hand: Hand, *, cross: bool) -> Markup:
    step = group.step.replace("->", "\u2192")
    origin = f", {group.origin.value}" if cross else ""
    rows = [
        (tag("td", _told(told)), _number(len(names)), tag("td", _names(names, hand)))
        for told, names in group.nodes.items()
    ]
    return join(
        tag("h4", group.title),
        tag("p", tag("code", group.rule), f" {step}{origin}, {count(group.count)}", class_="under"),
        _table(("What decides", "Nodes", "Which"), rows),
    )


def _told(details: Details) -> Markup | str:
    if not details:
        return "nothing is said"
    items = [tag("li", tag("span", f"{_KINDS[kind]}: ", class_="kind"), words) for kind, words in details]
    return tag("ul", *items, class_="told")


def _collect_again(found: Impact, hand: Hand) -> Markup | None:
    if not found.collect_again:
        return None
    rows = [
        (tag("td", told), _number(len(names)), tag("td", _names(names, hand)))
        for told, names in to_collect(found).items()
    ]
    said = "What decides on these nodes is not in their snapshots. Collect them again with a collector that reads it."
    return _section(
        "collect",
        f"Collect again: {count(len(found.collect_again))}",
        tag("p", said),
        _table(("What to read", "Nodes", "Which"), rows),
    )


def _one_sided(found: Impact, hand: Hand) -> Markup | None:
    if not found.appeared and not found.gone:
        return None
    rows = [
        *_lone("appeared: a later snapshot only", found.appeared, hand),
        *_lone("gone: an earlier snapshot only", found.gone, hand),
    ]
    replaced = sorted({each.node for each in found.appeared} & {each.node for each in found.gone})
    note = "Gone and appeared under one name, with another machine id: "
    return _section(
        "one-sided",
        "Nodes on one side only",
        _table(("Node", "Outcome", "Nodes", "Which"), rows),
        tag("p", note, _names(replaced, hand), ".") if replaced else None,
    )


def _lone(told: str, nodes: Sequence[OneSided], hand: Hand) -> Iterator[Sequence[Markup | str]]:
    for outcome in dict.fromkeys(each.outcome for each in nodes):
        names = [each.node for each in nodes if each.outcome is outcome]
        yield told, tag("td", _outcome(outcome)), _number(len(names)), tag("td", _names(names, hand))


def _not_compared(found: Impact) -> Markup | None:
    rows = [
        *(
            (each.node, f"more than once among the {each.when.value} snapshots: {', '.join(each.inputs)}")
            for each in found.doubled
        ),
        *((each, "a rule about all nodes together") for each in found.fleet_rules),
        *((each.input, each.problem) for each in found.unreadable),
    ]
    return _section("not-compared", "Not compared", _table(("What", "Why"), rows)) if rows else None
