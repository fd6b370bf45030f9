"""``make machines DATA=DIR``: collect every machine of a folder, and compare with its index.

The folder holds ``machines.tsv`` and either ``machines/`` or ``machines.tar.gz``. For each machine: no traceback, a
snapshot that holds to all rules, and agreement with the columns that the index has for it. A field whose only source
the dump lacks must be unknown. Prints a line for each failure, and the counts.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snapshot_rules import problems, sections, spelled

from passmuster_collector.cli import collect_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LEVELS = (
    "lm cmov cx8 fpu fxsr mmx sse sse2",
    "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3",
    "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave",
    "avx512f avx512bw avx512cd avx512dq avx512vl",
)
"""The words of the x86-64 levels, each beyond the one before."""

OTHER_PLACES = {
    "kernel.modules": ("sos_commands/kernel/lsmod", "lsmod"),
    "security.apparmor": ("sos_commands/apparmor/apparmor_status",),
    "security.libvirtd_profile": ("sos_commands/apparmor/apparmor_status",),
    "security.selinux": ("sos_commands/selinux/sestatus",),
}
"""Where support archives have a field that one file of the host feeds."""

EXCEPTIONS = {
    ("cadvisor/cpuinfo_lower_case", "arch"): "a Loongson of MIPS, as its isa line says",
    ("hwloc/2ps3-2t", "arch"): "a Cell processor is of 64 bits, and so is every kernel for that machine",
    ("lscpu/ppc-qemu", "arch"): "a PowerPC 750 is of 32 bits",
    ("libvirt-hostcpu/linux-armv6l-raspberrypi", "ncpu"): "old ARM kernels list their one processor without a number",
    **{
        ("sosreport/vault", column): "a guest of LXD: its processors and mounts are not its node's"
        for column in ("ncpu", "x86_level", "vmx", "svm", "cgroup")
    },
    ("kubevirt-mountinfo/overlay_launcher", "cgroup"): "the mount table of a container, not of a node",
    ("hwloc/16amd64-8n2c-cpusets", "cgroup"): "the cpuset file system from before control groups is none",
}
"""Where the index of the project's data is wrong or means something else."""

MANY = ("/proc/mounts", "/dev")
"""Sources that stand for several files: every process has a mount table."""

AMBIGUOUS = ("ppc64", "ppc64le")
"""From POWER8 on /proc/cpuinfo does not tell them apart; then the architecture is unknown."""


def level(flags: set[str]) -> str:
    """The x86-64 level that all CPUs have, as the index writes it."""
    reached = 0
    for words in LEVELS:
        if not set(words.split()) <= flags:
            break
        reached += 1
    return str(reached)


def failures(name: str, folder: Path, row: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with one machine's snapshot."""
    data = collect_bytes(["--from", str(folder)])
    yield from problems(data)
    snapshot = json.loads(data)
    yield from _groundless(folder, snapshot)
    for column, got, expected in _compared(snapshot, row):
        if got != expected and (name, column) not in EXCEPTIONS:
            yield f"{column} (got {got!r}, expected {expected!r})"


def _compared(snapshot: Mapping[str, Any], row: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Column, what was collected and what the index says; of columns that are empty, nothing."""
    cpu = snapshot["sections"]["cpu"]["facts"]
    architecture = cpu.get("architecture", "")
    arch = re.sub(r"^armv.*$", "arm", re.sub(r"^i[3-6]86$", "i686", row["arch"]))
    if arch and not (arch in AMBIGUOUS and not architecture):
        yield "arch", architecture, arch
    if row["ncpu"]:
        yield "ncpu", str(cpu.get("logical_count", 0)), row["ncpu"]
    flags = set(cpu.get("flags", []))
    if row["x86_level"]:
        yield "x86_level", level(flags) if architecture == "x86_64" else "n/a(32-bit)", row["x86_level"]
    for word in ("vmx", "svm"):
        if row[word] and "flags" in cpu:
            yield word, str(word in flags), row[word]
    mode = row["cgroup"].partition(":")[0].replace("none-mounted", "none")
    if mode:
        yield "cgroup", snapshot["sections"]["cgroup"]["facts"].get("mode", ""), mode


def _groundless(folder: Path, snapshot: Mapping[str, Any]) -> Iterator[str]:
    for section, facts in sections().items():
        unknown = snapshot["sections"][section]["unknown"]
        for path, source in _single_sources(facts, (section,)):
            places = (source.lstrip("/"), *OTHER_PLACES.get(spelled(path), ()))
            lacks = not any((folder / place).exists() for place in places)
            above = {spelled(path[:end]) for end in range(1, len(path) + 1)}
            if lacks and not above & unknown.keys():
                yield f"{spelled(path)} is known (but the dump lacks {source})"


def _single_sources(field: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Fields that one file alone feeds, and that file."""
    source = field.get("x-source", [])
    if len(source) == 1 and source[0].startswith("/") and source[0] not in MANY and field.get("x-map") != "open":
        yield path, source[0]
    for name, member in field.get("properties", {}).items():
        yield from _single_sources(member, (*path, name))


def unpack(folder: Path, into: str) -> Path:
    """The folder of machines, out of its archive where there is no such folder."""
    if (folder / "machines").is_dir():
        return folder / "machines"
    with tarfile.open(folder / "machines.tar.gz") as archive:
        archive.extractall(into, filter="tar")
    return Path(into) / "machines"


def main(argv: list[str]) -> int:
    """Run a folder; 0 where all passed, 1 where not, 2 where there is no such folder."""
    if len(argv) != 1 or not (Path(argv[0]) / "machines.tsv").is_file():
        sys.stderr.write("usage: machines.py DIR (with machines.tsv, and machines/ or machines.tar.gz)\n")
        return 2
    folder = Path(argv[0])
    failed = 0
    with tempfile.TemporaryDirectory() as scratch, (folder / "machines.tsv").open(encoding="utf-8") as index:
        machines = unpack(folder, scratch)
        rows = list(csv.DictReader(index, delimiter="\t"))
        for row in rows:
            found = _run(row, machines / row["name"])
            failed += bool(found)
            sys.stdout.writelines(f"{row['name']}: {line}\n" for line in found)
    sys.stdout.write(f"{len(rows) - failed} passed, {failed} failed\n")
    return 1 if failed or not rows else 0


def _run(row: Mapping[str, str], folder: Path) -> list[str]:
    if not folder.is_dir():
        return ["no such folder"]
    try:
        return list(failures(row["name"], folder, row))
    except Exception as error:  # noqa: BLE001 - the rest is to be run
        return [f"{type(error).__name__}: {error}"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
