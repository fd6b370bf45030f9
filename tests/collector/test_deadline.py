"""``--timeout 2`` ends within 4 seconds on every hostile root, with a snapshot that says what was not reached."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from host_tree import FIFO, FOLDER, MOUNTED, SOCKET, Entry, Link, plant
from snapshot_rules import problems

from passmuster_collector import cli
from passmuster_collector.budget import Job, budget, run_all
from passmuster_collector.views import open_view

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZE = 8 << 20
HUGE: dict[str, Entry] = {
    "/proc/cpuinfo": "processor : 0\nflags : lm\n\n" + " " * (SIZE - 100),
    "/proc/1/mounts": "a /b c rw 0 0\n" * ((1 << 20) // 14),
    "/proc/misc": " " * ((1 << 20) - 1),
    "/proc/modules": "\n" * ((1 << 20) - 1),
    "/proc/cmdline": '"' * ((1 << 20) - 1),
    "/etc/os-release": "A= \\" * ((1 << 18) - 1),
    "/var/lib/dpkg/status": "Package: a\n" * (SIZE // 11),
    "/var/lib/kubelet/kubeadm-flags.env": "'" * ((1 << 20) - 1),
    "/var/lib/kubelet/config.yaml": " " * ((1 << 20) - 1),
}


def _sparse(folder: Path) -> None:
    for name in ("cpuinfo", "mounts", "config.gz", "misc"):
        with (folder / "proc" / name).open("wb") as file:
            file.truncate(10 << 30)


def _many(folder: Path) -> None:
    place = folder / "sys/bus/pci/devices"
    place.mkdir(parents=True)
    for number in range(20_000):
        (place / f"{number:08x}").touch()


def _deep(folder: Path) -> None:
    (folder / "proc" / "/".join("d" * 200)).mkdir(parents=True)
    (folder / "proc/mounts").symlink_to("/".join("d" * 200) + "/mounts")


ROOTS: dict[str, tuple[dict[str, Entry], Callable[[Path], None] | None]] = {
    "files as large as are read, of blanks and quotes": (HUGE, None),
    "pipes and sockets": (
        {"/proc/cpuinfo": FIFO, "/proc/mounts": SOCKET, "/etc/hostname": FIFO, "/dev/kvm": FIFO},
        None,
    ),
    "links without end": ({f"/proc/{name}": Link(name) for name in ("mounts", "cpuinfo", "misc", "modules")}, None),
    "sparse files": ({}, _sparse),
    "thousands of devices": ({"/sys/kernel": FOLDER}, _many),
    "folders without end": ({}, _deep),
}


@pytest.mark.long
@pytest.mark.parametrize("name", ROOTS)
def test_the_deadline_holds(tmp_path: Path, name: str) -> None:
    tree, more = ROOTS[name]
    plant(tmp_path, {**MOUNTED, **tree})
    if more is not None:
        more(tmp_path)
    command = [sys.executable, "-m", "passmuster_collector", "--root", str(tmp_path), "--timeout", "2"]
    taken: list[float] = []
    while not taken or (taken[-1] >= 4 and len(taken) < 3):  # on a busy machine a run may have to wait for its turn
        began = time.monotonic()
        found = subprocess.run(command, check=True, capture_output=True, timeout=60)
        taken.append(time.monotonic() - began)
    assert taken[-1] < 4
    assert problems(found.stdout) == []
    assert json.loads(found.stdout)["collection"]["kind"] == "root"


def test_jobs_that_hang_do_not_hold_the_others() -> None:
    began = time.monotonic()
    jobs: list[Job[Any]] = [Job(lambda: time.sleep(5)), *(Job(lambda: "done") for _ in range(4))]
    jobs.append(Job(lambda: time.sleep(5)))
    run_all(jobs, budget(time.monotonic, 0.4), 0.2)
    assert time.monotonic() - began < 1
    assert [job.result for job in jobs[1:-1]] == ["done"] * 4
    assert jobs[0].result is None


def test_what_opening_took_is_gone_from_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(*words: Any) -> Any:
        time.sleep(0.4)
        return open_view(*words)

    monkeypatch.setattr(cli, "open_view", slowly)
    plant(tmp_path, MOUNTED)
    sections = json.loads(cli.collect_bytes(["--root", str(tmp_path), "--timeout", "0.3"]))["sections"]
    assert sections.pop("kubernetes")["status"] == "not_collected"  # it needs a Node object, and no time
    assert {section["status"] for section in sections.values()} == {"timeout"}
