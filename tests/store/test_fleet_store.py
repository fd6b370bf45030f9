"""The store as a user meets it: everything comes back, twice is once, and what cannot be used is told in one line."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import shutil
import sqlite3
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from snapshots import data, document
from stores import LOOSE, complained, contents, machine, node, rows, said, stdin, told

from passmuster.cli import main
from passmuster.codec import json as _json
from passmuster.fleet.store.database import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

FROZEN = Path(__file__).resolve().parents[1] / "data/snapshots"
PRETTY = json.dumps(document("pretty", machine_id=machine(900)), indent=1).encode()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def test_every_snapshot_comes_back_byte_for_byte(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frozen = sorted(each for each in FROZEN.rglob("*.json") if not each.name.endswith(".verdict.json"))
    lines = [node(number) for number in range(30)]
    odd = [
        PRETTY,
        data("no-newline", machine_id=machine(901))[:-1],
        data('quo"te\u0001', machine_id=machine(902)),
        data("m13", machine_id=machine(903), collected_at=None),
    ]
    Path("many.ndjson").write_bytes(b"".join(lines))
    Path("packed.ndjson.gz").write_bytes(gzip.compress(node(40) + node(41)))
    Path("odd").mkdir()
    for number, each in enumerate(odd):
        Path(f"odd/{number}.json").write_bytes(each)
    said(capsys, "fleet", "add", "s.db", "many.ndjson", "packed.ndjson.gz", "odd", *frozen)
    wanted = [*lines, node(40), node(41), *odd, *(each.read_bytes() for each in frozen)]
    assert contents(folder / "s.db") == wanted
    said(capsys, "fleet", "export", "s.db", "-o", "ndjson=all.ndjson")
    said(capsys, "fleet", "add", "again.db", "all.ndjson")
    assert sorted(contents(folder / "again.db")) == sorted(wanted)
    assert said(capsys, "fleet", "verify", "again.db").startswith("again.db: sound (")


def test_the_same_bytes_twice_are_one_snapshot(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.ndjson").write_bytes(node(1) + node(2) + node(1))
    assert said(capsys, "fleet", "add", "s.db", "a.ndjson") == "s.db: 2 new snapshots, 1 already stored\n"
    before = (folder / "s.db").read_bytes()
    assert said(capsys, "fleet", "add", "s.db", "a.ndjson") == "s.db: 0 new snapshots, 3 already stored\n"
    assert contents(folder / "s.db") == [node(1), node(2)]
    assert len((folder / "s.db").read_bytes()) == len(before)


def test_standard_input_and_batches_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("passmuster.fleet.store.run.BATCH", 2)
    monkeypatch.setattr(sys, "stdin", stdin(node(1) + node(2) + node(3) + b"{}\n"))
    assert main(["fleet", "add", "s.db", "-", "-o", "ndjson"]) == 3
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [(each["kind"], each["read"], each["new"], each["unreadable"], each["last"]) for each in lines] == [
        ("batch", 2, 2, 0, "<stdin>:2"),
        ("batch", 2, 1, 1, "<stdin>:4"),
        ("added", 4, 3, 1, "<stdin>:4"),
    ]
    assert "<stdin>:4:1: not a snapshot" in err
    assert len(contents(folder / "s.db")) == 3


def test_what_cannot_be_read_is_told_and_the_rest_is_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("all").mkdir()
    Path("all/a.ndjson").write_bytes(node(1) + data("bad", set_={"os.id": 3}) + node(2))
    Path("all/b.json.gz").write_bytes(gzip.compress(node(3))[:-20])
    Path("all/c.json").write_bytes(b"")
    err = complained(capsys, "fleet", "add", "s.db", "all", status=3)
    assert [line.partition(": ")[2].partition(" (")[0] for line in err.splitlines()] == [
        "sections.os.facts.id: wrong type",
        "not a whole gzip file",
        "the file is empty",
    ]
    assert contents(folder / "s.db") == [node(1), node(2)]


def test_an_input_that_is_not_there_spoils_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.json").write_bytes(node(1))
    assert "absent.json: cannot be read" in complained(capsys, "fleet", "add", "s.db", "a.json", "absent.json")
    assert contents(folder / "s.db") == [node(1)]


def test_contradictions_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert folder.exists()
    one, two = (f"sha256:{digit}{0:063x}" for digit in "12")
    some = [
        data("a", machine_id=one),
        data("a", machine_id=two),
        data("b", machine_id=one),
        data("b", machine_id=one, set_={"os.id": "x"}),
        data("c", machine_id=None),
        data("d", machine_id=None),
    ]
    Path("a.ndjson").write_bytes(b"".join(some))
    out = said(capsys, "fleet", "add", "s.db", "a.ndjson")
    assert out.splitlines()[1:] == [
        "  a: one name, several machine ids (100000000000, 200000000000)",
        "  b: the same machine id as a (a cloned machine?)",
        "  b: several snapshots with the same collection time: unknown until a newer one",
        "      comes",
    ]
    (total,) = [
        json.loads(line)
        for line in said(capsys, "fleet", "add", "t.db", "a.ndjson", "-o", "ndjson").splitlines()
        if '"added"' in line
    ]
    assert [(each["kind"], each["name"], each["others"]) for each in total["conflicts"]] == [
        ("same_name", "a", [one]),
        ("same_machine_id", "b", ["a"]),
        ("same_node", "b", []),
    ]


def test_sites_and_labels_select_nodes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.exists()
    labelled = document("gpu-1", machine_id=machine(7), collected_at="2026-11-20T00:00:00Z")
    labelled["node"]["labels"] = {"pool": "gpu", "self": "gpu-1"}
    Path("a.json").write_bytes(node(1))
    Path("b.json").write_bytes(_json.canonical(labelled))
    Path("c.ndjson").write_bytes(node(1) + PRETTY)
    said(capsys, "fleet", "add", "s.db", "a.json", "--site", "berlin")
    said(capsys, "fleet", "add", "s.db", "b.json", "--site", "paris")
    said(capsys, "fleet", "add", "s.db", "c.ndjson", "--site", "paris")

    def names(*options: str) -> list[str]:
        return [each["node"] for each in told(capsys, "fleet", "list", "s.db", *options)["nodes"]]

    assert names() == ["gpu-1", "n1", "n1", "pretty"]
    assert names("--name", "g*") == ["gpu-1"]
    assert names("--label", "pool=gpu") == ["gpu-1"]
    assert names("--label", "self=gpu-1", "--label", "pool=gpu") == ["gpu-1"]
    assert names("--label", "pool=cpu") == []
    assert names("--site", "berlin") == ["n1"]
    assert names("--site", "paris") == ["gpu-1", "n1", "pretty"]
    assert names("--seen-since", "1d", "--now", "2026-11-22T12:00:00Z") == ["n1", "n1", "pretty"]
    first = told(capsys, "fleet", "list", "s.db", "--name", "n1")["nodes"][0]
    assert (first["site"], first["snapshots"], first["input"], first["doubt"]) == ("berlin", 1, "a.json", None)
    lines = said(capsys, "fleet", "list", "s.db", "-o", "ndjson").splitlines()
    assert [json.loads(line)["node"] for line in lines] == ["gpu-1", "n1", "n1", "pretty"]
    assert said(capsys, "fleet", "list", "s.db", "--label", "pool=gpu") == (
        "NODE   MACHINE ID    LAST SEEN             SNAPSHOTS  SITE   LABELS\n"
        "gpu-1  000000000000  2026-11-20T00:00:00Z  1          paris  pool=gpu,self=gpu-1\n"
        "1 node\n"
    )
    assert said(capsys, "fleet", "list", "s.db", "--name", "nobody") == "no node fits\n"


def test_only_the_latest_snapshot_of_a_node_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.exists()
    moments = ["2026-11-22T10:00:00Z", "2026-11-20T10:00:00Z", "2026-11-24T10:00:00Z", "2026-11-23T10:00:00Z"]
    for number, each in enumerate(moments):
        Path(f"{number}.json").write_bytes(node(1, collected_at=each))
        said(capsys, "fleet", "add", "s.db", f"{number}.json")
    (one,) = told(capsys, "fleet", "list", "s.db")["nodes"]
    assert (one["collected_at"], one["snapshots"]) == ("2026-11-24T10:00:00Z", 4)


def _a_database(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE t(x)")
    database.commit()
    database.close()


FOREIGN: dict[str, tuple[Any, str]] = {
    "a text": (lambda path: path.write_text("hello"), "not a store"),
    "an empty file": (lambda path: path.write_bytes(b""), "not a store"),
    "a database of others": (_a_database, "not a store"),
    "a folder": (lambda path: path.mkdir(), "cannot be read (Is a directory)"),
}
COMMANDS = [
    ["add", "{}", "n.json"],
    ["list", "{}"],
    ["check", "{}"],
    ["gc", "{}"],
    ["verify", "{}"],
    ["verdicts", "{}"],
]


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: each[0])
@pytest.mark.parametrize(("make", "message"), FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_store_is_refused_untouched(
    folder: Path, capsys: pytest.CaptureFixture[str], make: Any, message: str, command: list[str]
) -> None:
    Path("n.json").write_bytes(node(1))
    make(folder / "x")
    before = sorted((each, each.read_bytes() if each.is_file() else b"") for each in folder.rglob("*"))
    err = complained(capsys, "fleet", *(each.format("x") for each in command))
    assert err.startswith(f"x: {message}")
    assert err.count("\n") == 1
    assert sorted((each, each.read_bytes() if each.is_file() else b"") for each in folder.rglob("*")) == before


def test_a_store_that_is_not_there_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("list", "check", "gc", "verify", "verdicts"):
        assert complained(capsys, "fleet", command, "absent.db").startswith("absent.db: no such store")
    assert list(folder.iterdir()) == []
    assert "cannot be created" in complained(capsys, "fleet", "add", "nowhere/s.db", "-")


def test_a_store_of_a_newer_passmuster_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("n.json").write_bytes(node(1))
    said(capsys, "fleet", "add", "s.db", "n.json")
    database = sqlite3.connect("s.db")
    database.execute(f"PRAGMA user_version={VERSION + 1}")
    database.close()
    before = (folder / "s.db").read_bytes()
    for command in ("list", "check", "gc", "verify"):
        expected = f"s.db: made by a newer passmuster (got a store of version {VERSION + 1}, expected {VERSION})"
        assert complained(capsys, "fleet", command, "s.db").startswith(expected)
    assert (folder / "s.db").read_bytes() == before


USAGE: dict[str, tuple[list[str], str]] = {
    "nothing to add": (["add", "s.db"], "fleet add: nothing to add"),
    "a label that is none": (["list", "s.db", "--label", "x"], "--label x: not a label"),
    "an age that is none": (["list", "s.db", "--seen-since", "soon"], "--seen-since: got 'soon'"),
    "a day that is none": (["check", "s.db", "--as-of", "2026-13-01"], "--as-of: got '2026-13-01'"),
    "terms that are not there": (["verdicts", "s.db", "--drop", "7"], "--drop 7: no such terms"),
    "no target": (["export", "s.db"], "-o: nothing to write"),
    "another format": (["export", "s.db", "-o", "xml=f"], "-o xml=f: no such export"),
    "parquet to nowhere": (["export", "s.db", "-o", "parquet=-"], "-o parquet=-: no such export"),
    "a folder that is not there": (["export", "s.db", "-o", "ndjson=no/f"], "no/f: cannot be written"),
    "no such node": (["history", "s.db", "nobody"], "nobody: no such node in s.db"),
    "an age to keep that is none": (["gc", "s.db", "--keep", "x"], "--keep: got 'x'"),
}


@pytest.mark.long
@pytest.mark.parametrize(("arguments", "message"), USAGE.values(), ids=USAGE)
def test_a_mistake_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert folder.exists()
    Path("n.json").write_bytes(node(1))
    said(capsys, "fleet", "add", "s.db", "n.json")
    err = complained(capsys, "fleet", *arguments)
    assert err.startswith(message)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["history", "s.db", "\udcff"],
        ["accept", "s.db", "\udcff", "--snapshot", "sha256:00"],
        ["check", "s.db", "--site", "\udcff"],
        ["list", "s.db", "--site", "\udcff"],
    ],
)
def test_a_name_of_bytes_that_are_not_text_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fleet", *arguments])
    assert ended.value.code == 2
    assert ": got '\\udcff', expected UTF-8" in capsys.readouterr().err


@pytest.mark.long
def test_superseded_snapshots_go_only_when_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = [
        node(1, collected_at="2026-01-01T00:00:00Z", set_={"os.id": "old"}),
        node(2, collected_at="2026-01-01T00:00:00Z"),
    ]
    odd = json.dumps(document("n1", machine_id=machine(1), collected_at="2026-01-02T00:00:00Z"), indent=1).encode()
    new = [node(1, collected_at="2026-11-01T00:00:00Z"), node(1, collected_at="2026-11-02T00:00:00Z")]
    Path("a.ndjson").write_bytes(b"".join([*old, *new, odd]))
    said(capsys, "fleet", "add", "s.db", "a.ndjson")
    said(capsys, "fleet", "check", "s.db", "-p", "virtnest@1.0.0", "-o", "summary")
    assert said(capsys, "fleet", "gc", "s.db") == "s.db: dropped 0 snapshots, 0 shapes, 0 pieces, 0 verdicts\n"
    assert len(contents(folder / "s.db")) == 5
    out = said(capsys, "fleet", "gc", "s.db", "--keep", "30d", "--now", "2026-11-22T00:00:00Z")
    assert out == "s.db: dropped 2 snapshots, 1 shape, 1 piece, 0 verdicts\n"
    assert contents(folder / "s.db") == [old[1], *new]
    assert rows(folder / "s.db", "SELECT count(*) FROM whole") == [(0,)]
    said(capsys, "fleet", "verify", "s.db")


@pytest.mark.long
def test_verdicts_over_facts_that_are_gone_go_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.json").write_bytes(node(1, collected_at="2026-01-01T00:00:00Z", set_={"kernel.release": "4.4.0"}))
    Path("b.json").write_bytes(node(1, collected_at="2026-11-01T00:00:00Z"))
    said(capsys, "fleet", "add", "s.db", "a.json")
    said(capsys, "fleet", "check", "s.db", "-p", "virtnest@1.0.0", "-o", "summary", status=1)
    said(capsys, "fleet", "add", "s.db", "b.json")
    said(capsys, "fleet", "check", "s.db", "-p", "virtnest@1.0.0", "-o", "summary")
    out = said(capsys, "fleet", "gc", "s.db", "--keep", "30d", "--now", "2026-11-22T00:00:00Z")
    assert out == "s.db: dropped 1 snapshot, 1 shape, 1 piece, 1 verdict\n"
    assert len(contents(folder / "s.db")) == 1
    said(capsys, "fleet", "verify", "s.db")


def test_a_store_goes_on_after_gc_in_the_midst_of_an_add(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An id that `gc` dropped while a writer remembers it must not be used again."""
    from passmuster.fleet.store import cleaning  # noqa: PLC0415
    from passmuster.fleet.store.adding import row  # noqa: PLC0415
    from passmuster.fleet.store.cut import Cutter  # noqa: PLC0415
    from passmuster.fleet.store.database import create, opened  # noqa: PLC0415
    from passmuster.fleet.store.writing import Writer  # noqa: PLC0415

    create("s.db")
    old = node(1, collected_at="2026-01-01T00:00:00Z", set_={"os.id": "old"})
    with opened("s.db", write=True) as one, opened("s.db", write=True) as other:
        cutter = Cutter()
        writer = Writer(one, cutter)
        writer.write([(row(cutter, old, "a", 1), LOOSE), (row(cutter, node(1), "a", 2), LOOSE)])
        assert cleaning.clean(other, 2**40).snapshots == 1
        writer.write([(row(cutter, node(2, set_={"os.id": "old"}), "a", 3), LOOSE)])
    assert contents(folder / "s.db") == [node(1), node(2, set_={"os.id": "old"})]
    said(capsys, "fleet", "verify", "s.db")


