"""One input, judged in one pass, by several processes, packed or loose: always the same bytes."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from snapshots import data, document

from passmuster.cli import main
from passmuster.codec import resources, schema
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.evaluation.node import judge
from passmuster.fleet import judging, parallel
from passmuster.fleet.source import Source
from passmuster.intake import catalog, inputs, packed
from passmuster.intake.bundle_input import InputRecord
from passmuster.policy.compile import compile_policy
from passmuster.policy.parameters import effective
from passmuster.report import Style
from passmuster.report.json_v1 import render

if TYPE_CHECKING:
    from collections.abc import Callable


FORMATS = ("json", "ndjson", "summary", "matrix")
CHOSEN = catalog.chosen(["kubevirt@1.1.0", "virtnest@1.1.0"], [resources.policies()])
TERMS = EvaluationCriteria(policies=tuple(map(compile_policy, CHOSEN)), parameters=effective(CHOSEN, []))
PACKS = ("-p", "kubevirt@1.1.0", "-p", "virtnest@1.1.0")


def machine(number: int) -> str:
    return f"sha256:{number:064x}"


def node(number: int, **options: Any) -> bytes:
    return data(f"n{number}", machine_id=machine(number), **options)


def fleet() -> list[bytes]:
    """Like nodes and odd ones, one given twice, one cloned, one with two machine ids, and what cannot be read."""
    lines = [node(at, set_={"kernel.release": f"5.{at % 3}.0", "memory.total_bytes": at}) for at in range(30)]
    lines += [node(30, unknown={"devices": "denied"}), node(3), data("clone", machine_id=machine(4))]
    lines += [data("n5", machine_id=machine(99)), b"hello\n", b"\n", data("n40", machine_id=None)]
    return [*lines, data("né", machine_id=machine(50)), b'{"schema":"passmuster.report/1"}\n', node(51)]


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are cut after a few nodes, not after megabytes."""
    monkeypatch.setattr(parallel, "_PIECE", 20_000)
    monkeypatch.setattr(parallel, "_LARGE", 30_000)
    monkeypatch.setattr(parallel, "_FILES", 3)


Run = "Callable[..., tuple[int, dict[str, bytes]]]"


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `check` in a folder of its own; gives the status, and every report."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, dict[str, bytes]]:
        wanted = [word for each in FORMATS for word in ("-o", f"{each}=out.{each}")]
        status = main(["check", *arguments, *PACKS, *wanted])
        return status, {each: (tmp_path / f"out.{each}").read_bytes() for each in FORMATS}

    return run


LAYOUTS: dict[str, Callable[[], dict[str, bytes]]] = {
    "one file of lines": lambda: {"in/fleet.ndjson": b"".join(fleet())},
    "a file for each node": lambda: {f"in/{at:02d}.json": line for at, line in enumerate(fleet()) if line.strip()},
    "long and short files": lambda: {
        "in/a.ndjson": b"".join(fleet()),
        "in/b.json": node(60),
        "in/c.json": json.dumps(document("n61", machine_id=machine(61)), indent=1).encode(),
        "in/d.ndjson": b"".join(node(at) for at in range(70, 90)),
    },
    "a document over several lines in the middle of a long file": lambda: {
        "in/fleet.ndjson": b"".join(fleet())
        + json.dumps(document("n61", machine_id=machine(61)), indent=1).encode()
        + b"\n"
        + b"".join(node(at) for at in range(70, 90))
    },
    "no newline at the end": lambda: {"in/fleet.ndjson": b"".join(fleet())[:-1]},
    "blank lines at both ends": lambda: {"in/fleet.ndjson": b"\n" * 30_000 + b"".join(fleet()) + b"\n" * 30_000},
    "one node among blank lines": lambda: {"in/fleet.ndjson": b"\n" * 30_000 + node(1) + b"\n" * 30_000},
    "a long file of blank lines": lambda: {"in/blank.ndjson": b"\n" * 50_000, "in/z.json": node(60)},
    "an empty file among others": lambda: {"in/a.json": b"", "in/b.json": node(1)},
    "gzip": lambda: {"in/fleet.ndjson.gz": gzip.compress(b"".join(fleet()), mtime=0), "in/z.json": node(60)},
    "gzip that is cut off": lambda: {"in/fleet.ndjson.gz": gzip.compress(b"".join(fleet()), mtime=0)[:-9]},
}


