"""The wire format `passmuster.report/1`; never a dump of the internal types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster import _json
from passmuster.report import counting, harmless

if TYPE_CHECKING:
    from passmuster.report.format import Style
    from passmuster.verdict import NodeVerdict, Result, Verdict, WaiverFindings, WaiverHeader

SCHEMA = "passmuster.report/1"


def render(verdict: Verdict, style: Style) -> str:
    """The canonical JSON of a verdict: one line."""
    document = {**_head(verdict), "nodes": [_node(node, style) for node in verdict.nodes]}
    return harmless.json(_json.canonical(document).decode())


def _head(verdict: Verdict) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "engine": verdict.engine,
        "language": verdict.language,
        "verdict_digest": verdict.digest,
        "policies": [
            {"pack": each.pack, "version": each.version, "digest": each.digest, "released": each.released}
            for each in verdict.policies
        ],
        "parameters": dict(verdict.parameters),
        "waivers": None if verdict.waivers is None else _waivers(verdict.waivers),
        "roster": None
        if verdict.roster is None
        else {
            "listed": verdict.roster.listed,
            "missing": list(verdict.roster.missing),
            "unlisted": list(verdict.roster.unlisted),
        },
        "max_age": verdict.max_age,
        "now": verdict.now,
        "outcome": verdict.outcome.value,
        "summary": counting.summary(verdict),
        "duplicates": [
            {"kind": each.kind, "name": each.name, "machine_id": each.machine_id, "inputs": list(each.inputs)}
            for each in verdict.duplicates
        ],
    }


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


def _node(node: NodeVerdict, style: Style) -> dict[str, Any]:
    return {
        "node": node.node,
        "machine_id": node.machine_id,
        "snapshot": None
        if node.snapshot is None
        else {
            "digest": node.snapshot.digest,
            "schema": node.snapshot.schema,
            "collected_at": node.snapshot.collected_at,
            "kind": node.snapshot.kind,
            "context": node.snapshot.context,
        },
        "outcome": node.outcome.value,
        "reason": node.reason,
        "results": [_result(result, style) for result in node.results],
    }


def _result(result: Result, style: Style) -> dict[str, Any]:
    shown = result.facts if style.evidence.wanted(result) else ()
    return {
        "rule": result.rule.name,
        "level": result.rule.level.value,
        "outcome": result.outcome.value,
        "message": result.message,
        "facts": [{"path": str(fact.path), "value": fact.value, "source": fact.source} for fact in shown],
        "unknown": [
            {"path": str(fact.path), "reason": fact.reason.value, "detail": fact.detail} for fact in result.unknown
        ],
        "because": [
            {"expression": each.expression, "value": each.value, "line": each.line, "column": each.column}
            for each in result.because
        ],
        "steps": result.steps,
        "waiver": None
        if result.waived is None
        else {**_waiver(result.waived.waiver), "outcome": result.waived.outcome.value},
    }
