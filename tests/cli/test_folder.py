"""What lies in a folder beside snapshots: it is read, an unknown node, or named in every report; never left out."""

from __future__ import annotations

import bz2
import csv
import errno
import gzip
import io
import json
import lzma
import os
import socket
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from snapshots import data, document

from passmuster.cli import main
from passmuster.codec import schema
from passmuster.fleet import parallel
from passmuster.intake import skipped

if TYPE_CHECKING:
    from collections.abc import Callable

RULE = ("-p", "virtnest@1.0.0", "--rule", "kernel-version")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def node(name: str) -> bytes:
    return data(name, machine_id=None)


def report(*arguments: str) -> tuple[int, dict[str, Any]]:
    status = main(["check", *arguments, *RULE, "-o", "json=out.json"])
    return status, json.loads(Path("out.json").read_bytes())


def tarred(name: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(node("n"))
        tar.addfile(member, io.BytesIO(node("n")))
    return out.getvalue()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.json", node("n"))
    return out.getvalue()


READ: dict[str, Callable[[bytes], bytes]] = {
    "a.JSON": lambda each: each,
    "a.jsonl": lambda each: each,
    "a.NdJson": lambda each: each,
    "a.json.txt": lambda each: each,
    "a.json.bak": lambda each: each,
    "a": lambda each: each,
    ".a.json": lambda each: each,
    "a.json.gz": gzip.compress,
    "a.json.xz": lzma.compress,
    "a.json.bz2": bz2.compress,
    "a.JSON.XZ": lzma.compress,
    "a.json ": gzip.compress,
    "packed": lambda each: gzip.compress(each) + gzip.compress(b""),
    "marked.json": lambda each: b"\xef\xbb\xbf" + each,
    "marked.txt": lambda each: lzma.compress(b"\xef\xbb\xbf" + each),
}


@pytest.mark.long
@pytest.mark.parametrize("name", READ)
def test_snapshots_are_known_by_what_they_hold(name: str, folder: Path) -> None:
    (folder / name).write_bytes(READ[name](node("n")))
    status, found = report("in")
    assert (status, [each["node"] for each in found["nodes"]], found["skipped"]) == (0, ["n"], [])
    (folder / "b.json").write_bytes(node("m"))
    assert len(report("in")[1]["nodes"]) == 2
    (folder / "b.json").unlink()
    assert report(f"in/{name}")[1] == found


UNKNOWN: dict[str, tuple[bytes, str]] = {
    "site.tar": (tarred("a.json"), "a tar archive, not snapshots: unpack it, or collect --from it"),
    "site.tar.gz": (gzip.compress(tarred("a.json")), "a tar archive, not snapshots: unpack it, or collect --from it"),
    "site.tgz": (gzip.compress(tarred("a.json")), "a tar archive"),
    "site.tar.xz": (lzma.compress(tarred("a.json")), "a tar archive"),
    "old.tar": (tarred("a").replace(b"ustar", b"\0" * 5), ""),
    "site.zip": (zipped(), "a zip archive, not snapshots: unpack it, or collect --from it"),
    "site.7z": (b"7z\xbc\xaf\x27\x1c" + bytes(100), "a 7z archive"),
    "bundle.tar": (tarred("manifest.json"), "a bundle: name it FILE.pmb"),
    "wide.json": (node("n").decode().encode("utf-16"), "UTF-16 text: save it as UTF-8"),
    "wide": (node("n").decode().encode("utf-16-le"), "UTF-16 text"),
    "be.txt": (node("n").decode().encode("utf-16-be"), "UTF-16 text"),
    "page.json": (b"<!DOCTYPE html>\n<p>{}\n" * 9, "an HTML page"),
    "readme.json": (b"# Nodes\n\n[here](x)\n{}\n", "not JSON, but text"),
    "empty.json": (b"", "the file is empty"),
    "empty": (b"", "the file is empty"),
    "zeros.json": (bytes(100_000), "binary data, not snapshots"),
    "noise.bin": (b"\x01\x02\0\xfe" * 2000, "binary data, not snapshots"),
    "cut.json.gz": (gzip.compress(node("n"))[:-20], "not a whole gzip file"),
    "cut.xz": (lzma.compress(node("n"))[:-20], "not a whole xz file"),
    "cut.bz2": (bz2.compress(node("n"))[:-4], "not a whole bzip2 file"),
    "nearly.json": (node("n").replace(b"passmuster.snapshot/1", b"passmuster.snapshots/1"), "unknown schema version"),
    "newer.json": (node("n").replace(b"passmuster.snapshot/1", b"passmuster.snapshot/2"), "unknown schema version"),
    "other.json": (b'{"schema":"passmuster.reports/1"}\n', "unknown schema version"),
    "foreign.json": (b'{"kind":"Node"}\n', "no schema named"),
    "pdf.json": (b"%PDF-1.4\n{\n", "a PDF document"),
    "program.json": (b"\x7fELF\x02\x01\x01\n{\n", "a program or a library"),
    "database.json": (b"SQLite format 3\0" + bytes(200), "an SQLite database"),
}


@pytest.mark.long
@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("named", [False, True], ids=["in a folder", "by itself"])
def test_what_may_hold_a_node_is_one_unknown_node(name: str, named: bool, folder: Path) -> None:  # noqa: FBT001
    content, why = UNKNOWN[name]
    (folder / "good.json").write_bytes(node("good"))
    (folder / name).write_bytes(content)
    status, found = report(*(["in/good.json", f"in/{name}"] if named else ["in"]))
    bad = [each for each in found["nodes"] if each["node"] != "good"]
    assert (status, len(bad), found["skipped"]) == (3, 1, []), bad
    assert bad[0]["node"].startswith(f"in/{name}")
    assert why in bad[0]["reason"]


SKIPPED: dict[str, tuple[bytes, str]] = {
    "README.md": (b"# Nodes\n\n* one\n{}\n", "not JSON, but text"),
    "page.html": (b"\n<html><body>{}", "an HTML page, not snapshots"),
    "junit.xml": (b'<?xml version="1.0"?>', "an XML document, not snapshots"),
    "list.pdf": (b"%PDF-1.4\n", "a PDF document, not snapshots"),
    "tool": (b"\x7fELF\x02", "a program or a library (ELF), not snapshots"),
    "run.sh": (b"#!/bin/sh\n{ true; }\n", "a script, not snapshots"),
    "a.json.sig": (b"-----BEGIN SSH SIGNATURE-----\n", "a key, a certificate or a signature, not snapshots"),
    ".gitkeep": (b"", "empty"),
    "_SUCCESS": (b"", "empty"),
    "report.json": (b'{"schema":"passmuster.report/1"}', "a report, not a snapshot"),
    "indented.json": (b'{\n "schema": "passmuster.impact/1"\n}\n', "an impact report, not a snapshot"),
    "begun.json": (
        b'{"collection":{"x":"passmuster.snapshot/1"},"schema":"passmuster.report/1"}',
        "a report, not a snapshot",
    ),
    "receipt.json": (b'{"schema":"passmuster.receipt/1"}', "a receipt, not a snapshot"),
    "signed.json": (b'{"payload":"","payloadType":"x","signatures":[]}', "a signed envelope, not a snapshot"),
}


@pytest.mark.long
@pytest.mark.parametrize("name", SKIPPED)
def test_what_holds_no_node_is_named_in_every_report(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, why = SKIPPED[name]
    (folder / "good.json").write_bytes(node("good"))
    (folder / name).write_bytes(content)
    formats = ("json", "ndjson", "summary", "attestation", "csv", "html", "markdown", "matrix")
    wanted = [word for each in formats for word in ("-o", f"{each}={each}")]
    assert main(["check", "in", *RULE, *wanted, "-o", "table"]) == 0
    expected = [{"path": f"in/{name}", "why": why}]
    assert json.loads(Path("json").read_bytes())["skipped"] == expected
    assert schema.faults("report", 1, json.loads(Path("json").read_bytes())) == ()
    last = json.loads(Path("ndjson").read_bytes().splitlines()[-1])
    assert (last["skipped"], schema.faults("stream", 1, last)) == (expected, ())
    assert json.loads(Path("summary").read_bytes())["skipped"] == expected
    statement = json.loads(Path("attestation").read_bytes())
    assert statement["predicate"]["urn:passmuster:verdict:1"]["skipped"] == expected
    assert schema.faults("attestation", 1, statement) == ()
    assert ("skipped", f"in/{name}: {why}") in {
        tuple(row[1:3]) for row in csv.reader(io.StringIO(Path("csv").read_text()))
    }
    said = capsys.readouterr().out
    for text in (said, Path("matrix").read_text(), Path("markdown").read_text(), Path("html").read_text()):
        assert "ot judged: 1 file: in/" in " ".join(text.replace("\\", "").split())
    alone = report(f"in/{name}")[1]
    assert alone["outcome"] == "unknown"


def test_what_names_no_schema_does_not_begin_as_a_snapshot() -> None:
    assert not any("collection" in keys for keys in (*skipped._KEYS, skipped._of_result()))
    assert skipped.ours(b'{"collection":{},"schema":"passmuster.snapshot/1"}') is None


def test_a_snapshot_that_carries_our_keys_is_a_snapshot(folder: Path) -> None:
    keys: tuple[dict[str, Any], ...] = (
        {"_type": "https://in-toto.io/Statement/v1"},
        {"payloadType": "x", "signatures": []},
    )
    for at, more in enumerate(keys):
        made = {**document(f"n{at}", machine_id=None), **more}
        (folder / f"{at}.json").write_text(json.dumps(made))
    status, found = report("in")
    assert (status, found["skipped"], len(found["nodes"])) == (0, [], 2)


def test_results_in_a_stream_are_not_taken_for_nodes(folder: Path) -> None:
    (folder / "good.json").write_bytes(node("good"))
    assert main(["check", "in", *RULE, "-o", "ndjson=in/nodes.ndjson"]) == 0
    status, found = report("in")
    assert (status, len(found["nodes"]), {each["path"] for each in found["skipped"]}) == (0, 1, {"in/nodes.ndjson"})
    assert {each["why"] for each in found["skipped"]} == {
        "a result, not a snapshot",
        "a stream of results, not a snapshot",
    }


def test_links_pipes_and_folders(folder: Path, tmp_path: Path) -> None:
    (folder / "good.json").write_bytes(node("good"))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "far.json").write_bytes(node("far"))
    (folder / "deep" / ".git").mkdir(parents=True)
    (folder / "deep" / ".git" / "x.json").write_bytes(node("never"))
    (folder / "deep" / "n.json").write_bytes(node("deep"))
    (folder / "self").symlink_to(".")
    (folder / "other").symlink_to("../other")
    (folder / "gone").symlink_to("nowhere")
    (folder / "linked.json").symlink_to("../other/far.json")
    os.mkfifo(folder / "pipe.json")
    os.mkfifo(folder / "pipe")
    (folder / "device.json").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
        status, found = report("in")
    outcomes = {each["node"]: each["reason"] for each in found["nodes"]}
    assert (status, {name for name, reason in outcomes.items() if not reason}) == (3, {"good", "deep", "far"})
    assert {name: str(reason).partition(": ")[2] for name, reason in outcomes.items() if reason} == {
        "in/other": "a link to a folder, which is not followed: name its target as an input, too",
        "in/gone": "cannot be read (No such file or directory)",
        "in/pipe.json": "cannot be read (a named pipe, not a file)",
        "in/device.json": "cannot be read (a device file, not a file)",
    }
    assert {each["path"]: each["why"] for each in found["skipped"]} == {
        "in/deep/.git": "a folder of version control",
        "in/self": "a link to a folder that is looked into by itself",
        "in/pipe": "a named pipe",
        "in/socket": "a socket",
    }


def test_a_folder_that_cannot_be_read_is_an_unknown_node(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "good.json").write_bytes(node("good"))
    (folder / "closed").mkdir()
    look = os.scandir

    def refuse(path: Any) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return look(path)

    monkeypatch.setattr(os, "scandir", refuse)  # root may read everything
    status, found = report("in")
    assert status == 3
    assert "in/closed:1:1: a folder that cannot be read" in str([each["reason"] for each in found["nodes"]])


def test_a_folder_without_snapshots_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "README.md").write_text("# none\n")
    assert main(["check", "in", *RULE]) == 2
    assert "in: no snapshot in this folder: 1 other files (expected " in capsys.readouterr().err


