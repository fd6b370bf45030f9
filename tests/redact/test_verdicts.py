"""Redaction for a pack leaves its verdict as it was: on every machine of the data, and on anything that can be drawn."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import data_here
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packs import compiled, rule
from redactions import KEY, PACKS, asked, documents, read

from passmuster import snapshot
from passmuster.cel import Unknown
from passmuster.codec import json
from passmuster.exchange import redaction
from passmuster.exchange.redaction import REMOVABLE, Asked, FieldClass, SiteKey, changes
from passmuster.model import fieldpath
from passmuster.snapshot.activation import at, bind
from passmuster_collector.cli import collect_bytes

if TYPE_CHECKING:
    from passmuster.snapshot import Snapshot

HOST = (FieldClass.HOST_IDENTIFYING,)


@functools.cache
def machines() -> tuple[Snapshot, ...]:
    """Every machine of the third-party data, from dumps and from whole trees."""
    dumps = [["--from", str(each.parent)] for each in data_here.unpacked("machines").glob("*/*/proc")]
    dumps += [
        ["--from", str(each)] for each in data_here.unpacked("machines").glob("*/*") if not (each / "proc").exists()
    ]
    trees = [["--root", str(each)] for each in sorted(data_here.unpacked("vhv").glob("*/tree"))]
    return tuple(snapshot.load(collect_bytes(each), "machine.json") for each in [*sorted(dumps), *trees])


@pytest.mark.long
@pytest.mark.parametrize(("pack", "version"), PACKS)
@pytest.mark.parametrize("classes", [(), HOST], ids=["as they are called", "under pseudonyms"])
def test_on_every_machine_of_the_data(pack: str, version: str, classes: tuple[FieldClass, ...]) -> None:
    asked_ = asked(pack, version)
    plan = redaction.plan([asked_.policy], classes, KEY if classes else None)
    wrong = []
    for each in machines():
        made = redaction.redact(each, plan)
        wrong += [(each.name, change) for change in changes(each, made.snapshot, [asked_])]
    assert wrong == []
    assert len(machines()) >= 150


def test_a_live_host_falls_to_three_fifths_of_its_size_at_most() -> None:
    live = collect_bytes([])
    made = redaction.redact(snapshot.load(live, "live.json"), redaction.plan([asked("virtnest", "1.1.0").policy]))
    assert len(made.data) * 5 < len(live) * 3


RULES = (
    "has(cgroup.v2) && 'cpu' in cgroup.v2.controllers",
    "!('freezer' in cgroup.v1) || cgroup.v1['freezer'] != ''",
    "cgroup.v1.all(name, name != 'another')",
    "has(runtime.kubelet) && has(runtime.kubelet.endpoint)",
    "!has(runtime.docker) || runtime.docker.version != ''",
    "devices['/dev/kvm'].exists && has(devices['/dev/kvm'].major)",
    "kernel.sysctl[?'net.ipv4.ip_forward'].orValue('0') == '1'",
    "'kvm' in kernel.misc_devices && kernel.misc_devices['kvm'] == 232",
    "kernel.misc_devices.size() > 1",
    "virtualization.secure_guest.uv || cpu.flags.exists(f, f == 'vmx')",
    "has(security.lockdown) || kubernetes.labels.size() == 0",
    "kubernetes.node == node.name",
)
PACK = Asked(policy=compiled(*(rule(f"rule-{number}", text) for number, text in enumerate(RULES))), parameters={})
some_classes = st.frozensets(st.sampled_from([each for each in REMOVABLE if each is not FieldClass.HOST_IDENTIFYING]))
packs = st.sampled_from([PACK, *(asked(*each) for each in PACKS)])
slow = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.long
@slow
@given(documents(), packs)
def test_what_is_not_read_decides_nothing(document: dict[str, Any], pack: Asked) -> None:
    before = read(document)
    assert changes(before, redaction.redact(before, redaction.plan([pack.policy])).snapshot, [pack]) == ()


@pytest.mark.long
@slow
@given(documents(), packs, some_classes)
def test_a_class_makes_rules_unknown_as_redacted_and_nothing_else(
    document: dict[str, Any], pack: Asked, classes: frozenset[FieldClass]
) -> None:
    before = read(document)
    found = changes(before, redaction.redact(before, redaction.plan([pack.policy], classes)).snapshot, [pack])
    assert all(each.withheld and each.after == "unknown" for each in found)


@pytest.mark.long
@slow
@given(documents(), packs, packs)
def test_another_pack_is_judged_as_before_or_left_unknown(document: dict[str, Any], pack: Asked, other: Asked) -> None:
    before = read(document)
    found = changes(before, redaction.redact(before, redaction.plan([pack.policy])).snapshot, [other])
    assert {each.after for each in found} <= {"unknown"}


@pytest.mark.long
@slow
@given(documents(), packs, some_classes, st.sampled_from([None, KEY]))
def test_to_redact_twice_is_to_redact_once(
    document: dict[str, Any], pack: Asked, classes: frozenset[FieldClass], key: SiteKey | None
) -> None:
    plan = redaction.plan([pack.policy], classes | frozenset(HOST if key else ()), key)
    once = redaction.redact(read(document), plan)
    twice = redaction.redact(once.snapshot, plan)
    assert twice.data == once.data
    assert twice.pseudonyms == redaction.Pseudonyms()


@pytest.mark.long
@slow
@given(documents(), packs, some_classes)
def test_no_fact_is_added(document: dict[str, Any], pack: Asked, classes: frozenset[FieldClass]) -> None:
    before = read(document)
    made = json.trusted(redaction.redact(before, redaction.plan([pack.policy], classes)).data)
    for name, section in made["sections"].items():
        if section["facts"]:
            assert within(section["facts"], document["sections"][name]["facts"])
        for text, why in section["unknown"].items():
            path = fieldpath.FieldPath.parse(text)
            was = document["sections"][name]["unknown"].get(text, {}).get("reason")
            if was is None and why["reason"] == "not_collected":  # a key of an open map that nobody asked for
                unasked = at(bind(before), path)
                assert isinstance(unasked, Unknown)
                assert {fact.reason.value for fact in unasked.facts} == {"not_collected"}
                was = "not_collected"
            assert why == {"detail": "", "reason": was} or why["reason"] == "redacted"


def within(part: Any, whole: Any) -> bool:
    """Whether one is a part of the other; a null says of a key of a closed map that it is not there."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(within(each, whole[key]) if key in whole else each is None for key, each in part.items())
    return bool(part == whole)


@pytest.mark.long
@slow
@given(documents(), documents(), packs)
def test_it_depends_on_nothing_but_what_is_read(one: dict[str, Any], other: dict[str, Any], pack: Asked) -> None:
    """The sections that the pack does not read are exchanged, and not one byte of the redaction changes."""
    plan = redaction.plan([pack.policy])
    unread = {name for name in one["sections"] | other["sections"] if plan.read.child(name) is None}
    mixed = {name: each for name, each in one["sections"].items() if name not in unread}
    mixed |= {name: each for name, each in other["sections"].items() if name in unread}
    assert redaction.redact(read({**one, "sections": mixed}), plan).data == redaction.redact(read(one), plan).data
