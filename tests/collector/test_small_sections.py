"""Sections of few facts: memory, network, os, security."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from host_tree import FOLDER, MOUNTED, Entry, Link, host_of, plant, section

from passmuster_collector.facts.os_release import parse_os_release
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

HUGE = "/sys/kernel/mm/hugepages"
CLOCK = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
RELEASE = "6.1.0-13-amd64"
BUILT_IN = f"/lib/modules/{RELEASE}/modules.builtin"
NOT_BUILT_IN: dict[str, Entry] = {BUILT_IN: "kernel/fs/ext4/ext4.ko\n"}
MEMINFO = "MemTotal:       16384 kB\nMemFree: 1 kB\nSwapTotal:           0 kB\n"

PROFILE = "abi <abi/3.0>,\nprofile libvirtd /usr/sbin/libvirtd flags=({}) {{ # for guests\n  /usr/bin/* PUx,\n}}\n"
KNOWN: dict[str, tuple[str, dict[str, Entry], Any]] = {
    "memory is bytes": ("memory.total_bytes", {"/proc/meminfo": MEMINFO}, 16777216),
    "no swap is 0": ("memory.swap_bytes", {"/proc/meminfo": MEMINFO}, 0),
    "huge pages by size": (
        "memory.hugepages",
        {
            f"{HUGE}/hugepages-2048kB/nr_hugepages": "4\n",
            f"{HUGE}/hugepages-1048576kB/nr_hugepages": "0\n",
            f"{HUGE}/x": "",
        },
        {"2048": 4, "1048576": 0},
    ),
    "a kernel without huge pages": ("memory.hugepages", {}, {}),
    "ksm runs": ("memory.ksm_run", {"/sys/kernel/mm/ksm/run": "1\n"}, 1),
    "a kernel without ksm": ("memory.ksm_run", {}, None),
    "nf_tables is loaded": ("network.nf_tables", {"/proc/modules": "nf_tables 1 0 - Live\n"}, True),
    "nf_tables shows in /sys": ("network.nf_tables", {"/sys/module/nf_tables": FOLDER}, True),
    "nf_tables is built in": ("network.nf_tables", {BUILT_IN: "kernel/net/netfilter/nf_tables.ko\n"}, True),
    "nf_tables is built in, by the configuration": (
        "network.nf_tables",
        {f"/boot/config-{RELEASE}": "CONFIG_NF_TABLES=y\n"},
        True,
    ),
    "nf_tables is a module that is not loaded": (
        "network.nf_tables",
        {f"/boot/config-{RELEASE}": "CONFIG_NF_TABLES=m\n"},
        False,
    ),
    "nf_tables is nowhere": ("network.nf_tables", NOT_BUILT_IN, False),
    "a kernel with IPv6": ("network.ipv6", {"/proc/sys/net/ipv6": FOLDER}, True),
    "a kernel without IPv6": ("network.ipv6", {"/proc/sys/net/ipv4": FOLDER}, False),
    "security modules in order": (
        "security.lsm",
        {"/sys/kernel/security/lsm": "lockdown,capability,yama\n"},
        ["lockdown", "capability", "yama"],
    ),
    "securityfs is not mounted": ("security.lsm", {}, None),
    "SELinux enforces": ("security.selinux", {"/sys/fs/selinux/enforce": "1"}, "enforcing"),
    "SELinux permits": ("security.selinux", {"/sys/fs/selinux/enforce": "0"}, "permissive"),
    "a kernel without SELinux": ("security.selinux", {}, "disabled"),
    "SELINUX=disabled, and a kernel that cannot forget SELinux": (
        "security.selinux",
        {"/sys/fs/selinux": FOLDER, "/proc/1/mounts": "/dev/vda / xfs rw 0 0\nsysfs /sys sysfs rw 0 0\n"},
        "disabled",
    ),
    "AppArmor": ("security.apparmor", {"/sys/module/apparmor/parameters/enabled": "Y\n"}, True),
    "AppArmor off": ("security.apparmor", {"/sys/module/apparmor/parameters/enabled": "N\n"}, False),
    "a kernel without AppArmor": ("security.apparmor", {}, False),
    "lockdown in force": (
        "security.lockdown",
        {"/sys/kernel/security/lockdown": "none [integrity] confidentiality\n"},
        "integrity",
    ),
    "a kernel without lockdown": ("security.lockdown", {}, None),
    "the clock source in use": ("kernel.clocksource", {CLOCK: "tsc\n"}, "tsc"),
    "a kernel that does not say its clock source": ("kernel.clocksource", {}, None),
    "a profile for libvirtd": ("security.libvirtd_profile", {"/etc/apparmor.d/usr.sbin.libvirtd": ""}, True),
    "a profile for libvirtd that is disabled": (
        "security.libvirtd_profile",
        {
            "/etc/apparmor.d/usr.sbin.libvirtd": "",
            "/etc/apparmor.d/disable/usr.sbin.libvirtd": Link("../usr.sbin.libvirtd"),
        },
        False,
    ),
    "a profile that lets QEMU run": (
        "security.libvirtd_qemu",
        {"/etc/apparmor.d/usr.sbin.libvirtd": "profile libvirtd {\n  /usr/libexec/qemu-kvm PUx,\n}\n"},
        True,
    ),
    "a local addition that lets QEMU run": (
        "security.libvirtd_qemu",
        {
            "/etc/apparmor.d/usr.sbin.libvirtd": "  #include <local/usr.sbin.libvirtd>\n",
            "/etc/apparmor.d/local/usr.sbin.libvirtd": "/usr/libexec/* PUx,\n",
        },
        True,
    ),
    "a local addition that the profile does not put in": (
        "security.libvirtd_qemu",
        {
            "/etc/apparmor.d/usr.sbin.libvirtd": "profile libvirtd {\n}\n",
            "/etc/apparmor.d/local/usr.sbin.libvirtd": "/usr/libexec/* PUx,\n",
        },
        False,
    ),
    "a local addition that only a denial leaves without effect": (
        "security.libvirtd_qemu",
        {
            "/etc/apparmor.d/usr.sbin.libvirtd": "include if exists <local/usr.sbin.libvirtd>\n  audit deny /usr/libexec/** x,\n",
            "/etc/apparmor.d/local/usr.sbin.libvirtd": "/usr/libexec/qemu-kvm PUx,\n",
        },
        False,
    ),
    "a rule with its mode in front": (
        "security.libvirtd_qemu",
        {"/etc/apparmor.d/usr.sbin.libvirtd": "  audit PUx /usr/libexec/qemu-kvm,\n"},
        True,
    ),
    "a rule with alternatives": (
        "security.libvirtd_qemu",
        {"/etc/apparmor.d/usr.sbin.libvirtd": "  file /{usr/,}lib{exec,}/qemu-kvm rmix,\n"},
        True,
    ),
    "a profile that only complains": (
        "security.libvirtd_profile",
        {"/etc/apparmor.d/usr.sbin.libvirtd": PROFILE.format("attach_disconnected, complain")},
        False,
    ),
    "a profile that confines nothing": (
        "security.libvirtd_profile",
        {"/etc/apparmor.d/usr.sbin.libvirtd": PROFILE.format("unconfined")},
        False,
    ),
    "a profile with other flags": (
        "security.libvirtd_profile",
        {"/etc/apparmor.d/usr.sbin.libvirtd": PROFILE.format("attach_disconnected")},
        True,
    ),
    "a profile within another that complains": (
        "security.libvirtd_profile",
        {
            "/etc/apparmor.d/usr.sbin.libvirtd": "/usr/sbin/libvirtd {\n  profile qemu_bridge_helper flags=(complain) {\n  }\n}\n"
        },
        True,
    ),
    "a profile that is made to complain": (
        "security.libvirtd_profile",
        {
            "/etc/apparmor.d/usr.sbin.libvirtd": PROFILE.format("attach_disconnected"),
            "/etc/apparmor.d/force-complain/usr.sbin.libvirtd": Link("../usr.sbin.libvirtd"),
        },
        False,
    ),
    "a profile without that rule": (
        "security.libvirtd_qemu",
        {
            "/etc/apparmor.d/usr.sbin.libvirtd": "  # /usr/libexec/qemu-kvm PUx,\n  /usr/libexec/qemu-kvm r,\n  /usr/bin/* PUx,\n"
        },
        False,
    ),
    "without a profile nobody asks": ("security.libvirtd_qemu", {}, None),
    "no profile for libvirtd": ("security.libvirtd_profile", {"/etc/apparmor.d/usr.sbin.x": ""}, False),
    "a package manager without the package": (
        "security.container_selinux",
        {"/var/lib/dpkg/status": "Package: x\nStatus: install ok installed\nVersion: 1\n"},
        None,
    ),
    "os-release": ("os.id", {"/etc/os-release": 'NAME="X"\nID=rhel\n'}, "rhel"),
    "os-release through its link": (
        "os.id",
        {"/etc/os-release": Link("../usr/lib/os-release"), "/usr/lib/os-release": "ID=debian\n"},
        "debian",
    ),
    "os-release of the vendor": ("os.id_like", {"/usr/lib/os-release": 'ID_LIKE="rhel fedora"\n'}, ["rhel", "fedora"]),
    "a rolling distribution has no version": ("os.version_id", {"/etc/os-release": "ID=arch\n"}, None),
    "no os-release is linux": ("os.id", {}, "linux"),
    "no os-release has no name": ("os.pretty_name", {}, None),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known(tmp_path: Path, name: str) -> None:
    path, tree, expected = KNOWN[name]
    top, fact = path.split(".")
    assert section(host_of(plant(tmp_path, {**MOUNTED, **tree})), top)["facts"][fact] == expected


UNKNOWN: dict[str, tuple[str, dict[str, Entry], str]] = {
    "no package manager is no witness of a package": ("security.container_selinux", {}, "not_collected"),
    "memory in another unit": ("memory.total_bytes", {"/proc/meminfo": "MemTotal: 16 GB\n"}, "unreadable"),
    "meminfo without swap": ("memory.swap_bytes", {"/proc/meminfo": "MemTotal: 16 kB\n"}, "unreadable"),
    "no meminfo": ("memory.total_bytes", {}, "not_collected"),
    "a count that is none": ("memory.hugepages", {f"{HUGE}/hugepages-2048kB/nr_hugepages": "-1\n"}, "unreadable"),
    "a count that is missing": ("memory.hugepages", {f"{HUGE}/hugepages-2048kB": FOLDER}, "not_collected"),
    "more sizes than there can be": (
        "memory.hugepages",
        {f"{HUGE}/hugepages-{n}kB/nr_hugepages": "0" for n in range(33)},
        "failed",
    ),
    "a state of ksm that is none": ("memory.ksm_run", {"/sys/kernel/mm/ksm/run": "3\n"}, "failed"),
    "nothing lists what is built in": ("network.nf_tables", {}, "not_collected"),
    "modules that cannot be read": ("network.nf_tables", {"/proc/modules": FOLDER, **NOT_BUILT_IN}, "failed"),
    "a configuration that cannot be read": (
        "network.nf_tables",
        {"/proc/config.gz": "CONFIG_NF_TABLES=y\n"},
        "unreadable",
    ),
    "no parameters of the network": ("network.ipv6", {}, "not_collected"),
    "selinuxfs is mounted, but not below this root": (
        "security.selinux",
        {
            "/sys/fs/selinux": FOLDER,
            "/proc/1/mounts": "/dev/vda / xfs rw 0 0\nselinuxfs /sys/fs/selinux selinuxfs rw 0 0\n",
        },
        "not_collected",
    ),
    "a profile for libvirtd that cannot be read": (
        "security.libvirtd_profile",
        {"/etc/apparmor.d/usr.sbin.libvirtd": FOLDER},
        "failed",
    ),
    "selinuxfs is not mounted here": ("security.selinux", {"/sys/fs/selinux": FOLDER}, "not_collected"),
    "a mode of SELinux that is none": ("security.selinux", {"/sys/fs/selinux/enforce": "2"}, "unreadable"),
    "a switch that is neither on nor off": (
        "security.apparmor",
        {"/sys/module/apparmor/parameters/enabled": "?"},
        "unreadable",
    ),
    "lockdown without brackets": ("security.lockdown", {"/sys/kernel/security/lockdown": "none\n"}, "unreadable"),
    "two clock sources in use": ("kernel.clocksource", {CLOCK: "tsc hpet\n"}, "unreadable"),
    "packages that cannot be read": ("security.container_selinux", {"/var/lib/dpkg/status": FOLDER}, "failed"),
    "an os-release that is no file": ("os.id", {"/etc/os-release": FOLDER}, "failed"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown(tmp_path: Path, name: str) -> None:
    path, tree, reason = UNKNOWN[name]
    found = section(host_of(plant(tmp_path, {**MOUNTED, **tree})), path.split(".")[0])
    assert found["unknown"][path]["reason"] == reason


@pytest.mark.parametrize("name", ["memory", "network", "os", "security"])
def test_a_dump_without_files_knows_nothing(tmp_path: Path, name: str) -> None:
    found = section(host_of(tmp_path, Kind.DUMP, uname=None), name)
    assert (found["facts"], found["status"]) == ({}, "not_collected")


def test_sizes_of_huge_pages_that_a_dump_lacks_are_unknown(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {f"{HUGE}/hugepages-2048kB/nr_hugepages": "8\n"}), Kind.DUMP, uname=None)
    found = section(host, "memory")
    assert found["facts"]["hugepages"] == {"2048": 8}
    assert found["unknown"]["memory.hugepages['*']"]["reason"] == "not_collected"


def test_parameters_of_selinux_that_are_not_in_a_dump(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {"/sys/fs/selinux": FOLDER}), Kind.DUMP, uname=None)
    assert section(host, "security")["unknown"]["security.selinux"]["reason"] == "not_collected"


OS_RELEASE = {
    "quotes are taken off": ("A=\"x y\"\nB='x y'\nC=x", {"A": "x y", "B": "x y", "C": "x"}),
    "escapes in double quotes": (r'A="a\"b\$c\\d"', {"A": 'a"b$c\\d'}),
    "no escapes in single quotes": (r"A='a\b'", {"A": "a\\b"}),
    "comments and other lines are passed over": ("# A=1\n\nnothing\n1=2\n", {}),
    "the last assignment counts": ("A=1\nA=2\n", {"A": "2"}),
    "a value may be empty": ('A=\nB=""\n', {"A": "", "B": ""}),
}


@pytest.mark.parametrize("name", OS_RELEASE)
def test_os_release(name: str) -> None:
    text, expected = OS_RELEASE[name]
    assert parse_os_release(text) == expected
