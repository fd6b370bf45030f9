"""What ``--from`` may be: folders and archives of sosreport and must-gather, and what each could not know."""

from __future__ import annotations

import io
import json
import os
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from archives import PACKINGS, member, of_folder, of_tree, packed
from data_here import unpacked
from host_tree import FOLDER, INTEL, Entry, host_of, plant, section
from snapshot_rules import problems

from passmuster_collector.cli import collect_bytes
from passmuster_collector.source import Kind
from passmuster_collector.usage import UsageError

if TYPE_CHECKING:
    from pathlib import Path

HOST: dict[str, Entry] = {
    "/proc/cpuinfo": INTEL,
    "/proc/cmdline": "intel_iommu=on\n",
    "/etc/os-release": "ID=rhel\n",
    "/sos_commands/kernel/uname_-a": "Linux w1.example 5.14.0-1.el9.x86_64 #1 SMP x86_64 x86_64 x86_64 GNU/Linux\n",
}
NODE = """\
---
apiVersion: v1
kind: Node
metadata:
  annotations:
    a: 'b: "c"'
  labels:
    kubernetes.io/arch: amd64
    node-role.kubernetes.io/worker: ""
    example.org/secret: s
  name: {name}
status:
  conditions:
  - type: Ready
  nodeInfo:
    architecture: amd64
    containerRuntimeVersion: cri-o://1.31.6-2.rhaos4.18.gitda737c9.el9
    kernelVersion: 5.14.0-427.59.1.el9_4.x86_64
    kubeletVersion: v1.31.6
    osImage: Red Hat Enterprise Linux CoreOS 418.94.202503061016-0
"""
OBJECTS = "/quay-io-must-gather/cluster-scoped-resources/core/nodes"
FILES = "/quay-io-performance/nodes"


def gathered(*names: str) -> dict[str, Entry]:
    """A must-gather of these nodes."""
    tree: dict[str, Entry] = {"/timestamp": "", "/event-filter.html": ""}
    for name in names:
        tree[f"{OBJECTS}/{name}.yaml"] = NODE.format(name=name)
        tree[f"{FILES}/{name}/sysinfo.tgz"] = packed(of_tree({"/proc/cpuinfo": INTEL}), "w:gz")
    return tree


def collected(path: Path, *words: str) -> dict[str, Any]:
    found = collect_bytes(["--from", str(path), *words])
    assert problems(found) == []
    snapshot: dict[str, Any] = json.loads(found)
    return snapshot


LAYOUTS: dict[str, dict[str, Entry]] = {
    "at the top": HOST,
    "below one folder": {f"/sosreport-w1{path}": entry for path, entry in HOST.items()},
    "below two": {f"/a/sosreport-w1{path}": entry for path, entry in HOST.items()},
    "beside other files": {"/README": "", "/other": FOLDER, **{f"/w1{path}": entry for path, entry in HOST.items()}},
}


@pytest.mark.parametrize("packing", ["folder", *PACKINGS])
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_mirrored_host_is_found(tmp_path: Path, name: str, packing: str) -> None:
    path = plant(tmp_path / "dump", LAYOUTS[name])
    if packing != "folder":
        path = tmp_path / f"dump.{packing}"
        path.write_bytes(packed(of_tree(LAYOUTS[name]), PACKINGS[packing]))
    snapshot = collected(path)
    facts = {name: one["facts"] for name, one in snapshot["sections"].items()}
    assert snapshot["node"]["name"] == "w1.example"
    assert facts["kernel"]["release"] == "5.14.0-1.el9.x86_64"
    assert facts["cpu"]["logical_count"] == 2
    assert facts["os"]["id"] == "rhel"


@pytest.mark.parametrize("packing", ["folder", *PACKINGS])
def test_a_must_gather_has_files_and_node_objects(tmp_path: Path, packing: str) -> None:
    tree = {f"/must-gather.local.1{path}": entry for path, entry in gathered("w1", "w2").items()}
    path = plant(tmp_path / "dump", tree)
    if packing != "folder":
        path = tmp_path / f"dump.{packing}"
        path.write_bytes(packed(of_tree(tree), PACKINGS[packing]))
    snapshot = collected(path, "--name", "w2")
    assert snapshot["node"]["name"] == "w2"
    sections = snapshot["sections"]
    assert sections["cpu"]["facts"]["logical_count"] == 2
    assert sections["kernel"]["facts"]["release"] == "5.14.0-427.59.1.el9_4.x86_64"
    assert sections["runtime"]["facts"]["name"] == "cri-o"
    assert sections["runtime"]["facts"]["kubelet"] == {"version": "v1.31.6"}
    assert sections["kubernetes"]["facts"]["labels"] == {
        "example.org/secret": "s",
        "kubernetes.io/arch": "amd64",
        "node-role.kubernetes.io/worker": "",
    }
    assert sections["cgroup"]["status"] == "not_collected"


