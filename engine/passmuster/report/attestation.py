"""A verdict as an in-toto statement: test results over the digests of the snapshots, with what they were judged by.

It follows from a report and from nothing else, so that it can be made again and compared; there is no clock in it.
https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md
"""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

from passmuster.codec import json
from passmuster.report import harmless, json_v1

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from passmuster.model.verdict import Verdict
    from passmuster.report.format import Style

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
VERDICT = "urn:passmuster:verdict:1"
"""The field of the predicate that holds what test results have no field for."""

_RESULTS = {"pass": "PASSED", "warn": "WARNED", "fail": "FAILED", "unknown": "FAILED"}
"""There is no word for unknown: whoever reads only this must not take it for a pass. `VERDICT` has the true one."""
_COUNTED = {"required": "failedTests", "recommended": "warnedTests"}
_SAME = (
    "bundles",
    "language",
    "levels",
    "max_age",
    "now",
    "outcome",
    "parameters",
    "roster",
    "signatures",
    "rules",
    "scope",
    "skipped",
    "summary",
    "superseded",
)


def render(verdict: Verdict, style: Style) -> str:
    """The statement of a verdict: canonical JSON, one line."""
    return of(json.trusted(json_v1.render(verdict, style).encode()), style.engine)


def of(report: Mapping[str, Any], engine: str | None) -> str:
    """The statement that follows from a report; `engine` is sha256 over the engine's files, where it is known."""
    tests = _tests(report)
    predicate = {
        "result": _RESULTS[report["outcome"]],
        "configuration": [item for item in _configuration(report, engine) if item["digest"]],
        **{name: sorted(tests[name]) for name in ("passedTests", "warnedTests", "failedTests")},
        VERDICT: {
            **{name: report[name] for name in _SAME},
            "verdict_digest": report["verdict_digest"],
            "engine": report["engine"],
            "undecided": sorted(tests["undecided"]),
            "waived": sorted(tests["waived"]),
            "sites": _sites(report),
            "unjudged": [
                {"node": node["node"], "reason": node["reason"], "site": node["site"]}
                for node in report["nodes"]
                if node["reason"] is not None
            ],
        },
    }
    made = {"_type": TYPE, "subject": _subjects(report), "predicateType": PREDICATE, "predicate": predicate}
    return harmless.json(json.canonical(made).decode())


def names(nodes: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each node is called: by its name; where several have that, by its snapshot's digest too."""
    count = collections.Counter(node["node"] for node in nodes)
    return [
        node["node"]
        if count[node["node"]] == 1 or node["snapshot"] is None
        else f"{node['node']}#{node['snapshot']['digest'][7:19]}"
        for node in nodes
    ]


def _sites(report: Mapping[str, Any]) -> dict[str, list[str | None]]:
    """The sites of each snapshot that has one, by its digest."""
    snapshots: dict[str, set[str | None]] = collections.defaultdict(set)
    for node in report["nodes"]:
        if node["snapshot"] is not None:
            snapshots[node["snapshot"]["digest"]].add(node["site"])
    ordered = {digest: sorted(sites, key=lambda site: site or "") for digest, sites in sorted(snapshots.items())}
    return {digest: sites for digest, sites in ordered.items() if sites != [None]}


def _subjects(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    subjects = {
        (name, node["snapshot"]["digest"].removeprefix("sha256:"))
        for name, node in zip(names(report["nodes"]), report["nodes"], strict=True)
        if node["snapshot"] is not None
    }
    return [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(subjects)]


def _configuration(report: Mapping[str, Any], engine: str | None) -> Iterator[dict[str, Any]]:
    """What the verdict hangs on beside the snapshots, each with its kind and its digest."""
    yield _resource("engine", f"passmuster@{report['engine']}", engine)
    for policy in report["policies"]:
        made = _resource("policy", f"{policy['pack']}@{policy['version']}", policy["digest"])
        yield {**made, "annotations": {**made["annotations"], "released": policy["released"], "lock": policy["lock"]}}
    yield _resource("waivers", "waivers", (report["waivers"] or {}).get("digest"))
    yield _resource("assessment", "assessment", report["assessment"])


def _resource(kind: str, name: str, digest: str | None) -> dict[str, Any]:
    sha256 = {"sha256": digest.removeprefix("sha256:")} if digest else {}
    return {"name": name, "digest": sha256, "annotations": {"kind": kind}}


def _tests(report: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names of the tests, by what became of them; informational rules are tests only where they pass."""
    by_digest: dict[str, list[str]] = collections.defaultdict(list)
    for name, result in results(report):
        outcome = result["outcome"]
        if outcome == "pass":
            by_digest["passedTests"].append(name)
        elif outcome == "waived":
            by_digest["waived"].append(name)
        elif outcome != "not_applicable" and result["level"] in _COUNTED:
            by_digest[_COUNTED[result["level"]]].append(name)
            if outcome != "fail":
                by_digest["undecided"].append(name)
    return by_digest


def results(report: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every result of a report with a name for it: `PACK/RULE on NODE`, or `on pool P`, or `on the fleet`."""
    for name, node in zip(names(report["nodes"]), report["nodes"], strict=True):
        for result in node["results"]:
            yield f"{result['rule']} on {name}", result
    for result in report["fleet_results"]:
        yield f"{result['rule']} on {'the fleet' if result['pool'] is None else 'pool ' + result['pool']}", result
