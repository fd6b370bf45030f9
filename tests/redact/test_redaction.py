"""What is left of a snapshot, piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from packs import compiled, rule
from redactions import KEY, OTHER_KEY, read
from snapshots import document

from passmuster.cel import OpenMap, Unknown
from passmuster.codec import json
from passmuster.exchange import redaction
from passmuster.exchange.redaction import FieldClass, Redacted
from passmuster.snapshot.activation import bind

if TYPE_CHECKING:
    from passmuster.snapshot import Snapshot

OTHERS = {"detail": "", "reason": "redacted"}


def redacted(given: dict[str, Any], *expressions: str, classes: frozenset[FieldClass] = frozenset()) -> Redacted:
    policy = compiled(*(rule(f"rule-{number}", text) for number, text in enumerate(expressions)))
    key = KEY if FieldClass.HOST_IDENTIFYING in classes else None
    return redaction.redact(read(given), redaction.plan([policy], classes, key))


def section(name: str, made: Redacted) -> dict[str, Any]:
    found: dict[str, Any] = json.trusted(made.data)["sections"][name]
    return found


ASKED = "'net.ipv4.ip_forward' in kernel.sysctl"
KEPT: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, str]]] = {
    "a field that is read, of a record": (
        "cpu.logical_count > 0",
        {},
        {"logical_count": 4},
        {"cpu['*']": "redacted"},
    ),
    "a list, wholly": (
        "cpu.flags.size() == 3",
        {"set_": {"cpu.flags": ["a"]}},
        {"flags": ["a"]},
        {"cpu['*']": "redacted"},
    ),
    "a null that is read": (
        "has(cgroup.v2) && cgroup.v2.controllers.size() > 0",
        {"set_": {"cgroup.v2": None}},
        {"v2": None},
        {"cgroup['*']": "redacted"},
    ),
    "a shell, of something that only has to be there": (
        "has(runtime.kubelet)",
        {},
        {"kubelet": {}},
        {"runtime['*']": "redacted"},
    ),
    "why something that is read could not be looked at": (
        "cpu.logical_count > 0",
        {"unknown": {"cpu.logical_count": "denied", "cpu.vendor": "failed"}},
        {},
        {"cpu.logical_count": "denied", "cpu['*']": "redacted"},
    ),
    "the reason of what stands above": (
        "has(cgroup.v2) && cgroup.v2.controllers.size() > 0",
        {"unknown": {"cgroup.v2": "denied"}},
        {},
        {"cgroup.v2": "denied", "cgroup['*']": "redacted"},
    ),
    "an entry of an open map, and no other": (
        "'CONFIG_KVM' in kernel.config && kernel.config['CONFIG_KVM'] == 'y'",
        {},
        {"config": {"CONFIG_KVM": "m"}},
        {"kernel['*']": "redacted"},
    ),
    "an entry of an open map that nobody collected": (
        "'net.ipv4.ip_forward' in kernel.sysctl",
        {"set_": {"kernel.sysctl": {}}},
        {"sysctl": {}},
        {"kernel.sysctl['net.ipv4.ip_forward']": "not_collected", "kernel['*']": "redacted"},
    ),
    "an entry of a closed map, and the names of the others": (
        "'kvm' in kernel.misc_devices",
        {"set_": {"kernel.misc_devices": {"kvm": 232, "tun": 200}}},
        {"misc_devices": {"kvm": 232}},
        {"kernel.misc_devices.tun": "redacted", "kernel['*']": "redacted"},
    ),
    "a field of an entry of a map": (
        "devices['/dev/kvm'].exists",
        {},
        {"/dev/kvm": {"exists": True}},
        {"devices['*']": "redacted"},
    ),
}


@pytest.mark.parametrize(("expression", "changes", "facts", "unknown"), KEPT.values(), ids=list(KEPT))
def test_what_stays_is(
    expression: str, changes: dict[str, Any], facts: dict[str, Any], unknown: dict[str, str]
) -> None:
    made = redacted(document(**changes), expression)
    (name,) = {path.partition(".")[0].partition("[")[0] for path in unknown}
    found = section(name, made)
    assert found["facts"] == facts
    assert found["unknown"] == {path: {"detail": "", "reason": reason} for path, reason in unknown.items()}
    assert found["status"] == "partial"


def test_of_an_open_map_what_was_taken_out_is_redacted_and_what_nobody_collected_is_not() -> None:
    given = document(set_={"kernel.sysctl": {"vm.nr_hugepages": "0"}})
    for made in (redacted(given, ASKED).snapshot, read(json.trusted(redacted(given, ASKED).data))):
        kernel = bind(made)["kernel"]
        assert isinstance(kernel, dict)
        values = [kernel["sysctl"].get(key) for key in ("net.ipv4.ip_forward", "vm.nr_hugepages")]
        assert [fact.reason.value for value in values for fact in value.facts] == ["not_collected", "redacted"]
    twice = redacted(json.trusted(redacted(given, ASKED).data), ASKED)
    assert twice.data == redacted(given, ASKED).data


LISTED: dict[str, tuple[dict[str, Any], dict[str, str], dict[str, str]]] = {
    "names that are there and not": (
        {"iommu": ["pt"], "quiet": []},
        {},
        {"iommu": "true", "nohz": "false", "quiet": "redacted", "audit": "redacted"},
    ),
    "beside names that were withheld": (
        {"quiet": []},
        {"boot.arguments['*']": "redacted"},
        {"iommu": "false", "nohz": "false", "quiet": "redacted", "audit": "redacted"},
    ),
    "of which nothing else was known before": (
        {"iommu": None, "quiet": []},
        {"boot.arguments['**']": "denied"},
        {"iommu": "false", "nohz": "denied", "quiet": "redacted", "audit": "redacted"},
    ),
    "of which one could not be looked at": (
        {"quiet": []},
        {"boot.arguments.nohz": "failed"},
        {"iommu": "false", "nohz": "failed", "quiet": "redacted", "audit": "redacted"},
    ),
}


@pytest.mark.parametrize("name", LISTED)
def test_a_listed_name_that_was_taken_out_is_unknown_and_one_that_is_read_stays_known(name: str) -> None:
    arguments, unknown, expected = LISTED[name]
    given = document(set_={"boot.arguments": arguments})
    boot = given["sections"]["boot"]
    boot["unknown"] = {path: {"detail": "", "reason": reason} for path, reason in unknown.items()}
    boot["status"] = "partial" if unknown else "ok"
    read_ = ("'iommu' in boot.arguments", "'nohz' in boot.arguments")
    made = redacted(given, *read_)
    for again in (made, redacted(json.trusted(made.data), *read_)):
        assert {key: _there(again.snapshot, key) for key in expected} == expected


def _there(snapshot: Snapshot, key: str) -> str:
    """Whether the kernel has an argument, as rules see it: true, false, or the reason why it is not known."""
    boot = bind(snapshot)["boot"]
    assert isinstance(boot, dict)
    arguments = boot["arguments"]
    there = arguments.has(key) if isinstance(arguments, OpenMap) else key in arguments
    return "/".join(fact.reason.value for fact in there.facts) if isinstance(there, Unknown) else str(there).lower()


def test_a_section_of_which_nothing_is_read_goes_as_a_whole() -> None:
    made = redacted(document(unknown={"memory": "denied"}), "cpu.logical_count > 0")
    for name in ("kernel", "memory", "boot", "devices"):
        assert section(name, made) == {"facts": {}, "sources": {}, "status": "redacted", "unknown": {}}


def test_a_section_that_could_not_be_looked_at_keeps_its_reason_where_it_is_read() -> None:
    given = document(unknown={"cpu": "timeout"})
    given["sections"]["cpu"]["unknown"] = {
        "cpu.flags": OTHERS,
        "cpu.logical_count": {"detail": "x", "reason": "denied"},
    }
    found = section("cpu", redacted(given, "cpu.logical_count > 0"))
    assert (found["status"], found["facts"]) == ("timeout", {})
    assert found["unknown"] == {"cpu.logical_count": {"detail": "", "reason": "denied"}}


def test_a_section_that_was_never_asked_for_is_not_made_up() -> None:
    given = document()
    del given["sections"]["cpu"]
    made = redacted(given, "cpu.logical_count > 0")
    assert "cpu" not in made.snapshot.sections


def test_sources_stay_in_the_words_of_the_schema() -> None:
    given = document()
    given["sections"]["runtime"]["sources"] = {
        "/proc/4711/cmdline": ["name", "kubelet"],
        "/home/me/dump/kubelet": ["name"],
        "/var/lib/dpkg/status": ["kubelet", "docker"],
    }
    given["sections"]["cgroup"]["sources"] = {"/proc/1/mounts": ["mode"], "/mnt/x/cgroup.controllers": ["v2"]}
    made = redacted(
        given,
        "has(runtime.name) && runtime.name == 'docker'",
        "cgroup.mode == 'v2'",
        "has(cgroup.v2) && cgroup.v2.controllers.size() > 0",
    )
    assert section("runtime", made)["sources"] == {"/proc/PID/cmdline": ["name"]}
    assert section("cgroup", made)["sources"] == {"/proc/mounts": ["mode"], "cgroup.controllers": ["v2"]}


def test_what_this_engine_does_not_know_goes() -> None:
    given = document()
    given["new"] = given["node"]["new"] = given["collection"]["new"] = "x"
    given["sections"]["new"] = {"facts": {}}
    given["sections"]["cgroup"]["facts"]["v2"]["new"] = "x"
    assert redacted(given, "has(cgroup.v2) && cgroup.v2.controllers.size() > 0").data == (
        redacted(document(), "has(cgroup.v2) && cgroup.v2.controllers.size() > 0").data
    )


def test_a_class_goes_even_where_it_is_read() -> None:
    text = "has(runtime.kubelet) && has(runtime.kubelet.endpoint) && runtime.kubelet.endpoint == 'x'"
    found = section("runtime", redacted(document(), text, classes=frozenset({FieldClass.NETWORK})))
    assert found["facts"] == {"kubelet": {}}
    assert found["unknown"] == {"runtime.kubelet.endpoint": OTHERS, "runtime['*']": OTHERS}


def test_a_map_goes_with_its_values() -> None:
    made = redacted(document(), "kubernetes.labels.all(k, k != 'x')", classes=frozenset({FieldClass.SENSITIVE}))
    assert section("kubernetes", made)["unknown"] == {"kubernetes.labels": OTHERS, "kubernetes['*']": OTHERS}


HOST = frozenset({FieldClass.HOST_IDENTIFYING})


def labelled(name: str = "worker-1", **labels: str) -> dict[str, Any]:
    given = document(name)
    given["node"]["labels"] = labels
    return given


def test_names_become_pseudonyms_that_are_the_same_everywhere() -> None:
    first, later = labelled(rack="r1"), labelled(rack="r1", row="r1")
    later["collection"]["collected_at"] = "2027-01-01T00:00:00Z"
    one, two, other = (redacted(each, "true", classes=HOST) for each in (first, later, labelled("worker-2", rack="r2")))
    assert one.snapshot.node["name"] == two.snapshot.node["name"] != other.snapshot.node["name"]
    assert one.snapshot.machine_id == two.snapshot.machine_id
    assert one.snapshot.node["labels"].items() <= two.snapshot.node["labels"].items()
    assert len(set(two.snapshot.node["labels"].values())) == 2
    assert set(one.snapshot.node["labels"]) == set(other.snapshot.node["labels"])


def test_a_map_says_what_they_stand_for() -> None:
    made = redacted(labelled(rack="r1"), "true", classes=HOST)
    found, node = made.pseudonyms, made.snapshot.node
    assert found.names == {node["name"]: "worker-1"}
    assert found.machine_ids == {node["machine_id"]: "sha256:" + "0" * 64}
    ((key, value),) = node["labels"].items()
    assert (found.label_keys, found.label_values) == ({key: "rack"}, {value: "r1"})
    assert "worker-1" not in repr(made)


def test_a_label_that_a_pack_reads_keeps_its_key() -> None:
    made = redacted(labelled(rack="r1", row="7"), "'rack' in node.labels && node.labels['rack'] != ''", classes=HOST)
    (key,) = [key for key in made.snapshot.node["labels"] if key != "rack"]
    assert key.startswith("label-")
    assert made.snapshot.node["labels"]["rack"].startswith("value-")


def test_another_key_gives_other_pseudonyms() -> None:
    assert KEY.name("a") != OTHER_KEY.name("a")
    assert KEY.id != OTHER_KEY.id
    assert KEY.secret.hex() not in KEY.id
    assert repr(KEY) == "SiteKey()"


def test_a_pseudonym_stays_what_it_is_under_its_key_alone() -> None:
    name, machine = KEY.name("a"), KEY.machine_id("sha256:" + "0" * 64)
    assert (KEY.name(name), KEY.machine_id(machine)) == (name, machine)
    assert OTHER_KEY.name(name) != name
    assert OTHER_KEY.machine_id(machine) != machine
    forged = name[:-1] + ("0" if name[-1] != "0" else "1")
    assert KEY.name(forged) != forged


def test_nothing_is_known_of_a_machine_id_that_is_not_there() -> None:
    made = redacted(document(machine_id=None), "true", classes=HOST)
    assert made.snapshot.machine_id is None


def test_a_key_goes_with_the_class() -> None:
    with pytest.raises(ValueError, match="a key goes with"):
        redaction.plan([], [], KEY)
    with pytest.raises(ValueError, match="a key goes with"):
        redaction.plan([], HOST)


def test_the_header_stays_without_the_class() -> None:
    given = labelled(rack="r1")
    made: Snapshot = redacted(given, "true").snapshot
    assert (made.node, made.collection) == (given["node"], given["collection"])


def test_the_account_names_what_goes_and_what_stays() -> None:
    policy = compiled(
        rule("one", "'kvm' in kernel.misc_devices && has(cgroup.v2) && cgroup.v2.controllers.size() > 0"),
        rule("two", "has(security.lsm) && 'CONFIG_KVM' in kernel.config"),
    )
    told = {each.name: each for each in redaction.account(redaction.plan([policy], [FieldClass.SENSITIVE]))}
    assert told["kernel"].kept == ("misc_devices.kvm", "config.CONFIG_KVM")
    assert "others of kernel.misc_devices (their names stay)" in told["kernel"].removed
    assert "others of kernel.config" in told["kernel"].removed
    assert told["cgroup"].removed == ("mode", "v1", "others of cgroup.v2", "devices_bpf", "misc_capacity")
    assert "lsm (sensitive)" in told["security"].removed
    assert (told["memory"].kept, told["memory"].removed) == ((), ())
