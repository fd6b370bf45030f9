"""Counts, read back from what each report format writes, with nothing of the code that wrote it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Counts = dict[str, dict[str, int]]
"""`nodes`: outcome -> how many; `rules`, where a format has them: outcome -> results of rules about single nodes."""
_MANY = re.compile(r"(\d+) (fail|unknown|warn|pass)\b")


def _some(counts: Mapping[str, int]) -> dict[str, int]:
    return {key: count for key, count in counts.items() if count}


def _rules(levels: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for each in levels.values():
        total.update(each)
    return _some(total)


def _listed(nodes: Iterable[Any]) -> Counts:
    found = list(nodes)
    results = Counter(result["outcome"] for node in found for result in node["results"])
    return {"nodes": dict(Counter(node["outcome"] for node in found)), "rules": dict(results)}


def _summary(text: str) -> Counts:
    summary = json.loads(text)["summary"]
    return {"nodes": _some(summary["nodes"]), "rules": _rules(summary["rules"])}


def _json(text: str) -> Counts:
    listed = _listed(json.loads(text)["nodes"])
    assert listed == _summary(text), "the counts are not those of the nodes beside them"
    return listed


def _ndjson(text: str) -> Counts:
    *nodes, last = text.splitlines()
    # Who comes twice is known at the end alone: the last line counts, and says which nodes these are.
    if not json.loads(last)["duplicates"]:
        assert _listed(map(json.loads, nodes)) == _summary(last), "the last line does not count the lines before it"
    return _summary(last)


def _csv(text: str) -> Counts:
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["node"]]
    nodes = {(row["node"], row["snapshot"]): row["node_outcome"] for row in rows}
    results = Counter(row["outcome"] for row in rows if row["rule"])
    return {"nodes": dict(Counter(nodes.values())), "rules": dict(results)}


def _markdown(text: str) -> Counts:
    told = {word: int(number) for number, word in _MANY.findall(text.split("\n", 1)[0])}
    return {"nodes": told}


def _table(text: str) -> Counts:
    headline = " ".join(text.split("\n\n", 1)[0].split())
    if "no node rule was selected" in headline:
        return {}
    return {"nodes": {word: int(number) for number, word in _MANY.findall(headline.partition("(")[0])}}


def _matrix(text: str) -> Counts:
    lines = text.splitlines()
    nodes = next(line for line in lines if re.match(r"\d+ nodes?: ", line))
    found: Counts = {"nodes": {word: int(number) for number, word in _MANY.findall(nodes)}}
    heads = [line.split() for line in lines if line.startswith("rule ")]
    totals = [line.split()[1:] for line in lines if line.startswith("total ")]
    if len(heads) == len(totals) == 1 and "pool" not in text:
        names = [{"n/a": "not_applicable"}.get(name, name) for name in heads[0][2:]]
        found["rules"] = _some({name: int(count) for name, count in zip(names, totals[0], strict=True) if count != "-"})
    return found


def _attestation(text: str) -> Counts:
    predicate = json.loads(text)["predicate"]
    counts = _summary(json.dumps(predicate["urn:passmuster:verdict:1"]))
    assert len(predicate["passedTests"]) >= counts["rules"].get("pass", 0), "tests that passed are missing"
    return counts


class _Tally(HTMLParser):
    """The list of outcomes of an HTML report: a number in <strong>, then the word of an outcome."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self._inside = False
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside |= tag == "ul" and ("class", "tally") in attrs

    def handle_endtag(self, tag: str) -> None:
        if tag == "li" and self._inside:
            number, word = self._words[0], self._words[1]
            self.counts[word.strip()] = int(number.replace(",", ""))
            self._words = []
        self._inside &= tag != "ul"

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip():
            self._words.append(data)


def _html(text: str) -> Counts:
    parser = _Tally()
    parser.feed(text)
    return {"nodes": _some(parser.counts)}


FORMATS: dict[str, Callable[[str], Counts]] = {
    "attestation": _attestation,
    "csv": _csv,
    "html": _html,
    "json": _json,
    "markdown": _markdown,
    "matrix": _matrix,
    "ndjson": _ndjson,
    "summary": _summary,
    "table": _table,
}
"""What each format says, by its name; a test holds that there is one for every format."""