def test_many_processes_name_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_PIECE", 20_000)
    monkeypatch.setattr(parallel, "_FILES", 3)
    for name, (content, _) in {**UNKNOWN, **SKIPPED}.items():
        (folder / name).write_bytes(content)
    for at in range(9):
        (folder / f"n{at}.json").write_bytes(node(f"n{at}"))
    lines = [node(f"line{at}") for at in range(9)]
    (folder / "long.ndjson").write_bytes(b"".join([*lines[:6], b"ssh: noise\n", b"more\n", b"\n", *lines[6:]]))
    status, one = report("in")
    assert (status, report("in", "--jobs", "3")[1]) == (3, one)
    assert sum(each["node"].startswith("in/long.ndjson") for each in one["nodes"]) == 1
    assert sum(each["node"].startswith("line") for each in one["nodes"]) == 9


def test_noise_before_the_first_snapshot_is_one_unknown_node(folder: Path) -> None:
    noise = b"Warning: Permanently added 'n' to the list of known hosts.\n" * 50
    (folder / "a.ndjson").write_bytes(noise + node("a") + node("b"))
    _, found = report("in")
    assert [each["node"] for each in found["nodes"]] == ["a", "b", "in/a.ndjson:1"]


def test_a_snapshot_behind_one_that_was_cut_is_judged(folder: Path) -> None:
    (folder / "a.ndjson").write_bytes(node("a")[:-500] + b"\n" + node("b") + node("c"))
    _, found = report("in")
    assert [(each["node"], each["outcome"]) for each in found["nodes"]] == [
        ("b", "pass"),
        ("c", "pass"),
        ("in/a.ndjson:1", "unknown"),
    ]


