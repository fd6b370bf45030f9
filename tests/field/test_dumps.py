"""Dumps and archives as people really hand them over: what each of them can say, and what it cannot."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from data_here import data

from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def outcomes(dump: str, scratch: Path, pack: str = "virtnest") -> dict[str, str]:
    """Rules to outcomes, of the node that a dump shows."""
    snapshot, report = scratch / "snapshot.json", scratch / "report.json"
    assert main(["collect", "--from", str(data(f"field/{dump}")), "--name", "n1", "-o", str(snapshot)]) == 0
    main(["check", str(snapshot), "-p", pack, "-o", f"json={report}"])
    (node,) = json.loads(report.read_text(encoding="utf-8"))["nodes"]
    return {result["rule"].partition("/")[2]: result["outcome"] for result in node["results"]}


def sections(scratch: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((scratch / "snapshot.json").read_text(encoding="utf-8"))["sections"]
    return found


CGROUPS = ("cgroup-cpu", "cgroup-cpuacct", "cgroup-cpuset", "cgroup-memory", "cgroup-devices", "cgroup-blkio")
EXPECTED: dict[tuple[str, str], dict[str, str]] = {
    ("dump-empty", "virtnest"): dict.fromkeys(CGROUPS, "unknown"),
    ("cilium-second-cgroup2/sos-cilium.tgz", "virtnest"): dict.fromkeys(CGROUPS, "pass"),
    ("sosreport-dev-listing/sos.tgz", "virtnest"): {
        "device-kvm-exists": "pass",
        "device-kvm-accessible": "unknown",
        "device-vhost-net-exists": "pass",
        "device-tun-exists": "pass",
    },
    ("dump-cut", "virtnest"): {"cpu-x86-64-v2": "unknown"},
    ("cilium-second-cgroup2/sos-cilium.tgz", "kubevirt"): {"cgroup-controllers": "pass"},
    ("tar-of-proc/tar-gnu.tgz", "kubevirt"): {"kvm-registered": "unknown", "cgroup-controllers": "unknown"},
}


@pytest.mark.long
@pytest.mark.parametrize(("dump", "pack"), EXPECTED)
def test_the_outcome_of(tmp_path: Path, dump: str, pack: str) -> None:
    expected = EXPECTED[dump, pack]
    found = outcomes(dump, tmp_path, pack)
    assert {rule: found[rule] for rule in expected} == expected


REASONS = {
    ("dump-empty", "cgroup.mode"): "not_collected",
    ("dump-empty", "cgroup.v1"): "not_collected",
    ("dump-empty", "cgroup.v2"): "not_collected",
    ("dump-cut", "cpu.flags"): "unreadable",
    ("sosreport-dev-listing/sos.tgz", "devices['/dev/kvm'].accessible"): "not_collected",
    ("tar-of-proc/tar-gnu.tgz", "kernel.misc_devices"): "not_collected",
    ("tar-of-proc/tar-gnu.tgz", "kernel.modules"): "not_collected",
    ("tar-of-proc/tar-gnu.tgz", "cgroup.v2"): "not_collected",
}


@pytest.mark.long
@pytest.mark.parametrize(("dump", "path"), REASONS)
def test_what_a_dump_does_not_tell_has_its_reason(tmp_path: Path, dump: str, path: str) -> None:
    outcomes(dump, tmp_path)
    unknown = sections(tmp_path)[re.split(r"[.\[]", path, maxsplit=1)[0]]["unknown"]
    assert unknown[path]["reason"] == REASONS[dump, path]


def test_the_listing_of_a_sosreport_gives_types_and_numbers(tmp_path: Path) -> None:
    outcomes("sosreport-dev-listing/sos.tgz", tmp_path)
    devices = sections(tmp_path)["devices"]["facts"]
    told = {path: (node["exists"], node["type"], node["major"], node["minor"]) for path, node in devices.items()}
    assert told["/dev/kvm"] == (True, "character", 10, 232)
    assert told["/dev/vhost-net"] == (True, "character", 10, 238)
    assert told["/dev/net/tun"] == (True, "character", 10, 200)


NOTHING = {
    "troubleshoot.tgz": (3, "no files of a host in it: a support bundle of a cluster has none (expected proc/, "),
    "scc.txz": (3, "no files of a host in it: a SUSE supportconfig has none (expected proc/, "),
    "harvester.zip": (3, "a ZIP archive, which is not read: unpack it, and give the folder"),
    "abs.tgz": (2, "a member is called '/proc/version' (expected a name without / before it: tar -P writes such names"),
}


@pytest.mark.parametrize("name", NOTHING)
def test_an_archive_of_nothing_known_is_one_line(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, message = NOTHING[name]
    output = tmp_path / "x.json"
    assert main(["collect", "--from", str(data(f"field/dump-of-nothing-known/{name}")), "-o", str(output)]) == status
    line = capsys.readouterr().err
    assert message in line
    assert line.count("\n") == 1
    assert not output.exists()


@pytest.mark.parametrize("pack", ["virtnest", "kubevirt"])
def test_a_tar_of_proc_fails_nothing(tmp_path: Path, pack: str) -> None:
    found = outcomes("tar-of-proc/tar-gnu.tgz", tmp_path, pack)
    assert [rule for rule, outcome in found.items() if outcome == "fail"] == []
    cgroup = sections(tmp_path)["cgroup"]
    assert cgroup["unknown"]["cgroup.mode"] == {
        "reason": "not_collected",
        "detail": "/proc/1/mounts is empty in the dump (tar cannot copy files of the kernel)",
    }
    assert sections(tmp_path)["memory"]["facts"]["ksm_run"] == 0
    assert sections(tmp_path)["virtualization"]["facts"]["kvm"]["nested"] is True
