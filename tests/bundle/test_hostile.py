"""Archives made to harm: all are refused with one line, and nothing appears anywhere.

The traversals are those of the collection jwilk/traversal-archives, eight as tar and eight as zip, made here anew.
"""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import lzma
import tarfile
import time
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import bundles
import pytest
from archives import link, member
from bundles import FILE
from limits import allowance
from snapshots import data as snapshot_data

from passmuster.cli import main
from passmuster.errors import IntegrityError
from passmuster.exchange.bundle import NotABundleError, container

if TYPE_CHECKING:
    from collections.abc import Iterator

MOO = b"moo\n"
TRAVERSALS = {
    "absolute1": [member("/tmp/moo", MOO)],
    "absolute2": [member("//tmp/moo", MOO)],
    "relative0": [member("../moo", MOO)],
    "relative2": [member("tmp/../../moo", MOO)],
    "symlink": [link("moo", "/tmp/moo"), member("moo", MOO)],
    "dirsymlink": [link("tmp", "/tmp"), member("tmp/moo", MOO)],
    "dirsymlink2a": [link("cur", "."), link("par", "cur/.."), member("par/moo", MOO)],
    "dirsymlink2b": [link("cur", "."), link("cur/par", ".."), member("par/moo", MOO)],
}
KINDS = {
    "a hard link": [member("snapshots", type=tarfile.LNKTYPE, linkname="/etc/passwd")],
    "a character device": [member("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3)],
    "a block device": [member("disk", type=tarfile.BLKTYPE, devmajor=8)],
    "a named pipe": [member("pipe", type=tarfile.FIFOTYPE)],
    "a folder": [member("snapshots", type=tarfile.DIRTYPE)],
    "a sparse file": [member("sparse", MOO, type=tarfile.GNUTYPE_SPARSE)],
    "a pax header": [member("pax", b"18 path=/tmp/moo\n\n", type=tarfile.XHDTYPE), member("moo", MOO)],
    "a long name of GNU": [member("././@LongLink", b"../moo\0", type=tarfile.GNUTYPE_LONGNAME), member("moo", MOO)],
    "a name with a backslash": [member("..\\moo", MOO)],
    "a name with an escape": [member("snapshots/\x1b[31m", MOO)],
    "an empty name": [member("", MOO)],
    "a name that ends in a slash": [member("snapshots/", MOO)],
    "a name of dots": [member("snapshots/./moo", MOO)],
}


def _zip(infos: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a name appears twice is the point
        for info, data in infos:
            each = zipfile.ZipInfo(info.name)
            is_link = info.type == tarfile.SYMTYPE
            each.external_attr = (0o120777 if is_link else 0o100644) << 16
            archive.writestr(each, info.linkname if is_link else data)
    return buffer.getvalue()


def _inside(infos: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """The hostile members behind the real manifest of a real bundle."""
    real = bundles.members(bundles.made())
    return bundles.tar([member("manifest.json", real["manifest.json"], mode=0o644), *infos])


@pytest.fixture
def listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to work in; at the end nothing else may be in it, above it, or where the archives point to."""
    work = tmp_path / "above" / "work"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    (work / "trust.yaml").write_text(bundles.trust_text(("site", bundles.SITE, bundles.EVERY)))

    def there() -> list[str]:
        below = [str(path) for path in tmp_path.rglob("*") if path.name != FILE]
        return [*sorted(below), *(path for path in ("/tmp/moo", "/moo") if Path(path).exists())]

    before = there()
    yield work
    assert there() == before


HOSTILE = {
    **{f"{name}.tar": (bundles.tar(infos), {2}) for name, infos in TRAVERSALS.items()},
    **{f"{name}.zip": (_zip(infos), {2}) for name, infos in TRAVERSALS.items()},
    **{f"{name} inside a bundle": (_inside(infos), {4}) for name, infos in (TRAVERSALS | KINDS).items()},
    **{f"{name} first": (bundles.tar(infos), {2}) for name, infos in KINDS.items()},
    "nothing": (b"", {2}),
    "text": (b"schema: passmuster.trust/1\n" * 100, {2}),
    "a snapshot": (snapshot_data("node-1"), {2}),
    "an empty tar": (bytes(10240), {2}),
}


@pytest.mark.long
@pytest.mark.parametrize(("data", "statuses"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive_is_refused_in_one_line_and_leaves_nothing(
    listing: Path, capsys: pytest.CaptureFixture[str], data: bytes, statuses: set[int]
) -> None:
    (listing / FILE).write_bytes(data)
    for command in (
        ["verify", FILE, "--trust", "trust.yaml", "--state", "state.json", "-o", "receipt=r.json"],
        ["verify", FILE, "--insecure-skip-verify"],
        ["inspect", FILE],
        ["sign", FILE, "--ssh-key", "no.key"],
    ):
        assert main(["bundle", *command]) in statuses
        out, err = capsys.readouterr()
        assert out == ""
        (line,) = err.splitlines()
        assert line.startswith(f"{FILE}: ")
        assert "\x1b" not in line


BOMBS = {
    "gzip": gzip.compress(bytes(64 << 20), mtime=0),
    "bzip2": bz2.compress(bytes(8 << 20)),
    "xz": lzma.compress(bytes(8 << 20)),
    "zstd": b"\x28\xb5\x2f\xfd" + bytes(600),
}


@pytest.mark.parametrize("packing", BOMBS)
def test_what_is_packed_is_never_unpacked(packing: str) -> None:
    with pytest.raises(NotABundleError, match=f"packed with {packing}"):
        bundles.read(BOMBS[packing])


def _header(path: str, size: int) -> bytes:
    return container._header(path, size)


def test_a_member_that_claims_to_be_huge_is_refused_before_it_is_read() -> None:
    data = _header("manifest.json", container.MAX_MEMBER + 1) + bytes(1024)
    with pytest.raises(IntegrityError, match="too large"):
        bundles.read(data)


def test_a_member_that_claims_more_than_there_is_is_truncated() -> None:
    with pytest.raises(IntegrityError, match="truncated"):
        bundles.read(_header("manifest.json", 4096) + bytes(1024))


def test_a_member_that_was_made_shorter_is_said_to_be() -> None:
    data = _header("manifest.json", 4) + b"long" + bytes(508) + _header("roster", 4) + b"long" + bytes(508 + 1024)
    with pytest.raises(
        IntegrityError, match="no header of a member at byte 1024: something before it is longer or shorter"
    ):
        bundles.read(data.replace(b"long", b"no", 1) + b"..")


@pytest.mark.parametrize(
    "size",
    [b"-0000000001\0", b"+0000000001\0", b"0x000000001\0", b" 0000000001\0", b"\x80" + bytes(11), b"00000000001 "],
)
def test_a_size_is_written_in_one_way(size: bytes) -> None:
    data = _header("manifest.json", 1)
    with pytest.raises(IntegrityError, match="size is not written"):
        bundles.read(data[:124] + size + data[136:] + bytes(2048))


@pytest.mark.long
def test_too_many_members_are_refused_soon() -> None:
    empty = b"".join(_header(f"snapshots/{number:08}", 0) for number in range(container.MAX_MEMBERS))
    data = _header("manifest.json", 0) + empty + bytes(1024)
    began = time.process_time()
    with pytest.raises(IntegrityError, match="too many members"):
        container.parse(data, FILE)
    assert time.process_time() - began < 20 * allowance()


def test_a_file_beyond_the_limit_is_not_read_to_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / FILE
    with file.open("wb") as handle:
        handle.truncate(2 * container.MAX_BYTES)
    assert main(["bundle", "inspect", str(file)]) == 2
    assert "not a bundle" in capsys.readouterr().err


MAKING = {
    "a member that is too large": [container.Member(path="manifest.json", data=bytes(container.MAX_MEMBER + 1))],
    "a name that leads out": [container.Member(path="../moo", data=MOO)],
    "a name that is too long": [container.Member(path="a" * 101, data=MOO)],
    "a name twice": [container.Member(path="moo", data=MOO)] * 2,
    "too many members": list(itertools.repeat(container.Member(path="moo", data=b""), container.MAX_MEMBERS + 1)),
}


@pytest.mark.parametrize("members", MAKING.values(), ids=MAKING)
def test_what_could_not_be_read_is_not_made(members: list[container.Member]) -> None:
    with pytest.raises(IntegrityError):
        container.build(members, FILE)


INSIDE = {
    "a snapshot that is no JSON": (b"{", "is no snapshot: not JSON"),
    "a snapshot with a key twice": (b'{"schema":"passmuster.snapshot/1","schema":"passmuster.snapshot/1"}', "duplicate key"),
    "a snapshot that is nested deeply": (b"[" * 5000 + b"]" * 5000, "is no snapshot: "),
    "some other JSON": (b"[]", "no schema of a snapshot"),
    "a snapshot of nobody": (b'{"schema":"passmuster.snapshot/1","node":7,"collection":[]}', "does not say of which node"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "message"), INSIDE.values(), ids=INSIDE)
def test_a_manifest_that_fits_makes_no_snapshot_of_what_is_none(data: bytes, message: str) -> None:
    from passmuster.exchange.bundle import layout, manifest  # noqa: PLC0415 - this test alone writes a manifest by hand

    header = manifest.Header(
        site=None, sequence=1, created=bundles.CREATED, expires=None, roster=None, collectors=("0.1.0",)
    )
    only = container.Member(path=layout.snapshot(manifest.sha256(data)), data=data)
    head = container.Member(path="manifest.json", data=manifest.write(header, [only]))
    with pytest.raises(IntegrityError) as caught:
        bundles.read(container.build([head, only], FILE))
    assert message in str(caught.value)