def test_a_must_gather_without_files_has_what_the_cluster_says(tmp_path: Path) -> None:
    snapshot = collected(plant(tmp_path, {f"{OBJECTS}/w1.yaml": NODE.format(name="w1")}))
    assert snapshot["node"]["name"] == "w1"
    assert snapshot["sections"]["kubernetes"]["status"] == "ok"
    assert snapshot["sections"]["memory"]["status"] == "not_collected"


def test_a_node_object_that_cannot_be_read_leaves_its_section_unknown(tmp_path: Path) -> None:
    snapshot = collected(plant(tmp_path, {**HOST, "/node.yaml": "kind: Pod\n"}))
    assert snapshot["sections"]["kubernetes"]["status"] == "unreadable"


REFUSED: dict[str, tuple[dict[str, Entry], list[str], str]] = {
    "two hosts": (
        {f"/{name}{path}": entry for name in "ab" for path, entry in HOST.items()},
        [],
        "more than one host in it (got '/a', '/b', expected one)",
    ),
    "two nodes": (
        gathered("w1", "w2"),
        [],
        "more than one node in it (got 'w1', 'w2', expected --name with one of them)",
    ),
    "another node": (gathered("w1"), ["--name", "w3"], "no such node in it (got 'w3', expected one of 'w1')"),
    "files that are no archive": (
        {f"{FILES}/w1/sysinfo.tgz": "hello"},
        [],
        "no tar archive, or one that is cut off",
    ),
    "files that are too many": (
        {f"{FILES}/w1/sysinfo.tgz": b"\0" * ((16 << 20) + 1)},
        [],
        "too large",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_ambiguous_or_broken_is_refused(tmp_path: Path, name: str) -> None:
    tree, words, message = REFUSED[name]
    with pytest.raises(UsageError) as caught:
        collect_bytes(["--from", str(plant(tmp_path, tree)), *words])
    assert message in str(caught.value)


def test_a_must_gather_within_itself_ends(tmp_path: Path) -> None:
    inner = packed(of_tree(gathered("w1")), "w:gz")
    snapshot = collected(plant(tmp_path, {f"{FILES}/w1/sysinfo.tgz": inner}))
    assert snapshot["sections"]["cpu"]["status"] == "not_collected"


@pytest.mark.parametrize("entry", ["fifo", "device"])
def test_neither_a_folder_nor_an_archive(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "x"
    if entry == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(UsageError, match="neither a folder nor an archive"):
        collect_bytes(["--from", str(path)])


SYSCTL_A = "net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.rp_filter = 2\nvm.max_map_count = 65530\n"


def test_parameters_are_those_of_sysctl_where_their_files_lack(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {"/sos_commands/kernel/sysctl_-a": SYSCTL_A, "/proc/sys/vm/max_map_count": "262144\n"}
    found = section(host_of(plant(tmp_path, tree), Kind.DUMP, uname=None), "kernel")
    sysctl = found["facts"]["sysctl"]
    assert sysctl["net.ipv4.ip_forward"] == "1"
    assert sysctl["vm.max_map_count"] == "262144"
    assert sysctl["net.ipv4.ip_unprivileged_port_start"] is None
    assert "net.bridge.bridge-nf-call-iptables" not in sysctl
    assert "sysctl" in found["sources"]["/sos_commands/kernel/sysctl_-a"]


def test_what_sysctl_did_not_print_is_not_collected(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {"/sos_commands/kernel/sysctl_-a": "sysctl: command not found\n"}
    found = section(host_of(plant(tmp_path, tree), Kind.DUMP, uname=None), "kernel")
    assert found["unknown"]["kernel.sysctl"]["reason"] == "not_collected"


CRIO = "cri-o://1.31.6-2.rhaos4.18.gitda737c9.el9"
SPOTS: dict[str, dict[str, Any]] = {
    "sosreport/kubernetes": {
        "kernel.release": "5.4.0-99-generic",
        "kernel.version": "#112-Ubuntu SMP Thu Feb 3 13:50:55 UTC 2022",
        "kernel.machine": "x86_64",
        "kernel.sysctl.net.ipv4.ip_unprivileged_port_start": "1024",
        "kernel.sysctl.net.bridge.bridge-nf-call-iptables": "1",
        "cgroup.mode": "hybrid",
        "cgroup.v2.mount_point": "/sys/fs/cgroup/unified",
        "cpu.logical_count": 2,
        "os.version_id": "20.04",
        "security.apparmor": True,
        "runtime.name": None,
        "runtime.kubelet": None,
        "kubernetes.node": None,
    },
    "sosreport/vault": {"kernel.release": "5.4.0-97-generic", "cgroup.mode": None, "runtime.name": None},
    "sosreport/openstack": {"kernel.release": "5.4.0-97-generic", "cgroup.mode": None, "runtime.name": None},
    "openshift/bare-metal-master.internal": {
        "kernel.release": "5.14.0-427.59.1.el9_4.x86_64",
        "kernel.minor": 14,
        "cgroup.mode": "v2",
        "cpu.logical_count": 112,
        "runtime.name": "cri-o",
        "runtime.evidence.value": CRIO,
        "runtime.crio.version": "1.31.6-2.rhaos4.18.gitda737c9.el9",
        "runtime.kubelet.version": "v1.31.6",
        "kubernetes.node": "master.internal",
        "kubernetes.container_runtime_version": CRIO,
        "kubernetes.os_image": "Red Hat Enterprise Linux CoreOS 418.94.202503061016-0",
    },
    "openshift/bare-metal-worker2.internal": {
        "kernel.release": "5.14.0-427.59.1.el9_4.x86_64",
        "cgroup.mode": "v2",
        "cpu.logical_count": 32,
        "runtime.name": "cri-o",
        "runtime.kubelet.version": "v1.31.6",
        "kubernetes.labels": {
            "beta.kubernetes.io/arch": "amd64",
            "beta.kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/hostname": "worker2.internal",
            "kubernetes.io/os": "linux",
            "node-role.kubernetes.io/worker": "",
            "node.openshift.io/os_id": "rhcos",
        },
    },
}


def spot(snapshot: dict[str, Any], path: str) -> Any:
    """A fact by a path whose last step may have dots; None where it is not known."""
    holder: Any = {name: one["facts"] for name, one in snapshot["sections"].items()}
    rest = path
    while rest:
        if rest in holder:
            return holder[rest]
        step, _, rest = rest.partition(".")
        if not isinstance(holder.get(step), dict):
            return None
        holder = holder[step]
    return holder


@pytest.mark.long
@pytest.mark.parametrize("packing", ["tar", "tar.gz", "tar.bz2", "tar.xz"])
@pytest.mark.parametrize("name", SPOTS)
def test_machines_say_the_same_from_an_archive_as_from_their_files(tmp_path: Path, name: str, packing: str) -> None:
    folder = unpacked("machines") / name
    snapshot = collected(of_folder(folder, tmp_path, folder.name, packing))
    assert {path: spot(snapshot, path) for path in SPOTS[name]} == SPOTS[name]
    assert snapshot["sections"] == collected(folder)["sections"]
    assert snapshot["node"] == collected(folder)["node"]


def test_a_real_must_gather_in_its_own_layout(tmp_path: Path) -> None:
    members = []
    for name in ("master.internal", "worker2.internal"):
        folder = unpacked("machines") / "openshift" / f"bare-metal-{name}"
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for part in ("proc", "sys", "machineinfo.json"):
                archive.add(folder / part, part)
        members.append(member(f"must-gather/quay-io-x/nodes/{name}/sysinfo.tgz", buffer.getvalue()))
        data = (folder / "node.yaml").read_bytes()
        members.append(member(f"must-gather/quay-io-x{OBJECTS.removeprefix('/quay-io-must-gather')}/{name}.yaml", data))
    path = tmp_path / "must-gather.tar.gz"
    path.write_bytes(packed(members, "w:gz"))
    for name in ("master.internal", "worker2.internal"):
        snapshot = collected(path, "--name", name)
        expected = SPOTS[f"openshift/bare-metal-{name}"]
        assert {fact: spot(snapshot, fact) for fact in expected} == expected
