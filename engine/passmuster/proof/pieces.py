"""The content of a verdict in pieces, so that two verdicts can be compared piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from passmuster.proof.claim import Kind
from passmuster.report import attestation

if TYPE_CHECKING:
    from collections.abc import Mapping

_LISTS = {"passedTests": "passed", "warnedTests": "warned", "failedTests": "failed"}
_PIECES = ("engine", "evidence", "fleet_results", "nodes", "schema", "verdict_digest")
"""Fields of a report that are compared in other ways, or not at all."""
_MORE = ("engine", "verdict_digest", "sites", "undecided", "unjudged", "waived")
"""The same for an attestation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """The pieces of a verdict; each has a name for people."""

    snapshots: Mapping[str, frozenset[str]]
    """Digests by the name of the node."""
    seen: Mapping[str, str]
    """Digests by the name of the node in results: with more than its name if several nodes have it."""
    unread: Mapping[str, str]
    """Nodes without a snapshot, and why; of an attestation: every node that was not judged."""
    results: Mapping[str, str]
    """The outcome of each rule, by `PACK/RULE on NODE`."""
    nodes: Mapping[str, str]
    """The outcome of each node; empty if the verdict has none."""
    texts: Mapping[str, Mapping[str, Any]]
    """All other fields of a result or a node."""
    terms: Mapping[str, Any]
    """All other fields, by name."""


def pieces(kind: Kind, document: Mapping[str, Any]) -> Pieces:
    """Take a verdict apart."""
    return _attested(document) if kind is Kind.ATTESTATION else _reported(document)


def _reported(document: Mapping[str, Any]) -> Pieces:
    labels = attestation.names(document["nodes"])
    nodes = dict(zip(labels, document["nodes"], strict=True))
    results = dict(attestation.results(document))
    digests: dict[str, frozenset[str]] = {}
    for node in document["nodes"]:
        if node["snapshot"] is not None:
            digests[node["node"]] = digests.get(node["node"], frozenset()) | {node["snapshot"]["digest"]}
    return Pieces(
        snapshots=digests,
        seen={name: node["snapshot"]["digest"] for name, node in nodes.items() if node["snapshot"] is not None},
        unread={name: node["reason"] or "" for name, node in nodes.items() if node["snapshot"] is None},
        results={name: f"{result['outcome']} ({result['level']})" for name, result in results.items()},
        nodes={name: node["outcome"] for name, node in nodes.items()},
        texts={
            **{name: _without(node, "outcome", "results") for name, node in nodes.items()},
            **{name: _without(result, "outcome", "level") for name, result in results.items()},
        },
        terms=_without(document, *_PIECES),
    )


def _attested(document: Mapping[str, Any]) -> Pieces:
    predicate = document["predicate"]
    verdict = predicate[attestation.VERDICT]
    words = {name: word for field, word in _LISTS.items() for name in predicate[field]}
    for field in ("undecided", "waived"):
        words.update({name: f"{words.get(name, '')} ({field})".strip() for name in verdict[field]})
    seen = {subject["name"]: f"sha256:{subject['digest']['sha256']}" for subject in document["subject"]}
    return Pieces(
        snapshots={name: frozenset({digest}) for name, digest in seen.items()},
        seen=seen,
        unread={entry["node"]: entry["reason"] for entry in verdict["unjudged"]},
        results=words,
        nodes={},
        texts={},
        terms={
            "result": predicate["result"],
            "configuration": [
                entry for entry in predicate["configuration"] if entry["annotations"]["kind"] != "engine"
            ],
            **_without(verdict, *_MORE),
        },
    )


def _without(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: member for name, member in value.items() if name not in names}