@pytest.mark.long
@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_any_number_of_processes_gives_the_same_bytes(
    layout: Callable[[], dict[str, bytes]], check: Any, tmp_path: Path
) -> None:
    for name, content in layout().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    one, four = check("in"), check("in", "--jobs", "4")
    assert one == four
    named = sorted(str(each.relative_to(tmp_path)) for each in (tmp_path / "in").iterdir())
    assert check(*named, "--jobs", "3") == check(*named)
    assert one[1]["json"] == _plainly("in")


COUNTS = ("-p", "kubevirt@1.0.0", "-p", "virtnest@1.1.0", "-o", "summary=out.summary", "-o", "matrix=out.matrix")


@pytest.mark.long
@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_counts_alone_are_the_same_too(
    layout: Callable[[], dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody asks for the numbers of lines then."""
    monkeypatch.chdir(tmp_path)
    for name, content in layout().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    found = []
    for workers in ("1", "3"):
        status = main(["check", "in", *COUNTS, "--jobs", workers])
        found.append((status, Path("out.summary").read_bytes(), Path("out.matrix").read_bytes()))
    assert found[0] == found[1]


def _counts(reports: dict[str, bytes]) -> Any:
    return json.loads(reports["summary"])["summary"]


def _plainly(*paths: str) -> bytes:
    """The report of judging all nodes at once, the plain way."""
    record = InputRecord()
    verdict = judge(inputs.read(record, paths), TERMS)
    return render(replace(verdict, skipped=record.every_skipped), Style()).encode()


@pytest.mark.long
def test_a_verdict_with_all_nodes_is_that_of_judging_them_at_once(tmp_path: Path) -> None:
    file = tmp_path / "fleet.ndjson"
    file.write_bytes(b"".join(fleet()))
    whole = judging.whole(Source(paths=[str(file)]), TERMS)
    assert replace(whole, skipped=()) == judge(inputs.read(InputRecord(), [str(file)]), TERMS)
    assert str(file) in {each.path for each in whole.skipped}


@pytest.mark.long
def test_standard_input_is_shared_out_too(
    check: Any, monkeypatch: pytest.MonkeyPatch, small_pieces: None, tmp_path: Path
) -> None:
    del small_pieces
    content = b"".join(fleet())
    found = []
    for workers in ("1", "4"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        found.append(check("-", "--jobs", workers))
    assert found[0] == found[1]
    (tmp_path / "fleet.ndjson").write_bytes(content)
    assert _counts(found[0][1]) == _counts(check("fleet.ndjson")[1])


@pytest.mark.long
@pytest.mark.skipif(
    not any(importlib.util.find_spec(each) for each in ("compression", "backports")), reason="no library for Zstandard"
)
def test_zstandard(check: Any, tmp_path: Path) -> None:
    content = b"".join(fleet())
    (tmp_path / "fleet.ndjson.zst").write_bytes(packed._zstd("x").compress(content))
    (tmp_path / "fleet.ndjson").write_bytes(content)
    status, reports = check("fleet.ndjson.zst")
    assert (status, _counts(reports)) == (check("fleet.ndjson")[0], _counts(check("fleet.ndjson")[1]))
    (tmp_path / "fleet.ndjson.zst").write_bytes(packed._zstd("x").compress(content)[:-9])
    assert b"not a whole Zstandard file" in check("fleet.ndjson.zst")[1]["json"]


def test_a_stream_has_the_order_of_the_input_and_ends_with_the_report_without_nodes(check: Any, tmp_path: Path) -> None:
    (tmp_path / "fleet.ndjson").write_bytes(
        node(2) + node(1) + node(3) + node(2) + node(4) + node(4, set_={"os.id": "x"})
    )
    (tmp_path / "roster").write_text("n1\nn9\n")
    _, reports = check("fleet.ndjson", "--roster", "roster")
    *nodes, last = [json.loads(line) for line in reports["ndjson"].splitlines()]
    assert [each["node"] for each in nodes] == ["n2", "n1", "n3", "n2", "n4", "n4", "n9"]
    report = json.loads(reports["json"])
    assert last.pop("schema") == "passmuster.stream/1"
    assert {**last, "schema": "passmuster.report/1", "nodes": report["nodes"]} == report
    assert schema.faults("stream", 1, {**last, "schema": "passmuster.stream/1"}) == ()
    assert schema.faults("report", 1, {**report, "nodes": nodes}) == ()
    node_, snapshot = last["duplicates"]
    assert node_ == {
        "kind": "same_node",
        "site": None,
        "name": "n4",
        "machine_id": machine(4),
        "inputs": ["fleet.ndjson:5", "fleet.ndjson:6"],
    }
    assert snapshot == {
        "kind": "same_snapshot",
        "site": None,
        "name": "n2",
        "machine_id": machine(2),
        "inputs": ["fleet.ndjson:1", "fleet.ndjson:4"],
    }
    assert sum(last["summary"]["nodes"].values()) == 6


def test_a_table_and_a_stream_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.ndjson").write_bytes(node(2) + node(1))
    assert main(["check", "fleet.ndjson", "-o", "table", "-o", "ndjson=with"]) == main(
        ["check", "fleet.ndjson", "-o", "ndjson=alone"]
    )
    assert (tmp_path / "with").read_bytes() == (tmp_path / "alone").read_bytes()
    assert "2 nodes" in capsys.readouterr().out


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["in.ndjson", "--jobs", "2", "-o", "table"], "only some reports are made by several processes (got -o table"),
        (["gone.json", "--jobs", "2", "-o", "summary"], "gone.json: cannot be read (No such file or directory)"),
        (["in.ndjson", "-o", "ndjson=gone/out"], "gone/out: cannot be written (No such file or directory)"),
    ],
    ids=["a format that is not shared out", "a file that is not there", "a folder that is not there"],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.ndjson").write_bytes(node(1))
    assert main(["check", *arguments]) == 2
    assert told in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["in.ndjson"]


def test_a_number_of_processes_is_a_number(capsys: Any) -> None:
    with pytest.raises(SystemExit):
        main(["check", "x", "--jobs", "0"])
    assert "got '0', expected a number from 1 to 256" in capsys.readouterr().err


def test_the_schema_of_a_stream_is_that_of_a_report_without_nodes() -> None:
    report, stream = schema.document("report", 1)["properties"], schema.document("stream", 1)["properties"]
    assert {**stream, "nodes": report["nodes"], "schema": report["schema"]} == report


OURS: dict[str, tuple[list[str], str]] = {
    "a report": (["-o", "json=in/a.json"], "(a report, not a snapshot)"),
    "the end of a stream": (["-o", "ndjson=in/a.ndjson"], "(a stream of results, not a snapshot)"),
    "counts": (["-o", "summary=in/a.json"], "(a summary, not a snapshot)"),
    "an attestation": (["-o", "attestation=in/a.json"], "(an attestation, not a snapshot)"),
}


@pytest.mark.long
@pytest.mark.parametrize(("arguments", "told"), OURS.values(), ids=OURS)
def test_what_we_wrote_ourselves_is_told_and_skipped(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "one.json").write_bytes(node(1))
    main(["check", "one.json", *arguments])
    capsys.readouterr()
    main(["check", "in", "one.json", "-o", "summary"])
    assert told in capsys.readouterr().err


def test_a_snapshot_that_speaks_of_a_report_is_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = document("n1", machine_id=machine(1))
    whole["sections"]["os"]["facts"]["more"] = {"schema": "passmuster.report/1"}
    (tmp_path / "one.json").write_text(json.dumps(whole, sort_keys=True, separators=(",", ":")))
    main(["check", "one.json", "-o", "summary"])
    told = capsys.readouterr()
    assert (json.loads(told.out)["summary"]["nodes"]["unknown"], told.err) == (0, "")


def test_a_document_alone_in_its_file_keeps_its_line(check: Any, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.json").write_bytes(b"\n\nhello\n")
    (node_,) = json.loads(check("in")[1]["json"])["nodes"]
    assert node_["node"] == "in/one.json"
    assert node_["reason"].startswith("in/one.json:3:1: not JSON")
