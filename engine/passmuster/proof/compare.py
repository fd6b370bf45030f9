"""Comparing a verdict with the result of judging again: one sentence for each difference, causes before effects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.proof.pieces import Pieces, pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from passmuster.proof.claim import Claim

MOST = 20
"""The most sentences of one kind that are shown."""
_EFFECTS = frozenset(("duplicates", "outcome", "result", "roster", "summary", "waivers"))
"""Fields that follow from snapshots and outcomes: no sentence if those differ."""
WORDED = ("because", "message", "reason", "steps", "undecided", "unknown")
"""Fields of nodes and results that another version of the engine may word differently."""
_SHOWN = "facts"
"""Another version may show other facts; facts that both show must have the same value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remade:
    """The same verdict, made again."""

    document: Mapping[str, Any]
    verdict_digest: str
    of_claim: str | None
    """The digest computed from the content of the verdict; None if its content is not enough."""


def differences(claim: Claim, remade: Remade, *, whole: bool) -> list[str]:
    """The differences, in sentences; `whole`: also texts that another version of the engine may word differently."""
    one, other = pieces(claim.kind, claim.document), pieces(claim.kind, remade.document)
    facts = list(_facts(one, other))
    outcomes = [sentence for _, sentence in _outcomes(one, other, fleet=not facts)]
    terms = [
        f"{name}: {_says(one.terms.get(name), other.terms.get(name))}"
        for name in sorted({*one.terms, *other.terms})
        if one.terms.get(name) != other.terms.get(name) and not ((facts or outcomes) and name in _EFFECTS)
    ]
    known = {name for name, _ in _outcomes(one, other, fleet=not facts)}
    texts = list(_texts(one, other, known, fleet=not facts, whole=whole))
    digests = list(_digests(claim, remade, explained=bool(facts or outcomes or terms)))
    return [*_most(facts), *digests, *terms, *_most(outcomes), *_most(texts)]


def _facts(one: Pieces, other: Pieces) -> Iterator[str]:
    for name in sorted({*one.snapshots, *other.snapshots}):
        gone = sorted(one.snapshots.get(name, frozenset()) - other.snapshots.get(name, frozenset()))
        new = sorted(other.snapshots.get(name, frozenset()) - one.snapshots.get(name, frozenset()))
        for digest in gone:
            if new:
                yield f"facts: {name}: the snapshot is altered (judged: {digest}, given: {new.pop()})"
            else:
                yield f"facts: {name}: its snapshot is missing (judged: {digest})"
        for digest in new:
            yield f"facts: {name}: a snapshot that was not judged (given: {digest})"
    for name in sorted(one.unread.keys() - other.unread.keys()):
        if name not in other.snapshots:
            yield f"facts: {name}: not given (it was unknown: {one.unread[name]})"
    for name in sorted(other.unread.keys() - one.unread.keys()):
        if name not in one.snapshots:
            yield f"facts: {name}: given now, but not a node of the report ({other.unread[name]})"


def _outcomes(one: Pieces, other: Pieces, *, fleet: bool) -> Iterator[tuple[str, str]]:
    """Rules first; a node gets its own sentence if no rule of it differs. `fleet`: also fleet rules."""
    blamed = set()
    for name in sorted({*one.results, *other.results}):
        mine, theirs = one.results.get(name, "nothing"), other.results.get(name, "nothing")
        if mine != theirs and (fleet if _of_fleet(name) else _same(one, other, name)):
            blamed.add(_node(name))
            yield name, f"outcome: {name}: {_says(mine, theirs)}"
    for name in sorted(one.nodes.keys() & other.nodes.keys()):
        if one.nodes[name] != other.nodes[name] and _same(one, other, name) and name not in blamed:
            yield name, f"outcome: {name}: {_says(one.nodes[name], other.nodes[name])}"


def _texts(one: Pieces, other: Pieces, known: set[str], *, fleet: bool, whole: bool) -> Iterator[str]:
    """Different texts of equal outcomes; without `whole`, only texts that no engine version may change."""
    for name in sorted(one.texts.keys() & other.texts.keys() - known):
        mine, theirs = one.texts[name], other.texts[name]
        for field in sorted({*mine, *theirs}) if (fleet if _of_fleet(name) else _same(one, other, name)) else ():
            pair = mine.get(field), theirs.get(field)
            if pair[0] != pair[1] and (whole or not (field in WORDED or (field == _SHOWN and _alike(*pair)))):
                yield f"text: {name}: {field}: {_says(mine.get(field), theirs.get(field))}"


def _alike(one: Any, other: Any) -> bool:
    """Whether facts that both show have the same value."""
    values = {fact["path"]: fact["value"] for fact in other}
    return all(values.get(fact["path"], fact["value"]) == fact["value"] for fact in one)


def _node(name: str) -> str:
    """The node's name in the name of a result or of a node."""
    return name.partition(" on ")[2] or name


def _same(one: Pieces, other: Pieces, name: str) -> bool:
    """Whether both judged the same snapshot of a node; otherwise the facts already differ."""
    return one.seen.get(_node(name)) == other.seen.get(_node(name))


def _of_fleet(name: str) -> bool:
    """Whether a result is a fleet rule's: it follows from all snapshots, and not from one."""
    return _node(name).startswith(("pool ", "the fleet")) and " on " in name


def _digests(claim: Claim, remade: Remade, *, explained: bool) -> Iterator[str]:
    if remade.of_claim is not None and remade.of_claim != claim.verdict_digest:
        yield (
            "verdict_digest: does not match the content of the report, so the report was changed after it was made "
            f"(got {claim.verdict_digest}, expected {remade.of_claim})"
        )
    elif claim.verdict_digest != remade.verdict_digest and not explained:
        yield f"verdict_digest: {_says(claim.verdict_digest, remade.verdict_digest)}"


def _says(one: Any, other: Any) -> str:
    return f"the report has {_brief(one)}, judging again gives {_brief(other)}"


def _brief(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 80 else text[:77] + "..."


def _most(sentences: Iterable[str]) -> list[str]:
    listed = list(sentences)
    more = len(listed) - MOST
    return listed if more <= 0 else [*listed[:MOST], f"and {more} more of these"]
