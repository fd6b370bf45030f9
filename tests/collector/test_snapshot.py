"""A whole host from end to end."""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from host_tree import FIFO, FOLDER, INTEL, MOUNTED, UNAME, Entry, Link, host_of, plant
from snapshot_rules import problems

from passmuster_collector import snapshot as subject
from passmuster_collector.cli import collect_bytes
from passmuster_collector.facts import SECTIONS
from passmuster_collector.fields import Limit
from passmuster_collector.reading import Known
from passmuster_collector.section import Section, fact
from passmuster_collector.snapshot import Order, canonical, node_name, take
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from passmuster_collector.host import Host
    from passmuster_collector.section import Fact

MACHINE_ID = "0123456789abcdef0123456789abcdef"
HOST: dict[str, Entry] = {
    **MOUNTED,
    "/etc/hostname": "worker-3\n",
    "/etc/machine-id": MACHINE_ID + "\n",
    "/etc/os-release": "ID=debian\n",
    "/proc/cpuinfo": INTEL,
    "/proc/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
    "/sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
    "/sys/fs/cgroup/cgroup.subtree_control": "cpu\n",
    "/dev/null": "",
}
ORDER = Order(None, "folder", {}, [one.name for one in SECTIONS], 10.0, "2026-01-01T00:00:00Z")


def collected(*argv: str) -> dict[str, Any]:
    """A snapshot that holds to all rules."""
    data = collect_bytes(argv)
    assert problems(data) == []
    snapshot: dict[str, Any] = json.loads(data)
    return snapshot


def test_a_mounted_host(tmp_path: Path) -> None:
    snapshot = collected("--root", str(plant(tmp_path, HOST)), "--label", "zone=a=b", "--recorded", "machine=x86_64")
    assert snapshot["collection"]["kind"] == "root"
    assert snapshot["collection"]["context"] == "elsewhere"
    assert snapshot["collection"]["recorded"] == ["machine"]
    assert snapshot["node"] == {
        "name": "worker-3",
        "labels": {"zone": "a=b"},
        "machine_id": "sha256:" + hashlib.sha256(MACHINE_ID.encode()).hexdigest(),
    }
    assert snapshot["sections"]["cgroup"]["facts"]["mode"] == "v2"
    assert snapshot["sections"]["devices"]["facts"]["/dev/kvm"]["exists"] is False
    assert snapshot["sections"]["os"]["facts"]["version_id"] is None


def test_the_same_files_as_a_dump_say_less(tmp_path: Path) -> None:
    snapshot = collected("--from", str(plant(tmp_path, HOST)))
    assert snapshot["collection"]["uid"] is None
    assert snapshot["sections"]["devices"]["status"] == "not_collected"
    assert snapshot["sections"]["cgroup"]["facts"]["mode"] == "v2"
    assert snapshot["sections"]["iommu"]["status"] == "not_collected"


def test_this_machine() -> None:
    snapshot = collected()
    assert snapshot["collection"]["kind"] == "live"
    assert snapshot["collection"]["uid"] == os.geteuid()
    assert snapshot["sections"]["kernel"]["facts"]["release"] == os.uname().release
    assert snapshot["sections"]["cpu"]["facts"]["logical_count"] > 0


def test_this_machine_below_a_root_says_the_same() -> None:
    live, below = collected(), collected("--root", "/")
    for name in ("boot", "cpu", "devices", "iommu", "kernel", "memory", "network", "os", "security", "virtualization"):
        assert below["sections"][name]["facts"] == live["sections"][name]["facts"]


HOSTILE: dict[str, Entry] = {
    **MOUNTED,
    "/proc/cpuinfo": FIFO,
    "/proc/meminfo": b"\xff\xfe\0",
    "/proc/mounts": Link("/proc/mounts"),
    "/proc/misc": "x" * 2_000_000,
    "/proc/modules": "\n".join(f"m{n} 1" for n in range(3000)),
    "/proc/cmdline": b"iommu=\xff\x1b[31m " + b"".join(b"kvm.a%d=1 " % at for at in range(599)),
    "/proc/sys/net/ipv4/ip_forward": "1" * 1000,
    "/etc/os-release": b"ID=\xed\xa0\x80\nPRETTY_NAME=" + b"x" * 500,
    "/etc/hostname": b"w\xffrker\n",
    "/etc/machine-id": "uninitialized\n",
    "/sys/kernel/iommu_groups": FIFO,
    "/sys/firmware/acpi/tables/IORT": FIFO,
    "/sys/kernel/mm/ksm/run": "99999999999999999999999999\n",
    "/sys/kernel/mm/hugepages/hugepages-1kB/nr_hugepages": "9" * 30,
    "/var/lib/kubelet/config.yaml": FIFO,
    "/var/lib/dpkg/status": FOLDER,
    "/sys/module/kvm/parameters/nested": Link("../../../../../../../../etc/shadow"),
}


