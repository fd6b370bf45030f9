"""A file 16 times as large costs about 16 times as much, whatever is in it; a square of its size would be 256.

What is measured are seconds of this process, the least of several turns, and the bound lies far from both: a busy machine
does not reach it, and asked again it would have to reach it each time.
"""

from __future__ import annotations

import ast
import contextlib
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import passmuster_collector
from passmuster_collector import (
    apparmor,
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
    programs,
    pslist,
    reading,
    recorded,
    sosreport,
    systemd,
    tarindex,
)
from passmuster_collector.context import of_an_engine
from passmuster_collector.facts import (
    boot,
    cgroup,
    cpu,
    hypervisor,
    iommu,
    kernel,
    kernel_config,
    kernel_modules,
    memory,
    network,
    os_release,
    security,
)
from passmuster_collector.usage import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

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
    "the kernel's configuration": kernel_config.parse_config,
    "modules.dep": kernel_modules.parse_modules_list,
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
    "a profile of AppArmor": apparmor.allows,
    "the flags of a profile": apparmor.confines,
    "a profile's additions": apparmor._asks_local,
    "an enforcing switch": security.parse_enforce,
    "the last word of the command line": lambda text: boot.last_value(text, "a"),
    "a table of ACPI": lambda text: iommu.parse_iort(text.encode()),
    "a device tree": lambda text: hypervisor._by_tree("/x", text),
    "modules, for the oldest": kernel._oldest,
    "a release on its line": identity._line,
    "a banner": identity._banner_version,
    "the release in a banner": identity._banner_release,
    "the name in uname": identity.uname_node,
    "the release in uname": identity.uname_release,
    "the build in uname": identity.uname_version,
    "what a program prints": lambda text: programs.parse_version(programs.DOCKER, text),
    "recorded devices": lambda text: recorded.parse_devices(text, "x"),
    "a pax header": lambda text: tarindex._pax(text.encode()),
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
FACTOR = 16
BOUND = 64
SIZE = 3_000
ENOUGH = 0.02
"""Seconds for the larger size below which no ratio is asked for: clocks and memory are felt more than the text."""
LARGE = 1 << 20
"""As many characters as most files are read of."""
SLOWEST = 2
"""Pieces of each parser that are tried at that size: what costs little a step shows there."""

TELLING = (
    ("", "a", ""),
    ("", "a\n", ""),
    ("", " ", ""),
    ("", "1", ""),
    ("A='", "a", ""),
    ('A="', "a", ""),
    ("#", "a", ""),
    ("{", "a", ""),
    ("Linux ", "a ", ""),
    ("Linux version ", "a", ""),
    ("kind: '", "a", ""),
    ("kind: ", "a", "\n"),
    ("A=", "\\", ""),
    ("/dev/null\tb", "a", ""),
    ("a /", "a", " c rw 0 0\n"),
    ("a /b c ", "a", " 0 0\n"),
    ("a /b ", "a", " rw 0 0\n"),
)
"""Beginnings, what is repeated, and ends that lead to functions deeper within a parser."""
SHORT = {
    "capture._bits": "the mode in a row, which has ten characters",
    "ending._say": "the collector's own",
    "ending._one_line": "the collector's own",
    "nodeobject._no_constant": "one of three words",
    "recorded._octal": "a cell that was seen to be short",
    "recorded._number": "a cell that was seen to be short",
    "tarindex._field": "a part of a header",
    "tarindex._number": "a part of a header",
    "tarindex._decimal": "a size of at most 20 digits",
}
"""Functions of text that no file makes long."""


def _seconds(parse: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    with contextlib.suppress(reading.UnreadableError, UsageError):
        parse(text)
    return time.process_time() - began


def _grows(parse: Callable[[str], object], front: str, piece: str, size: int) -> float:
    """How many times as long the larger text takes, by the fastest turns; asked again where that is too much."""
    one, many = (front + piece * (each // len(piece)) for each in (size, FACTOR * size))
    short = min(_seconds(parse, one) for _ in range(2))
    long = _seconds(parse, many)
    for _ in range(4):
        if long < BOUND * short:
            break
        short, long = min(short, _seconds(parse, one)), min(long, _seconds(parse, many))
    return long / max(short, 1e-6)


@pytest.mark.long
@pytest.mark.parametrize("name", PARSERS)
def test_the_time_grows_with_the_size(name: str) -> None:
    parse = PARSERS[name]
    taken: dict[tuple[str, str], float] = {}
    for front in FRONTS:
        for piece in PIECES:
            taken[front, piece] = _seconds(parse, front + piece * (FACTOR * SIZE // len(piece)))
            if taken[front, piece] >= ENOUGH:
                assert _grows(parse, front, piece, SIZE) < BOUND, f"{front!r} and {piece!r}"
    for front, piece in sorted(taken, key=lambda each: -taken[each])[:SLOWEST]:
        if _seconds(parse, front + piece * (LARGE // len(piece))) >= ENOUGH:
            assert _grows(parse, front, piece, LARGE // FACTOR) < BOUND, f"{front!r} and {piece!r}, as large as is read"


def test_the_square_of_a_size_is_found() -> None:
    def squared(text: str) -> object:
        return re.search("a*b", text)

    def copied_over(text: str) -> object:
        while text:
            text = text[10:]
        return text

    assert _grows(squared, "", "a", 1_000) > BOUND
    assert _grows(copied_over, "", "a", 10_000) > BOUND
    assert _grows(str.split, "", "a ", LARGE // FACTOR) < BOUND


def _functions() -> Iterator[tuple[str, str]]:
    """Each function of the collector that takes text or bytes of a file, and the name of that parameter."""
    folder = Path(passmuster_collector.__file__).parent
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef):
                for each in node.args.args:
                    kind = ast.unparse(each.annotation) if each.annotation is not None else ""
                    if (each.arg, kind) in (("text", "str"), ("data", "bytes")) and file.stem not in ("cli", "seal"):
                        yield f"{file.stem}.{node.name}", each.arg


def test_every_function_of_text_is_tried_with_a_long_one() -> None:
    """A new parser without a row above is found here, by what the collector's own code declares."""
    wanted = dict(_functions())
    longest: dict[str, int] = {}

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            name = f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"
            found = frame.f_locals.get(wanted.get(name, ""), "")
            longest[name] = max(longest.get(name, 0), len(found))

    sys.setprofile(watch)
    try:
        for parse in PARSERS.values():
            for front, piece, end in TELLING:
                _seconds(parse, front + piece * 1000 + end)
    finally:
        sys.setprofile(None)
    assert {name for name in wanted if longest.get(name, 0) < 900} == set(SHORT)
