"""capture.sh: what a shell captured is the snapshot that the collector makes, but for `collection` and one call."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from archives import member, packed
from data_here import unpacked
from host_tree import FIFO, FOLDER, INTEL, MOUNTED, SOCKET, Entry, Link, plant
from snapshot_rules import problems

import passmuster_collector
from passmuster_collector import sysctls
from passmuster_collector.capture import _bits, parse_list
from passmuster_collector.cli import collect_bytes, main
from passmuster_collector.reading import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(passmuster_collector.__file__).parent.parent / "capture.sh"
SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"], "applets": ["busybox", "sh"]}


@pytest.fixture(scope="module")
def applets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but busybox's own tools."""
    folder = tmp_path_factory.mktemp("applets")
    busybox = shutil.which("busybox")
    assert busybox is not None
    for name in subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split():
        (folder / name).symlink_to(busybox)
    return folder


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """A shell's command, with its own tools first where it brings them."""
    name: str = request.param
    if shutil.which(SHELLS[name][0]) is None:
        pytest.skip(f"{SHELLS[name][0]} is not here")
    with pytest.MonkeyPatch.context() as patch:
        if name == "applets":
            patch.setenv("PATH", f"{request.getfixturevalue('applets')}:{os.environ['PATH']}")
        yield SHELLS[name]


def captured(into: Path, shell: list[str], *words: str) -> Path:
    into.mkdir(exist_ok=True)
    target = into / "capture.tar"
    with target.open("wb") as stream:
        done = subprocess.run([*shell, str(SCRIPT), *words], stdout=stream, stderr=subprocess.PIPE, check=True)
    assert done.stderr == b""
    return target


def compared(data: bytes) -> dict[str, Any]:
    """A snapshot without what may differ: how it was collected, and what no shell can ask."""
    assert problems(data) == []
    snapshot: dict[str, Any] = json.loads(data)
    cgroup = snapshot["sections"]["cgroup"]
    cgroup["facts"].pop("devices_bpf", None)
    cgroup["unknown"].pop("cgroup.devices_bpf", None)
    cgroup["sources"].pop("bpf(2)", None)
    del snapshot["collection"], cgroup["status"]
    return snapshot


HOST: dict[str, Entry] = {
    **MOUNTED,
    "/proc/1/mounts": "cgroup2 /sys/fs/c\\040group cgroup2 rw 0 0\n",
    "/proc/cpuinfo": INTEL,
    "/proc/misc": "232 kvm\n200 tun\n",
    "/proc/modules": "kvm 1 0 - Live\n",
    "/proc/meminfo": "MemTotal: 16 kB\nSwapTotal: 0 kB\n",
    "/proc/sys/net/ipv4/ip_forward": "1\n",
    "/sys/fs/c group/cgroup.controllers": "cpu io\n",
    "/sys/fs/c group/cgroup.subtree_control": "",
    "/sys/fs/c group/misc.capacity": "tdx 15\n",
    "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "4\n",
    "/sys/kernel/iommu_groups/0": FOLDER,
    "/sys/class/iommu/dmar0": Link("../../devices/dmar0"),
    "/sys/firmware/acpi/tables/DMAR": b"\xff\0",
    "/dev/null": "",
    "/dev/kvm": FIFO,
    "/dev/net/tun": Link("/dev/nowhere"),
    "/etc/hostname": "w1\n",
    "/etc/machine-id": "0" * 32 + "\n",
    "/etc/os-release": Link("/usr/lib/os-release"),
    "/usr/lib/os-release": b'ID=x\nPRETTY_NAME="\xff\x1b"\n',
    "/etc/apparmor.d/usr.sbin.libvirtd": "profile libvirtd {\n  include if exists <local/usr.sbin.libvirtd>\n}\n",
    "/etc/apparmor.d/local/usr.sbin.libvirtd": "/usr/libexec/qemu-kvm PUx,\n",
    "/etc/apparmor.d/force-complain/usr.sbin.libvirtd": Link("../usr.sbin.libvirtd"),
    "/etc/systemd/system/kubelet.service.d/10-x.conf": "[Service]\nExecStart=/x --config=/etc/kubernetes/kubelet.yaml\n",
    "/etc/systemd/system/kubelet.service": Link("/usr/lib/systemd/system/kubelet.service"),
    "/usr/lib/systemd/system/kubelet.service": "[Service]\nExecStart=/x\n",
    "/etc/kubernetes/kubelet.yaml": "cgroupDriver: systemd\ncontainerRuntimeEndpoint: unix:///run/crio/crio.sock\n",
    "/usr/local/bin/crio": Link("/opt/crio"),
    "/opt/crio": "",
    "/run/tdx-qgs/qgs.socket": SOCKET,
    "/var/run": Link("/run"),
    "/lib/modules/6.1.0-13-amd64/config": "CONFIG_KVM=m\n",
}
HOSTILE: dict[str, Entry] = {
    **MOUNTED,
    "/proc/cpuinfo": FIFO,
    "/proc/cmdline": Link("cmdline"),
    "/proc/meminfo": Link("/../../../../../../etc/passwd"),
    "/proc/misc": FOLDER,
    "/proc/modules": b"\xff\xfe\n" * 5,
    "/proc/1/mounts": "x" * 100 + "\n",
    "/proc/sys/net/ipv4/ip_forward": "1" * 5000,
    "/sys/class/iommu/n\u00e9": "",
    "/sys/class/iommu/-rf": "",
    "/sys/class/iommu/.hidden": "",
    "/sys/class/iommu/a b*": "",
    "/sys/firmware/acpi/tables": "",
    "/sys/kernel/security/lsm": b"x" * ((1 << 20) + 1),
    "/etc/os-release": Link("../../../../../../../../etc/os-release"),
    "/etc/machine-id": Link("/proc/../etc/id"),
    "/etc/id": "1" * 32,
    "/var/lib/dpkg/status": SOCKET,
    "/var/run": Link(".."),
}
TREES = {"a host": HOST, "a hostile one": HOSTILE, "nothing": {}}


