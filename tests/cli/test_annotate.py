"""`passmuster snapshot annotate`: files are rewritten whole, and what does not match is told."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from snapshots import data

from passmuster.cli import main
from passmuster.codec import json as _json

if TYPE_CHECKING:
    from pathlib import Path


def listed(*names: str, **info: str) -> str:
    items: list[dict[str, Any]] = [
        {"kind": "Node", "metadata": {"name": name}, "status": {"nodeInfo": {"kubeletVersion": "v1.2.3", **info}}}
        for name in names
    ]
    return json.dumps({"kind": "List", "items": items})


def run(folder: Path, nodes: str) -> int:
    file = folder.parent / "nodes.json"
    file.write_text(nodes)
    return main(["snapshot", "annotate", str(folder), "--nodes", str(file)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "snapshots"
    (made / "deep").mkdir(parents=True)
    (made / "a.json").write_bytes(data("a"))
    (made / "deep" / "more.ndjson").write_bytes(data("b") + data("c"))
    return made


def test_every_snapshot_gets_its_node(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, listed("a", "b", "c")) == 0
    assert capsys.readouterr().out == "3 of 3 snapshots annotated, 0 nodes without a snapshot\n"
    written = [json.loads(line) for path in folder.rglob("*.*json") for line in path.read_text().splitlines()]
    assert {each["sections"]["kubernetes"]["facts"]["kubelet_version"] for each in written} == {"v1.2.3"}
    assert {each["node"]["name"]: each["sections"]["kubernetes"]["facts"]["node"] for each in written} == {
        name: name for name in "abc"
    }
    assert main(["snapshot", "validate", str(folder)]) == 0


def test_a_second_run_writes_nothing(folder: Path) -> None:
    run(folder, listed("a", "b", "c"))
    before = {path: path.stat().st_ino for path in folder.rglob("*")}
    run(folder, listed("a", "b", "c"))
    assert {path: path.stat().st_ino for path in folder.rglob("*")} == before


def test_what_does_not_match_is_told_and_left(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "broken.json").write_text("{}")
    before = (folder / "a.json").read_bytes()
    assert run(folder, listed("b", "c", "d")) == 3
    out, err = capsys.readouterr()
    assert out == "2 of 4 snapshots annotated, 1 nodes without a snapshot\n"
    assert f"{folder / 'a.json'}: no node is called a; left as it is\n" in err
    assert f"{folder / 'broken.json'}:1:1: not a snapshot" in err
    assert err.endswith("d: no snapshot of this node\n")
    assert (folder / "a.json").read_bytes() == before
    assert (folder / "broken.json").read_text() == "{}"


def test_another_machine_of_the_same_name_is_left(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, listed("a", "b", "c", machineID="f" * 32)) == 3
    assert "a is another machine in the cluster (its id differs); left as it is" in capsys.readouterr().err


def test_a_report_is_passed_over(folder: Path) -> None:
    report = folder / "report.json"
    assert main(["check", str(folder / "a.json"), "-o", f"json={report}"]) in {0, 1, 3}
    before = report.read_bytes()
    assert run(folder, listed("a", "b", "c")) == 0
    assert report.read_bytes() == before


REFUSED = {
    "a node twice": (listed("a", "a"), "the node 'a' appears twice"),
    "no nodes": ("{}", "not a list of nodes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_nodes_that_cannot_be_used(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text, message = REFUSED[name]
    assert run(folder, text) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("made", [False, True], ids=["no folder", "a folder without snapshots"])
def test_folders_that_cannot_be_used(tmp_path: Path, *, made: bool) -> None:
    if made:
        (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty", listed("a")) == 2


def test_a_file_of_nodes_that_is_not_there(folder: Path) -> None:
    assert main(["snapshot", "annotate", str(folder), "--nodes", str(folder / "none.json")]) == 2


def test_what_cannot_be_rewritten_is_named_and_left(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_json, "MAX_BYTES", 20_000)
    monkeypatch.setattr(_json, "_LARGE", 10_000)
    (folder / "d.JSON").write_bytes(data("d"))
    (folder / "long.ndjson").write_bytes(data("e") + b'{"a":"' + b"x" * 30_000 + b'"}\n')
    (folder / "packed.json.gz").write_bytes(gzip.compress(data("f")))
    (folder / "report.json").write_bytes(b'{"schema":"passmuster.report/1"}\n')
    (folder / "notes.txt").write_bytes(b"none\n")
    before = {name: (folder / name).read_bytes() for name in ("long.ndjson", "packed.json.gz")}
    assert run(folder, listed("a", "b", "c", "d", "e")) == 3
    out, err = capsys.readouterr()
    assert out.startswith("5 of 5 snapshots annotated")
    assert f"{folder}/long.ndjson:2:1: too large (expected at most 20000 bytes)\n" in err
    assert f"{folder}/packed.json.gz: packed: unpack it first\n" in err
    assert "note: not judged: 2 files: " in err
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert b"v1.2.3" in (folder / "d.JSON").read_bytes()
