"""``--timeout 2`` ends within 4 seconds on every hostile root, with a snapshot that says what was not reached."""

from __future__ import annotations

import bz2
import gzip
import itertools
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from archives import member, packed
from host_tree import FIFO, FOLDER, MOUNTED, SOCKET, UNAME, Entry, Link, plant, root_of
from limits import ends_within
from made_dumps import made
from snapshot_rules import problems

import passmuster_collector
from passmuster_collector import cli
from passmuster_collector.budget import Budget, Job, ask, budget, run_all
from passmuster_collector.facts import SECTIONS
from passmuster_collector.host import Host, open_host
from passmuster_collector.recorded import Recorded
from passmuster_collector.section import Section, gather, rendered
from passmuster_collector.source import Kind
from passmuster_collector.usage import UsageError
from passmuster_collector.views import open_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEGABYTE = 1 << 20
SIZE = 8 * MEGABYTE - 100
TABLE = 16 * MEGABYTE - 1000
MOST = 300
"""Megabytes that a run may have."""
MOUNT = "overlay /var/lib/\U0001f600/{:0100x}/merged overlay rw,lowerdir={} 0 0\n"
INFO = "{} 1 0:{} / /var/lib/docker/{:0100x} rw shared:1 - overlay overlay rw,x={}\n"
UNIT = "/etc/systemd/system/kubelet.service"


