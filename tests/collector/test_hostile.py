"""Hosts that lie, stall and overflow: a whole run ends in time, in little memory, and says nothing that it did not see."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from host_tree import FIFO, FOLDER, INTEL, MOUNTED, SOCKET, Entry, Link, plant
from snapshot_rules import problems

import passmuster_collector
from passmuster_collector.cli import collect_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = str(Path(passmuster_collector.__file__).parent.parent)
MEGABYTE = 1 << 20
PATHS = (
    "/proc/1/mounts",
    "/proc/1/mountinfo",
    "/proc/1/comm",
    "/proc/cgroups",
    "/proc/cmdline",
    "/proc/config.gz",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/misc",
    "/proc/modules",
    "/proc/mounts",
    "/proc/sys/kernel/osrelease",
    "/proc/sys/net/ipv4/ip_forward",
    "/proc/sys/vm/max_map_count",
    "/proc/version",
    "/sys/class/dmi/id/product_name",
    "/sys/class/dmi/id/sys_vendor",
    "/sys/class/iommu",
    "/sys/firmware/acpi/tables/IORT",
    "/sys/firmware/uv/prot_virt_host",
    "/sys/fs/cgroup/cgroup.controllers",
    "/sys/fs/cgroup/misc.capacity",
    "/sys/fs/selinux/enforce",
    "/sys/kernel/iommu_groups",
    "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages",
    "/sys/kernel/mm/ksm/run",
    "/sys/kernel/security/lockdown",
    "/sys/kernel/security/lsm",
    "/sys/module/apparmor/parameters/enabled",
    "/sys/module/kvm_intel/parameters/nested",
    "/dev/kvm",
    "/etc/hostname",
    "/etc/machine-id",
    "/etc/os-release",
    "/etc/systemd/system/kubelet.service",
    "/var/lib/dpkg/status",
    "/var/lib/kubelet/config.yaml",
    "/var/lib/kubelet/cpu_manager_state",
    "/var/lib/kubelet/kubeadm-flags.env",
)
MANY = 'flags: {}\nprocessor: 0\n{}="--container-runtime-endpoint={}"\n'

ENTRIES: dict[str, Entry] = {
    "pipes": FIFO,
    "sockets": SOCKET,
    "folders": FOLDER,
    "links to the root": Link("/"),
    "links to themselves": Link("/etc/hostname"),
    "links above the root": Link("../" * 50 + "etc/passwd"),
    "links to what never ends": Link("/dev/zero"),
    "links into the reader": Link("/proc/self/mem"),
    "nothing": "",
    "zeros": b"\0" * 5000,
    "bytes that are no text": bytes(range(128, 256)) * 50,
    "line ends": "\n" * 50_000,
    "one long line": "x" * (MEGABYTE // 2),
    "digits": "9" * 5000,
    "words": "a=b " * 20_000,
    "colons": "processor : 0\nflags : " + "x " * 5000 + "\n" + ":\n" * 5000,
    "quotes": "\"'" * 5000,
    "escapes": "\\" * 5001,
    "lone surrogates": b"\xed\xa0\x80" * 500,
    "controls": "\x1b[31m\r\a" * 500,
    "mounts of everywhere": "cgroup2 /../../../etc cgroup2 rw 0 0\ncgroup2 \\000 cgroup2 rw 0 0\n",
}


@pytest.mark.long
@pytest.mark.parametrize("name", ENTRIES)
def test_whatever_lies_everywhere_a_snapshot_is_written(tmp_path: Path, name: str) -> None:
    tree: dict[str, Entry] = {**MOUNTED, **dict.fromkeys(PATHS, ENTRIES[name])}
    host = plant(tmp_path / "host", tree)
    for kind in ("--root", "--from"):
        assert problems(collect_bytes([kind, str(host)])) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_noise_in_every_file_is_no_fault(tmp_path: Path, seed: int) -> None:
    noise = random.Random(seed)
    words = [INTEL, MANY, " ", "\n", "\t", ":", "=", "cgroup2", "/", "0", "[none]", "\0", "kB", "- "]
    tree: dict[str, Entry] = {
        path: "".join(noise.choices(words, k=noise.randrange(60))).encode() + noise.randbytes(noise.randrange(20))
        for path in PATHS
    }
    assert problems(collect_bytes(["--root", str(plant(tmp_path / "host", {**MOUNTED, **tree}))])) == []


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def _dense(path: Path) -> None:
    path.write_bytes(b"processor: 0\nflags: a b c d e f\n" * (8 * MEGABYTE // 32 - 1))


def _crowded(path: Path) -> None:
    path.mkdir()
    for number in range(70_000):
        (path / f"{number}").symlink_to("x")


LARGE: dict[str, tuple[tuple[str, ...], Callable[[Path], None]]] = {
    "files without an end": (PATHS, _sparse),
    "files as large as are read": (("/proc/cpuinfo", "/var/lib/dpkg/status"), _dense),
    "folders of more names than are listed": (("/sys/class/iommu",), _crowded),
}


def run(*words: str) -> tuple[bytes, int]:
    """A whole process: its output and peak of memory in megabytes; how long it takes is in test_deadline."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from passmuster_collector.cli import main; main(sys.argv[2:]);"
        "status = dict(line.split(':', 1) for line in open('/proc/self/status'));"
        "sys.stderr.write(status['VmHWM'].split()[0])"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, PACKAGE, *words], capture_output=True, check=True)
    return done.stdout, int(done.stderr) // 1024