@pytest.mark.long
@pytest.mark.parametrize("name", TREES)
def test_a_mounted_host_is_captured_as_it_is_collected(tmp_path: Path, shell: list[str], name: str) -> None:
    host = plant(tmp_path / "host", TREES[name])
    host.mkdir(exist_ok=True)
    capture = captured(tmp_path / "out", shell, str(host))
    got = collect_bytes(["--from", str(capture)])
    assert compared(got) == compared(collect_bytes(["--root", str(host)]))
    assert b"is not in the capture" not in got
    collection = json.loads(got)["collection"]
    assert (collection["kind"], collection["context"], collection["uid"]) == ("root", "elsewhere", os.geteuid())


@pytest.mark.long
def test_this_host_is_captured_as_it_is_collected(tmp_path: Path, shell: list[str]) -> None:
    got = collect_bytes(["--from", str(captured(tmp_path, shell))])
    live = collect_bytes([])
    assert compared(got) == compared(live)
    mine, other = json.loads(got)["collection"], json.loads(live)["collection"]
    assert {**mine, "collected_at": ""} == {**other, "collected_at": ""}


@pytest.mark.long
def test_another_user_is_told_the_same(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can become another user")
    host = plant(tmp_path / "host", HOST)
    for path in ("proc/cpuinfo", "etc/systemd/system/kubelet.service.d", "sys/class/iommu", "etc/machine-id"):
        (host / path).chmod(0)
    (host / "sys/kernel/iommu_groups").chmod(0o444)
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    target = tmp_path / "capture.tar"
    with target.open("wb") as stream, SCRIPT.open("rb") as script:
        subprocess.run([*user, "sh", "-s", str(host)], stdin=script, stdout=stream, check=True, cwd="/")
    snapshot = json.loads(collect_bytes(["--from", str(target)]))
    assert snapshot["collection"]["uid"] == 65534
    assert snapshot["sections"]["cpu"]["unknown"]["cpu.flags"] == {
        "detail": "permission denied: /proc/cpuinfo",
        "reason": "denied",
    }
    assert snapshot["sections"]["iommu"]["unknown"]["iommu.units"]["reason"] == "denied"
    assert snapshot["sections"]["iommu"]["unknown"]["iommu.groups"]["reason"] == "denied"
    assert snapshot["sections"]["runtime"]["unknown"]["runtime.name"]["reason"] == "denied"
    assert snapshot["node"]["machine_id"] is None


MACHINES = ("sosreport/kubernetes", "openshift/bare-metal-master.internal")


@pytest.mark.long
@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_taken_for_a_root_is_captured_as_it_is_collected(tmp_path: Path, name: str) -> None:
    host = unpacked("machines") / name
    got = collect_bytes(["--from", str(captured(tmp_path, ["sh"], str(host)))])
    assert compared(got) == compared(collect_bytes(["--root", str(host)]))


def test_every_parameter_is_captured() -> None:
    words = frozenset(SCRIPT.read_text("utf-8").split())
    names = {name.replace(".", "/") for name in (*sysctls.LISTED, *sysctls.SIZED)}
    assert {name for name in names if not words & {name, f"{name};"}} == set()


@pytest.mark.long
@pytest.mark.parametrize("mode", ["w:gz", "w:xz"])
def test_a_capture_may_be_packed(tmp_path: Path, mode: str) -> None:
    host = plant(tmp_path / "host", HOST)
    capture = captured(tmp_path / "out", ["sh"], str(host))
    target = tmp_path / "packed.tar"
    tool = {"w:gz": "gzip", "w:xz": "xz"}[mode]
    target.write_bytes(subprocess.run([tool, "-c", str(capture)], check=True, capture_output=True).stdout)
    assert compared(collect_bytes(["--from", str(target)])) == compared(collect_bytes(["--from", str(capture)]))


@pytest.mark.long
@pytest.mark.parametrize("place", ["", "w1", "w1 packed again"])
def test_a_capture_may_be_unpacked(tmp_path: Path, place: str) -> None:
    host = plant(tmp_path / "host", HOST)
    capture = captured(tmp_path / "out", ["sh"], str(host))
    folder = tmp_path / "there" / place
    folder.mkdir(parents=True)
    subprocess.run(["tar", "xf", str(capture), "-C", str(folder)], check=True)
    given = tmp_path / "there"
    if "packed" in place:
        given = tmp_path / "again.tar"
        subprocess.run(["tar", "cf", str(given), "-C", str(tmp_path / "there"), "."], check=True)
    assert compared(collect_bytes(["--from", str(given)])) == compared(collect_bytes(["--from", str(capture)]))


def test_two_captures_in_one_folder_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("w1", "w2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "passmuster-capture.tsv").write_text(LIST)
    assert main(["--from", str(tmp_path)]) == 2
    assert "more than one host in it (got '/w1', '/w2', expected one)" in capsys.readouterr().err


def test_a_list_in_a_folder_of_a_dumped_host_is_no_capture(tmp_path: Path) -> None:
    tree = {"/etc/hostname": "w1\n", "/tmp/passmuster-capture.tsv": LIST}
    plant(tmp_path, tree)
    assert json.loads(collect_bytes(["--from", str(tmp_path)]))["collection"]["kind"] == "dump"


@pytest.mark.long
def test_it_is_dated_when_it_was_captured(tmp_path: Path) -> None:
    capture = captured(tmp_path / "out", ["sh"], str(plant(tmp_path / "host", HOST)))
    before = json.loads(collect_bytes(["--from", str(capture)]))["collection"]["collected_at"]
    time.sleep(1.1)
    assert json.loads(collect_bytes(["--from", str(capture)]))["collection"]["collected_at"] == before


@pytest.mark.long
def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    captured(tmp_path / "out", ["sh"], str(plant(tmp_path / "host", HOST)))
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.long
def test_nothing_outside_the_root_is_captured(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the secret")
    links = {
        path: Link("../" * 12 + str(tmp_path / "secret").lstrip("/")) for path in ("/proc/cpuinfo", "/etc/hostname")
    }
    host = plant(tmp_path / "host", {**MOUNTED, **links, "/etc/machine-id": Link(str(tmp_path / "secret"))})
    assert b"the secret" not in captured(tmp_path / "out", ["sh"], str(host)).read_bytes()


USAGE = {
    "help": (["--help"], 0, "usage: capture.sh [ROOT]"),
    "an option": (["-x"], 1, "usage: capture.sh [ROOT]"),
    "two roots": (["a", "b"], 2, "usage: capture.sh [ROOT]"),
    "no folder": (["/nowhere"], 2, "/nowhere is no folder"),
}


@pytest.mark.parametrize("name", USAGE)
def test_usage(name: str) -> None:
    words, status, message = USAGE[name]
    done = subprocess.run(["sh", str(SCRIPT), *words], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert message in done.stdout + done.stderr


LIST = "kind\tlive\t2026-11-22T10:11:12Z\nuname\tn\tw1\nuname\tr\t6.1\nuname\tv\t#1\nuname\tm\tx86_64\nid\tu\t0\nid\tg\t0\n"
BROKEN = {
    "a line that is no look": (LIST + "/proc\n", "line 8 of the list is no look (got '/proc')"),
    "no kind": (LIST.replace("kind\tlive", "kind\tdump"), "the list does not say what was captured"),
    "no machine": (LIST.replace("uname\tm\tx86_64\n", ""), "the list does not say what was captured"),
    "a user that is no number": (LIST.replace("id\tu\t0", "id\tu\troot"), "the list does not say what was captured"),
    "a time that is none": (LIST.replace("2026-11-22T10", "today"), "not a time"),
    "not from ls": (LIST + "/proc\tstat\t1 drwxr-xr-x root root\n", "/proc: not what ls says"),
    "a device without numbers": (LIST + "/dev/kvm\tstat\t1 crw-rw-rw- 0 0 12\n", "/dev/kvm: not what ls says"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_list_is_refused(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text, message = BROKEN[name]
    target = tmp_path / "capture.tar"
    target.write_bytes(packed([member("./passmuster-capture.tsv", text.encode())]))
    assert main(["--from", str(target)]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


PROGRAM = "/usr/bin/crio\tstat\t5 -rwxr-xr-x 0 0 12\n"
RUNS = {
    "what it printed": (PROGRAM + "/usr/bin/crio --version\trun\t1 0\n", b"crio version 1.31.6\n", "1.31.6"),
    "nothing": (PROGRAM + "/usr/bin/crio --version\trun\t1 3\n", b"", "/usr/bin/crio printed nothing (status 3)"),
    "too slow": (PROGRAM + "/usr/bin/crio --version\trun\t1 124\n", b"", "/usr/bin/crio did not end in time"),
    "not run": (PROGRAM, b"", "/usr/bin/crio was not run"),
    "others may have written it": (
        PROGRAM.replace("-rwxr-xr-x", "-rwxrwxr-x"),
        b"",
        "/usr/bin/crio was not run: others than root may have written it",
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_programs_that_the_shell_ran(tmp_path: Path, name: str) -> None:
    text, output, expected = RUNS[name]
    text = LIST + "/proc\tstat\t1 dr-xr-xr-x 0 0 0\n/proc/self/ns/pid\tlink\tpid:[4026531836]\n" + text
    target = tmp_path / "capture.tar"
    target.write_bytes(packed([member("passmuster-capture.tsv", text.encode()), member("run/1", output)]))
    runtime = json.loads(collect_bytes(["--from", str(target)]))["sections"]["runtime"]
    unknown = runtime["unknown"].get("runtime.crio.version", {}).get("detail")
    assert (unknown or runtime["facts"]["crio"]["version"]) == expected


DEVICES = {
    "opened": ("ok", True),
    "no driver": ("!No such device", False),
    "refused": ("!Permission denied", "denied"),
    "busy": ("!Device or resource busy", "failed"),
}


@pytest.mark.parametrize("name", DEVICES)
def test_devices_that_the_shell_opened(tmp_path: Path, name: str) -> None:
    answer, expected = DEVICES[name]
    text = (
        f"{LIST}/proc/misc\tstat\t5 -r--r--r-- 0 0 0\n/proc/misc\tfile\tok\n"
        f"/dev/kvm\tstat\t5 crw-rw-rw- 0 104 10, 232\n/dev/kvm\ttry\t{answer}\n"
        "/proc\tstat\t1 dr-xr-xr-x 0 0 0\n/proc/self/ns/pid\tlink\tpid:[4026531836]\n"
    )
    target = tmp_path / "capture.tar"
    target.write_bytes(
        packed([member("passmuster-capture.tsv", text.encode()), member("host/proc/misc", b"232 kvm\n")])
    )
    devices = json.loads(collect_bytes(["--from", str(target)]))["sections"]["devices"]
    unknown = devices["unknown"].get("devices['/dev/kvm'].accessible", {}).get("reason")
    assert devices["facts"]["/dev/kvm"].get("accessible", unknown) == expected
    assert devices["facts"]["/dev/kvm"]["mode"] == "0666"


def test_an_answer_that_lacks_its_contents_is_unknown(tmp_path: Path) -> None:
    text = (
        LIST
        + "/proc/cpuinfo\tstat\t5 -r--r--r-- 0 0 0\n/proc/cpuinfo\tfile\tok\n/proc/cmdline\tstat\t5 -r--r--r-- 0 0 0\n"
    )
    text += "/proc/cmdline\tfile\ttimeout\n/sys/class/iommu\tstat\t5 dr-xr-xr-x 0 0 0\n/sys/class/iommu\tnames\tok\n"
    target = tmp_path / "capture.tar"
    target.write_bytes(packed([member("passmuster-capture.tsv", text.encode())]))
    sections = json.loads(collect_bytes(["--from", str(target)]))["sections"]
    assert sections["cpu"]["unknown"]["cpu.flags"]["reason"] == "not_collected"
    assert sections["iommu"]["unknown"]["iommu.units"]["reason"] == "not_collected"
    assert sections["boot"]["unknown"]["boot.words"]["reason"] == "timeout"


MODES = {
    "-rwsr-xr-x": 0o4755,
    "drwxrwxrwt": 0o1777,
    "-rw-r-Sr-T": 0o3644,
    "crw-rw----+": 0o660,
    "-rwxrwsrwx.": 0o2777,
}


@pytest.mark.parametrize("text", MODES)
def test_modes_as_ls_prints_them(text: str) -> None:
    assert _bits(text) == MODES[text]


def test_of_several_answers_the_last_counts() -> None:
    assert parse_list("/a\tfile\tok\n/a\tfile\t!x\ty\n") == {("/a", "file"): "!x\ty"}
    with pytest.raises(UnreadableError):
        parse_list("/a\n")
