"""A dump that shows no host is told in one line; a dump of a container is known for one; names of archives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from archives import of_tree, packed
from host_tree import FOLDER, INTEL, Entry, plant

from passmuster_collector.cli import main

if TYPE_CHECKING:
    from pathlib import Path

NOTHING: dict[str, dict[str, Entry]] = {
    "no file at all": {},
    "other files": {"/README": "x\n", "/logs": FOLDER},
    "a supportconfig": {"/scc_w1_240101/basic-environment.txt": "x\n"},
    "files deeper than they are looked for": {"/a/b/c/d/proc/cpuinfo": INTEL},
}


def test_an_archive_of_archives_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree: dict[str, Entry] = {
        "/case/sosreport-w1.tar.xz": "x",
        "/case/sosreport-w1.tar.xz.sha256": "x",
        "/case/a.tgz": "x",
    }
    (tmp_path / "dump.tar").write_bytes(packed(of_tree(tree)))
    assert main(["--from", str(tmp_path / "dump.tar")]) == 3
    told = "it holds archives (got 'a.tgz', 'sosreport-w1.tar.xz'): unpack it, and give one of them"
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("packing", ["folder", "tar"])
@pytest.mark.parametrize("name", NOTHING)
def test_nothing_known(tmp_path: Path, name: str, packing: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "dump"
    path.mkdir()
    plant(path, NOTHING[name])
    if packing == "tar":
        path = tmp_path / "dump.tar"
        path.write_bytes(packed(of_tree(NOTHING[name])))
    assert main(["--from", str(path), "-o", str(tmp_path / "x.json")]) == 3
    line = capsys.readouterr().err
    assert "no files of a host in it" in line
    assert line.count("\n") == 1
    assert not (tmp_path / "x.json").exists()


PACKINGS = {
    b"PK\x03\x04rest": "a ZIP archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
}


@pytest.mark.parametrize("start", PACKINGS)
def test_other_packings_are_called_by_name(tmp_path: Path, start: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").write_bytes(start)
    assert main(["--from", str(tmp_path / "x")]) == 3
    assert f"{PACKINGS[start]}, which is not read: unpack it" in capsys.readouterr().err


def collected(path: Path, tmp_path: Path) -> dict[str, Any]:
    assert main(["--from", str(path), "-o", str(tmp_path / "x.json")]) == 0
    found: dict[str, Any] = json.loads((tmp_path / "x.json").read_text())
    return found


INSIGHTS = "insights-w1.example-20240102101112"
ARCHIVES: dict[str, tuple[dict[str, Entry], str]] = {
    "its own file": ({f"/{INSIGHTS}/data/insights_commands/hostname_-f": "w9.example"}, "w9.example"),
    "uname": (
        {f"/{INSIGHTS}/data/insights_commands/uname_-a": "Linux w8 5.14.0 #1 SMP x86_64 x86_64 x86_64 GNU/Linux"},
        "w8",
    ),
    "its folder": ({f"/{INSIGHTS}/data/proc/cpuinfo": INTEL}, INSIGHTS),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_insights_archive_is_called_by(tmp_path: Path, name: str) -> None:
    tree, expected = ARCHIVES[name]
    (tmp_path / "i.tar").write_bytes(packed(of_tree(tree)))
    found = collected(tmp_path / "i.tar", tmp_path)
    assert found["node"]["name"] == expected
    assert found["collection"]["collected_at"] == "2024-01-02T10:11:12Z"


ROOT = "/dev/sda / ext4 rw 0 0\n"
LXCFS = "lxcfs /proc/cpuinfo fuse.lxcfs rw,nosuid 0 0\n"
ENGINE = (
    "overlay / overlay rw,lowerdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/1/fs,upperdir=/x 0 0\n"
)
CHASSIS = "   Static hostname: guest\n         Icon name: computer\n           Chassis: {}\n        Machine ID: 0\n"
CONTEXTS: dict[str, tuple[dict[str, Entry], str]] = {
    "a guest of LXC, by what lies over its /proc": ({"/proc/mounts": ROOT + LXCFS}, "container"),
    "a host of LXC": ({"/proc/mounts": ROOT + LXCFS.replace("/proc/cpuinfo", "/var/lib/lxcfs")}, "elsewhere"),
    "a container, by its root": ({"/proc/1/mounts": ENGINE}, "container"),
    "a container of a Docker that keeps its images elsewhere": (
        {"/proc/1/mounts": "overlay / overlay rw,lowerdir=/data/overlay2/l/AB:/data/overlay2/l/CD,workdir=/x 0 0\n"},
        "container",
    ),
    "a container of a Podman that keeps its images elsewhere": (
        {"/proc/1/mounts": "overlay / overlay rw,lowerdir=/data/overlay/l/AB,workdir=/x 0 0\n"},
        "container",
    ),
    "a tool that ran in a container and copied its host": (
        {"/proc/mounts": ENGINE, "/proc/1/mounts": ROOT},
        "elsewhere",
    ),
    "a live system, whose root is an overlay": (
        {"/proc/1/mounts": "overlay / overlay rw,lowerdir=/run/rootfsbase 0 0\n"},
        "elsewhere",
    ),
    "a guest of LXC without lxcfs, or of systemd-nspawn": (
        {"/sos_commands/host/hostnamectl_status": CHASSIS.format("container \u2610"), "/proc/mounts": ROOT},
        "container",
    ),
    "a virtual machine": ({"/sos_commands/host/hostnamectl_status": CHASSIS.format("vm")}, "elsewhere"),
    "a container of OpenVZ": ({"/proc/mounts": "/dev/simfs / simfs rw 0 0\n"}, "container"),
    "a container, by its mark": ({"/proc/1/mounts": ROOT, "/run/systemd/container": "lxc\n"}, "container"),
}


@pytest.mark.parametrize("name", CONTEXTS)
def test_where_a_dump_is_from(tmp_path: Path, name: str) -> None:
    tree, context = CONTEXTS[name]
    tree = {
        "/proc/cpuinfo": INTEL,
        "/proc/misc": "232 kvm\n",
        "/etc/hostname": "guest\n",
        "/sos_commands/kernel/uname_-a": "Linux g 5.4.0 #1 SMP x86_64 x86_64 x86_64 GNU/Linux\n",
        "/proc/sys/net/ipv4/ip_forward": "1\n",
        **tree,
    }
    found = collected(plant(tmp_path / "dump", tree), tmp_path)
    assert found["collection"]["context"] == context
    assert found["node"]["name"] == "guest"
    kernel = found["sections"]["kernel"]
    inside = context == "container"
    assert kernel["facts"]["release"] == "5.4.0"
    assert (
        "kernel.sysctl['net.ipv4.ip_forward']" in kernel["unknown"] or "kernel.sysctl" in kernel["unknown"]
    ) is inside