@pytest.mark.long
def test_parquet_holds_every_byte(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.exists()
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    odd = data("odd", machine_id=None, collected_at=None)
    Path("a.ndjson").write_bytes(node(2) + node(1) + odd)
    said(capsys, "fleet", "add", "s.db", "a.ndjson", "--site", "berlin", "--now", "2026-12-01T00:00:00Z")
    said(capsys, "fleet", "export", "s.db", "-o", "parquet=all.parquet", "-o", "ndjson=all.ndjson")
    found = parquet.read_table("all.parquet").to_pylist()
    assert [each["snapshot"] for each in found] == [node(1), node(2), odd]
    assert found[0] | {"snapshot": b""} == {
        "name": "n1",
        "machine_id": machine(1),
        "collected_at": "2026-11-22T10:00:01Z",
        "received_at": "2026-12-01T00:00:00Z",
        "digest": told(capsys, "fleet", "list", "s.db")["nodes"][0]["digest"],
        "site": "berlin",
        "input": "a.ndjson:2",
        "snapshot": b"",
    }
    assert (found[2]["machine_id"], found[2]["collected_at"]) == (None, None)
    assert Path("all.ndjson").read_bytes() == node(1) + node(2) + odd


def test_history_says_what_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.exists()
    day = [f"2026-11-0{number}T00:00:00Z" for number in range(1, 5)]
    steps: list[dict[str, Any]] = [
        {},
        {"set_": {"kernel.release": "4.4.0", "boot.arguments": {"tsc": ["x"]}, "cgroup.v1": {"cpu": "/c"}}},
        {"set_": {"kernel.release": "4.4.0", "boot.arguments": {"tsc": ["x"]}}, "unknown": {"cpu": "denied"}},
        {"set_": {"kernel.release": "4.4.0", "boot.arguments": {"tsc": ["x"]}}, "unknown": {"cpu": "denied"}},
    ]
    for number, changes in enumerate(steps):
        Path(f"{number}.json").write_bytes(node(1, collected_at=day[number], **changes))
    Path("other.json").write_bytes(data("n1", machine_id=machine(2)))
    said(capsys, "fleet", "add", "s.db", *(f"{number}.json" for number in (2, 0, 3, 1)), "other.json")
    found = told(capsys, "fleet", "history", "s.db", "n1", "-p", "virtnest@1.0.0")["nodes"]
    assert [each["machine_id"] for each in found] == [machine(1), machine(2)]
    first, second, third, fourth = found[0]["snapshots"]
    assert (first["outcome"], first["facts"], first["verdicts"]) == ("pass", [], [])
    assert second["facts"] == [
        {"path": "boot.arguments.intel_iommu", "before": {"value": ["on"]}, "after": None},
        {"path": "boot.arguments.tsc", "before": None, "after": {"value": ["x"]}},
        {"path": "cgroup.v1", "before": {"value": {}}, "after": None},
        {"path": "cgroup.v1.cpu", "before": None, "after": {"value": "/c"}},
        {"path": "kernel.release", "before": {"value": "6.1.0-13-amd64"}, "after": {"value": "4.4.0"}},
    ]
    assert second["verdicts"][0] == {"rule": None, "before": "pass", "after": "fail"}
    assert {"rule": "virtnest/kernel-version", "before": "pass", "after": "fail"} in second["verdicts"]
    assert {"path": "cpu", "before": None, "after": {"unknown": "denied"}} in third["facts"]
    assert (fourth["facts"], fourth["verdicts"], fourth["outcome"]) == ([], [], "fail")
    text = said(capsys, "fleet", "history", "s.db", "n1")
    assert text.startswith("n1 000000000000\n  2026-11-01T00:00:00Z  0.json\n  2026-11-02T00:00:00Z  1.json\n")
    assert '    boot.arguments.intel_iommu: ["on"] -> not mentioned\n' in text
    assert "    cgroup.v1: {} -> not mentioned\n" in text
    assert '    kernel.release: "6.1.0-13-amd64" -> "4.4.0"\n' in text
    assert "  2026-11-04T00:00:00Z  3.json  no fact changed\n" in text


def _reachable() -> Path:
    """A folder to which every user has a way, whoever may write there; skips the test where there is none."""
    for place in (Path(tempfile.gettempdir()), Path("/var/tmp"), Path("/dev/shm"), Path("/run")):
        if os.access(place, os.W_OK) and all(each.stat().st_mode & stat.S_IXOTH for each in (place, *place.parents)):
            return place
    pytest.skip("every folder for temporary files is closed to other users")


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder with a store that cannot be written to."""
    home = Path(tempfile.mkdtemp(prefix="passmuster-store-", dir=_reachable()))
    (home / "n.json").write_bytes(node(1))
    (home / "m.json").write_bytes(node(2))
    assert main(["fleet", "add", str(home / "s.db"), str(home / "n.json")]) == 0
    (home / "s.db").chmod(0o444)
    home.chmod(0o555)
    yield home
    home.chmod(0o755)
    shutil.rmtree(home)


def _unprivileged(home: Path, *arguments: str) -> tuple[int, str, str]:
    """Status, output and complaints of a command that runs as nobody: root may write anywhere."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.chdir(home)
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(["fleet", *arguments])
        os.write(writer, json.dumps([status, out.getvalue(), err.getvalue()]).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        found = json.loads(pipe.read())
    os.waitpid(child, 0)
    return found[0], found[1], found[2]


@pytest.mark.long
def test_a_folder_that_cannot_be_written_to(closed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Adding is refused in one line; listing and judging go on, but verdicts are not kept."""
    assert main(["fleet", "check", str(closed / "s.db"), "-o", "summary"]) == 0  # imports what nobody may not read
    capsys.readouterr()
    before = (closed / "s.db").read_bytes()
    status, out, err = _unprivileged(closed, "list", "s.db", "-o", "json")
    assert (status, err) == (0, "")
    assert json.loads(out)["nodes"][0]["node"] == "n1"
    status, out, err = _unprivileged(closed, "check", "s.db", "-p", "virtnest@1.0.0", "-o", "summary")
    assert (status, json.loads(out)["outcome"]) == (0, "pass")
    assert err == "note: s.db: cannot be written to, so verdicts were not kept\n"
    for command in (["add", "s.db", "m.json"], ["gc", "s.db"], ["add", "new.db", "m.json"]):
        status, out, err = _unprivileged(closed, *command)
        assert (status, out, err.count("\n")) == (2, "", 1), err
        assert err.startswith((f"{command[1]}: cannot be used (", f"{command[1]}: cannot be created ("))
    assert (closed / "s.db").read_bytes() == before
    assert sorted(each.name for each in closed.iterdir()) == ["m.json", "n.json", "s.db"]