@pytest.mark.parametrize("text", [b"\xef\xbb\xbfgood\n", b"good\r\n", b"\xef\xbb\xbf# all\r\n\r\ngood\r\n"])
def test_a_roster_of_another_program(text: bytes, folder: Path) -> None:
    (folder / "good.json").write_bytes(node("good"))
    Path("roster").write_bytes(text)
    status, found = report("in", "--roster", "roster")
    assert (status, found["roster"]) == (0, {"listed": 1, "missing": [], "source": "caller", "unlisted": []})


@pytest.mark.parametrize("option", ["--roster", "--waivers", "-p"])
def test_utf_16_is_named_in_every_file(option: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "good.json").write_bytes(node("good"))
    Path("wide.yaml").write_text("a: b\n", encoding="utf-16")
    assert main(["check", "in", option, "wide.yaml", "--now", "2026-11-23T00:00:00Z"]) == 2
    assert capsys.readouterr().err == "wide.yaml:1:1: UTF-16 text (expected UTF-8: save it again)\n"


def test_names_that_are_no_text_are_written_as_escapes(folder: Path) -> None:
    for name in (b"bad\xff.json", b"worse\xff.txt", b"gone\xff"):
        (folder / os.fsdecode(name)).write_bytes(b"" if name.startswith(b"gone") else b"hello\n")
    status, found = report("in")
    assert (status, [each["node"] for each in found["nodes"]]) == (3, ["in/bad\\xff.json", "in/gone\\xff"])
    assert [each["path"] for each in found["skipped"]] == ["in/worse\\xff.txt"]