def test_a_hostile_tree_ends_in_a_valid_snapshot(tmp_path: Path) -> None:
    plant(tmp_path, HOSTILE)
    with (tmp_path / "proc/config.gz").open("wb") as huge:
        huge.truncate(10 << 30)
    (tmp_path / os.fsdecode(b"sys/firmware/acpi/tables/\xfe\xff")).write_text("")
    snapshot = collected("--root", str(tmp_path))
    unknown = {path: entry for one in snapshot["sections"].values() for path, entry in one["unknown"].items()}
    assert unknown["cpu.flags"]["detail"] == "/proc/cpuinfo is no regular file"
    assert unknown["memory.total_bytes"]["reason"] == "unreadable"
    assert unknown["cgroup.mode"]["detail"] == "/proc/mounts: Too many levels of symbolic links"
    assert unknown["kernel.misc_devices"]["detail"] == "too large: /proc/misc (limit 1048576 bytes)"
    assert unknown["kernel.modules"]["detail"] == "too large (got 3000 items, limit 2048)"
    assert unknown["boot.arguments"]["detail"] == "too large (got 600 names, limit 512)"
    assert unknown["kernel.config"]["detail"] == "too large: /proc/config.gz (limit 1048576 bytes)"
    assert unknown["os.pretty_name"]["detail"] == "too large (got 500 characters, limit 256)"
    assert unknown["memory.ksm_run"]["reason"] == "failed"
    assert unknown["memory.hugepages"]["reason"] == "failed"
    assert unknown["runtime.name"]["reason"] == "failed"
    assert snapshot["node"]["name"] == "w\\xffrker"
    assert snapshot["node"]["machine_id"] is None
    assert snapshot["sections"]["os"]["facts"]["id"] == "\\xed\\xa0\\x80"
    assert snapshot["sections"]["iommu"]["facts"]["acpi_tables"] == ["IORT", "\\xfe\\xff"]


NAMES: dict[str, tuple[Kind, dict[str, Entry], str]] = {
    "a live host's, of the kernel": (Kind.LIVE, {"/proc/sys/kernel/hostname": "k\n", "/etc/hostname": "e\n"}, "k"),
    "a live host's, of the file": (Kind.LIVE, {"/etc/hostname": "e\n"}, "e"),
    "a live host's, of uname": (Kind.LIVE, {}, "worker-1"),
    "a root's, of the file": (
        Kind.ROOT,
        {"/proc/sys/kernel/hostname": "reader\n", "/etc/hostname": "# x\n\n e \n"},
        "e",
    ),
    "a root's, of the folder": (Kind.ROOT, {"/proc/sys/kernel/hostname": "reader\n"}, "folder"),
    "a dump's, of the file": (Kind.DUMP, {"/etc/hostname": "e\n", "/hostname": "s\n"}, "e"),
    "a dump's, of the archive": (Kind.DUMP, {"/hostname": "s\n"}, "s"),
    "a dump's, of uname in the archive": (Kind.DUMP, {"/uname": "Linux u 5 #1 x86_64\n", "/hostname": "\n"}, "u"),
    "a dump's, of the folder": (Kind.DUMP, {"/proc/sys/kernel/hostname": "copier\n"}, "folder"),
}


@pytest.mark.parametrize("name", NAMES)
def test_the_name_is(tmp_path: Path, name: str) -> None:
    kind, tree, expected = NAMES[name]
    uname = UNAME if kind is Kind.LIVE else None
    assert node_name(host_of(plant(tmp_path, tree), kind, uname=uname), "folder") == expected


def _section(work: Any) -> Section:
    def collect(_host: Host) -> Iterator[Fact]:
        work()
        yield fact("a", Known(1))

    return Section("x", {("a",): Limit()}, collect)


def _taken(monkeypatch: pytest.MonkeyPatch, folder: Path, work: Any, clock: Any = time.monotonic) -> dict[str, Any]:
    monkeypatch.setattr(subject, "SECTIONS", (_section(work), _section(lambda: None)._replace(name="y")))
    order = ORDER._replace(sections=["x", "y"], seconds=1.5)
    sections: dict[str, Any] = take(host_of(folder), order, clock)["sections"]
    return sections


@pytest.mark.long
def test_a_section_that_hangs_does_not_hold_the_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sections = _taken(monkeypatch, tmp_path, lambda: time.sleep(60))
    assert sections["x"]["unknown"]["x.a"] == {"reason": "timeout", "detail": "a read did not return"}
    assert sections["y"]["facts"] == {"a": 1}


def test_a_section_that_breaks_does_not_hold_the_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sections = _taken(monkeypatch, tmp_path, lambda: 1 // 0)
    assert sections["x"]["status"] == "failed"
    assert sections["x"]["unknown"]["x.a"]["detail"].startswith("ZeroDivisionError: ")
    assert sections["y"]["status"] == "ok"


def test_the_canonical_form_is_one_line() -> None:
    assert canonical({"b": "é\n", "a": [1, None]}) == '{"a":[1,null],"b":"é\\n"}\n'.encode()
    with pytest.raises(ValueError, match="JSON"):
        canonical({"a": float("nan")})
