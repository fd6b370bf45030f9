"""The reading edition as one HTML page: no scripts, pictures or external addresses, for screen and paper."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from passmuster.authoring.docs.highlight import Kind
from passmuster.authoring.docs.style import PAPER, RULES
from passmuster.report.page import Markup, css, join, prose, tag, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from passmuster.authoring.docs.highlight import Piece
    from passmuster.authoring.docs.model import Edition, Entry, Example, Fact, Term
    from passmuster.policy.model import Reference


def render(edition: Edition) -> str:
    """The whole page."""
    name = f"{edition.pack} {edition.version}"
    main = tag("main", _contents(edition), _how_to_read(), _rules(edition), _terms(edition), id="page_main")
    close = f"Policy {name}, {edition.digest}. The policy file is what counts; this page is made from it."
    footer = tag("footer", tag("p", close), class_="close")
    return whole(
        _head(edition),
        main,
        footer,
        title=f"{name}: {edition.title}",
        style=css(RULES, paper=PAPER),
        skip=("Skip to the rules", "page_rules"),
    )


def _head(edition: Edition) -> Markup:
    source = edition.source
    dated = f", {source['date']}" if "date" in source else None
    state = (
        "released: this digest is locked, and the text never changes" if edition.released else "draft: it may change"
    )
    rows = (
        ("Version", join(tag("strong", edition.version), f", {state}")),
        ("Encodes", join(tag("a", source["title"], href=source["url"]), dated)),
        ("Language", edition.language),
        ("Digest", tag("span", edition.digest, class_="mono digest")),
    )
    listed = [part for name, value in rows for part in (tag("dt", name), tag("dd", value))]
    return tag(
        "header",
        tag("p", f"Policy {edition.pack}", class_="label"),
        tag("h1", edition.title),
        tag("dl", *listed, class_="meta"),
    )


def _contents(edition: Edition) -> Markup:
    items = [tag("li", tag("a", entry.title, href=f"#{entry.id}"), _level(entry)) for entry in edition.entries]
    return tag("nav", tag("h2", "Contents", id="page_contents"), tag("ol", *items), aria_labelledby="page_contents")


def _level(entry: Entry) -> Markup:
    return tag("span", entry.level.value, class_=f"badge {entry.level.value}")


# The ids of the page's own parts have an underscore, which no rule's id has.
_KEY = (
    (Kind.FACT, "fact of the node"),
    (Kind.TERM, "term of this policy"),
    (Kind.FUNCTION, "function"),
    (Kind.TEXT, "'text'"),
    (Kind.NUMBER, "number"),
    (Kind.LOCAL, "each element in turn"),
)


def _how_to_read() -> Markup:
    levels = (
        "A required rule that fails makes the node fail. A recommended rule that fails makes it pass with a warning. "
        "An informational rule is only shown. A rule passes where its expression is true, and fails where it is false. "
        "Where a fact that decides could not be looked at, the outcome is unknown, and never a pass."
    )
    key = [tag("li", tag("code", tag("span", label, class_=f"k-{kind.value}"))) for kind, label in _KEY]
    return tag(
        "section",
        tag("h2", "How to read it", id="page_reading"),
        tag("p", levels),
        tag("p", "In the expressions, colours tell what is what:"),
        tag("ul", *key, class_="key"),
        aria_labelledby="page_reading",
    )


def _terms(edition: Edition) -> Markup | None:
    if not edition.terms:
        return None
    parts = [tag("h2", "Shared terms", id="page_terms"), tag("p", "What several rules say is named once.")]
    return tag("section", *parts, *(_term(term) for term in edition.terms), aria_labelledby="page_terms")


def _term(term: Term) -> Markup:
    shown: Markup | None = None
    if term.code:
        shown = _code(term.code)
    elif term.value is not None:
        shown = tag("pre", tag("code", json.dumps(term.value, ensure_ascii=False)))
    return tag(
        "article",
        tag("h3", tag("code", term.name), id=term.name),
        tag("p", term.kind, class_="under") if term.kind else None,
        tag("p", prose(term.description)),
        shown,
    )


def _rules(edition: Edition) -> Markup:
    heading = tag("h2", "Rules", id="page_rules")
    return tag("section", heading, *(_entry(entry) for entry in edition.entries), aria_labelledby="page_rules")


def _entry(entry: Entry) -> Markup:
    quotes = [reference for reference in entry.references if reference.quote]
    return tag(
        "article",
        tag("p", _level(entry), class_="label"),
        tag("h3", entry.title, id=entry.id),
        tag("p", tag("code", entry.id), class_="under"),
        *(_quote(reference) for reference in quotes),
        tag("p", "It is judged over all nodes of a pool together, never node by node.") if entry.fleet else None,
        _part(_condition(entry), _code(entry.applies_when)) if entry.applies_when else None,
        _part("Its pools are named by", _code(entry.group_by)) if entry.group_by else None,
        _part("It compares", _code(entry.value)) if entry.value else None,
        _part("It passes if", _code(entry.expression)),
        _part("Facts it reads", _facts(entry.facts)) if entry.facts else None,
        _part("Terms it uses", _used(entry.terms)) if entry.terms else None,
        _part("Why", tag("p", prose(entry.rationale))),
        _part("How it departs from its source", tag("p", _departure(entry))),
        _part("What to do where it fails", tag("p", prose(entry.remediation))),
        _part("Message if it fails", _code(entry.message)) if entry.message else None,
        _part("References", _references(entry.references)),
        _part("Examples", _examples(entry)) if entry.examples else None,
        _part("History", _history(entry)),
    )


def _condition(entry: Entry) -> str:
    return "Its members are nodes where" if entry.fleet else "It applies when"


def _part(title: str, content: Markup | None) -> Markup:
    return join(tag("h4", title), content)


def _departure(entry: Entry) -> Markup:
    return prose("It does not: it follows its source.") if entry.deviation is None else prose(entry.deviation)


def _quote(reference: Reference) -> Markup:
    quote = tag("p", f"\u201c{' '.join((reference.quote or '').split())}\u201d")
    return tag("blockquote", quote, tag("footer", reference.title))


def _code(pieces: Iterable[Piece]) -> Markup:
    return tag("pre", tag("code", *(_piece(piece) for piece in pieces)))


def _piece(piece: Piece) -> Markup | str:
    if piece.kind is Kind.BLANK:
        return piece.text
    text: Markup | str = piece.text
    if piece.kind is Kind.TERM and "." in piece.text:
        root, member = piece.text.split(".")[:2]
        text = tag("a", piece.text, href=f"#{root}.{member}")
    return tag("span", text, class_=f"k-{piece.kind.value}")


def _facts(facts: Sequence[Fact]) -> Markup | None:
    if not facts:
        return None
    return tag("dl", *(_fact(fact) for fact in facts), class_="facts")


def _fact(fact: Fact) -> Markup:
    kind = f"{fact.kind}, in {fact.unit}" if fact.unit else fact.kind
    sources = join("From ", *_listed(fact.sources), ".") if fact.sources else None
    return tag(
        "div",
        tag("dt", tag("code", tag("span", fact.path, class_="k-fact")), tag("span", kind, class_="note")),
        tag("dd", prose(fact.description), " ", tag("span", sources, class_="note") if sources else None),
    )


def _listed(sources: Sequence[str]) -> list[Markup | str]:
    parts: list[Markup | str] = []
    for source in sources:
        parts += [", ", tag("code", source)]
    return parts[1:]


def _used(terms: Sequence[Term]) -> Markup:
    rows = [
        tag(
            "div",
            tag("dt", tag("code", tag("a", term.name, href=f"#{term.name}"))),
            tag("dd", prose(term.description)),
        )
        for term in terms
    ]
    return tag("dl", *rows, class_="terms")


def _references(references: Iterable[Reference]) -> Markup:
    items = [tag("li", tag("a", reference.title, href=reference.url)) for reference in dict.fromkeys(references)]
    unique = dict.fromkeys(items)
    return tag("ul", *unique, class_="history references")


def _examples(entry: Entry) -> Markup:
    head = tag("tr", tag("th", "Case", scope="col"), tag("th", "Outcome", scope="col"))
    rows = [_example(example) for example in entry.examples]
    return tag("table", tag("thead", head), tag("tbody", *rows))


def _example(example: Example) -> Markup:
    text = example.outcome.value.replace("_", " ")
    said = tag("span", f"\u201c{example.message}\u201d", class_="said") if example.message else None
    return tag(
        "tr",
        tag("td", example.name, " ", tag("span", f"({example.base})", class_="base"), said),
        tag("td", text, class_=f"outcome {example.outcome.value}"),
    )


def _history(entry: Entry) -> Markup:
    items = [
        tag("li", f"{change.version}: ", f"changed: {', '.join(change.what)}" if change.what else "added")
        for change in entry.history
    ]
    digest = tag(
        "p",
        "Digest of the rule with the terms that it uses: ",
        tag("span", entry.digest, class_="mono"),
        class_="digest",
    )
    return join(tag("ul", *items, class_="history"), digest)
