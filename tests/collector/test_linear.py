"""A file four times as large costs about four times as much, whatever is in it; a square of its size would be sixteen."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import pytest

from passmuster_collector import (
    capture,
    copied,
    dates,
    devlisting,
    dpkg,
    identity,
    kubelet,
    mounts,
    nodeobject,
    packages,
    pslist,
    reading,
    sosreport,
    systemd,
)
from passmuster_collector.context import of_an_engine
from passmuster_collector.facts import boot, cgroup, cpu, hypervisor, kernel, memory, network, os_release, security

if TYPE_CHECKING:
    from collections.abc import Callable

PARSERS: dict[str, Callable[[str], object]] = {
    "/proc/mounts": mounts.parse_mounts,
    "/proc/1/mountinfo": mounts.parse_mountinfo,
    "/proc/cpuinfo": cpu.parse_cpuinfo,
    "a list of processors": cpu.parse_online,
    "/proc/cmdline": boot.parse_cmdline,
    "/proc/cgroups": cgroup.parse_cgroups,
    "cgroup.controllers": cgroup.parse_controllers,
    "misc.capacity": cgroup.parse_capacity,
    "/proc/sysinfo": hypervisor.on_s390,
    "/proc/modules": kernel.parse_modules,
    "/proc/misc": kernel.parse_misc,
    "sysctl -a": kernel.parse_sysctls,
    "the kernel's configuration": kernel.parse_config,
    "a clock source": kernel.parse_clocksource,
    "a release": kernel.parse_release,
    "/proc/meminfo": lambda text: memory.parse_meminfo(text, "MemTotal"),
    "modules.builtin": network.parse_builtin,
    "os-release": os_release.parse_os_release,
    "lsm": security.parse_lsm,
    "a switch": security.parse_switch,
    "lockdown": security.parse_lockdown,
    "a number": reading.whole_number,
    "uname -a": identity.uname_machine,
    "a Node object": nodeobject.parse_node_object,
    "sestatus": sosreport.parse_sestatus,
    "apparmor_status": sosreport.parse_apparmor,
    "profiles of AppArmor": sosreport.parse_libvirtd_profile,
    "dpkg's status": dpkg.parse_status,
    "installed-rpms": packages.parse_installed_rpms,
    "rpm -q": lambda text: packages.parse_query(text, "x"),
    "the kubelet's configuration": lambda text: kubelet.parse_config_file(text, "/x"),
    "the kubelet's environment file": lambda text: kubelet.parse_environment(text, "/x"),
    "a unit of systemd": lambda text: systemd.parse(text, "/x"),
    "a command of systemd": systemd.split,
    "an environment file of systemd": systemd.parse_environment_file,
    "a list of processes": lambda text: pslist.parse(text, "/x"),
    "dpkg -l": dpkg.parse_list,
    "the CPU manager's state": kubelet.parse_cpu_manager,
    "a listing of /dev": devlisting.parse,
    "a date": dates.parse,
    "options of a root": of_an_engine,
    "a capture's list": capture.parse_list,
    "the end of a copied list": lambda text: copied.whole("/proc/misc", text),
    "the end of copied processors": lambda text: copied.whole("/proc/cpuinfo", text),
}
PIECES = (
    *(" ", "\t", "\n", "\r\n", "\0", "a", "1", "'", '"', "''", "a ", "a\n", "\n ", " \n", "\n\n", "\u2028"),
    *(":", "a:", "a: ", "a: \n", " :", ": ", "a : b\n", "flags : a b\n", "flags\t: ", "processor : 1\n"),
    *("=", "a=", "a = ", "a = b\n", '"a"', "lowerdir=/", "/docker", "-", "a-", "a-1.", ".", "1.", "\\", "\\040"),
    *("#", "# ", "(", ") #1", "[", "{", "{\n", "- a\n", "a:\n  b:\n", "a: 'b'  ", "key: value   \n"),
    *("a b c d 0 0\n", "a /b c rw 0 0\n", "1 2 0:1 / /a rw - b c rw\n", "MemTotal:", "MemTotal: 1", "kvm 1 0 - Live\n"),
    *("1 kvm\n", "CONFIG_A=y\n", "VM00 Control Program: ", "Package: a\n", "Package: a\nStatus: installed\n\n"),
    *("/dev/a:\n", "crw-rw---- 1 0 0 10, 232 Jan 1 00:00 kvm\n", "Tue Jan ", "SELinux status: ", "--a b "),
)
FRONTS = ("", "{", "a: 'b", "flags\t: ")
SIZE = 12_000
ENOUGH = 0.02
"""Seconds for the larger size below which no ratio is asked for: clocks and memory are felt more than the text."""


def _seconds(parse: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    with contextlib.suppress(reading.UnreadableError):
        parse(text)
    return time.process_time() - began


@pytest.mark.long
@pytest.mark.parametrize("name", PARSERS)
def test_the_time_grows_with_the_size(name: str) -> None:
    parse = PARSERS[name]
    for front in FRONTS:
        for piece in PIECES:
            one, four = (front + piece * (size // len(piece)) for size in (SIZE, 4 * SIZE))
            if _seconds(parse, four) < ENOUGH:
                continue
            ratio = min(_seconds(parse, four) for _ in range(3)) / min(_seconds(parse, one) for _ in range(3))
            assert ratio < 9, f"{front!r} and {piece!r}: {ratio:.1f} times as long"
