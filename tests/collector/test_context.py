"""Where the collector runs, and what a container hides from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from host_tree import INTEL, MOUNTED, Entry, Link, host_of, plant, root_of, section

import passmuster_collector
from passmuster_collector.context import Context, find_context, in_nodes_network
from passmuster_collector.host import open_host
from passmuster_collector.mounts import parse_mounts
from passmuster_collector.recorded import Recorded
from passmuster_collector.source import Kind

FIRST = Link("pid:[4026531836]")
OTHER = Link("pid:[4026532246]")
HOST = "27 1 259:2 / / rw - ext4 /dev/root rw\n"
OVERLAY = "600 500 0:60 / / rw - overlay overlay rw\n"

PLACES: dict[str, tuple[dict[str, Entry], Context]] = {
    "the first pid namespace is the host's": ({"/proc/self/ns/pid": FIRST}, Context.HOST),
    "files of container tools prove nothing there": (
        {"/proc/self/ns/pid": FIRST, "/.dockerenv": "", "/run/.containerenv": ""},
        Context.HOST,
    ),
    "another pid namespace is a container's": ({"/proc/self/ns/pid": OTHER}, Context.CONTAINER),
    "one root with the first process is the host's": (
        {"/proc/self/ns/pid": FIRST, "/proc/1/mountinfo": HOST, "/proc/self/mountinfo": HOST, "/.dockerenv": ""},
        Context.HOST,
    ),
    "another root in the host's pid namespace is a container's": (
        {"/proc/self/ns/pid": FIRST, "/proc/1/mountinfo": HOST, "/proc/self/mountinfo": OVERLAY},
        Context.CONTAINER,
    ),
    "a root that its own table does not show is a chroot": (
        {
            "/proc/self/ns/pid": FIRST,
            "/proc/1/mountinfo": HOST,
            "/proc/self/mountinfo": HOST.replace("/ / rw", "/ /x rw"),
        },
        Context.CONTAINER,
    ),
    "without namespaces a mark counts": ({"/run/.containerenv": ""}, Context.CONTAINER),
    "without namespaces and marks it is the host": ({}, Context.HOST),
}


@pytest.mark.parametrize("name", PLACES)
def test_context(tmp_path: Path, name: str) -> None:
    tree, expected = PLACES[name]
    root = root_of(plant(tmp_path, tree))
    assert find_context(root.link, root.read, root.node) is expected


def test_a_copied_tree_is_elsewhere(tmp_path: Path) -> None:
    host = open_host(root_of(plant(tmp_path, MOUNTED), Kind.ROOT), Recorded())
    assert host.context is Context.ELSEWHERE
    assert host.uname is None


def test_the_uid_of_a_dump_is_not_the_readers(tmp_path: Path) -> None:
    assert open_host(root_of(tmp_path, Kind.DUMP), Recorded()).uid is None
    assert open_host(root_of(tmp_path, Kind.DUMP), Recorded(uid=7)).uid == 7
    assert open_host(root_of(tmp_path, Kind.ROOT), Recorded()).uid == os.geteuid()


def test_network_namespaces_of_the_same_files_are_the_same(tmp_path: Path) -> None:
    plant(tmp_path, {"/proc/self/ns/pid": FIRST, "/proc/self/net/dev": "", "/proc/1/net/other": ""})
    root = root_of(tmp_path)
    assert not in_nodes_network(root.link, root.node)
    os.link(tmp_path / "proc/self/net/dev", tmp_path / "proc/1/net/dev")
    assert in_nodes_network(root.link, root.node)


MOUNTS = parse_mounts(
    "overlay / overlay rw 0 0\nproc /proc proc rw 0 0\ntmpfs /dev tmpfs rw 0 0\nsysfs /sys sysfs ro 0 0\n"
    "tmpfs /sys/firmware tmpfs ro 0 0\nlxcfs /proc/meminfo fuse.lxcfs rw 0 0\n"
)
INSIDE: dict[str, Entry] = {
    **MOUNTED,
    "/proc/cpuinfo": INTEL,
    "/proc/meminfo": "MemTotal: 1 kB\nSwapTotal: 0 kB\n",
    "/proc/misc": "232 kvm\n",
    "/etc/os-release": "ID=alpine\n",
    "/sys/firmware/none": "",
    "/sys/module/apparmor/parameters/enabled": "Y\n",
    "/lib/modules/6.1.0-13-amd64/modules.builtin": "kernel/net/netfilter/nf_tables.ko\n",
    "/dev/kvm": "",
}


def _inside(tmp_path: Path, name: str) -> dict[str, Any]:
    host = host_of(plant(tmp_path, INSIDE), context=Context.CONTAINER, own_mounts=tuple(MOUNTS))
    return section(host, name)


NOT_THE_NODES = {
    "os": ["os.id", "os.pretty_name"],
    "iommu": ["iommu.acpi_tables"],
    "memory": ["memory.total_bytes"],
    "runtime": ["runtime.installed", "runtime.name", "runtime.docker", "runtime.kubelet"],
    "security": ["security.lsm", "security.selinux", "security.lockdown"],
    "network": ["network.nf_tables"],
    "virtualization": ["virtualization.secure_guest.uv"],
    "devices": ["devices['/dev/net/tun']", "devices['/dev/kvm'].mode", "devices['/dev/kvm'].uid"],
    "kernel": ["kernel.config"],
}


@pytest.mark.parametrize("name", NOT_THE_NODES)
def test_what_is_the_containers_is_not_collected(tmp_path: Path, name: str) -> None:
    unknown = _inside(tmp_path, name)["unknown"]
    for path in NOT_THE_NODES[name]:
        assert unknown[path]["reason"] == "not_collected"
    assert "seen from inside a container" in {entry["detail"] for entry in unknown.values()} or name in (
        "kernel",
        "network",
    )


THE_NODES = {
    "cpu": ["architecture", "flags", "logical_count"],
    "kernel": ["release", "modules", "misc_devices"],
    "security": ["apparmor"],
    "iommu": ["groups", "units"],
    "memory": ["hugepages", "ksm_run"],
    "virtualization": ["hypervisor", "kvm"],
    "devices": ["/dev/kvm"],
}


@pytest.mark.parametrize("name", THE_NODES)
def test_what_is_the_kernels_is_collected(tmp_path: Path, name: str) -> None:
    facts = _inside(tmp_path, name)["facts"]
    assert set(THE_NODES[name]) <= set(facts)


def test_devtmpfs_is_the_nodes_own(tmp_path: Path) -> None:
    mounts = (*MOUNTS, *parse_mounts("devtmpfs /dev devtmpfs rw 0 0\n"))
    host = host_of(plant(tmp_path, {**INSIDE, "/dev/null": ""}), context=Context.CONTAINER, own_mounts=mounts)
    facts = section(host, "devices")["facts"]
    assert facts["/dev/net/tun"]["exists"] is False
    assert facts["/dev/kvm"]["uid"] == os.getuid()


def _collected(command: list[str]) -> dict[str, Any]:
    package = Path(passmuster_collector.__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": str(package)}
    done = subprocess.run(command, check=True, capture_output=True, env=environment)
    snapshot: dict[str, Any] = json.loads(done.stdout)
    return snapshot


UNSHARED: dict[str, tuple[list[str], str, bool | None]] = {
    "a pid namespace with a /proc of its own": (["-pf", "--mount-proc"], "container", None),
    "a network namespace": (["-n"], "host", False),
    "a mount namespace": (["-m"], "host", True),
}


@pytest.mark.long
@pytest.mark.parametrize("name", UNSHARED)
def test_the_real_collector_in(name: str) -> None:
    arguments, context, own_network = UNSHARED[name]
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, *arguments, "true"], check=False, capture_output=True).returncode:
        pytest.skip("unshare is not allowed here")
    program = [sys.executable, "-m", "passmuster_collector"]
    snapshot, outside = _collected([unshare, *arguments, *program]), _collected(program)
    if outside["collection"]["context"] != "host":
        pytest.skip("these tests run in a container themselves")
    assert snapshot["collection"]["context"] == context
    sysctl = snapshot["sections"]["kernel"]["facts"].get("sysctl", {})
    assert own_network is None or ("net.ipv4.ip_forward" in sysctl) is own_network
    assert snapshot["sections"]["cpu"] == outside["sections"]["cpu"]


def test_a_pod_that_has_the_host_below_a_root_sees_the_host(tmp_path: Path) -> None:
    """Another pid, mount and network namespace, a /proc of its own, and the host's whole tree mounted elsewhere."""
    unshare = shutil.which("unshare")
    prepare = f"mount --rbind / {tmp_path} && mount -t proc proc /proc"
    pod = [unshare or "", "-mpfn", "sh", "-c"]
    if unshare is None or subprocess.run([*pod, prepare], check=False, capture_output=True).returncode:
        pytest.skip("unshare and mount are not allowed here")
    program = [sys.executable, "-m", "passmuster_collector"]
    outside = _collected(program)
    if outside["collection"]["context"] != "host":
        pytest.skip("these tests run in a container themselves")
    inside = _collected([*pod, f"{prepare} && exec {' '.join(program)} --root {tmp_path}"])
    assert inside["collection"]["context"] == "container"
    assert "net.ipv4.ip_forward" not in inside["sections"]["kernel"]["facts"]["sysctl"]
    for name in ("boot", "cpu", "devices", "iommu", "memory", "network", "os", "security", "virtualization"):
        assert inside["sections"][name]["facts"] == outside["sections"][name]["facts"]
    assert inside["sections"]["cgroup"]["facts"]["mode"] == outside["sections"]["cgroup"]["facts"]["mode"]
