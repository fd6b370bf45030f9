"""Dumps and archives as people really hand them over: what each of them can say, and what it cannot."""

from __future__ import annotations

import json
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


EXPECTED: dict[tuple[str, str], dict[str, str]] = {
    ("dump-empty", "virtnest"): dict.fromkeys(
        ("cgroup-cpu", "cgroup-cpuacct", "cgroup-cpuset", "cgroup-memory", "cgroup-devices", "cgroup-blkio"), "unknown"
    ),
    ("dump-cut", "virtnest"): {"cpu-x86-64-v2": "unknown"},
    ("cilium-second-cgroup2/sos-cilium.tgz", "kubevirt"): {"cgroup-controllers": "pass"},
    ("tar-of-proc/tar-gnu.tgz", "kubevirt"): {"kvm-registered": "unknown", "cgroup-controllers": "unknown"},
}


@pytest.mark.parametrize(("dump", "pack"), EXPECTED)
def test_the_outcome_of(tmp_path: Path, dump: str, pack: str) -> None:
    expected = EXPECTED[dump, pack]
    found = outcomes(dump, tmp_path, pack)
    assert {rule: found[rule] for rule in expected} == expected


def test_a_tar_of_proc_fails_nothing(tmp_path: Path) -> None:
    found = outcomes("tar-of-proc/tar-gnu.tgz", tmp_path)
    assert [rule for rule, outcome in found.items() if outcome == "fail"] == []
    cgroup = sections(tmp_path)["cgroup"]
    assert cgroup["unknown"]["cgroup.mode"] == {
        "reason": "not_collected",
        "detail": "/proc/1/mounts is empty in the dump (tar cannot copy files of the kernel)",
    }
    assert sections(tmp_path)["memory"]["facts"]["ksm_run"] == 0
    assert sections(tmp_path)["virtualization"]["facts"]["kvm"]["nested"] is True
