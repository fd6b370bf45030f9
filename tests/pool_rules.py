"""Small policies with one fleet rule, and fleets to judge by them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from packs import no_parameters, text
from snapshots import snapshot

from passmuster import policy
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.evaluation.node import Given, judge
from passmuster.evaluation.pools import evaluate_pools
from passmuster.policy.compile import CompiledPolicy, compile_policy

if TYPE_CHECKING:
    from passmuster.model.verdict import FleetResult, Verdict

VENDOR = "has(cpu.vendor) ? cpu.vendor : 'none'"
ONE_VALUE = "size(fleet.values) <= 1"


def fleet_rule(
    id_: str, expression: str = ONE_VALUE, *, value: str = VENDOR, level: str = "required", **more: str
) -> str:
    """A fleet rule's YAML; `applies_when`, `group_by` and `message_expression` are given as text."""
    parts = {**more, "value": value, "expression": expression}
    blocks = "".join(f"{key}: |\n{textwrap.indent(each, '  ')}\n" for key, each in parts.items())
    head = f"id: {id_}\ntitle: {id_} holds\nlevel: {level}\nscope: fleet\n"
    tail = f"rationale: r\ndeviation: none\nremediation: mend {id_}\nreferences: [{{title: t, url: 'https://example.org'}}]\n"
    return "  - " + textwrap.indent(head + blocks + tail, "    ").lstrip()


def compiled(*rules: str, extra: str = "") -> CompiledPolicy:
    """A policy of a few rules, compiled."""
    return compile_policy(policy.load(text(*rules, extra=extra).encode(), "demo.yaml"))


def nodes(*changes: dict[str, Any]) -> list[Given]:
    """Nodes n0, n1 and so on, each the healthy one with changes of `snapshots.snapshot`."""
    return [
        Given(input=f"n{at}.json", snapshot=snapshot(f"n{at}", machine_id=f"sha256:{at:064x}", **each))
        for at, each in enumerate(changes)
    ]


def vendors(*names: str | None) -> list[dict[str, Any]]:
    """Changes that give each node a vendor; None is one that nobody looked at."""
    return [{"unknown": {"cpu.vendor": "denied"}} if name is None else {"set_": {"cpu.vendor": name}} for name in names]


def judged(made: CompiledPolicy, *changes: dict[str, Any], **terms: Any) -> Verdict:
    """What all rules say of nodes."""
    return judge(nodes(*changes), EvaluationCriteria(policies=(made,), parameters=no_parameters(made), **terms))


def results(made: CompiledPolicy, *changes: dict[str, Any]) -> tuple[FleetResult, ...]:
    """What the fleet rules say of nodes."""
    found = [(each.snapshot.name, each.snapshot) for each in nodes(*changes) if each.snapshot is not None]
    return evaluate_pools([(made, rule) for rule in made.fleet_rules], found, no_parameters(made))
