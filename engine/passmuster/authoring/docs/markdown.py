"""The reading edition as Markdown: CommonMark with tables, nothing from the policy can become markup."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from passmuster.report.harmless import lines as printable
from passmuster.report.harmless import markdown as safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from passmuster.authoring.docs.highlight import Piece
    from passmuster.authoring.docs.model import Edition, Entry, Fact, Term


def render(edition: Edition) -> str:
    """One page."""
    return "\n".join(_lines(edition)) + "\n"


def _lines(edition: Edition) -> Iterator[str]:
    yield f"# {safe(edition.title)}"
    yield from (
        "",
        f"Policy {safe(edition.pack)} {safe(edition.version)}, {'released' if edition.released else 'draft'}",
    )
    yield from ("", f"Digest: `{edition.digest}`")
    source = edition.source
    dated = f", {safe(source['date'])}" if "date" in source else ""
    yield from ("", f"Source: [{safe(source['title'])}](<{_address(source['url'])}>){dated}")
    yield from ("", "| rule | level | sentence |", "|---|---|---|")
    for entry in edition.entries:
        yield f"| {safe(entry.id)} | {entry.level.value} | {safe(entry.title)} |"
    yield from ("", "## Rules")
    for entry in edition.entries:
        yield from _entry(entry)
    if edition.terms:
        yield from ("", "## Shared terms")
    for term in edition.terms:
        yield from _term(term)


def _term(term: Term) -> Iterator[str]:
    yield from ("", f"### {safe(term.name)}", "", _prose(term.description))
    if term.kind:
        yield from ("", f"Type: {safe(term.kind)}")
    if term.value is not None:
        yield from ("", *_fence(json.dumps(term.value, ensure_ascii=False, indent=1), "json"))
    if term.code:
        yield from ("", *_code(term.code))


def _entry(entry: Entry) -> Iterator[str]:
    yield from (
        "",
        f"### {safe(entry.title)}",
        "",
        f"Rule {safe(entry.id)}, {entry.level.value}. Digest: `{entry.digest}`",
    )
    for reference in entry.references:
        if reference.quote:
            yield from ("", f"> {_prose(reference.quote)}", ">", f"> {safe(reference.title)}")
    if entry.fleet:
        yield from ("", "It is judged over all nodes of a pool together, never node by node.")
    if entry.applies_when:
        title = "Its members are nodes where" if entry.fleet else "It applies when"
        yield from ("", f"#### {title}", "", *_code(entry.applies_when))
    if entry.group_by:
        yield from ("", "#### Its pools are named by", "", *_code(entry.group_by))
    if entry.value:
        yield from ("", "#### It compares", "", *_code(entry.value))
    yield from ("", "#### It passes if", "", *_code(entry.expression))
    if entry.message:
        yield from ("", "#### Message if it fails", "", *_code(entry.message))
    yield from _facts(entry.facts)
    yield from ("", "#### Why", "", _prose(entry.rationale))
    text = "It follows its source." if entry.deviation is None else _prose(entry.deviation)
    yield from ("", "#### How it departs from its source", "", text)
    yield from ("", "#### What to do", "", _prose(entry.remediation))
    yield from _references(entry)
    yield from _examples(entry)
    yield from ("", "#### History", "")
    for change in entry.history:
        what = f"changed: {', '.join(change.what)}" if change.what else "added"
        yield f"* {safe(change.version)}: {safe(what)}"


def _facts(facts: Iterable[Fact]) -> Iterator[str]:
    listed = list(facts)
    if listed:
        yield from ("", "#### The facts that it reads", "", "| fact | values | meaning | from |", "|---|---|---|---|")
    for fact in listed:
        kind = f"{fact.kind}, {fact.unit}" if fact.unit else fact.kind
        cells = (fact.path, kind, fact.description, ", ".join(fact.sources))
        yield "| " + " | ".join(_prose(cell) for cell in cells) + " |"


def _references(entry: Entry) -> Iterator[str]:
    yield from ("", "#### References", "")
    for reference in entry.references:
        yield f"* [{safe(reference.title)}](<{_address(reference.url)}>)"


def _examples(entry: Entry) -> Iterator[str]:
    if entry.examples:
        yield from ("", "#### Examples", "", "| case | node | outcome | message |", "|---|---|---|---|")
    for example in entry.examples:
        cells = (example.name, example.base, example.outcome.value.replace("_", " "), example.message or "")
        yield "| " + " | ".join(safe(cell) for cell in cells) + " |"


def _code(code: Iterable[Piece]) -> list[str]:
    return _fence("".join(piece.text for piece in code), "cel")


def _fence(text: str, language: str) -> list[str]:
    """A code block whose fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *printable(text).splitlines(), fence]


def _prose(text: str) -> str:
    """Text of one line; what would begin a list, a heading or a rule does not."""
    return re.sub(r"^(\d*)([-=.)])", r"\1\\\2", safe(" ".join(text.split())))


def _address(url: str) -> str:
    """An address in which nothing ends it or the link around it."""
    return quote(url, safe=":/?#@!$&*+,;=%~")
