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
    nodes = [node(each, style) for each in verdict.nodes]
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
                "pack": each.pack,
                "version": each.version,
                "digest": each.digest,
                "released": each.released,
                "lock": each.lock,
            }
            for each in verdict.policies
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
                "digest": each.digest,
                "site": each.site,
                "assurance": each.assurance,
                "snapshots": list(each.snapshots),
            }
            for each in verdict.bundles
        ],
        "skipped": leftout.wire(verdict.skipped),
        "signatures": origin.wire(verdict.signatures),
        "summary": counts,
        "fleet_results": [_fleet(each, style) for each in verdict.fleet],
        "duplicates": [
            {
                "kind": each.kind,
                "site": each.site,
                "name": each.name,
                "machine_id": each.machine_id,
                "inputs": list(each.inputs),
            }
            for each in verdict.duplicates
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
                "value": list(each.value) if isinstance(each.value, tuple) else each.value,
                "count": each.count,
                "odd": each.odd,
                "nodes": list(each.nodes),
            }
            for each in values
        ],
        "undecided": [
            {
                "facts": [_unknown(fact) for fact in each.facts],
                "reason": each.reason or None,
                "count": each.count,
                "nodes": list(each.nodes),
            }
            for each in result.undecided
        ],
    }


def _unknown(fact: UnknownFact) -> dict[str, str]:
    return {"path": str(fact.path), "reason": fact.reason.value, "detail": fact.detail}


def _waivers(found: WaiverFindings) -> dict[str, Any]:
    return {
        "digest": found.digest,
        "applied": found.applied,
        "expired": [_waiver(each) for each in found.expired],
        "unused": [_waiver(each) for each in found.unused],
        "wide": [_waiver(each) for each in found.wide],
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
        "results": [result(each, style) for each in verdict.results],
    }


def result(found: Result, style: Style) -> dict[str, Any]:
    """One of a node's `results`."""
    shown = found.facts if style.evidence.wanted(found) else ()
    return {
        "rule": found.rule.name,
        "level": found.rule.level.value,
        "outcome": found.outcome.value,
        "message": found.message,
        "facts": [{"path": str(fact.path), "value": fact.value, "source": fact.source} for fact in shown],
        "unknown": [_unknown(fact) for fact in found.unknown],
        "because": [
            {"expression": each.expression, "value": each.value, "line": each.line, "column": each.column}
            for each in found.because
        ],
        "steps": found.steps,
        "waiver": None
        if found.waived is None
        else {**_waiver(found.waived.waiver), "outcome": found.waived.outcome.value},
    }
