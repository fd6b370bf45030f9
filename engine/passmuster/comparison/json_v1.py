"""The wire format `passmuster.impact/1`; never a dump of the internal types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.codec import json

if TYPE_CHECKING:
    from passmuster.comparison.format import Hand
    from passmuster.comparison.model import (
        CrossTerms,
        FactChange,
        Impact,
        NodeChange,
        OneSided,
        RuleChange,
        Seen,
        SideHeader,
        Term,
        WaiverChange,
    )
    from passmuster.model.outcome import Level, RuleOutcome
    from passmuster.model.unknown import UnknownFact

SCHEMA = "passmuster.impact/1"


def render(impact: Impact, hand: Hand) -> str:
    """The canonical JSON of an impact: one line."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "old": _side(impact.old),
        "new": _side(impact.new),
        "nodes": impact.nodes,
        "flips": len(impact.flips),
        "broken": [node.node for node in impact.broken],
        "terms": None if impact.terms is None else _terms(impact.terms),
        "changes": [_node(change) for change in impact.changes],
        "collect_again": [
            {"node": node.node, "facts": [_unknown(fact) for fact in node.facts]} for node in impact.collect_again
        ],
        "appeared": [_one_sided(node) for node in impact.appeared],
        "gone": [_one_sided(node) for node in impact.gone],
        "doubled": [
            {
                "node": doubled.node,
                "machine_id": doubled.machine_id,
                "when": doubled.when.value,
                "inputs": list(doubled.inputs),
            }
            for doubled in impact.doubled
        ],
        "fleet_rules": list(impact.fleet_rules),
        "unreadable": [{"input": unreadable.input, "problem": unreadable.problem} for unreadable in impact.unreadable],
    }
    return hand.json(json.canonical(document).decode())


def _side(header: SideHeader) -> dict[str, Any]:
    return {
        "pack": header.policy.pack,
        "version": header.policy.version,
        "digest": header.policy.digest,
        "released": header.policy.released,
        "parameters": dict(header.parameters),
        "waivers": header.waivers,
        "now": header.now,
    }


def _terms(terms: CrossTerms) -> dict[str, Any]:
    return {
        "policy_alone": _term(terms.policy_alone),
        "node_alone": _term(terms.node_alone),
        "together": _term(terms.together),
    }


def _term(term: Term) -> dict[str, Any]:
    return {"flips": term.flips, "broken": list(term.broken)}


def _node(change: NodeChange) -> dict[str, Any]:
    return {
        "node": change.node,
        "machine_id": change.machine_id,
        "snapshot": change.digest,
        "snapshot_before": change.digest_before,
        "before": change.judged.before.value,
        "after": change.judged.after.value,
        "policy_alone": change.judged.policy_alone.value,
        "node_alone": change.judged.node_alone.value,
        "rules": [_rule(rule) for rule in change.rules],
    }


def _rule(rule: RuleChange) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        "cause": rule.cause.name.lower(),
        "origin": rule.origin.name.lower(),
        "before": _outcome(rule.before),
        "after": _outcome(rule.after),
        "policy_alone": _outcome(rule.policy_alone),
        "node_alone": _outcome(rule.node_alone),
        "old_level": _level(rule.old_level),
        "new_level": _level(rule.new_level),
        "message": rule.message,
        "facts": [{"path": str(fact.path), "value": fact.value, "source": fact.source} for fact in rule.facts],
        "changed": [_fact(fact) for fact in rule.changed],
        "parameters": [
            {"name": parameter.name, "before": parameter.before, "after": parameter.after}
            for parameter in rule.parameters
        ],
        "waiver": None if rule.waiver is None else _waiver(rule.waiver),
    }


def _fact(change: FactChange) -> dict[str, Any]:
    return {"path": str(change.path), "before": _seen(change.before), "after": _seen(change.after)}


def _seen(seen: Seen) -> dict[str, Any]:
    return {"value": seen.value, "unknown": seen.unknown.reason.value if seen.unknown else None}


def _waiver(change: WaiverChange) -> dict[str, Any]:
    waiver = change.waiver
    return {
        "step": change.step.value,
        "id": waiver.id,
        "node": waiver.node,
        "rule": waiver.rule,
        "reason": waiver.reason,
        "owner": waiver.owner,
        "ticket": waiver.ticket,
        "expires": waiver.expires,
    }


def _one_sided(node: OneSided) -> dict[str, Any]:
    return {"node": node.node, "machine_id": node.machine_id, "outcome": node.outcome.value}


def _unknown(fact: UnknownFact) -> dict[str, Any]:
    return {"path": str(fact.path), "reason": fact.reason.value, "detail": fact.detail}


def _outcome(outcome: RuleOutcome | None) -> str | None:
    return outcome.value if outcome else None


def _level(level: Level | None) -> str | None:
    return level.value if level else None
