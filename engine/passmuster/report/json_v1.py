"""The wire format `passmuster.report/1`; never a dump of the internal types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.codec import json
from passmuster.report import counting, harmless, leftout, origin, scope
from passmuster.report.format import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.model.unknown import UnknownFact
    from passmuster.model.verdict import FleetResult, NodeVerdict, Result, Verdict, WaiverFindings, WaiverHeader
    from passmuster.report.format import Style

SCHEMA = "passmuster.report/1"


def render(verdict: Verdict, style: Style) -> str:
    """The canonical JSON of a verdict: one line."""
    nodes = [node(node_verdict, style) for node_verdict in verdict.nodes]
    document = {**head(verdict, counting.summary(verdict), style), "nodes": nodes}
    return harmless.json(json.canonical(document).decode())


def head(verdict: Verdict, counts: Mapping[str, object], style: Style) -> dict[str, Any]:
    """A report but for its nodes; `counts` are of these."""
    return {
        "schema": SCHEMA,
        "engine": verdict.engine,
        "language": verdict.language,
        "verdict_digest": verdict.digest,
        "policies": [
            {
                "pack": policy.pack,
                "version": policy.version,
                "digest": policy.digest,
                "released": policy.released,
                "lock": policy.lock,
            }
            for policy in verdict.policies
        ],
        "parameters": dict(verdict.parameters),
        "rules": None if verdict.rules is None else list(verdict.rules),
        "scope": scope.wire(verdict.scope),
        "levels": {name: level.value for name, level in verdict.levels.items()},
        "assessment": verdict.assessment,
        "evidence": style.evidence.value,
        "waivers": None if verdict.waivers is None else _waivers(verdict.waivers),
        "roster": None
        if verdict.roster is None
        else {
            "source": verdict.roster.source,
            "listed": verdict.roster.listed,
            "missing": list(verdict.roster.missing),
            "unlisted": list(verdict.roster.unlisted),
        },
        "max_age": verdict.max_age,
        "now": verdict.now,
        "outcome": verdict.outcome.value,
        "bundles": [
            {
                "digest": bundle.digest,
                "site": bundle.site,
                "assurance": bundle.assurance,
                "snapshots": list(bundle.snapshots),
            }
            for bundle in verdict.bundles
        ],
        "skipped": leftout.wire(verdict.skipped),
        "signatures": origin.wire(verdict.signatures),
        "summary": counts,
        "fleet_results": [_fleet(fleet_result, style) for fleet_result in verdict.fleet],
        "duplicates": [
            {
                "kind": duplicate.kind,
                "site": duplicate.site,
                "name": duplicate.name,
                "machine_id": duplicate.machine_id,
                "inputs": list(duplicate.inputs),
            }
            for duplicate in verdict.duplicates
        ],
        "superseded": verdict.superseded,
    }


def _fleet(result: FleetResult, style: Style) -> dict[str, Any]:
    values = result.values if style.evidence is not Evidence.NONE else ()
    return {
        "rule": result.rule.name,
        "level": result.rule.level.value,
        "pool": result.pool,
        "outcome": result.outcome.value,
        "message": result.message,
        "size": result.size,
        "values": [
            {
                "value": list(value.value) if isinstance(value.value, tuple) else value.value,
                "count": value.count,
                "odd": value.odd,
                "nodes": list(value.nodes),
            }
            for value in values
        ],
        "undecided": [
            {
                "facts": [_unknown(fact) for fact in undecided.facts],
                "reason": undecided.reason or None,
                "count": undecided.count,
                "nodes": list(undecided.nodes),
            }
            for undecided in result.undecided
        ],
    }


def _unknown(fact: UnknownFact) -> dict[str, str]:
    return {"path": str(fact.path), "reason": fact.reason.value, "detail": fact.detail}


def _waivers(findings: WaiverFindings) -> dict[str, Any]:
    return {
        "digest": findings.digest,
        "applied": findings.applied,
        "expired": [_waiver(waiver) for waiver in findings.expired],
        "unused": [_waiver(waiver) for waiver in findings.unused],
        "wide": [_waiver(waiver) for waiver in findings.wide],
    }


def _waiver(header: WaiverHeader) -> dict[str, Any]:
    return {
        "id": header.id,
        "node": header.node,
        "rule": header.rule,
        "reason": header.reason,
        "owner": header.owner,
        "ticket": header.ticket,
        "expires": header.expires,
    }


def node(verdict: NodeVerdict, style: Style) -> dict[str, Any]:
    """One of a report's `nodes`."""
    return {
        "node": verdict.node,
        "machine_id": verdict.machine_id,
        "site": verdict.site,
        "snapshot": None
        if verdict.snapshot is None
        else {
            "digest": verdict.snapshot.digest,
            "schema": verdict.snapshot.schema,
            "collected_at": verdict.snapshot.collected_at,
            "kind": verdict.snapshot.kind,
            "context": verdict.snapshot.context,
        },
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "results": [result(rule_result, style) for rule_result in verdict.results],
    }


def result(rule_result: Result, style: Style) -> dict[str, Any]:
    """One of a node's `results`."""
    shown = rule_result.facts if style.evidence.wanted(rule_result) else ()
    return {
        "rule": rule_result.rule.name,
        "level": rule_result.rule.level.value,
        "outcome": rule_result.outcome.value,
        "message": rule_result.message,
        "facts": [{"path": str(fact.path), "value": fact.value, "source": fact.source} for fact in shown],
        "unknown": [_unknown(fact) for fact in rule_result.unknown],
        "because": [
            {"expression": because.expression, "value": because.value, "line": because.line, "column": because.column}
            for because in rule_result.because
        ],
        "steps": rule_result.steps,
        "waiver": None
        if rule_result.waived is None
        else {**_waiver(rule_result.waived.waiver), "outcome": rule_result.waived.outcome.value},
    }
