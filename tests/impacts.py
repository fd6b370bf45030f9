"""Comparing sides in tests: the sides, the snapshots as they are given, and the texts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from passmuster.comparison import FORMATS, Hand, Impact, RuleChange, Side
from passmuster.evaluation.node import Given
from passmuster.policy import waivers
from passmuster.policy.waivers import InForce
from passmuster.report import harmless
from passmuster.report.names import fold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.policy.compile import CompiledPolicy
    from passmuster.snapshot import Snapshot

HAND = Hand(fold=fold, plain=harmless.plain, json=harmless.json)


def side(policy: CompiledPolicy, parameters: Mapping[str, Any] | None = None, waivers: InForce | None = None) -> Side:
    """A policy with its parameters and waivers."""
    return Side(policy=policy, parameters=parameters or {}, waivers=waivers)


def given(*nodes: Snapshot) -> list[Given]:
    """Snapshots, each from a file that is called as its node."""
    return [Given(input=f"{each.name}.json", snapshot=each) for each in nodes]


def rendered(name: str, found: Impact) -> str:
    """An impact in one format."""
    return {each.name: each for each in FORMATS}[name].render(found, HAND)


def the_rule(found: Impact) -> RuleChange:
    """The one rule that changes on the one node."""
    (node,) = found.changes
    (change,) = node.rules
    return change


def exceptions(*entries: str, now: str = "2026-11-22") -> InForce:
    """Waivers as of a day; an entry is `ID NODE RULE EXPIRES`, an ID of `-` leaves it out, a NODE may be `key=value`."""
    lines = ["schema: passmuster.waivers/1", "waivers:"]
    for entry in entries:
        id_, node, rule, expires = entry.split()
        key, equals, value = node.partition("=")
        selector = f"{{label: {{{key}: '{value}'}}}}" if equals else f"{{name: '{node}'}}"
        lines += [f"  - node: {selector}", f"    rule: {rule}", "    reason: r", "    owner: o", "    ticket: t"]
        lines += [f"    expires: {expires}"] + ([] if id_ == "-" else [f"    id: {id_}"])
    loaded = waivers.load("\n".join(lines).encode() + b"\n", "waivers.yaml")
    return InForce(waivers=loaded, now=datetime.fromisoformat(now).replace(tzinfo=UTC))
