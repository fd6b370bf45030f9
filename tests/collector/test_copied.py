"""In a dump, a look that saw nothing is not a look: what is empty, cut or of another format is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from host_tree import INTEL, Entry, host_of, plant, section

from passmuster_collector.copied import whole
from passmuster_collector.reading import Text
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "/dev/sda2 / xfs rw,relatime 0 0\n"
KERNEL = "proc /proc proc rw 0 0\nsysfs /sys sysfs rw 0 0\n"
CPU = "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n"
UNIFIED = "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
USUAL = "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n"
BOOT = "/dev/sda1 /boot ext4 rw 0 0\n"
CONTROLLERS = "/sys/fs/cgroup/cgroup.controllers"
MISC = "232 kvm\n200 tun\n"
SYSCTLS = "kernel.sched_rt_runtime_us = 950000\nnet.ipv4.ip_forward = 1\n"
PORTS = "net.ipv4.ip_unprivileged_port_start"

CASES: dict[str, tuple[dict[str, Entry], str, Any]] = {
    "an empty mount table, as tar stores it": ({"/proc/mounts": ""}, "cgroup.mode", "not_collected"),
    "a table of NULs": ({"/proc/mounts": "\0" * 4096}, "cgroup.mode", "not_collected"),
    "a table cut in a line": ({"/proc/mounts": ROOT + USUAL[:-4]}, "cgroup.mode", "unreadable"),
    "a table without a root": ({"/proc/mounts": KERNEL + BOOT}, "cgroup.mode", "unreadable"),
    "a table cut before its control groups": ({"/proc/mounts": ROOT + KERNEL}, "cgroup.mode", "unreadable"),
    "a table that goes on without control groups": ({"/proc/mounts": ROOT + KERNEL + BOOT}, "cgroup.mode", "none"),
    "a table that ends with one controller": ({"/proc/mounts": ROOT + CPU}, "cgroup.v1['*']", "unreadable"),
    "a table that goes on behind it": ({"/proc/mounts": ROOT + CPU + BOOT}, "cgroup.v1", {"cpu": "/sys/fs/cgroup/cpu"}),
    "a table that ends with a second hierarchy": ({"/proc/mounts": ROOT + UNIFIED}, "cgroup.mode", "unreadable"),
    "the unified hierarchy in its usual place": ({"/proc/mounts": ROOT + USUAL}, "cgroup.v1", {}),
    "what mount prints": ({"/proc/mounts": "/dev/sda2 on / type xfs (rw,relatime)\n"}, "cgroup.mode", "unreadable"),
    "what fstab holds": ({"/proc/mounts": "/dev/sda2 / xfs defaults 0 1\n"}, "cgroup.mode", "unreadable"),
    "carriage returns": ({"/proc/mounts": (ROOT + USUAL).replace("\n", "\r\n")}, "cgroup.mode", "v2"),
    "no controllers": ({"/proc/mounts": ROOT + USUAL, CONTROLLERS: ""}, "cgroup.v2.controllers", "not_collected"),
    "controllers that are none": (
        {"/proc/mounts": ROOT + USUAL, CONTROLLERS: "<html>\n"},
        "cgroup.v2.controllers",
        "unreadable",
    ),
    "an empty list of modules": ({"/proc/modules": ""}, "kernel.modules", "not_collected"),
    "a list of modules of another format": ({"/proc/modules": "kvm is loaded\n"}, "kernel.modules", "unreadable"),
    "modules cut in a line": ({"/proc/modules": "kvm 1 0 - Live 0x0\nnf_t"}, "kernel.modules", "unreadable"),
    "a padded value of sysfs": ({"/sys/kernel/mm/ksm/run": b"1\n" + b"\0" * 4094}, "memory.ksm_run", 1),
    "drivers that are listed": ({"/proc/misc": MISC}, "kernel.misc_devices", {"kvm": 232, "tun": 200}),
    "a driver that a list without an end lacks": (
        {"/proc/misc": MISC},
        "kernel.misc_devices['*']",
        "not_collected",
    ),
    "a driver that a list lacks whose first entry is there": (
        {"/proc/misc": " 63 vga_arbiter\n"},
        "kernel.misc_devices",
        {"vga_arbiter": 63},
    ),
    "a resource that no copied list can be called to lack": (
        {"/proc/mounts": ROOT + USUAL, "/sys/fs/cgroup/misc.capacity": "sev 509\n"},
        "cgroup.misc_capacity['*']",
        "not_collected",
    ),
    "parameters cut before one": (
        {"/sos_commands/kernel/sysctl_-a": SYSCTLS},
        f"kernel.sysctl['{PORTS}']",
        "not_collected",
    ),
    "parameters that go on behind its neighbours": (
        {"/sos_commands/kernel/sysctl_-a": SYSCTLS + "vm.swappiness = 60\n"},
        f"kernel.sysctl['{PORTS}']",
        None,
    ),
    "a release cut in the middle": ({"/proc/sys/kernel/osrelease": "5.1"}, "kernel.release", "unreadable"),
    "uname of Insights has no newline": (
        {"/uname": "Linux w 5.14.0-1.el9.x86_64 #1 SMP x86_64 x86_64 x86_64 GNU/Linux"},
        "kernel.release",
        "5.14.0-1.el9.x86_64",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_of_a_copied_file(tmp_path: Path, name: str) -> None:
    tree, path, expected = CASES[name]
    found = section(host_of(plant(tmp_path, tree), Kind.DUMP, uname=None), path.partition(".")[0])
    assert _fact(found, path) == expected


def _fact(found: dict[str, Any], path: str) -> Any:
    """A fact, or the reason why it, or what it stands in, is unknown."""
    above = [known for known in found["unknown"] if path == known or path.startswith((known + ".", known + "["))]
    if above:
        return found["unknown"][above[0]]["reason"]
    value = found["facts"]
    for step in path.replace("['", ".").replace("']", "").split(".", 2 if "[" in path else -1)[1:]:
        value = value[step]
    return value


@pytest.mark.parametrize("name", [name for name, (tree, _, _) in CASES.items() if "/proc/mounts" in tree])
def test_a_live_table_is_a_look_whatever_is_in_it(tmp_path: Path, name: str) -> None:
    text = CASES[name][0]["/proc/mounts"]
    found = section(host_of(plant(tmp_path, {"/proc/1/mounts": text}), Kind.LIVE), "cgroup")
    assert "the dump" not in str(found["unknown"])
    if name == "an empty mount table, as tar stores it":
        assert found["facts"]["mode"] == "none"


ENDS = {
    "the blank line of the last processor": (INTEL, True),
    "the last line of x86": ("processor : 0\nflags : lm\npower management:\n", True),
    "the same without its newline": ("processor : 0\nflags : lm\npower management:", True),
    "the last line of ARM": ("processor : 0\nFeatures : fp\nCPU revision : 1\n", True),
    "the board below the processors": ("processor : 0\nFeatures : fp\n\nHardware : BCM2835\n", True),
    "as many processors as s390x counts": ("# processors : 1\nprocessor 0: version = FF\n", True),
    "a processor too few": ("# processors : 2\nprocessor 0: version = FF\n", False),
    "in the flags": ("processor : 0\nflags : lm cx1", False),
    "behind the flags": ("processor : 0\nflags : lm\n", False),
    "in a key": ("processor : 0\nflags : lm\n\nproce", False),
    "in the last line of ARM's board": ("processor : 0\nFeatures : fp\n\nHardware : BC", False),
}


@pytest.mark.parametrize("name", ENDS)
def test_processors_end_with(name: str) -> None:
    text, expected = ENDS[name]
    assert isinstance(whole("/proc/cpuinfo", text), Text) is expected


ODD = ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\r"]


@pytest.mark.parametrize("letter", ODD)
@pytest.mark.parametrize("kind", [Kind.LIVE, Kind.DUMP])
def test_only_a_newline_ends_a_line(tmp_path: Path, letter: str, kind: Kind) -> None:
    mounts = ROOT + f"tmpfs /mnt/a{letter}b tmpfs rw 0 0\n" + USUAL
    found = section(host_of(plant(tmp_path, {"/proc/1/mounts": mounts}), kind), "cgroup")
    assert found["facts"]["mode"] == "v2"
