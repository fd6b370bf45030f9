"""Archives as views of a host: the same looks as in a folder, and hostile ones refused with one line."""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import lzma
import random
import sys
import tarfile
import time
from typing import TYPE_CHECKING

import pytest
from archives import PACKINGS, link, member, of_tree, packed
from host_tree import FOLDER, Entry, Link, plant, root_of
from hypothesis import given
from hypothesis import strategies as st

from passmuster_collector import archive as archive_module
from passmuster_collector import tarindex, unpacking
from passmuster_collector.archive import Archive
from passmuster_collector.budget import Budget, OutOfTimeError, budget
from passmuster_collector.cli import main
from passmuster_collector.reading import Data, Names, Node, Reason, Text, Unknown
from passmuster_collector.source import Kind
from passmuster_collector.usage import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TREE: dict[str, Entry] = {
    "/etc/name": "x",
    "/etc/relative": Link("../etc/name"),
    "/etc/absolute": Link("/etc/name"),
    "/etc/above": Link("../../../../etc/name"),
    "/etc/dangling": Link("/nowhere"),
    "/etc/loop": Link("loop"),
    "/etc/folder": FOLDER,
    "/run": Link("var/run"),
    "/var/run/socket": "",
    "/proc/" + "long/" * 40 + "name": "deep",
    "/etc/n\u00e9": b"\xff",
}
LOOKS = (
    *TREE,
    "/",
    "/etc",
    "/proc/long",
    "/run/socket",
    "/etc/name/x",
    "/etc/./name",
    "/nothing",
    "/a\0b",
    "/var/run/..",
)


def opened(data: bytes, seconds: float = 20) -> Archive:
    return Archive.open(lambda: io.BytesIO(data), budget(time.monotonic, seconds))


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_looks_are_those_of_the_folder_that_was_packed(tmp_path: Path, packing: str, form: int) -> None:
    tree = {path: entry for path, entry in TREE.items() if form != tarfile.USTAR_FORMAT or len(path) < 100}
    root = root_of(plant(tmp_path, tree), Kind.DUMP)
    view = opened(packed(of_tree(tree), PACKINGS[packing], form))
    for path in LOOKS:
        assert view.read(path) == root.read(path)
        assert view.names(path) == root.names(path)
        assert view.link(path) == root.link(path)
        node, other = view.node(path), root.node(path)
        assert (node.kind if isinstance(node, Node) else node) == (other.kind if isinstance(other, Node) else other)


def test_a_view_from_a_folder_is_closed_above_it() -> None:
    view = opened(packed([member("secret", b"s"), link("top/up", "../secret"), member("top/etc/x", b"1")]))
    below = view.below("/top")
    assert below.read("/etc/x") == Text("1")
    assert below.read("/up") == Unknown(Reason.NOT_COLLECTED, "/up is not in the dump")
    assert below.names("/") == Names(("etc", "up"))


def test_what_was_not_kept_is_read_again() -> None:
    members = [member(f"var/log/{number}", str(number).encode() * 5000) for number in range(50)]
    view = opened(packed(members, "w:gz"))
    for number in (49, 0, 25):
        assert view.read_data(f"/var/log/{number}") == Data(str(number).encode() * 5000)


def test_of_two_members_of_one_name_the_last_counts() -> None:
    first = member("etc/x", b"old")
    hard = member("etc/hard", type=tarfile.LNKTYPE, linkname="etc/x")
    for mode in PACKINGS.values():
        view = opened(packed([first, hard, member("etc/x", b"new!")], mode))
        assert view.read("/etc/x") == Text("new!")
        assert view.read("/etc/hard") == Text("old")


def test_a_member_above_the_limit_is_unknown_and_the_rest_is_read() -> None:
    view = opened(packed([member("etc/big", b"\0" * (17 << 20)), member("etc/x", b"1")]))
    assert view.read("/etc/x") == Text("1")
    assert view.read("/etc/big", 1 << 30) == Unknown(Reason.FAILED, "too large: /etc/big (limit 16777216 bytes)")


