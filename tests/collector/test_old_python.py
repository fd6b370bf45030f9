"""The oldest interpreter that is here runs the one file, and writes the same bytes.

What is older than that is held to statically: `make lint` has vermin look for what Python 3.6 lacks.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import data_here
import pytest
from archives import of_tree, packed
from host_tree import INTEL, MOUNTED, Entry, Link, plant
from parity_scenarios import recorded

from passmuster_collector import zipapp

NAMES = (
    "/usr/libexec/platform-python",
    *(f"python3.{minor}" for minor in range(6, 11)),
    "pypy3",
    "python3",
    *map(str, Path.home().glob(".pyenv/versions/3.*/bin/python3")),  # its commands on PATH run none but the chosen one
)
OURS = f"{sys.version_info[0]}.{sys.version_info[1]} cpython"
VERSION = "import sys; print('%d.%d %s' % (*sys.version_info[:2], sys.implementation.name))"
TREE: dict[str, Entry] = {
    **MOUNTED,
    "/proc/cpuinfo": INTEL,
    "/proc/1/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
    "/proc/sys/net/ipv4/ip_forward": "1\n",
    "/sys/fs/cgroup/cgroup.controllers": "cpu io\n",
    "/etc/os-release": Link("../usr/lib/os-release"),
    "/usr/lib/os-release": b"ID=debian\nPRETTY_NAME=\xff\n",
    "/etc/hostname": "w1\n",
    "/proc/cmdline": "root=/dev/sda1 quiet -- x\n",
    "/proc/misc": "232 kvm\n",
    "/proc/modules": "kvm 1 0 - Live\n",
    "/proc/meminfo": "MemTotal: 1 kB\nSwapTotal: 0 kB\nHugePages_Total: 0\n",
    "/proc/1/mountinfo": "1 0 8:0 / / rw shared:1 - ext4 /dev/sda rw\n",
    "/var/lib/dpkg/status": "Package: docker-ce\nStatus: install ok installed\nVersion: 1\n",
    "/etc/systemd/system/kubelet.service": "[Service]\nEnvironmentFile=/etc/k\nExecStart=/usr/bin/kubelet $A\n",
    "/etc/k": "A=--container-runtime-endpoint=unix:///run/crio/crio.sock\n",
    "/etc/apparmor.d/usr.sbin.libvirtd": "/usr/{lib,libexec}/qemu-* PUx,\n",
}


def interpreters() -> list[tuple[str, str]]:
    """Version and path of each that is here, the oldest first."""
    found = []
    for name in NAMES:
        path = shutil.which(name)
        if path is not None:
            done = subprocess.run([path, "-I", "-S", "-c", VERSION], check=False, capture_output=True, text=True)
            if done.returncode == 0:
                found.append((done.stdout.strip(), path))
    return sorted(found, key=lambda each: int(each[0].split()[0].split(".")[1]))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    target = tmp_path_factory.mktemp("zipapp") / "collector.pyz"
    assert zipapp.main([str(target)]) == 0
    return str(target)


@pytest.fixture
def oldest() -> str:
    """The oldest interpreter's path; skips, saying so, where there is none but this one."""
    found = [each for each in interpreters() if each[0] != OURS]
    if not found:
        pytest.skip("no other Python is here (install pypy3, or any python3.6 to python3.10)")
    sys.stdout.write(f"the oldest Python that is here: {found[0][0]} ({found[0][1]})\n")
    return found[0][1]


def collected(python: str, archive: str, *words: str) -> bytes:
    done = subprocess.run(
        [python, "-I", "-S", archive, *words],
        check=True,
        capture_output=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": "0"},
    )
    assert done.stderr == b""
    return done.stdout


@pytest.mark.long
@pytest.mark.parametrize("kind", ["--root", "--from"])
def test_a_folder_gives_the_same_bytes(tmp_path: Path, archive: str, oldest: str, kind: str) -> None:
    host = str(plant(tmp_path / "host", TREE))
    assert collected(oldest, archive, kind, host) == collected(sys.executable, archive, kind, host)


@pytest.mark.long
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_an_archive_gives_the_same_bytes(tmp_path: Path, archive: str, oldest: str, mode: str) -> None:
    (tmp_path / "dump.tar").write_bytes(packed(of_tree(TREE), mode))
    words = ("--from", str(tmp_path / "dump.tar"))
    assert collected(oldest, archive, *words) == collected(sys.executable, archive, *words)


@pytest.mark.long
def test_this_host_gives_the_same_bytes(archive: str, oldest: str) -> None:
    """But for what an interpreter cannot ask: PyPy makes its own way to bpf(2)."""
    assert collected(oldest, archive, "--skip", "cgroup") == collected(sys.executable, archive, "--skip", "cgroup")


@pytest.mark.long
def test_a_capture_gives_the_same_bytes(tmp_path: Path, archive: str, oldest: str) -> None:
    script = Path(zipapp.__file__).parent.parent / "capture.sh"
    host = plant(tmp_path / "host", TREE)
    with (tmp_path / "capture.tar").open("wb") as capture:
        subprocess.run(["sh", str(script), str(host)], check=True, stdout=capture)
    words = ("--from", str(tmp_path / "capture.tar"))
    assert collected(oldest, archive, *words) == collected(sys.executable, archive, *words)


DRIVER = """\
import hashlib, json, sys
sys.path.insert(0, sys.argv[1])
from passmuster_collector.cli import collect_bytes
for words in json.load(sys.stdin):
    print(hashlib.sha256(collect_bytes(words)).hexdigest())
"""


@pytest.mark.long
def test_machines_of_the_data_give_the_same_bytes(archive: str, oldest: str) -> None:
    """The whole of the collector under the oldest interpreter: every other dump, as a dump and as a host, and each tree."""
    machines = sorted(path.parent for path in data_here.unpacked("machines").glob("*/*/proc"))[::2]
    trees = sorted(path.parent for path in data_here.unpacked("vhv").glob("*/tree"))
    orders = [[kind, str(folder)] for folder in machines for kind in ("--from", "--root")]
    orders += [["--root", str(folder / "tree"), *recorded(folder)] for folder in trees]
    digests = []
    for python in (oldest, sys.executable):
        done = subprocess.run(
            [python, "-I", "-S", "-c", DRIVER, archive],
            input=json.dumps(orders).encode(),
            check=True,
            capture_output=True,
            env={**os.environ, "SOURCE_DATE_EPOCH": "0"},
        )
        digests.append(done.stdout.split())
    assert len(digests[0]) == len(orders) > 150
    assert digests[0] == digests[1]
