"""The page's words: outcomes, counts, names folded and shortened, values; what comes from nodes is made harmless."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from passmuster.model.outcome import Level, NodeOutcome, RuleOutcome
from passmuster.report import advice, harmless
from passmuster.report.names import fold
from passmuster.report.page import Markup, join, prose, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passmuster.model.verdict import Verdict

_NAMES_MAX = 160
"""Characters of folded names in one place, other than the list of all nodes."""
_VALUE_MAX = 1500


def outcome(shown: NodeOutcome | RuleOutcome, level: Level | None = None) -> Markup:
    """An outcome as a word, with its colour; `level` is that of its rule."""
    return tag("span", shown.value.replace("_", " "), class_=f"outcome {colour(shown, level)}")


def colour(shown: NodeOutcome | RuleOutcome, level: Level | None) -> str:
    """The classes that colour an outcome: an informational rule that fails needs no action, so it is not red."""
    noted = shown is RuleOutcome.FAIL and level is Level.INFORMATIONAL
    return f"{shown.value} {Level.INFORMATIONAL.value}" if noted else shown.value


def count(number: int, noun: str) -> str:
    """`1 node`, `5,000 nodes`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def name(text: str) -> str:
    """A name or path from outside, on one line, nothing in it invisible."""
    return harmless.plain(text)


def names(listed: Sequence[str], limit: int = _NAMES_MAX) -> str:
    """Names folded; where that is too long, the first of them, and how many more there are."""
    unique = sorted(set(listed), key=_natural)
    kept = len(unique)
    while kept > 1 and len(_folded(unique[:kept])) > limit:
        kept = max(1, min(kept - 1, kept * limit // len(_folded(unique[:kept]))))
    rest = len(unique) - kept
    return _folded(unique[:kept]) + (f" and {rest:,} more" if rest else "")


def _natural(text: str) -> list[tuple[int, str]]:
    """A key by which n2 comes before n10."""
    parts = re.split(r"([0-9]+)", text)
    return [(len(part.lstrip("0")) if at % 2 else 0, part) for at, part in enumerate(parts)]


def _folded(unique: Sequence[str]) -> str:
    return ", ".join(name(unique_name) for unique_name in fold(unique))


def on(listed: Sequence[str]) -> str:
    """How many nodes, and which; a name may stand for two of them."""
    return f"{count(len(listed), 'node')}: {names(listed)}"


def do(what: Markup | str) -> Markup:
    """What a person does next."""
    return tag("p", tag("span", "Do: ", class_="lead"), what)


def remedy(shown: RuleOutcome, remediation: str) -> Markup | None:
    """What there is to do about a rule with this outcome, by its policy; None where it is not for the policy to say."""
    if shown is RuleOutcome.FAIL:
        return do(prose(remediation))
    return do("tell the author of the policy.") if shown is RuleOutcome.ERROR else None


def next_step(verdict: Verdict) -> Markup:
    """The last sentence of a report."""
    return tag("p", tag("span", "Next: ", class_="lead"), advice.next_step(verdict))


def value(json_value: Any) -> Markup:
    """A fact's value as JSON; a very long one is cut, and says so."""
    text = json.dumps(json_value, ensure_ascii=False, sort_keys=True)
    if len(text) <= _VALUE_MAX:
        return tag("code", name(text))
    rest = f" and {len(text) - _VALUE_MAX:,} more characters (see the JSON report)"
    return join(tag("code", name(text[:_VALUE_MAX]) + "..."), tag("span", rest, class_="note"))


def section(title: str, anchor: str, *content: Markup | None) -> Markup:
    """A part of the page with its heading; `anchor` is our own."""
    return tag("section", tag("h2", title, id=anchor), *content, aria_labelledby=anchor)


def table(head: Sequence[str], rows: Sequence[Markup], *, kind: str, caption: str | None = None) -> Markup:
    """A table whose columns are named."""
    cells = [tag("th", text, scope="col") for text in head]
    caption_row = tag("caption", caption) if caption else None
    return tag("table", caption_row, tag("thead", tag("tr", *cells)), tag("tbody", *rows), class_=kind)


def row(first: Markup | str, *cells: Markup | str | None) -> Markup:
    """A row that its first cell names."""
    return tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in cells))
