"""Input that somebody made to do harm takes no more than 300 MB and five seconds, and ends as a documented status."""

from __future__ import annotations

import bz2
import importlib
import importlib.util
import lzma
import os
import zlib
from typing import TYPE_CHECKING

import pytest
from limits import took
from shells import shell
from snapshots import data

from passmuster.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MIB = 1024 * 1024
GOOD = data("good")
ZSTD = any(importlib.util.find_spec(each) for each in ("compression", "backports"))


def zstd(pieces: Iterator[bytes]) -> bytes:
    """Packed with Zstandard, a piece at a time."""
    name = "compression.zstd" if importlib.util.find_spec("compression") else "backports.zstd"
    library = importlib.import_module(name)
    packer = library.ZstdCompressor()
    return b"".join([*(packer.compress(each) for each in pieces), packer.flush()])


def gzipped(pieces: Iterator[bytes]) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(each) for each in pieces), packer.flush()])


def endless(beginning: bytes, more: bytes, mib: int) -> Iterator[bytes]:
    yield beginning
    piece = more * (MIB // len(more))
    for _ in range(mib):
        yield piece


def sparse(beginning: bytes, gib: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.write_bytes(beginning)
        os.truncate(path, gib * 1024 * MIB)

    return make


def holding(content: Callable[[], bytes]) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.write_bytes(content())

    return make


FILES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a gigabyte of one string, gzip": ("x.json.gz", holding(lambda: gzipped(endless(b'{"a":"', b"a", 300)))),
    "the same, bzip2": ("x.json.bz2", holding(lambda: bz2.compress(b'{"a":"' + b"a" * 300 * MIB))),
    "the same, xz": ("x.json.xz", holding(lambda: lzma.compress(b'{"a":"' + b"a" * 300 * MIB, preset=0))),
    "a gigabyte of blank lines": ("x.ndjson.gz", holding(lambda: gzipped(endless(b"\n", b"\n", 300)))),
    "as many empty documents": ("x.ndjson.gz", holding(lambda: gzipped(endless(b"{}\n", b"{}\n", 300)))),
    "a gigabyte of nothing": ("x.json.gz", holding(lambda: gzipped(endless(b"\0", b"\0", 300)))),
    "ten gigabytes that are not there": ("x.json", sparse(b"", 10)),
    "the same behind a brace": ("x.json", sparse(b'{"a":"', 1)),
    "the same behind a snapshot": ("x.ndjson", sparse(GOOD, 1)),
    "a document of empty lists": ("x.json", holding(lambda: b'{"a":[' + b"[]," * 5_000_000 + b"[]]}\n")),
    "the same over lines": ("x.json", holding(lambda: b'{"a":[\n' + b"[],\n" * 1_000_000 + b"[]\n]}\n")),
    "a million keys": (
        "x.json",
        holding(lambda: b"{" + b",".join(b'"k%d":%d' % (at, at) for at in range(900_000)) + b"}\n"),
    ),
    "brackets without end": ("x.json", holding(lambda: b"[" * 15 * MIB)),
    "brackets on lines of their own": ("x.json", holding(lambda: b"[\n" * MIB)),
    "a string of quotes": ("x.json", holding(lambda: b'{"a":"' + b'\\"' * 7 * MIB)),
    "a long number": ("x.json", holding(lambda: b'{"schema":' + b"9" * 15 * MIB + b"}")),
    "numbers of a million digits": ("x.json", holding(lambda: b'{"a":[' + b"1" * MIB + b"]}\n")),
    "a hundred thousand documents that are none": ("x.ndjson", holding(lambda: b"{}\n" * 30_000)),
    "noise on ten thousand lines": ("x.ndjson", holding(lambda: GOOD + b"noise\n\x00\n" * 10_000)),
    "an xz that wants gigabytes to unpack": (
        "x.json.xz",
        holding(lambda: lzma.compress(GOOD, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}])),
    ),
}
if ZSTD:
    FILES["a gigabyte of one string, Zstandard"] = (
        "x.json.zst",
        holding(lambda: zstd(endless(b'{"a":"', b"a", 300))),
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.json").write_bytes(GOOD)
    return tmp_path


@pytest.mark.long
@pytest.mark.parametrize("case", FILES)
def test_a_file_that_does_harm_is_unknown_and_ends_nothing(case: str, folder: Path) -> None:
    name, make = FILES[case]
    make(folder / "in" / name)
    found = took("check", "in", "-o", "summary", "-p", "virtnest@1.0.0").demand()
    assert found.status == 3, found
    assert b'"pass":1' in found.out


@pytest.mark.long
@pytest.mark.parametrize("option", ["--roster", "--waivers", "-p", "-f"])
@pytest.mark.parametrize("what", ["/dev/zero", "pipe.yaml", "sparse.yaml", "in"])
def test_what_is_no_file_is_refused_wherever_a_file_is_read(
    option: str, what: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(folder / "pipe.yaml")
    sparse(b"", 4)(folder / "sparse.yaml")
    assert main(["check", "in/good.json", option, what, "--now", "2026-11-23T00:00:00Z"]) == 2
    assert capsys.readouterr().err.startswith(f"{what}:")


@pytest.mark.long
@pytest.mark.parametrize("what", ["/dev/zero", "pipe.json", "in/../pipe.json"])
def test_a_snapshot_that_is_no_file_is_refused(what: str, folder: Path) -> None:
    os.mkfifo(folder / "pipe.json")
    found = took("check", "in/good.json", what).demand()
    assert (found.status, found.err.count(b"\n")) == (2, 1)
    assert b", not a file)" in found.err


@pytest.mark.long
def test_what_the_shell_hands_over_is_read(folder: Path) -> None:
    del folder
    done = shell("P check <(cat in/good.json) -o summary")
    assert (done.returncode, b'"pass":1' in done.stdout) == (0, True), done


@pytest.mark.long
@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "-"],
        ["report", "verify", "-", "--snapshots", "in"],
        ["bundle", "inspect", "-"],
        ["snapshot", "validate", "-"],
        ["fleet", "add", "s.db", "-"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("folder")
def test_standard_input_without_end(arguments: list[str]) -> None:
    found = took(*arguments, stdin="/dev/zero").demand()
    assert found.status in {2, 3, 4}, found