@pytest.mark.long
@pytest.mark.parametrize("name", LARGE)
def test_memory_is_bounded(tmp_path: Path, name: str) -> None:
    paths, make = LARGE[name]
    host = plant(tmp_path / "host", MOUNTED)
    for path in paths:
        place = host / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists() or place.is_file():
            make(place)
    output, megabytes = run("--root", str(host))
    assert problems(output) == []
    # A section that outlasts its share of the time runs on beside the next ones, so their memory adds up.
    assert megabytes < 200, megabytes


def test_reads_that_crawl_end_with_their_section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = plant(tmp_path / "host", {**MOUNTED, **dict.fromkeys(PATHS, "x\n")})
    read, reads = os.read, itertools.count()

    def crawl(handle: int, _: int) -> bytes:
        next(reads)
        time.sleep(0.05)
        return read(handle, 1)

    monkeypatch.setattr(os, "read", crawl)
    snapshot = json.loads(collect_bytes(["--root", str(host), "--timeout", "0.2"]))
    # Each section reads for 0.2 seconds at most, and one read more; a busy machine makes them fewer.
    assert next(reads) < 15 * 6
    reasons = {entry["reason"] for one in snapshot["sections"].values() for entry in one["unknown"].values()}
    assert "timeout" in reasons


def test_reads_that_never_return_are_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = plant(tmp_path / "host", {**MOUNTED, "/proc/cpuinfo": INTEL, "/etc/os-release": "ID=x\n"})
    opened, read = os.open, os.read
    stuck: set[int] = set()

    def open_(path: Any, *words: Any, **options: Any) -> int:
        handle = opened(path, *words, **options)
        if path == b"cpuinfo":
            stuck.add(handle)
        return handle

    def read_(handle: int, size: int) -> bytes:
        if handle in stuck:
            time.sleep(60)
        return read(handle, size)

    monkeypatch.setattr(os, "open", open_)
    monkeypatch.setattr(os, "read", read_)
    snapshot = json.loads(collect_bytes(["--root", str(host), "--timeout", "2", "--only", "cpu", "--only", "os"]))
    assert snapshot["sections"]["cpu"]["status"] == "timeout"
    assert snapshot["sections"]["os"]["facts"]["id"] == "x"


def test_nothing_that_was_denied_is_called_absent(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can become another user")
    host = plant(tmp_path / "host", {**MOUNTED, **dict.fromkeys(PATHS, "x\n")})
    for top in ("proc", "sys", "dev", "etc", "var"):
        (host / top).chmod(0)
    for name in ("usr", "opt", "run", "boot", "lib", "bin", "sbin", "snap", "installed-rpms"):
        (host / name).mkdir(mode=0)
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    code = "import sys; sys.path.insert(0, sys.argv[1]); from passmuster_collector.cli import main; main(sys.argv[2:])"
    copy = Path("/var/tmp") / f"passmuster-hostile-{os.getpid()}"
    shutil.copytree(Path(PACKAGE) / "passmuster_collector", copy / "passmuster_collector")
    copy.chmod(0o755)
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    try:
        done = subprocess.run(
            [*user, "/usr/bin/env", "python3", "-I", "-S", "-c", code, str(copy), "--root", str(host)],
            check=False,
            capture_output=True,
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
        )
    finally:
        shutil.rmtree(copy)
    if done.returncode != 0:
        pytest.skip("another user cannot run a Python here")
    snapshot = json.loads(done.stdout)
    assert {name: one["facts"] for name, one in snapshot["sections"].items() if one["facts"]} == {}
    assert snapshot["node"]["machine_id"] is None
    for name, one in snapshot["sections"].items():
        if name not in ("kubernetes", "runtime"):
            assert {entry["reason"] for entry in one["unknown"].values()} <= {"denied", "not_collected"}, name
