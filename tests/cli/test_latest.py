"""`check --latest`: the newest snapshot of each node, whichever way the input is read, and how many are older."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from snapshots import data
from stores import node, stdin

from passmuster.cli import main

OLD, NEW = "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"
FUTURE = "2099-01-01T00:00:00Z"
BAD: dict[str, Any] = {"set_": {"kernel.release": "4.4.0"}}
PRETTY = json.dumps(json.loads(node(1, collected_at=NEW, **BAD)), indent=1).encode()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def judged(*options: str) -> tuple[int, dict[str, Any]]:
    status = main(
        ["check", *options, "-p", "virtnest@1.0.0", "-o", "json=report.json", "--now", "2026-11-23T00:00:00Z"]
    )
    return status, json.loads(Path("report.json").read_bytes())


def outcomes(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["node"], each["outcome"]) for each in report["nodes"]]


CASES: dict[str, tuple[list[bytes], list[tuple[str, str]], int]] = {
    "the newer one fails": ([node(1, collected_at=OLD), node(1, collected_at=NEW, **BAD)], [("n1", "fail")], 1),
    "the newer one passes": ([node(1, collected_at=OLD, **BAD), node(1, collected_at=NEW)], [("n1", "pass")], 1),
    "in another layout": ([node(1, collected_at=OLD), PRETTY], [("n1", "fail")], 1),
    "given twice": (
        [node(1, collected_at=OLD), node(1, collected_at=NEW), node(1, collected_at=NEW)],
        [("n1", "pass")],
        1,
    ),
    "older ones of one moment": (
        [node(1, collected_at=OLD), node(1, collected_at=OLD, **BAD), node(1, collected_at=NEW)],
        [("n1", "pass")],
        2,
    ),
    "several of the newest moment": (
        [node(1, collected_at=NEW), node(1, collected_at=NEW, **BAD)],
        [("n1", "unknown"), ("n1", "unknown")],
        0,
    ),
    "one from the future": (
        [node(1, collected_at=NEW, **BAD), node(1, collected_at=FUTURE)],
        [("n1", "fail"), ("n1", "unknown")],
        0,
    ),
    "one without a moment": (
        [node(1, collected_at=NEW), node(1, collected_at=None, **BAD)],
        [("n1", "unknown"), ("n1", "unknown")],
        0,
    ),
    "without a machine id": (
        [data("a", machine_id=None, collected_at=OLD, **BAD), data("a", machine_id=None, collected_at=NEW)],
        [("a", "unknown"), ("a", "unknown")],
        0,
    ),
    "of two nodes": ([node(1, collected_at=OLD), node(2, collected_at=NEW)], [("n1", "pass"), ("n2", "pass")], 0),
    "not a snapshot, though it begins like one": (
        [node(1, collected_at=OLD), node(1, collected_at=NEW).replace(b'"major":6', b'"major":"6"')],
        [("f/1.json", "unknown"), ("n1", "pass")],
        0,
    ),
}


@pytest.mark.long
@pytest.mark.parametrize(("given", "expected", "left"), CASES.values(), ids=CASES)
def test_latest(given: list[bytes], expected: list[tuple[str, str]], left: int) -> None:
    Path("f").mkdir()
    for at, each in enumerate(given):
        Path(f"f/{at}.json").write_bytes(each)
    _, report = judged("f", "--latest")
    assert sorted(outcomes(report)) == expected
    assert report["superseded"] == left


def test_without_it_two_dates_of_one_node_leave_it_unknown() -> None:
    Path("a.ndjson").write_bytes(node(1, collected_at=OLD) + node(1, collected_at=NEW))
    status, report = judged("a.ndjson")
    assert (status, outcomes(report), report["superseded"]) == (3, [("n1", "unknown")] * 2, None)


@pytest.mark.long
def test_every_path_says_the_same(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    lines = [node(at, collected_at=moment) for at, moment in itertools.product(range(40), (NEW, OLD, FUTURE))]
    lines += [node(7, collected_at=NEW), PRETTY + b"\n", node(3, collected_at=NEW, **BAD), node(9, collected_at=None)]
    Path("all.ndjson").write_bytes(b"".join(lines))
    status, report = judged("all.ndjson", "--latest")
    assert (report["superseded"], report["now"]) == (40, "2026-11-23T00:00:00Z")
    whole = Path("report.json").read_bytes()
    judged("all.ndjson", "--latest", "--jobs", "3")
    assert Path("report.json").read_bytes() == whole
    again = ["-p", "virtnest@1.0.0", "--now", "2026-11-23T00:00:00Z", "--latest"]
    for jobs in ("1", "3"):
        capsys.readouterr()
        assert main(["check", "all.ndjson", *again, "-o", "ndjson", "-o", "summary=s", "--jobs", jobs]) == status
        *nodes, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert {**last, "schema": report["schema"], "nodes": report["nodes"]} == report
        assert json.loads(Path("s").read_bytes())["summary"] == report["summary"]
        assert len(nodes) == len(report["nodes"]) + 1  # the last line, and not this, says that one came twice
    assert main(["check", "all.ndjson", *again, "-o", "table"]) == status
    assert "40 snapshots not judged: older than the newest of its node" in capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", stdin(b"".join(lines)))
    assert judged("-", "--latest")[1] == {
        **report,
        "duplicates": json.loads(json.dumps(report["duplicates"]).replace("all.ndjson", "<stdin>")),
    }


def test_counts_alone_say_on_standard_error_what_was_left_out(capsys: Any) -> None:
    Path("a.ndjson").write_bytes(node(1, collected_at=OLD) + node(1, collected_at=NEW) * 2)
    assert main(["check", "a.ndjson", "-p", "virtnest@1.0.0", "--latest", "-o", "summary"]) == 0
    assert capsys.readouterr().err == (
        "note: given more than once, byte for byte, and counted once: 1\n"
        "note: --latest: older than the newest of their nodes, and left out: 1\n"
    )


def test_what_can_be_read_once_is_refused(tmp_path: Path, capsys: Any) -> None:
    import os  # noqa: PLC0415 - a pipe

    os.mkfifo(tmp_path / "pipe.json")
    assert main(["check", "pipe.json", "--latest"]) == 2
    assert "pipe.json: can be read once, and --latest reads twice" in capsys.readouterr().err


@pytest.mark.long
def test_a_report_of_the_newest_is_verified(capsys: Any) -> None:
    Path("a.ndjson").write_bytes(node(1, collected_at=OLD) + node(1, collected_at=NEW) + node(2) * 2)
    judged("a.ndjson", "--latest")
    told = ["report", "verify", "report.json", "--snapshots", "a.ndjson", "--unsigned"]
    assert main(told) == 0, capsys.readouterr()
    judged("a.ndjson")
    assert main(told) == 0, capsys.readouterr()
    main(["check", "a.ndjson", "-p", "virtnest@1.0.0", "-o", "ndjson=report.json"])
    assert main(told) == 0, capsys.readouterr()
