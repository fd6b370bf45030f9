"""All machines of the third-party data, each against its index; and the scenarios of virt-host-validate."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
from data_here import data, find, unpacked
from machines import EXCEPTIONS, failures, main
from snapshot_rules import problems

from passmuster_collector.cli import collect_bytes

if TYPE_CHECKING:
    from pathlib import Path


def _rows(name: str, key: str) -> dict[str, dict[str, str]]:
    folder = find()
    if folder is None or not (folder / name).is_file():
        return {}
    with (folder / name).open(encoding="utf-8") as table:
        return {row[key]: row for row in csv.DictReader(table, delimiter="\t")}


MACHINES = _rows("machines.tsv", "name")
SCENARIOS = _rows("vhv.tsv", "scenario")
ABSENT = pytest.param(
    "", marks=pytest.mark.skip(reason="third-party data is not here (set PASSMUSTER_DATA to its folder)")
)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(MACHINES) or [ABSENT])
def test_a_dump_holds_to_all_rules_and_agrees_with_the_index(name: str) -> None:
    assert list(failures(name, unpacked("machines") / name, MACHINES[name])) == []


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(MACHINES) or [ABSENT])
def test_a_dump_taken_for_a_root_holds_to_all_rules(name: str) -> None:
    assert problems(collect_bytes(["--root", str(unpacked("machines") / name)])) == []


def test_every_exception_is_one_of_the_index() -> None:
    data("machines.tsv")
    assert {name for name, _ in EXCEPTIONS} <= set(MACHINES)


def recorded(folder: Path, machine: str) -> list[str]:
    """What a scenario recorded, as options."""
    scenario: dict[str, Any] = json.loads((folder / "scenario.json").read_text(encoding="utf-8"))
    uid, gid = scenario.get("run_as", [0, 0])
    words = [f"machine={machine}", f"uid={uid}", f"gid={gid}", f"devices={folder / 'devices.tsv'}"]
    real = "ok" if uid == 0 else "eperm"
    bpf = {"ok": "ok", "EPERM": "eperm", "real": real}.get((scenario.get("cgroup") or {}).get("bpf", ""))
    words += [f"devices_bpf={bpf}"] if bpf else []
    return [word for pair in words for word in ("--recorded", pair)]


def scenario_snapshot(name: str) -> dict[str, Any]:
    """The snapshot of a scenario's tree, which holds to all rules."""
    folder = unpacked("vhv") / name
    found = collect_bytes(["--root", str(folder / "tree"), *recorded(folder, SCENARIOS[name]["machine"])])
    assert problems(found) == []
    snapshot: dict[str, Any] = json.loads(found)
    return snapshot


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(SCENARIOS) or [ABSENT])
def test_a_scenario_holds_to_all_rules(name: str) -> None:
    sections = scenario_snapshot(name)["sections"]
    assert sections["cpu"]["facts"]["architecture"] == SCENARIOS[name]["machine"]
    assert sections["devices"]["status"] in ("ok", "partial")
    assert "mode" in sections["cgroup"]["facts"]


ACCESS = {
    "kvm-root-mode000": True,
    "kvm-nonroot-world": True,
    "kvm-wrong-minor": False,
    "kvm-nonroot-denied": "denied",
    "kvm-node-absent": None,
}


@pytest.mark.parametrize("name", ACCESS)
def test_access_to_kvm(name: str) -> None:
    data("vhv.tar.gz")
    devices = scenario_snapshot(name)["sections"]["devices"]
    unknown = devices["unknown"].get("devices['/dev/kvm'].accessible", {}).get("reason")
    assert devices["facts"]["/dev/kvm"].get("accessible", unknown) is ACCESS[name] or unknown == ACCESS[name]


MODES = {
    "cgroup-none": ("none", None),
    "v1-el7": ("v1", None),
    "hybrid-ubuntu2004": ("hybrid", True),
    "v2-bpf-eperm": ("v2", "denied"),
    "v2-real-bpf-root": ("v2", True),
    "v2-real-bpf-nonroot": ("v2", "denied"),
}


@pytest.mark.parametrize("name", MODES)
def test_modes_of_control_groups(name: str) -> None:
    data("vhv.tar.gz")
    mode, bpf = MODES[name]
    cgroup = scenario_snapshot(name)["sections"]["cgroup"]
    assert cgroup["facts"]["mode"] == mode
    assert cgroup["facts"].get("devices_bpf", cgroup["unknown"].get("cgroup.devices_bpf", {}).get("reason")) == bpf


SOS = {
    "kernel.release": "5.4.0-99-generic",
    "kernel.machine": "x86_64",
    "cgroup.mode": "hybrid",
    "virtualization.kvm.nested": True,
    "iommu.acpi_tables": ["APIC", "DSDT", "FACP", "FACS"],
    "cpu.logical_count": 2,
}


@pytest.mark.parametrize("path", SOS)
def test_spot_values_of_a_support_archive(path: str) -> None:
    snapshot = json.loads(collect_bytes(["--from", str(unpacked("machines") / "sosreport" / "kubernetes")]))
    section, *rest = path.split(".")
    value = snapshot["sections"][section]["facts"]
    for step in rest:
        value = value[step]
    assert value == SOS[path]


def test_the_script_prints_counts_and_failures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = ["name", "arch", "ncpu", "x86_level", "vmx", "svm", "cgroup"]
    good = ["good", "x86_64", "1", "0", "True", "False", ""]
    bad = ["bad", "aarch64", "2", "0", "False", "", "v2"]
    rows = [columns, good, bad, ["gone", *[""] * 6]]
    (tmp_path / "machines.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    for name in ("good", "bad"):
        place = tmp_path / "machines" / name / "proc"
        place.mkdir(parents=True)
        (place / "cpuinfo").write_text("processor: 0\nflags: lm vmx\n\n")
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "bad: arch (got 'x86_64', expected 'aarch64')",
        "bad: ncpu (got '1', expected '2')",
        "bad: vmx (got 'True', expected 'False')",
        "bad: cgroup (got '', expected 'v2')",
        "gone: no such folder",
        "1 passed, 2 failed",
    ]
    assert main(["/nowhere"]) == 2
    (tmp_path / "machines.tsv").write_text("\t".join(columns) + "\n")
    assert main([str(tmp_path)]) == 1