def _rows(row: str, size: int = MEGABYTE - 100, most: int = 99_000) -> str:
    """So many different rows, and a last newline."""
    many = min(most, size // (len(row) + 4))
    return "".join(row.replace("{}", str(number)).replace("{:0100x}", f"{number:0100x}") for number in range(many))


HUGE: dict[str, dict[str, Entry]] = {
    "files as large as are read, of blanks and quotes": {
        "/proc/cpuinfo": "processor : 0\nflags : lm\n\n" + " " * SIZE,
        "/proc/1/mounts": "a /b c rw 0 0\n" * (MEGABYTE // 14),
        "/proc/misc": " " * (MEGABYTE - 1),
        "/proc/modules": "\n" * (MEGABYTE - 1),
        "/proc/cmdline": '"' * (MEGABYTE - 1),
        "/etc/os-release": "A= \\" * (MEGABYTE // 4 - 1),
        "/var/lib/dpkg/status": "Package: a\n" * (SIZE // 11),
        "/var/lib/kubelet/kubeadm-flags.env": "'" * (MEGABYTE - 1),
        "/var/lib/kubelet/config.yaml": " " * (MEGABYTE - 1),
    },
    "one line in each file": {
        "/proc/cpuinfo": "processor : 0\nflags : " + "ab " * (SIZE // 3),
        "/proc/1/mountinfo": "1 2 0:1 / /a rw " + "a " * (TABLE // 2) + "- b c rw\n",
        "/proc/1/mounts": "a /b c " + "x," * (TABLE // 2) + " 0 0\n",
        "/proc/modules": "a" * (MEGABYTE - 2) + "\n",
        "/var/lib/dpkg/status": "Package: " + "b" * SIZE,
        "/etc/os-release": "A=" + "b" * (MEGABYTE - 10),
        "/proc/cmdline": _rows("a{}=b ").strip() + "\n",
    },
    "tables of a dense node": {
        **dict.fromkeys(("/proc/1/mounts", "/proc/mounts", "/proc/self/mounts"), _rows(MOUNT, TABLE)),
        **dict.fromkeys(("/proc/1/mountinfo", "/proc/self/mountinfo"), _rows(INFO, TABLE)),
    },
    "no two lines alike": {
        "/proc/cpuinfo": _rows("processor : {}\nflags : a{} b{} c{}\nk{} : {}\n\n", SIZE, 1 << 20),
        "/var/lib/dpkg/status": _rows("Package: p{}\nStatus: install ok installed\nVersion: {}\n\n", SIZE, 1 << 20),
        "/proc/modules": _rows("m{} 1 0 - Live\n"),
        "/proc/misc": _rows("1 m{}\n"),
        "/etc/apparmor.d/usr.sbin.libvirtd": _rows("/{}*{a,b}?{,}{,}** x,\n"),
        "/sos_commands/block/ls_-lanR_.dev": _rows("/dev/{}:\n", SIZE, 1 << 20),
        "/sos_commands/kernel/sysctl_-a": _rows("a.{} = {}\n"),
        "/ps": "USER PID COMMAND\n" + _rows("root {} /usr/bin/kubelet --config=/{}\n"),
    },
    "unit files that never end": {
        UNIT: "[Service]\nExecStart=/usr/bin/kubelet " + "${A}" * 10_000 + "\nEnvironmentFile=/etc/e/*\n",
        **{f"{UNIT}.d/{number}.conf": "[Service]\n" + _rows("Environment=A{}=b\n") for number in range(30)},
        **{f"/etc/e/{number}": _rows(f"A{number}x{{}}='b c'\n") for number in range(30)},
    },
    "products of firmware": dict.fromkeys(
        ("/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name"), "Microsoft Corporation " * 40_000 + "\n"
    ),
    "pipes and sockets": {
        "/proc/cpuinfo": FIFO,
        "/proc/mounts": SOCKET,
        "/etc/hostname": FIFO,
        "/dev/kvm": FIFO,
        "/var/lib/dpkg/status": SOCKET,
    },
    "links without end": {f"/proc/{name}": Link(name) for name in ("mounts", "cpuinfo", "misc", "modules")},
    "links that are long": {
        **{f"/proc/{number}": Link("a/../" * 700 + str(number + 1)) for number in range(40)},
        **dict.fromkeys(("/proc/cpuinfo", "/proc/misc", "/proc/modules"), Link("a/../" * 700 + "0")),
        "/proc/a": FOLDER,
    },
    "links to what never ends": dict.fromkeys(("/proc/cpuinfo", "/proc/misc", "/etc/os-release"), Link("/dev/zero")),
    "folders where files are": dict.fromkeys(("/proc/cpuinfo", "/proc/misc", "/etc/os-release", "/dev/kvm"), FOLDER),
}


def _sparse(folder: Path) -> None:
    for name in ("proc/cpuinfo", "proc/mounts", "proc/1/mounts", "proc/config.gz", "proc/misc", "etc/os-release"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("wb") as file:
            file.truncate(10 << 40)


def _many(folder: Path) -> None:
    for place in ("sys/bus/pci/devices", "sys/kernel/iommu_groups", "sys/class/iommu"):
        (folder / place).mkdir(parents=True)
        for number in range(20_000):
            (folder / place / f"{number:08x}").touch()


def _crowded(folder: Path) -> None:
    (folder / "dev").mkdir()
    for number in range(200_000):
        (folder / f"dev/{number}").symlink_to("x")


def _unreadable_names(folder: Path) -> None:
    for place in (b"etc", b"run", b"sys/class/iommu", b"etc/apparmor.d"):
        (folder / os.fsdecode(place)).mkdir(parents=True, exist_ok=True)
        for number in range(500):
            Path(os.fsdecode(os.fsencode(folder) + b"/" + place + b"/\xff\n" + str(number).encode())).touch()


def _deep(folder: Path) -> None:
    (folder / "proc" / "/".join("d" * 200)).mkdir(parents=True)
    (folder / "proc/mounts").symlink_to("/".join("d" * 200) + "/mounts")


MADE: dict[str, Callable[[Path], None]] = {
    "sparse files": _sparse,
    "thousands of devices": _many,
    "names without number": _crowded,
    "names that are no text": _unreadable_names,
    "folders without end": _deep,
}
CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from passmuster_collector.cli import main; status = main(sys.argv[2:]);"
    "lines = dict(line.split(':', 1) for line in open('/proc/self/status'));"
    "sys.stderr.write(lines['VmHWM'].split()[0] + '\\n'); sys.exit(status)"
)


def run(*words: str) -> tuple[int, bytes, bytes]:
    """The collector in a process of its own, within its memory: status and what it wrote."""
    package = str(Path(passmuster_collector.__file__).parent.parent)
    command = [sys.executable, "-I", "-S", "-c", CODE, package, *words, "--timeout", "2"]
    done = subprocess.run(command, check=False, capture_output=True, timeout=100)
    err, _, memory = done.stderr.rstrip().rpartition(b"\n")
    assert int(memory) < MOST * 1024, memory
    return done.returncode, done.stdout, err


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "kind"), [*((name, "root") for name in (*HUGE, *MADE)), *((name, "dump") for name in list(HUGE)[:4])]
)
def test_the_deadline_holds(tmp_path: Path, name: str, kind: str) -> None:
    plant(tmp_path, {**MOUNTED, **HUGE.get(name, {})})
    MADE.get(name, plant_nothing)(tmp_path)
    ended: list[tuple[int, bytes, bytes]] = []
    flag = {"root": "--root", "dump": "--from"}[kind]
    assert ends_within(4, lambda: ended.append(run(flag, str(tmp_path))), waits=2)
    status, found, err = ended[-1]
    assert (status, err) == (0, b"")
    assert problems(found) == []
    assert json.loads(found)["collection"]["kind"] == kind


def plant_nothing(_folder: Path) -> None:
    """Nothing more than the table has."""


def _slow(member_name: str) -> bytes:
    """An archive with a member of 60 MiB that unpacks slowly, and is made fast: pieces are packed each for itself."""
    noise = random.Random(1).randbytes(MEGABYTE)
    head = packed([member(member_name, bytes(60 * MEGABYTE))])[:512]
    return bz2.compress(head) + bz2.compress(noise) * 60 + bz2.compress(bytes(1024))


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "one member that unpacks slowly": lambda: _slow("h/proc/x"),
    "an archive in an archive": lambda: packed([member("nodes/n/sysinfo.tgz", _slow("proc/x")[: 15 * MEGABYTE])]),
    "empty pieces without number": lambda: gzip.compress(b"") * 1_500_000,
    "members without number": lambda: packed([member("h/proc/x", b"")])[:512] * 99_000,
    "zeros": lambda: gzip.compress(bytes(50 * MEGABYTE)),
}


@pytest.mark.long
@pytest.mark.parametrize("name", ARCHIVES)
def test_the_deadline_holds_for_archives(tmp_path: Path, name: str) -> None:
    (tmp_path / "dump.tar").write_bytes(ARCHIVES[name]())
    ended: list[tuple[int, bytes, bytes]] = []
    assert ends_within(4, lambda: ended.append(run("--from", str(tmp_path / "dump.tar"))), waits=2)
    status, found, err = ended[-1]
    assert status in {2, 3}
    assert found == b""
    assert err.startswith(b"passmuster-collector: ")
    assert b"\n" not in err


@pytest.mark.long
def test_jobs_that_hang_do_not_hold_the_others() -> None:
    def hang() -> None:
        time.sleep(30)

    jobs: list[Job[Any]] = [Job(hang), *(Job(lambda: "done") for _ in range(4)), Job(hang)]
    assert ends_within(4, lambda: run_all(jobs, budget(time.monotonic, 2), 0.2), waits=2.2)
    assert [job.result for job in jobs] == [None, *["done"] * 4, None]


def test_what_opening_took_is_gone_from_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(*words: Any) -> Any:
        time.sleep(0.4)
        return open_view(*words)

    monkeypatch.setattr(cli, "open_view", slowly)
    plant(tmp_path, MOUNTED)
    assert _statuses(tmp_path, "--root", "0.3") == {"timeout"}


@pytest.mark.long
@pytest.mark.parametrize("flag", ["--root", "--from"])
def test_where_nobody_had_time_to_see_what_it_is_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: str
) -> None:
    def late(*_words: Any) -> Any:
        while True:
            time.sleep(0.01)
            ask()

    monkeypatch.setattr("passmuster_collector.views.open_host", late)
    plant(tmp_path, {**MOUNTED, "/etc/hostname": "n1\n"})
    assert _statuses(tmp_path, flag, "0.3") == {"timeout"}
    with pytest.raises(UsageError, match="was not opened in time"):
        cli.collect_bytes(["--timeout", "0.3"])


def _statuses(folder: Path, flag: str, seconds: str) -> set[str]:
    found = cli.collect_bytes([flag, str(folder), "--timeout", seconds])
    assert problems(found) == []
    sections = json.loads(found)["sections"]
    assert sections.pop("kubernetes")["status"] == "not_collected"  # it needs a Node object, and no time
    return {section["status"] for section in sections.values()}


RICH: dict[str, Entry] = {
    **MOUNTED,
    "/proc/cpuinfo": "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu lm vmx hypervisor\n\n",
    "/proc/1/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n/dev/sda / ext4 rw 0 0\n",
    "/proc/1/mountinfo": "1 0 8:0 / / rw shared:1 - ext4 /dev/sda rw\n",
    "/proc/1/comm": "systemd\n",
    "/proc/misc": "232 kvm\n",
    "/proc/modules": "kvm 1 0 - Live\n",
    "/sys/class/dmi/id/sys_vendor": "QEMU\n",
    "/sys/class/dmi/id/product_name": "Standard PC\n",
    "/sys/devices/system/clocksource/clocksource0/available_clocksource": "kvm-clock tsc\n",
    "/sys/kernel/iommu_groups/0/name": "vfio-noiommu\n",
    "/sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
    "/etc/os-release": "ID=debian\n",
    UNIT: "[Service]\nEnvironmentFile=-/etc/default/kubelet\nExecStart=/usr/bin/kubelet $A\n",
    UNIT + ".d/1.conf": "[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --config-dir=/etc/k $A\n",
    "/etc/default/kubelet": "A=--container-runtime-endpoint=unix:///run/cri-dockerd.sock\n",
    "/etc/k/1.conf": "containerRuntimeEndpoint: /run/containerd/containerd.sock\n",
    "/usr/bin/kubelet": "",
    "/var/lib/dpkg/status": "Package: docker-ce\nStatus: install ok installed\nVersion: 1\n",
    "/etc/apparmor.d/usr.sbin.libvirtd": "x\n",
    "/etc/apparmor.d/local/usr.sbin.libvirtd": "/usr/libexec/* PUx,\n",
}


@pytest.mark.long
@pytest.mark.parametrize("name", ["root", "live", *made()])
def test_however_early_the_time_ends_what_is_known_is_true(tmp_path: Path, name: str) -> None:
    """A look that there was no time for is no look: no fact may rest on it."""
    kind = {"root": Kind.ROOT, "live": Kind.LIVE}.get(name, Kind.DUMP)
    tree: dict[str, Entry] = {"/" + path: data for path, data in made().get(name, {}).items()}
    host = open_host(root_of(plant(tmp_path, tree or RICH), kind), Recorded())
    if kind is Kind.LIVE:
        host = host._replace(uname=UNAME)
    for section in SECTIONS:
        clock = itertools.count()
        whole = dict(_flat(_rendered(section, host, Budget(lambda: next(clock), 1 << 30))))  # noqa: B023 - used at once
        asked = next(clock)
        for until in range(0, asked, 1 + asked // 60):
            clock = itertools.count()
            found = _rendered(section, host, Budget(lambda: next(clock), until))  # noqa: B023 - used at once
            assert {path: value for path, value in _flat(found) if whole.get(path, _MISSING) != value} == {}, until


_MISSING = object()


def _rendered(section: Section, host: Host, limit: Budget) -> dict[str, Any]:
    found: dict[str, Any] = rendered(section, gather(section, host.within(limit)))["facts"]
    return found


def _flat(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Facts and the members of maps; a map that has none for want of time says so beside it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, (*path, key))
    else:
        yield path, value
