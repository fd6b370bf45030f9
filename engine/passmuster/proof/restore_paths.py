"""How snapshots came to a verdict: files lie elsewhere when it is made again, and are called what they were then.

Only what could not be read, and what came twice, is told by its path. Everything else is known by its digest. In which
bundles snapshots came, and whether signatures covered them, is taken from the claim, too; `provenance` compares it.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from passmuster.evaluation.node import Given, from_future
from passmuster.evaluation.roster import ABSENT
from passmuster.fleet.store import order
from passmuster.intake import inputs
from passmuster.intake.bundle_input import Member, is_unsigned
from passmuster.model.verdict import Skipped
from passmuster.proof import Kind
from passmuster.proof.claim import subject_name
from passmuster.report import attestation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from passmuster.fleet import Remembered
    from passmuster.fleet.conclusion import Conclusion
    from passmuster.fleet.source import Found
    from passmuster.model.verdict import Duplicate
    from passmuster.proof import Claim


def labels(claim: Claim) -> Mapping[str, str]:
    """The paths of what could not be read then, by their last part where only one has that."""
    paths_of: dict[str, list[str]] = {}
    for path in _unread(claim):
        paths_of.setdefault(_last(path), []).append(path)
    return {last: paths[0] for last, paths in paths_of.items() if len(paths) == 1}


def _unread(claim: Claim) -> list[str]:
    if claim.kind is Kind.ATTESTATION:
        return [node for node in claim.nodes if "/" in node or "." in node]
    return [node["node"] for node in claim.document["nodes"] if node["snapshot"] is None and node["reason"] != ABSENT]


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def renamed(met: inputs.InputItem[Remembered], names: Mapping[str, str]) -> inputs.InputItem[Remembered]:
    """What was met, under the path that it had then; anything else stays as it is."""
    path, number, item = met
    then = names.get(_last(inputs.label(path, number)))
    if then is None:
        return met
    if isinstance(item, Given):
        problem = item.problem or ""
        if problem.startswith(path):
            problem = then + problem[len(path) :]
        return path, number, replace(item, input=then, problem=problem)
    if number and then.endswith(f":{number}"):
        then = then.removesuffix(f":{number}")
    return then, number, item


def sourced(met: Iterable[inputs.InputItem[Remembered]], claim: Claim) -> Iterator[Found]:
    """What was met, with the site of each snapshot, and why it was in doubt: no bytes of it say that."""
    known: dict[str, list[tuple[str | None, str | None]]] = {}
    if claim.kind is Kind.ATTESTATION:
        for digest, sites in claim.document["predicate"][attestation.VERDICT]["sites"].items():
            known[digest] = [(site, None) for site in sites]
    for node in () if claim.kind is Kind.ATTESTATION else claim.document["nodes"]:
        claimed = node["site"], _doubt(node, claim)
        if (
            node["snapshot"] is not None
            and claimed != (None, None)
            and claimed not in known.get(node["snapshot"]["digest"], ())
        ):
            known.setdefault(node["snapshot"]["digest"], []).append(claimed)
    unsigned_ = dict(unsigned(claim))
    for path, number, item in met:
        digest = _digest(item) if known or unsigned_ else ""
        if digest in unsigned_ and not isinstance(path, Member):
            yield path, number, inputs.Sourced(item, None, unsigned_[digest])
            continue
        told_of = known.get(digest, ())
        yield from ((path, number, inputs.Sourced(item, site, doubt)) for site, doubt in told_of)
        if not told_of:
            yield path, number, item


def unsigned(claim: Claim) -> Iterator[tuple[str, str]]:
    """Digests of the snapshots that no signature covered then, once for each node, with what the claim says of that."""
    if claim.kind is not Kind.ATTESTATION:
        for node in claim.document["nodes"]:
            if node["snapshot"] is not None and is_unsigned(node["reason"]):
                yield node["snapshot"]["digest"], node["reason"]
        return
    named: dict[str, set[str]] = {}
    for entry in claim.document["subject"]:
        named.setdefault(subject_name(entry), set()).add(f"sha256:{entry['digest']['sha256']}")
    signed = {digest for bundle in claim.origin.bundles for digest in bundle.snapshots}
    for entry in claim.document["predicate"][attestation.VERDICT]["unjudged"]:
        digests = named.get(entry["node"], set())
        if is_unsigned(entry["reason"]):
            yield from ((digest, entry["reason"]) for digest in sorted(digests - signed or digests))


def doubted(claim: Claim) -> int:
    """How many nodes of a claim are unknown because of other snapshots in a store."""
    nodes = () if claim.kind is Kind.ATTESTATION else claim.document["nodes"]
    return sum(_doubt(node, claim) is not None for node in nodes)


def _doubt(node: Mapping[str, Any], claim: Claim) -> str | None:
    """Why a store doubted a node; a report that has a moment looked itself at what is from the future."""
    reason: str | None = node["reason"]
    if reason is None or node["snapshot"] is None:
        return None
    return reason if reason in order.DOUBTS or (claim.now is None and from_future(reason)) else None


def _digest(item: bytes | Given | Remembered) -> str:
    if isinstance(item, Given):
        return item.snapshot.digest if item.snapshot is not None else ""
    return "sha256:" + hashlib.sha256(item if isinstance(item, bytes) else item.data).hexdigest()


def _twice(duplicate: Duplicate) -> tuple[str, str | None, str | None, str | None, int]:
    return duplicate.kind, duplicate.site, duplicate.name, duplicate.machine_id, len(duplicate.inputs)


def as_then(conclusion: Conclusion, claim: Claim, *, superseded: int | None) -> Conclusion:
    """The conclusion, with the paths of what came twice, where it is the same that did, and what lay beside them."""
    skipped = tuple(Skipped(**entry) for entry in claim.skipped)
    verdict = replace(conclusion.verdict, skipped=skipped, superseded=superseded)
    if claim.kind is not Kind.ATTESTATION:
        then = {
            (entry["kind"], entry["site"], entry["name"], entry["machine_id"], len(entry["inputs"])): tuple(
                entry["inputs"]
            )
            for entry in claim.document["duplicates"]
        }
        duplicates = tuple(
            replace(duplicate, inputs=then.get(_twice(duplicate), duplicate.inputs)) for duplicate in verdict.duplicates
        )
        verdict = replace(verdict, duplicates=duplicates)
    return replace(conclusion, verdict=verdict)
