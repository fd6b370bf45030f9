"""The kubevirt pack over third-party machines and recorded hosts: a verdict, no error, and no unknown without its fact."""

from __future__ import annotations

import csv
import functools
import json
from typing import TYPE_CHECKING, Any

import data_here
import pytest
from machines import MANY
from parity_scenarios import recorded
from shipped_packs import shipped
from snapshot_rules import sections

from passmuster.model.outcome import RuleOutcome
from passmuster.model.unknown import Reason
from passmuster.snapshot import Snapshot, load
from passmuster_collector.cli import collect_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from passmuster.model.verdict import Result

PROFILES: dict[str, dict[str, Any]] = {
    "nothing but the defaults": {},
    "emulation": {"allow_emulation": True, "x86_64_level": 3},
    "every profile, with SEV": {
        "x86_64_level": 4,
        "vsock": True,
        "realtime": True,
        "cpu_manager": True,
        "hugepages": ["2Mi", "1Gi"],
        "host_devices": True,
        "post_copy": True,
        "confidential": "sev",
    },
    "TDX": {"confidential": "tdx"},
    "Secure Execution": {"confidential": "secure-execution"},
    "values that do not exist": {"confidential": "SEV", "x86_64_level": 5, "hugepages": ["2M"]},
}

SPOTS = {
    "sosreport/kubernetes": {
        "architecture": "pass",
        "cpu-x86-64-level": "pass",
        "hardware-virtualization": "pass",
        "kvm-registered": "pass",
        "device-kvm-exists": "unknown",
        "kernel-unprivileged-ports": "pass",
        "cgroup-v2": "fail",
        "cgroup-controllers": "pass",
        "cgroup-device-control": "not_applicable",
        "ipv4-forwarding": "pass",
        "inotify-instances": "pass",
        "swap-off": "pass",
        "clocksource-tsc": "fail",
    },
    "sosreport/vault": {"inotify-watches": "unknown", "inotify-instances": "unknown", "kvm-registered": "pass"},
    "openshift/bare-metal-master.internal": {
        "cpu-x86-64-level": "pass",
        "kernel-unprivileged-ports": "unknown",
        "kernel-memfd": "pass",
        "cgroup-v2": "pass",
        "container-runtime": "pass",
        "swap-off": "pass",
    },
    "procfs/fixtures": {"clocksource-tsc": "pass", "cpu-x86-64-v3": "pass", "swap-off": "pass"},
}
"""What the files of a machine say, for whoever looks into them."""

TOOL = {
    "device-kvm-exists": "device:/dev/kvm:exists",
    "device-kvm-accessible": "device:/dev/kvm:accessible",
    "device-tun-exists": "device:/dev/net/tun:exists",
    "device-vhost-net-exists": "device:/dev/vhost-net:exists",
    "hardware-virtualization": "hwvirt",
}
"""Rules that ask what a check of virt-host-validate asks."""

DIFFERENT = {
    ("kvm-nonroot-denied", "device-kvm-accessible"): "the tool is refused, and so is the collector: not known for root",
    ("kvm-wrong-minor", "device-kvm-accessible"): "the tool does not look at the number",
    ("ppc64le-kvm-hv", "hardware-virtualization"): "the tool asks nothing on POWER, for which KubeVirt has no images",
    ("no-virt-flag", "hardware-virtualization"): "a KVM that is registered would do, and /proc/misc was not recorded",
    ("no-virt-flag-iommu-groups", "hardware-virtualization"): "as no-virt-flag",
    ("s390x-guest-no-sie", "hardware-virtualization"): "as no-virt-flag",
}
"""Where they differ, and why."""


@functools.cache
def machines() -> dict[str, tuple[Path, Snapshot]]:
    """Name -> its dump, and the snapshot made of that."""
    folder = data_here.unpacked("machines")
    with data_here.data("machines.tsv").open(encoding="utf-8", newline="") as handle:
        names = [row["name"] for row in csv.DictReader(handle, delimiter="\t")]
    return {name: (folder / name, load(collect_bytes(["--from", str(folder / name)]), name)) for name in names}


@functools.cache
def judged(profile: str) -> dict[str, list[Result]]:
    """Every machine's results under one profile."""
    pack = shipped("kubevirt", "1.0.0")
    return {name: pack.results(node, **PROFILES[profile]) for name, (_, node) in machines().items()}


@pytest.mark.long
@pytest.mark.parametrize("profile", PROFILES)
def test_every_machine_gets_a_verdict_without_errors_and_each_unknown_names_a_fact(profile: str) -> None:
    wrong = []
    for name, results in judged(profile).items():
        for result in results:
            nameless = result.outcome is RuleOutcome.UNKNOWN and not result.unknown
            if result.outcome is RuleOutcome.ERROR or nameless:
                wrong.append((name, result.rule.id, result.outcome, result.message))
    assert wrong == []
    assert len(machines()) >= 99


@pytest.mark.long
def test_what_is_said_to_be_uncollected_is_nowhere_in_the_dump() -> None:
    wrong = []
    for name, (folder, _) in machines().items():
        results = [each for profile in PROFILES for each in judged(profile)[name]]
        facts = {
            fact.path.parts
            for each in results
            for fact in each.unknown
            if fact.reason is Reason.NOT_COLLECTED and fact.detail != "seen from inside a container"
        }
        wrong += [(name, parts, there) for parts in sorted(facts) if (there := _sources_there(folder, parts))]
    assert wrong == []


def _sources_there(folder: Path, parts: tuple[str, ...]) -> list[str]:
    """Files of the dump, not empty, that alone would tell a fact; one that comes from several places has none."""
    field: dict[str, Any] = sections()[parts[0]]
    for part in parts[1:]:
        field = field["properties"].get(part) if "properties" in field else field["additionalProperties"]
    sources = field.get("x-source", [])
    if parts[:2] == ("kernel", "sysctl"):
        sources = [f"/proc/sys/{parts[2].replace('.', '/')}"] if len(parts) > 2 else []
    files = [source.lstrip("/") for source in sources if source.startswith("/") and source not in MANY]
    return [
        file for file in files if len(sources) == 1 and (folder / file).exists() and (folder / file).stat().st_size > 0
    ]


@pytest.mark.parametrize("name", SPOTS)
def test_the_verdict_is_what_the_files_of_the_machine_say(name: str) -> None:
    _, node = machines()[name]
    outcomes = shipped("kubevirt", "1.0.0").outcomes(node)
    assert {rule: outcomes[rule].value for rule in SPOTS[name]} == SPOTS[name]


@pytest.mark.long
def test_recorded_hosts_get_what_virt_host_validate_said_of_them_or_the_reason_is_listed() -> None:
    pack = shipped("kubevirt", "1.0.0")
    scenarios = sorted(data_here.unpacked("vhv").iterdir())
    differing = set()
    for folder in scenarios:
        arguments = ["--root", str(folder / "tree"), "--name", folder.name, *recorded(folder)]
        outcomes = pack.outcomes(load(collect_bytes(arguments), folder.name))
        said = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["11.3.0"]["results"]
        lines = {each["check"]: each["status"] for each in said}
        assert RuleOutcome.ERROR not in outcomes.values()
        for rule, check in TOOL.items():
            expected = {"PASS": "pass", "FAIL": "fail", "WARN": "fail"}.get(lines.get(check, ""))
            if expected is not None and outcomes[rule].value != expected:
                differing.add((folder.name, rule))
    assert differing == set(DIFFERENT)
    assert len(scenarios) >= 54
