"""What a sosreport's commands say, where the files that they read are not in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from host_tree import FOLDER, Entry, Link, host_of, plant, section

from passmuster_collector.sosreport import APPARMOR, PROCESSES, SESTATUS
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

ENABLED = (
    "SELinux status:                 enabled\nSELinuxfs mount:  /sys/fs/selinux\nCurrent mode:                   {}\n"
)
LOADED = "apparmor module is loaded.\n2 profiles are loaded.\n2 profiles are in enforce mode.\n   /usr/bin/man\n   {}\n"
PS = """\
USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
root           1  0.0  0.1 170000 11000 ?        Ss   Jan01   0:09 /sbin/init
root         900  0.0  0.1 170000 11000 ?        Ss   Jan01   0:09 grep kubelet
root        1000  2.0  1.1 990000 99000 ?        Ssl  Jan01  99:09 /usr/bin/kubelet --config=/etc/kubernetes/kubelet.conf --container-runtime-endpoint=/var/run/crio/crio.sock
"""

FACTS: dict[str, tuple[str, dict[str, Entry], Any]] = {
    "SELinux enforces": ("security.selinux", {SESTATUS: ENABLED.format("enforcing")}, "enforcing"),
    "SELinux permits": ("security.selinux", {SESTATUS: ENABLED.format("permissive")}, "permissive"),
    "SELinux is off": ("security.selinux", {SESTATUS: "SELinux status:                 disabled\n"}, "disabled"),
    "sestatus is not there": ("security.selinux", {SESTATUS: "sestatus: command not found\n"}, "not_collected"),
    "the file counts before the command": (
        "security.selinux",
        {SESTATUS: ENABLED.format("enforcing"), "/sys/fs/selinux/enforce": "0"},
        "permissive",
    ),
    "a file that means nothing is no reason to ask the command": (
        "security.selinux",
        {SESTATUS: ENABLED.format("enforcing"), "/sys/fs/selinux/enforce": "x"},
        "unreadable",
    ),
    "AppArmor is on": ("security.apparmor", {APPARMOR: LOADED.format("x")}, True),
    "AppArmor is off": ("security.apparmor", {APPARMOR: "apparmor module is not loaded.\n"}, False),
    "apparmor_status failed": ("security.apparmor", {APPARMOR: "You do not have enough privilege\n"}, "not_collected"),
    "a profile for libvirtd is loaded": ("security.libvirtd_profile", {APPARMOR: LOADED.format("libvirtd")}, True),
    "a profile for its path is loaded": (
        "security.libvirtd_profile",
        {APPARMOR: LOADED.format("/usr/sbin/libvirtd")},
        True,
    ),
    "a profile for libvirtd is loaded, and only complains": (
        "security.libvirtd_profile",
        {APPARMOR: LOADED.format("x") + "1 profiles are in complain mode.\n   libvirtd\n"},
        False,
    ),
    "a profile of another name is loaded": (
        "security.libvirtd_profile",
        {APPARMOR: LOADED.format("libvirtd//qemu_bridge_helper")},
        "not_collected",
    ),
    "the kubelet is among the processes": ("runtime.name", {PROCESSES[1]: PS}, "cri-o"),
    "the processes are a link": (
        "runtime.name",
        {PROCESSES[0]: Link("sos_commands/process/ps_auxwww"), PROCESSES[1]: PS},
        "cri-o",
    ),
    "a kubelet that another user runs does not count": (
        "runtime.name",
        {PROCESSES[1]: PS.replace("root        1000", "mallory     1000")},
        "not_collected",
    ),
    "kubelets that are told different things": (
        "runtime.name",
        {PROCESSES[1]: PS + PS.splitlines()[-1].replace("crio", "containerd/x") + "\n"},
        "failed",
    ),
    "the processes are drawn as a tree": (
        "runtime.name",
        {PROCESSES[1]: PS.replace(" /usr/bin/kubelet", "  \\_ /usr/bin/kubelet")},
        "cri-o",
    ),
    "the kubelet is not among the processes": (
        "runtime.name",
        {PROCESSES[1]: PS.replace("/usr/bin/kubelet", "kubelet-x")},
        "not_collected",
    ),
    "no list of processes": ("runtime.name", {PROCESSES[1]: FOLDER}, "not_collected"),
}


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_of_a_sosreport(tmp_path: Path, name: str) -> None:
    path, tree, expected = FACTS[name]
    top, fact = path.split(".")
    found = section(host_of(plant(tmp_path, tree), Kind.DUMP, uname=None), top)
    assert found["facts"].get(fact, found["unknown"].get(path, {}).get("reason")) == expected


def test_the_list_of_processes_is_the_evidence(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {PROCESSES[1]: PS, "/etc/kubernetes/kubelet.conf": "cgroupDriver: systemd\n"}
    found = section(host_of(plant(tmp_path, tree), Kind.DUMP, uname=None), "runtime")["facts"]
    assert found["evidence"] == {
        "source": PROCESSES[1],
        "key": "--container-runtime-endpoint",
        "value": "/var/run/crio/crio.sock",
    }
    assert found["kubelet"]["cgroup_driver"] == "systemd"


def test_a_mounted_host_is_not_asked_for_what_a_sosreport_has(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {SESTATUS: ENABLED.format("enforcing"), "/sys/kernel": FOLDER}
    found = section(host_of(plant(tmp_path, tree), Kind.ROOT, uname=None), "security")
    assert found["facts"]["selinux"] == "disabled"