def test_without_time_nothing_is_looked_at() -> None:
    view = opened(packed([member("var/x", b"1")], "w:gz"))
    assert view.within(budget(time.monotonic, 0)).read("/var/x") == Unknown(
        Reason.TIMEOUT, "no time was left for /var/x"
    )
    ticks = iter([0.0, 2.0])
    late = view.within(Budget(lambda: next(ticks), 1.0)).read("/var/x")
    assert late == Unknown(Reason.TIMEOUT, "no time was left to read /var/x")


def _damaged_sum() -> bytes:
    data = bytearray(packed([member("etc/x", b"1")], form=tarfile.USTAR_FORMAT))
    data[0] ^= 1
    return bytes(data)


def _named(name: str) -> bytes:
    return packed([member(name, b"x")], form=tarfile.GNU_FORMAT)


def _header(**fields: bytes) -> bytes:
    """A header with raw fields, its sum right."""
    data = bytearray(packed([member("etc/x", b"1")], form=tarfile.USTAR_FORMAT)[:512])
    for field, value in fields.items():
        offset = {"size": 124, "type": 156, "mode": 100}[field]
        data[offset : offset + len(value)] = value
    data[148:156] = b" " * 8
    data[148:156] = f"{sum(data):06o}\0 ".encode()
    return bytes(data)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "no archive": (lambda: b"hello " * 200, "no tar archive, or a damaged one (at byte 0)"),
    "an empty file": (lambda: b"", "no tar archive, or one that is cut off"),
    "a member above the top": (lambda: _named("../x"), "the archive is hostile: a member is called '../x'"),
    "a member above on the way": (lambda: _named("a/../../x"), "the archive is hostile"),
    "an absolute member": (
        lambda: _named("/etc/x"),
        "a member is called '/etc/x' (expected a name without / before it: tar -P",
    ),
    "a member deeper than any": (lambda: _named("d/" * 120), "the archive is hostile"),
    "a name of many bytes": (lambda: _named("n" * 70_000), "a name of 70001 bytes (limit 65536)"),
    "names that fill the memory": (
        lambda: packed([member(f"{number}/" + "d" * 60 + "/d" * 90, b"") for number in range(9000)]),
        "the archive has too long names (limit 50331648 characters in all)",
    ),
    "a damaged header": (_damaged_sum, "a damaged one (at byte 0)"),
    "a size that is no number": (lambda: _header(size=b"99999999999\0"), "a number in a header is none"),
    "a size beyond the limit": (
        lambda: _header(size=b"77777777777\0"),
        "the archive is too large (limit 1073741824 bytes unpacked)",
    ),
    "a binary size beyond the limit": (lambda: _header(size=b"\x80" + b"\xff" * 11), "the archive is too large"),
    "a hard link to nothing": (
        lambda: packed([member("etc/x", type=tarfile.LNKTYPE, linkname="etc/y")]),
        "a hard link to nothing: 'etc/x'",
    ),
    "a hard link out of it": (
        lambda: packed([member("etc/x", type=tarfile.LNKTYPE, linkname="../../etc/passwd")]),
        "the archive is hostile",
    ),
    "an extended header that is none": (
        lambda: _header(type=b"x", size=b"00000000010\0") + b"nonsense" + bytes(504),
        "the archive is damaged (an extended header)",
    ),
    "an extended size that is none": (
        lambda: _header(type=b"x", size=b"00000000015\0") + b"13 size=lots\n" + bytes(499) + _header(),
        "a size is no number",
    ),
    "cut off in a member": (
        lambda: packed([member("etc/x", b"x" * 5000)])[:2048],
        "no tar archive, or one that is cut off",
    ),
    "cut off where it is packed": (
        lambda: packed([member("etc/x", bytes(range(256)) * 90)], "w:gz")[:-40],
        "': the archive is cut off",
    ),
    "damaged where it is packed": (
        lambda: packed([member("etc/x", b"x" * 5000)], "w:gz")[:40] + b"\0" * 60,
        "the archive is damaged",
    ),
    "damaged xz": (lambda: b"\xfd7zXZ\0" + b"\1" * 64, "the archive is damaged"),
    "damaged bz2": (lambda: b"BZh9" + b"\1" * 64, "the archive is damaged"),
    "a bomb of zeros": (
        lambda: packed([member("etc/x", b"\0" * (12 << 20))], "w:gz"),
        "the archive unpacks to more than 200 times its size",
    ),
    "a bomb of xz": (
        lambda: packed([member("etc/x", b"\0" * (12 << 20))], "w:xz"),
        "the archive unpacks to more than 200 times its size",
    ),
    "xz that needs too much memory": (
        lambda: lzma.compress(b"x" * 2048, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]),
        "the archive is damaged",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_with_one_line(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make, message = HOSTILE[name]
    file = tmp_path / "dump.tar"
    file.write_bytes(make())
    assert main(["--from", str(file), "-o", str(tmp_path / "out.json")]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dump.tar"]


def test_the_limits_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed([member(f"etc/{number}", b"x") for number in range(12)])
    monkeypatch.setattr(tarindex, "MEMBERS", 11)
    with pytest.raises(UsageError, match=r"too many members \(limit 11\)"):
        opened(data)
    monkeypatch.setattr(unpacking, "TOTAL", 4096)
    with pytest.raises(UsageError, match=r"too large \(limit 4096 bytes unpacked\)"):
        opened(gzip.compress(data))


def test_packed_pieces_one_after_another_are_one_stream() -> None:
    data = packed([member("etc/x", b"1" * 3000), member("etc/y", b"2")])
    for pack in (gzip.compress, bz2.compress, lzma.compress):
        pieces = b"".join(pack(data[start : start + 1000]) for start in range(0, len(data), 1000))
        view = opened(pieces + bytes(512))
        assert view.read("/etc/x") == Text("1" * 3000)
        assert view.read("/etc/y") == Text("2")


def test_a_python_without_a_packing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lzma", None)
    with pytest.raises(UsageError, match=r"this Python cannot unpack it \(it has no module lzma\)"):
        opened(lzma.compress(b"x"))
    assert opened(packed([member("etc/x", b"1")], "w:gz")).read("/etc/x") == Text("1")
    with pytest.raises(UsageError, match="damaged"):
        opened(gzip.compress(b"x" * 2000)[:40] + b"\0" * 60)


def test_what_is_kept_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "_KEPT", 10)
    view = opened(packed([member("etc/a", b"a" * 8), member("etc/b", b"b" * 8)], "w:gz"))
    assert view.read("/etc/a") == Text("a" * 8)
    assert view.read("/etc/b") == Text("b" * 8)


def test_an_index_takes_no_longer_than_it_may() -> None:
    with pytest.raises(OutOfTimeError):
        opened(packed([member("etc/x", b"1")]), 0)


@pytest.mark.long
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_the_time_is_asked_for_inside_a_member(pack: Callable[[bytes], bytes]) -> None:
    noise = random.Random(1).randbytes(2 << 20)
    data = pack(packed([member("var/noise", noise), member("etc/x", b"1")]))
    ticks = itertools.count()
    for many in (0, 1, 10, 20):
        with pytest.raises(OutOfTimeError):
            Archive.open(lambda: io.BytesIO(data), Budget(lambda: next(ticks), next(ticks) + many))
    view = opened(data)
    late = view.within(Budget(lambda: next(ticks), next(ticks) + 10))
    assert late.read_data("/var/noise", 4 << 20) == Unknown(Reason.TIMEOUT, "no time was left to read /var/noise")
    assert view.read_data("/var/noise", 4 << 20) == Data(noise)


@given(st.binary(max_size=2000), st.integers(0, 5000))
def test_a_changed_archive_is_read_or_refused(noise: bytes, place: int) -> None:
    """Whatever the bytes are: a view, or UsageError."""
    data = packed([member("etc/x", b"1" * 600), link("etc/y", "x"), member("a/" * 60 + "b", b"2")], "w:gz")
    plain = gzip.decompress(data)
    for each in (data[:place] + noise, plain[:place] + noise + plain[place + len(noise) :]):
        try:
            view = opened(each)
        except UsageError:
            continue
        view.read("/etc/x")
        view.names("/etc")
