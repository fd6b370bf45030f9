"""Mount tables, and whose table is the node's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from host_tree import MOUNTED, UNAME, Entry, Link, host_of, plant, section

from passmuster_collector.mounts import at_root, covering, parse_mountinfo, parse_mounts
from passmuster_collector.reading import Known, Reason, Unknown, UnreadableError
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

INFO = """\
21 26 0:20 / /sys rw,nosuid shared:7 master:1 - sysfs sysfs rw
26 1 259:2 /root /\\040x rw shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
27 1 259:2 / / rw - ext4 /dev/root rw
"""


def test_both_forms_say_the_same() -> None:
    mounts = parse_mountinfo(INFO)
    assert [(mount.point, mount.type, mount.options) for mount in mounts] == [
        ("/sys", "sysfs", ("rw",)),
        ("/ x", "ext4", ("rw", "errors=remount-ro")),
        ("/", "ext4", ("rw",)),
    ]
    root = at_root(mounts)
    assert root is not None
    assert root.identity == "259:2 / ext4"
    table = parse_mounts("sysfs /sys sysfs rw,nosuid 0 0\n")
    assert (table[0].point, table[0].type, table[0].options) == ("/sys", "sysfs", ("rw", "nosuid"))


@pytest.mark.parametrize("text", ["sysfs /sys\n", "\n"])
def test_a_line_that_is_no_mount_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError, match="not a mount"):
        parse_mounts(text)
    with pytest.raises(UnreadableError, match="not a mount"):
        parse_mountinfo(text)


COVERED = {
    "the deepest": ("/sys/firmware/acpi", "tmpfs"),
    "names are whole": ("/sys/firmwarex", "sysfs"),
    "itself": ("/sys/firmware", "tmpfs"),
    "the last of several": ("/proc/x", "proc2"),
    "the root": ("/etc", "ext4"),
}


@pytest.mark.parametrize("name", COVERED)
def test_a_path_lies_in_a_mount(name: str) -> None:
    path, kind = COVERED[name]
    table = parse_mounts("r / ext4 rw\ns /sys sysfs rw\nt /sys/firmware tmpfs ro\np /proc proc rw\np /proc proc2 rw\n")
    mount = covering(table, path)
    assert mount is not None
    assert mount.type == kind


def test_no_mount_covers_a_path_of_an_empty_table() -> None:
    assert covering([], "/etc") is None
    assert at_root([]) is None


ONE, SELF = "first / ext4 rw 0 0\n", "reader / ext4 rw 0 0\n"
TABLES: dict[str, tuple[Kind, bool, dict[str, Entry], str | None]] = {
    "a live host: of the first process": (
        Kind.LIVE,
        True,
        {"/proc/1/mounts": ONE, "/proc/mounts": SELF},
        "/proc/1/mounts",
    ),
    "a live host that hides it: its own": (Kind.LIVE, True, {"/proc/mounts": SELF}, "/proc/mounts"),
    "a root with a running /proc: of the first process": (Kind.ROOT, True, {"/proc/1/mounts": ONE}, "/proc/1/mounts"),
    "a root with a running /proc: never the reader's": (Kind.ROOT, True, {"/proc/mounts": SELF}, None),
    "a root with a copied /proc: what was copied": (Kind.ROOT, False, {"/proc/mounts": SELF}, "/proc/mounts"),
    "a dump: what was copied": (Kind.DUMP, False, {"/proc/mounts": SELF}, "/proc/mounts"),
    "a dump: of the copying process": (Kind.DUMP, False, {"/proc/self/mounts": SELF}, "/proc/self/mounts"),
    "a dump whose link dangles": (
        Kind.DUMP,
        False,
        {"/proc/mounts": Link("self/mounts"), "/proc/1/mountinfo": INFO},
        "/proc/1/mountinfo",
    ),
    "a dump: the longer form": (Kind.DUMP, False, {"/proc/self/mountinfo": INFO}, "/proc/self/mountinfo"),
    "a root: not of the copying process": (Kind.ROOT, False, {"/proc/self/mounts": SELF}, None),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_nodes_table_of(tmp_path: Path, name: str) -> None:
    kind, running, tree, source = TABLES[name]
    host = host_of(plant(tmp_path, {**MOUNTED, **tree}), kind, uname=UNAME if running else None)
    found = host.mounts()
    assert isinstance(found.result, Known if source else Unknown)
    assert found.sources == ((source,) if source else ())


def test_a_broken_table_is_told_before_a_missing_one(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {"/proc/self/mounts": "x\n"}), Kind.DUMP, uname=None)
    assert host.mounts().result == Unknown(Reason.UNREADABLE, "not a mount (got 'x')")


PODS = 8_000
"""Pods whose three mounts each make a table of more than 5 MiB."""
_UID = "12345678-1234-1234-1234-{:012d}"


def _dense(form: str, first: str, last: str) -> str:
    volumes = (
        "kubernetes.io~projected/kube-api-access-abcde",
        "kubernetes.io~secret/tls",
        "kubernetes.io~empty-dir/run",
    )
    middle = "".join(
        form.format(point=f"/var/lib/kubelet/pods/{_UID.format(pod)}/volumes/{volume}-{'x' * 80}")
        for pod in range(PODS)
        for volume in volumes
    )
    return first + middle + last


DENSE = {
    "/proc/1/mounts": _dense(
        "tmpfs {point} tmpfs rw,relatime,size=16056900k,inode64 0 0\n",
        "/dev/sda2 / xfs rw 0 0\n",
        "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n",
    ),
    "/proc/1/mountinfo": _dense(
        "9 1 0:9 / {point} rw,relatime shared:4 - tmpfs tmpfs rw,size=16056900k\n",
        "1 0 8:2 / / rw shared:1 - xfs /dev/sda2 rw\n",
        "3 1 0:25 / /sys/fs/cgroup rw shared:3 - cgroup2 cgroup2 rw\n",
    ),
}


@pytest.mark.parametrize("kind", [Kind.LIVE, Kind.DUMP])
@pytest.mark.parametrize("path", DENSE)
def test_the_table_of_a_node_with_thousands_of_pods_is_read(tmp_path: Path, path: str, kind: Kind) -> None:
    assert len(DENSE[path]) > 5 << 20
    host = host_of(plant(tmp_path, {**MOUNTED, path: DENSE[path], "/proc/self/mountinfo": DENSE[path]}), kind)
    if path.endswith("info"):
        assert section(host, "storage")["facts"]["propagation"]["/var/lib/kubelet"] == "shared"
    else:
        assert section(host, "cgroup")["facts"]["mode"] == "v2"


def test_a_table_larger_than_any_node_has_is_unknown(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {**MOUNTED, "/proc/1/mounts": "x" * ((16 << 20) + 1)}), Kind.LIVE)
    found = host.mounts().result
    assert isinstance(found, Unknown)
    assert "too large" in found.detail


def test_more_mounts_than_a_kernel_allows_are_unreadable() -> None:
    with pytest.raises(UnreadableError, match="too many mounts"):
        parse_mounts("a /b c rw 0 0\n" * 100_001)
