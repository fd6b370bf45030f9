"""Binding: every field of the schema is a value, unset, or an unknown with its reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from snapshots import document, snapshot

from passmuster.cel import OpenMap, Unknown
from passmuster.model.unknown import Reason
from passmuster.snapshot import Section, Snapshot, load
from passmuster.snapshot.activation import bind


def _at(bound: Any, *steps: str) -> Any:
    for step in steps:
        bound = bound.get(step) if isinstance(bound, OpenMap) else bound[step]
    return bound


def _reason(value: object) -> Reason:
    assert isinstance(value, Unknown)
    (fact,) = value.facts
    return fact.reason


def test_null_is_an_unset_key() -> None:
    bound = bind(snapshot())
    assert "facilities" not in _at(bound, "cpu")
    assert "docker" not in _at(bound, "runtime")
    assert "accessible" not in _at(bound, "devices", "/dev/sev")
    assert _at(bound, "kernel", "sysctl").has("vm.unprivileged_userfaultfd") is False


UNKNOWN: dict[str, tuple[dict[str, str], tuple[str, ...], Reason]] = {
    "a field": ({"cpu.flags": "denied"}, ("cpu", "flags"), Reason.DENIED),
    "a whole section": ({"cpu": "timeout"}, ("cpu",), Reason.TIMEOUT),
    "a field of an object": ({"cgroup.v2.controllers": "failed"}, ("cgroup", "v2", "controllers"), Reason.FAILED),
    "a whole object": ({"cgroup.v2": "failed"}, ("cgroup", "v2"), Reason.FAILED),
    "a field of a member of an open map": (
        {"devices['/dev/kvm'].accessible": "denied"},
        ("devices", "/dev/kvm", "accessible"),
        Reason.DENIED,
    ),
    "a member of an open map": ({"devices['/dev/kvm']": "denied"}, ("devices", "/dev/kvm"), Reason.DENIED),
    "a key of an open map": (
        {"kernel.config.CONFIG_KVM": "unreadable"},
        ("kernel", "config", "CONFIG_KVM"),
        Reason.UNREADABLE,
    ),
    "a key of a closed map": ({"kernel.misc_devices.kvm": "failed"}, ("kernel", "misc_devices", "kvm"), Reason.FAILED),
    "a key that nobody asked for": ({}, ("kernel", "sysctl", "kernel.nobody"), Reason.NOT_COLLECTED),
}


@pytest.mark.parametrize(("withheld", "steps", "reason"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown(withheld: dict[str, str], steps: tuple[str, ...], reason: Reason) -> None:
    assert _reason(_at(bind(snapshot(unknown=withheld)), *steps)) is reason


def test_an_object_of_which_only_the_inside_is_unknown_is_still_an_object() -> None:
    old = snapshot(unknown={"runtime.kubelet.version": "denied", "runtime.kubelet.endpoint": "denied"})
    bound = bind(old)
    assert _reason(_at(bound, "runtime", "kubelet", "version")) is Reason.DENIED
    assert _at(bound, "runtime", "kubelet", "cgroup_driver") == "systemd"


def test_a_section_without_facts_may_say_of_single_fields_why() -> None:
    whole = snapshot()
    fact = next(iter(snapshot(unknown={"network.ipv6": "denied"}).sections["network"].unknown.values()))
    section = Section(facts={}, unknown={fact.path: fact}, sources={}, reason=Reason.NOT_COLLECTED)
    changed = Snapshot(
        digest="", schema=whole.schema, node=whole.node, collection=whole.collection, sections={"network": section}
    )
    bound = bind(changed)
    assert _reason(_at(bound, "network", "ipv6")) is Reason.DENIED
    assert _reason(_at(bound, "network", "nf_tables")) is Reason.NOT_COLLECTED


def _without(section: str, field: str | None) -> Snapshot:
    whole = snapshot()
    sections = dict(whole.sections)
    if field is None:
        del sections[section]
    else:
        left = {name: value for name, value in sections[section].facts.items() if name != field}
        sections[section] = Section(facts=left, unknown={}, sources={})
    return Snapshot(
        digest=whole.digest, schema=whole.schema, node=whole.node, collection=whole.collection, sections=sections
    )


def test_what_an_older_collector_did_not_know_is_unsupported() -> None:
    assert _reason(_at(bind(_without("network", None)), "network")) is Reason.UNSUPPORTED
    assert _reason(_at(bind(_without("network", "ipv6")), "network", "ipv6")) is Reason.UNSUPPORTED


def test_the_node_and_the_collection_are_bound_without_its_time() -> None:
    bound = bind(snapshot("worker-3"))
    assert _at(bound, "node", "name") == "worker-3"
    assert _at(bound, "collection", "kind") == "live"
    assert "collected_at" not in _at(bound, "collection")


def test_an_object_known_only_by_what_is_missing_in_it() -> None:
    whole = snapshot(unknown={"cgroup.v2.controllers": "denied"})
    facts = {name: value for name, value in whole.sections["cgroup"].facts.items() if name != "v2"}
    section = Section(facts=facts, unknown=whole.sections["cgroup"].unknown, sources={})
    changed = Snapshot(
        digest="",
        schema=whole.schema,
        node=whole.node,
        collection=whole.collection,
        sections={**whole.sections, "cgroup": section},
    )
    bound = bind(changed)
    assert _reason(_at(bound, "cgroup", "v2", "controllers")) is Reason.DENIED
    assert _reason(_at(bound, "cgroup", "v2", "mount_point")) is Reason.UNSUPPORTED


def _only_inside(gone: str, inside: str) -> Any:
    """The section of a fact that is in neither list, though something inside of it is said to be unknown."""
    (section, fact) = gone.split(".")
    changed = document()
    where = changed["sections"][section]
    del where["facts"][fact]
    where["unknown"], where["status"] = {inside: {"reason": "denied", "detail": ""}}, "partial"
    return _at(bind(load(json.dumps(changed).encode(), "f")), section, fact)


@pytest.mark.parametrize(
    ("gone", "inside"), [("cpu.flags", "cpu.flags.vmx"), ("kernel.major", "kernel.major.x")], ids=["a list", "a number"]
)
def test_what_is_said_inside_a_list_or_a_value_that_is_not_there_makes_nothing_of_it(gone: str, inside: str) -> None:
    assert _reason(_only_inside(gone, inside)) is Reason.UNSUPPORTED


def test_a_closed_map_that_is_not_there_lacks_no_key_for_one_that_could_not_be_looked_at() -> None:
    found = _only_inside("kernel.misc_devices", "kernel.misc_devices.kvm")
    assert _reason(found.has("kvm")) is Reason.DENIED
    assert _reason(found.has("tun")) is Reason.UNSUPPORTED
    assert _reason(found.whole()) is Reason.UNSUPPORTED


def test_a_pattern_of_unknown_keys_leaves_every_key_unknown_that_a_closed_map_does_not_name() -> None:
    changed = snapshot(unknown={"kernel.misc_devices['vfio*']": "denied"})
    found = _at(bind(changed), "kernel", "misc_devices")
    assert (found.has("kvm"), found.get("kvm")) == (True, 232)
    assert _reason(found.has("vfio")) is Reason.DENIED