@pytest.mark.long
@pytest.mark.parametrize("names", [("sos_commands",), ("proc", "etc"), ("proc", "sys", "var")], ids=" and ".join)
@pytest.mark.parametrize("given", ["in", "in/sosreport-w1"])
def test_copied_files_of_a_host_are_one_unknown_node_that_says_what_to_do(
    folder: Path, names: tuple[str, ...], given: str
) -> None:
    (folder / "a.json").write_bytes(node("a"))
    for name in names:
        (folder / "sosreport-w1" / name).mkdir(parents=True)
        (folder / "sosreport-w1" / name / "some.json").write_text("{}")
    status, found = report(given)
    (unknown,) = (each for each in found["nodes"] if each["outcome"] == "unknown")
    assert (status, len(found["nodes"])) == (3, 2 if given == "in" else 1)
    assert unknown["reason"] == (
        "in/sosreport-w1:1:1: copied files of a host, not snapshots: passmuster collect --from it, and judge what that writes"
    )


def test_a_folder_that_is_called_proc_or_etc_is_no_dump(folder: Path) -> None:
    for name in ("etc", "sys"):
        (folder / name).mkdir()
        (folder / name / "a.json").write_bytes(node(name))
    (folder / "proc").write_bytes(node("proc"))
    assert sorted(each["node"] for each in report("in")[1]["nodes"]) == ["etc", "proc", "sys"]
