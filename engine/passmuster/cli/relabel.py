"""How snapshots came to a verdict: files lie elsewhere when it is made again, and are called what they were then.

Only what could not be read, and what came twice, is told by its path. Everything else is known by its digest. In which
bundles snapshots came changes no verdict, and is taken from the claim, too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from passmuster.attest import Kind
from passmuster.cli import inputs
from passmuster.judge import ABSENT, Given
from passmuster.verdict import BundleHeader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.attest import Claim
    from passmuster.fleet import Remembered
    from passmuster.report.conclusion import Conclusion
    from passmuster.verdict import Duplicate


def labels(claim: Claim) -> Mapping[str, str]:
    """The paths of what could not be read then, by their last part where only one has that."""
    found: dict[str, list[str]] = {}
    for path in _unread(claim):
        found.setdefault(_last(path), []).append(path)
    return {last: paths[0] for last, paths in found.items() if len(paths) == 1}


def _unread(claim: Claim) -> list[str]:
    if claim.kind is Kind.ATTESTATION:
        return [node for node in claim.nodes if "/" in node or "." in node]
    return [node["node"] for node in claim.document["nodes"] if node["snapshot"] is None and node["reason"] != ABSENT]


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def renamed(met: inputs.Met[Remembered], names: Mapping[str, str]) -> inputs.Met[Remembered]:
    """What was met, under the path that it had then; anything else stays as it is."""
    path, number, each = met
    then = names.get(_last(inputs.label(path, number)))
    if then is None:
        return met
    if isinstance(each, Given):
        problem = each.problem or ""
        if problem.startswith(path):
            problem = then + problem[len(path) :]
        return path, number, replace(each, input=then, problem=problem)
    if number and then.endswith(f":{number}"):
        then = then.removesuffix(f":{number}")
    return then, number, each


def _twice(each: Duplicate) -> tuple[str, str | None, str | None, str | None, int]:
    return each.kind, each.site, each.name, each.machine_id, len(each.inputs)


def as_then(conclusion: Conclusion, claim: Claim, *, superseded: int | None) -> Conclusion:
    """The conclusion, with the paths of what came twice, where it is the same that did, and the bundles of then."""
    bundles = tuple(BundleHeader(**each) for each in claim.bundles)
    verdict = replace(conclusion.verdict, bundles=bundles, superseded=superseded)
    if claim.kind is not Kind.ATTESTATION:
        then = {
            (each["kind"], each["site"], each["name"], each["machine_id"], len(each["inputs"])): tuple(each["inputs"])
            for each in claim.document["duplicates"]
        }
        found = tuple(replace(each, inputs=then.get(_twice(each), each.inputs)) for each in verdict.duplicates)
        verdict = replace(verdict, duplicates=found)
    return replace(conclusion, verdict=verdict)
