"""Whether a report is consistent: its verdict digest follows from its content."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from passmuster.evaluation import verdict_digest
from passmuster.evaluation.criteria import asked
from passmuster.proof.claim import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.proof.claim import Claim


def of_claim(claim: Claim, terms: EvaluationCriteria) -> str | None:
    """The digest computed from the content of a report; None for an attestation, whose content is not enough."""
    if claim.kind is Kind.ATTESTATION:
        return None
    return verdict_digest.verdict(asked(terms, claim.now, claim.origin), _digests(claim.document))


def changed_parameters(
    claim: Claim, terms: EvaluationCriteria, defaults: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """Parameters that had their defaults when the digest of the report was computed, and now have other values."""
    if of_claim(claim, terms) in {None, claim.verdict_digest}:
        return
    for pack, values in defaults.items():
        for name, value in values.items():
            if terms.parameters[pack][name] != value:
                changed = {**terms.parameters, pack: {**terms.parameters[pack], name: value}}
                if of_claim(claim, replace(terms, parameters=changed)) == claim.verdict_digest:
                    yield (
                        f"parameters: {pack}.{name} was changed after the report was made "
                        f"(got {terms.parameters[pack][name]!r}, expected {value!r})"
                    )


def _digests(document: Mapping[str, Any]) -> Iterator[bytes]:
    doubled = {_who(duplicate, "name") for duplicate in document["duplicates"] if duplicate["kind"] == "same_node"}
    nodes = set()
    for node in document["nodes"]:
        snapshot = None if node["snapshot"] is None else node["snapshot"]["digest"]
        if snapshot is not None and (*_who(node, "node"), snapshot) in nodes:
            continue  # a stream has every copy of a snapshot that was given twice
        nodes.add((*_who(node, "node"), snapshot))
        if snapshot is not None and _who(node, "node") in doubled:
            yield verdict_digest.node(node["node"], snapshot, "unknown", {})
        else:
            rules = {result["rule"]: result["outcome"] for result in node["results"]}
            yield verdict_digest.node(node["node"], snapshot, node["outcome"], rules)
    for result in document["fleet_results"]:
        yield verdict_digest.fleet(result["rule"], result["pool"], result["outcome"])


def _who(entry: Mapping[str, Any], name: str) -> tuple[Any, Any, Any]:
    """Site, name and machine id, where the name is under this key."""
    return entry["site"], entry[name], entry["machine_id"]
