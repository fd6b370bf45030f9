"""The root: whatever lies below it, a look ends, stays inside, and comes to a value."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from host_tree import FIFO, FOLDER, SOCKET, Entry, Link, plant, root_of

from passmuster_collector.budget import Budget
from passmuster_collector.fields import plain
from passmuster_collector.reading import Absent, Data, Known, Names, Node, Reason, Text, Unknown, quoted
from passmuster_collector.source import Kind

LINKS = {
    "a relative link": ("/a/link", Link("../etc/name"), Text("x")),
    "an absolute link starts at the root": ("/a/link", Link("/etc/name"), Text("x")),
    "a link above the root stays at the root": ("/a/link", Link("../../../../etc/name"), Text("x")),
    "a folder on the way may be a link": ("/b", Link("etc"), Absent("/a/link")),
    "a dangling link is absent": ("/a/link", Link("/nowhere"), Absent("/a/link")),
    "a link to itself fails": (
        "/a/link",
        Link("link"),
        Unknown(Reason.FAILED, "/a/link: Too many levels of symbolic links"),
    ),
    "a link to the root is no file": ("/a/link", Link("/"), Unknown(Reason.FAILED, "/a/link is no regular file")),
    "a link to the folder above is no file": (
        "/a/link",
        Link(".."),
        Unknown(Reason.FAILED, "/a/link is no regular file"),
    ),
}


@pytest.mark.parametrize("name", LINKS)
def test_links_are_followed_inside_the_root(tmp_path: Path, name: str) -> None:
    path, link, expected = LINKS[name]
    plant(tmp_path, {"/etc/name": "x", "/a/other": "", path: link})
    assert root_of(tmp_path).read("/a/link") == expected


def test_a_file_outside_is_not_reached(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    root = root_of(plant(tmp_path / "host", {"/up": Link("../secret"), "/abs": Link(str(tmp_path / "secret"))}))
    assert root.read("/up") == Absent("/up")
    assert root.read("/abs") == Absent("/abs")
    assert root.read("/../../secret") == Absent("/../../secret")


def test_forty_links_are_followed_and_one_more_is_not(tmp_path: Path) -> None:
    plant(tmp_path, {"/0": "end", **{f"/{n}": Link(str(n - 1)) for n in range(1, 42)}})
    assert root_of(tmp_path).read("/40") == Text("end")
    assert isinstance(root_of(tmp_path).read("/41"), Unknown)


def test_a_path_deeper_than_the_limit_fails(tmp_path: Path) -> None:
    deep = "/d" * 120
    plant(tmp_path, {deep: ""})
    assert root_of(tmp_path).read(deep) == Unknown(Reason.FAILED, f"{deep}: File name too long")


@pytest.mark.parametrize("entry", [FIFO, SOCKET, FOLDER], ids=["pipe", "socket", "folder"])
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path, entry: object) -> None:
    plant(tmp_path, {"/x": entry})  # type: ignore[dict-item]
    assert root_of(tmp_path).read("/x") == Unknown(Reason.FAILED, "/x is no regular file")


def test_an_endless_device_is_not_read(tmp_path: Path) -> None:
    try:
        os.mknod(tmp_path / "zero", 0o20666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("making a device node needs privileges")
    assert root_of(tmp_path).read("/zero") == Unknown(Reason.FAILED, "/zero is no regular file")


def test_a_huge_file_ends_at_the_limit(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(10 << 30)
    assert root_of(tmp_path).read("/huge") == Unknown(Reason.FAILED, "too large: /huge (limit 1048576 bytes)")


def test_a_file_of_the_limit_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    plant(tmp_path, {"/fits": "x" * 100, "/not": "x" * 101})
    root = root_of(tmp_path)
    assert root.read_data("/fits", 100) == Data(b"x" * 100)
    assert isinstance(root.read_data("/not", 100), Unknown)


def test_procfs_files_of_size_zero_are_read_whole() -> None:
    look = root_of(Path("/")).read("/proc/self/stat")
    assert isinstance(look, Text)
    assert look.text.startswith(str(os.getpid()))


def test_bytes_that_are_not_utf8_become_escapes(tmp_path: Path) -> None:
    plant(tmp_path, {"/x": b"a\xff\xed\xa0\x80b"})
    look = root_of(tmp_path).read("/x")
    assert isinstance(look, Text)
    assert plain(look.text) == "a\\xff\\xed\\xa0\\x80b"
    assert quoted(look.text) == "'a\\xff\\xed\\xa0\\x80b'"


def test_names_that_are_not_utf8_can_be_listed_and_read(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / os.fsdecode(b"d/\xff")).write_text("x")
    root = root_of(tmp_path)
    names = root.names("/d")
    assert isinstance(names, Names)
    assert root.read("/d/" + names.names[0]) == Text("x")


def test_a_name_with_a_zero_byte_is_absent(tmp_path: Path) -> None:
    assert root_of(tmp_path).read("/a\0b") == Absent("/a\0b")


def test_folders_are_listed_up_to_a_limit(tmp_path: Path) -> None:
    plant(tmp_path, {"/d/b": "", "/d/a": "", "/f": ""})
    root = root_of(tmp_path)
    assert root.names("/d") == Names(("a", "b"))
    assert root.names("/d", 1) == Unknown(Reason.FAILED, "too large: /d (limit 1 names)")
    assert root.names("/f") == Absent("/f")
    assert root.names("/") == Names(("d", "f"))


def test_node_describes_and_can_leave_links_alone(tmp_path: Path) -> None:
    plant(tmp_path, {"/f": "", "/l": Link("f")})
    (tmp_path / "f").chmod(0o640)
    root = root_of(tmp_path)
    node = root.node("/l")
    assert isinstance(node, Node)
    assert (node.kind, node.mode) == ("regular", 0o640)
    link = root.node("/l", follow=False)
    assert isinstance(link, Node)
    assert link.kind == "symlink"
    assert root.link("/l") == Text("f")
    assert root.link("/f") == Unknown(Reason.FAILED, "/f: Invalid argument")


def test_without_time_nothing_is_looked_at(tmp_path: Path) -> None:
    plant(tmp_path, {"/x": "x"})
    root = root_of(tmp_path, seconds=0)
    assert root.read("/x") == Unknown(Reason.TIMEOUT, "no time was left for /x")


def test_time_can_run_out_between_two_chunks(tmp_path: Path) -> None:
    plant(tmp_path, {"/x": "x" * 200_000})
    ticks = iter([0.0, 2.0])
    root = root_of(tmp_path).within(Budget(lambda: next(ticks), 1.0))
    assert root.read("/x") == Unknown(Reason.TIMEOUT, "no time was left to read /x")


ABSENCE: dict[str, tuple[Kind, dict[str, Entry], str, bool]] = {
    "a live host: absent": (Kind.LIVE, {}, "/etc/x", True),
    "a root: absent": (Kind.ROOT, {}, "/etc/x", True),
    "a root without /proc: unknown": (Kind.ROOT, {}, "/proc/x", False),
    "a root with /proc/version: absent": (Kind.ROOT, {"/proc/version": ""}, "/proc/x", True),
    "a root with /proc/mounts: absent": (Kind.ROOT, {"/proc/mounts": ""}, "/proc/x", True),
    "a root whose /proc/mounts dangles: unknown": (Kind.ROOT, {"/proc/mounts": Link("self/mounts")}, "/proc/x", False),
    "a root without /sys/kernel: unknown": (Kind.ROOT, {"/sys/fs": FOLDER}, "/sys/x", False),
    "a root with /sys/kernel: absent": (Kind.ROOT, {"/sys/kernel": FOLDER}, "/sys/x", True),
    "a root with an empty /dev: unknown": (Kind.ROOT, {"/dev": FOLDER}, "/dev/kvm", False),
    "a root with /dev/null: absent": (Kind.ROOT, {"/dev/null": ""}, "/dev/kvm", True),
    "a live host without /proc: unknown": (Kind.LIVE, {}, "/proc/x", False),
    "a dump: unknown": (Kind.DUMP, {"/proc/version": ""}, "/proc/x", False),
    "a dump with a dangling link: unknown": (Kind.DUMP, {"/etc/x": Link("/gone")}, "/etc/x", False),
}


@pytest.mark.parametrize("name", ABSENCE)
def test_absence_needs_a_witness(tmp_path: Path, name: str) -> None:
    kind, tree, path, absent = ABSENCE[name]
    look = root_of(plant(tmp_path, tree), kind).read(path)
    assert isinstance(look, Absent if absent else Unknown)
    if isinstance(look, Unknown):
        assert look.reason is Reason.NOT_COLLECTED


def test_a_device_of_other_numbers_is_not_opened(tmp_path: Path) -> None:
    plant(tmp_path, {"/kvm": FIFO, "/file": ""})
    root = root_of(tmp_path)
    assert root.try_device("/kvm", 10, 232) == Known(value=False)
    assert root.try_device("/file", 10, 232) == Known(value=False)
    assert root.try_device("/none", 10, 232) == Absent("/none")


DEVICES = {
    "a device that is there opens": ((1, 3), Known(value=True)),
    "a device without a driver does not": ((10, 0xFFFF), Known(value=False)),
}


@pytest.mark.parametrize("name", DEVICES)
def test_devices_are_tried(tmp_path: Path, name: str) -> None:
    (major, minor), expected = DEVICES[name]
    try:
        os.mknod(tmp_path / "node", 0o20666, os.makedev(major, minor))
        os.close(os.open(tmp_path / "node", os.O_PATH))
    except PermissionError:
        pytest.skip("making a device node needs privileges")
    assert root_of(tmp_path).try_device("/node", major, minor) == expected


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    plant(tmp_path, {"/a/b/c": "x", "/l": Link("a/b/c"), "/loop": Link("loop"), "/p": FIFO})
    root = root_of(tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ("/a/b/c", "/l", "/loop", "/p", "/a/b/none", "/a\0"):
        root.read(path)
        root.names(path)
        root.node(path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    root.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before - 1
