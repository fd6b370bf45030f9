"""Causes on the side of the policy: each is reached, told with what is behind it, and found by taking it back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from impacts import exceptions, given, rendered, side, the_rule
from packs import compiled, rule
from snapshots import snapshot

from passmuster import impact
from passmuster.codec import schema
from passmuster.comparison import Cause, Side, WaiverStep
from passmuster.model.outcome import RuleOutcome

if TYPE_CHECKING:
    from passmuster.policy.waivers import InForce

FAILS, PASSES = rule("one", "os.id == 'alpine'"), rule("one", "os.id == 'debian'")
OTHER = rule("two", "network.ipv6")
NODE = snapshot("node-1")
HELD = exceptions("w node-1 one 2026-12-31")
WAIVERS: dict[str, tuple[InForce | None, InForce | None, WaiverStep]] = {
    "it was added": (None, HELD, WaiverStep.ADDED),
    "it was removed": (HELD, None, WaiverStep.REMOVED),
    "another took the only place in the file": (exceptions("- node-1 one 2026-12-31"), exceptions("- node-2 one 2026-12-31"), WaiverStep.REMOVED),
    "it expired as time went by": (HELD, exceptions("w node-1 one 2026-12-31", now="2027-01-01"), WaiverStep.EXPIRED),
    "it expired, and has no id": (
        exceptions("- node-1 one 2026-12-31"), exceptions("- x one 2027-12-31", "- node-1 one 2026-12-31", now="2027-01-01"), WaiverStep.EXPIRED,
    ),
    "its last day was moved back": (HELD, exceptions("w node-1 one 2026-01-31"), WaiverStep.EXPIRED),
    "its last day was moved on": (exceptions("w node-1 one 2026-01-31"), HELD, WaiverStep.RENEWED),
    "it covers other nodes": (HELD, exceptions("w node-2 one 2026-12-31"), WaiverStep.CHANGED),
    "it covers another rule": (HELD, exceptions("w node-1 two 2026-12-31"), WaiverStep.CHANGED),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "step"), WAIVERS.values(), ids=WAIVERS)
def test_a_waiver_is_a_cause_of_its_own(before: InForce | None, after: InForce | None, step: WaiverStep) -> None:
    policy = compiled(FAILS, OTHER)
    change = the_rule(impact(side(policy, waivers=before), side(policy, waivers=after), given(NODE)))
    assert change.cause is Cause.WAIVER
    assert change.waiver is not None
    assert (change.waiver.step, change.waiver.waiver.reason) == (step, "r")
    assert RuleOutcome.WAIVED in {change.before, change.after}


def test_a_waiver_that_ends_makes_a_node_fail_that_passed() -> None:
    policy = compiled(FAILS, OTHER)
    found = impact(side(policy, waivers=HELD), side(policy), given(NODE))
    assert [each.node for each in found.broken] == ["node-1"]
    table = rendered("table", found)
    assert "a waiver changed: 1 node\n  one: waived -> fail, 1 node\n" in table
    assert "waiver w removed (t, o, last day 2026-12-31): r\n" in table


def test_a_rule_that_got_stricter_is_the_cause_although_a_waiver_catches_it() -> None:
    change = the_rule(impact(side(compiled(PASSES)), side(compiled(FAILS), waivers=HELD), given(NODE)))
    assert (change.before, change.after) == (RuleOutcome.PASS, RuleOutcome.WAIVED)
    assert (change.cause, change.waiver) == (Cause.EXPRESSION, None)


def test_a_label_that_a_waiver_asks_for_is_a_fact_of_the_node() -> None:
    policy = compiled(FAILS, OTHER)
    granted = exceptions("w rack=a one 2026-12-31")
    earlier, later = NODE, NODE
    labelled = type(NODE)(**{each: getattr(NODE, each) for each in ("digest", "schema", "collection", "sections")},
                          node={**NODE.node, "labels": {"rack": "a"}})  # fmt: skip
    change = the_rule(
        impact(side(policy, waivers=granted), side(policy, waivers=granted), given(later), given(labelled))
    )
    assert earlier.node["labels"] == {}
    assert (change.cause, change.after) == (Cause.NODE, RuleOutcome.FAIL)
    assert [(str(each.path), each.before.value, each.after.value) for each in change.changed] == [
        ("node.labels.rack", "a", None)
    ]


EXTRA = (
    "parameters:\n  least: {type: int, default: 4, description: d}\n  most: {type: int, default: 9, description: d}\n"
)
VARIABLE = EXTRA + "variables:\n  enough:\n    description: d\n    expression: |\n      kernel.major >= params.least\n"


def bounded(expression: str, extra: str = EXTRA, **parameters: int) -> Side:
    return side(compiled(rule("one", expression), extra=extra), {"least": 4, "most": 9, **parameters})


PARAMETERS: dict[str, tuple[Side, Side, Cause, list[tuple[str, object, object]]]] = {
    "a parameter, and not one that the rule does not read": (
        bounded("kernel.major >= params.least"),
        bounded("kernel.major >= params.least", least=7, most=5),
        Cause.PARAMETER,
        [("least", 4, 7)],
    ),
    "a parameter that a variable reads": (
        bounded("variables.enough", VARIABLE),
        bounded("variables.enough", VARIABLE, least=7),
        Cause.PARAMETER,
        [("least", 4, 7)],
    ),
    "a parameter, while the words changed but not the meaning": (
        bounded("kernel.major >= params.least"),
        bounded("params.least <= kernel.major", least=7),
        Cause.PARAMETER,
        [("least", 4, 7)],
    ),
    "the expression, while a parameter changed too": (
        bounded("kernel.major >= params.least"),
        bounded("kernel.major >= params.least + 4", least=3),
        Cause.EXPRESSION,
        [],
    ),
    "a parameter of another type": (
        bounded("kernel.major >= params.least"),
        side(
            compiled(rule("one", "string(kernel.major) in params.least"), extra=EXTRA.replace("int, default: 4", "list, default: [a]")),
            {"least": ["7"], "most": 9},
        ),
        Cause.EXPRESSION,
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "cause", "told"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameters(old: Side, new: Side, cause: Cause, told: list[tuple[str, object, object]]) -> None:
    change = the_rule(impact(old, new, given(NODE)))
    assert change.cause is cause
    assert [(each.name, each.before, each.after) for each in change.parameters] == told


def test_a_parameter_and_a_waiver_that_only_together_flip_a_rule_of_the_same_words() -> None:
    """The value that was read became unknown, and the waiver moved: neither alone explains waived to fail."""
    text = rule("one", "params.least > 4 ? network.ipv6 : os.id == 'alpine'")
    policy = compiled(text, extra=EXTRA)
    node = snapshot("node-1", unknown={"network.ipv6": "denied"})
    old = side(policy, {"least": 4}, exceptions("w node-1 one 2026-12-31"))
    change = the_rule(impact(old, side(policy, {"least": 5}), given(node)))
    assert (change.before, change.after, change.cause) == (RuleOutcome.WAIVED, RuleOutcome.UNKNOWN, Cause.WAIVER)


def test_a_parameter_mends_a_rule_whose_waiver_went() -> None:
    """Neither change alone leads back: with the old value it fails, for its waiver is gone."""
    policy = compiled(rule("one", "kernel.major <= params.most"), extra=EXTRA)
    old = side(policy, {"most": 3}, exceptions("w node-1 one 2026-12-31"))
    change = the_rule(impact(old, side(policy, {"most": 9}), given(NODE)))
    assert (change.before, change.after, change.cause) == (RuleOutcome.WAIVED, RuleOutcome.PASS, Cause.PARAMETER)


def test_constants_are_what_a_rule_asks_for() -> None:
    def asks(word: str) -> Side:
        return side(
            compiled(
                rule("one", "os.id == constants.wanted"),
                extra=f"constants:\n  wanted: {{description: d, value: {word}}}\n",
            )
        )

    change = the_rule(impact(asks("debian"), asks("alpine"), given(NODE)))
    assert change.cause is Cause.EXPRESSION


def test_a_key_that_nobody_asked_for_is_no_value() -> None:
    text = "os.id == 'debian' || 'net.ipv4.ip_unprivileged_port_start' in kernel.sysctl"
    found = impact(side(compiled(rule("one", "network.ipv6 == false"))), side(compiled(rule("one", text))), given(NODE))
    assert [str(each.path) for each in the_rule(found).facts] == ["os.id"]


def test_every_cause_is_told_in_every_format() -> None:
    old = compiled(
        PASSES, rule("stale", "network.ipv6"), rule("light", "network.ipv6"), rule("most", "kernel.major <= params.most"),
        rule("read", "network.nf_tables"), rule("kept", "os.id == 'alpine'"), rule("node", "cpu.logical_count > 2"), extra=EXTRA,
    )  # fmt: skip
    new = compiled(
        FAILS, rule("fresh", "network.ipv6"), rule("light", "network.ipv6", level="recommended"), rule("most", "kernel.major <= params.most"),
        rule("read", "network.nf_tables && !security.apparmor"), rule("kept", "os.id == 'alpine'"), rule("node", "cpu.logical_count > 2"), extra=EXTRA,
    )  # fmt: skip
    found = impact(
        side(old, {"least": 4, "most": 9}, exceptions("w node-1 kept 2026-12-31")),
        side(new, {"least": 4, "most": 5}),
        given(snapshot(set_={"cpu.logical_count": 1}, unknown={"security.apparmor": "denied"})),
        given(snapshot(unknown={"security.apparmor": "denied"})),
    )
    assert {each.cause for node in found.changes for each in node.rules} == set(Cause)
    document = json.loads(rendered("json", found))
    assert schema.faults("impact", 1, document) == ()
    assert {each["cause"] for each in document["changes"][0]["rules"]} == {each.name.lower() for each in Cause}
    words = [each.value for each in Cause]
    table = rendered("table", found).splitlines()
    assert [line.removesuffix(": 1 node") for line in table if line.removesuffix(": 1 node") in words] == words
    assert all(f"<h3>{word[0].upper()}{word[1:]}: 1 node</h3>" in rendered("html", found) for word in words)
