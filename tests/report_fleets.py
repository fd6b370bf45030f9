"""Verdicts of a few nodes with everything that a report can have to tell of."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from packs import no_parameters, virtnest
from snapshots import snapshot

from passmuster.evaluation.criteria import EvaluationCriteria, MaximumAge
from passmuster.evaluation.node import Given, judge
from passmuster.model.fieldpath import FieldPath
from passmuster.model.outcome import Level, RuleOutcome
from passmuster.model.unknown import Reason, UnknownFact
from passmuster.model.verdict import FleetResult, FleetUndecided, FleetValue, RuleHeader
from passmuster.policy import waivers

if TYPE_CHECKING:
    from passmuster.model.verdict import Verdict

TERMS = EvaluationCriteria(policies=(virtnest(),), parameters=no_parameters(virtnest()))
NOW = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)
HOSTILE = "worker-[1]</h3><script>alert(1)</script>\" onclick='x'\x1b[2J\u202egnp.exe"
WAIVERS = b"""\
schema: passmuster.waivers/1
waivers:
  - {id: w1, node: {name: waived}, rule: cpu-x86-64-v2, reason: It leaves., owner: Ada, ticket: OPS-1, expires: 2026-12-31}
  - {id: w2, node: {name: waived}, rule: kernel-version, reason: r, owner: o, ticket: t, expires: 2026-11-22}
  - {id: w3, node: {name: idle}, rule: iommu-enabled, reason: r, owner: o, ticket: t, expires: 2027-01-01}
"""


def node(name: str, number: int, **changes: Any) -> Given:
    """A node of the healthy kind, changed."""
    return Given(input=f"{name}.json", snapshot=snapshot(name, machine_id=f"sha256:{number:064x}", **changes))


@functools.cache
def small() -> Verdict:
    """Five nodes, one of them hostile: pass, fail for two reasons, unknown, and one that cannot be read."""
    nodes = [
        node("worker-001", 1),
        node("worker-002", 2, set_={"cpu.flags": ["cx16", "lm"], "kernel.release": "4.4.0-<b>"}),
        node("worker-003", 3, unknown={"devices": "denied", "kernel.release": "timeout"}),
        node(HOSTILE, 4, set_={"kernel.release": HOSTILE, "cpu.flags": [HOSTILE[:60]]}),
        Given(input="broken.json", snapshot=None, problem="broken.json:1:1: not JSON: <unexpected> end"),
    ]
    return judge(nodes, TERMS)


@functools.cache
def full() -> Verdict:
    """Every part of a report: waivers, a roster, an age, duplicates, parameters, rules over the fleet."""
    nodes = [
        node("worker-001", 1),
        node("worker-002", 2),
        node("waived", 3, set_={"cpu.flags": ["lm"]}),
        node("old-cpu-1", 4, set_={"cpu.flags": ["cx16", "lm"]}),
        node("old-cpu-2", 5, set_={"cpu.flags": ["lm"]}),
        node("blind", 6, unknown={"devices": "denied"}),
        node("worker-002", 7),
        node("twin", 8),
        replace(node("twin", 8, set_={"network.ipv6": False}), input="twin-again.json"),
        node("copied", 10),
        replace(node("copied", 10), input="copied-again.json"),
        node("clone", 1),
        node("aged", 9, collected_at="2020-01-01T00:00:00Z"),
    ]
    in_force = waivers.InForce(waivers=waivers.load(WAIVERS, "waivers.yaml"), now=NOW)
    age = MaximumAge(text="30d", span=timedelta(days=30), now=NOW)
    roster = frozenset({"worker-001", "worker-002", "gone"})
    verdict = judge(nodes, replace(TERMS, waivers=in_force, roster=roster, max_age=age))
    return replace(verdict, fleet=pools(), parameters={"virtnest.level": 2, "virtnest.words": ["a"]})


@functools.cache
def single() -> Verdict:
    """One node with a failure."""
    return judge([node("worker-002", 2, set_={"kernel.release": "4.4.0"})], TERMS)


def rule(name: str, level: Level = Level.REQUIRED) -> RuleHeader:
    """A rule's header."""
    return RuleHeader(pack="virtnest", id=name, title=f"Title of {name}", level=level, remediation=f"Mend {name}.")


def pools() -> tuple[FleetResult, ...]:
    """A rule about the fleet that one pool fails, one passes, and of which one is not known."""
    denied = UnknownFact(path=FieldPath(("cpu", "flags")), reason=Reason.DENIED)
    values = (
        FleetValue(value=("a", "b"), count=3, odd=False, nodes=("n1", "n2", "n3")),
        FleetValue(value=("a", "c"), count=1, odd=True, nodes=("n4",)),
    )
    undecided = FleetUndecided(facts=(denied,), reason="", count=1, nodes=("blind",))
    one = FleetResult(
        rule=rule("same-flags"),
        pool="racks/1",
        outcome=RuleOutcome.FAIL,
        message="2 sets of flags",
        size=4,
        values=values,
        undecided=(undecided,),
    )
    good = replace(one, pool="racks/2", outcome=RuleOutcome.PASS, message=None, size=3, values=values[:1], undecided=())
    blind = replace(one, pool=None, outcome=RuleOutcome.UNKNOWN, message="not known", size=0, values=())
    return one, good, blind
