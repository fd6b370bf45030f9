"""The function over Arrow batches, without Spark: every way of cutting and carrying gives the bytes of `check`."""

from __future__ import annotations

import contextlib
import json
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packs import POLICIES
from snapshots import data, document

pytest.importorskip("pyarrow", reason="pyarrow is not installed (expected the extra [spark])")

import arrow_engine

from passmuster import policy
from passmuster.codec import json as _json
from passmuster.errors import UsageError
from passmuster.evaluation.criteria import EvaluationCriteria, MaximumAge
from passmuster.evaluation.node import judge
from passmuster.fleet.spark import batches, task
from passmuster.fleet.spark.task import PolicyText
from passmuster.intake import inputs
from passmuster.intake.bundle_input import InputRecord
from passmuster.model.durations import parse_moment
from passmuster.policy.compile import compile_policy
from passmuster.policy.parameters import effective
from passmuster.report import Evidence, Style, json_v1

if TYPE_CHECKING:
    from collections.abc import Mapping

SPECS = ("virtnest@1.0.0", "kubevirt@1.1.0")


def _texts() -> list[PolicyText]:
    files = [POLICIES / spec.replace("@", "/") / "policy.yaml" for spec in SPECS]
    return [PolicyText(file=str(file), text=file.read_text(), lock=None, released=True) for file in files]


def _terms(**more: Any) -> EvaluationCriteria:
    loaded = [policy.load(each.text.encode(), each.file, released=each.released) for each in _texts()]
    compiled = tuple(compile_policy(each) for each in loaded)
    return EvaluationCriteria(policies=compiled, parameters=effective(loaded, []), **more)


TERMS = _terms()
GOOD = data("worker-1", machine_id="sha256:" + "1" * 64)
POOR = data("worker-2", machine_id="sha256:" + "2" * 64, set_={"cpu.flags": ["lm"], "memory.total_bytes": 77})
BLIND = data("worker-3", machine_id=None, unknown={"cgroup": "denied", "kernel.config": "unreadable"})
INDENTED = json.dumps(document("worker-4", machine_id="sha256:" + "4" * 64)).encode() + b"\n"

FOLDERS: dict[str, Mapping[str, bytes]] = {
    "one file with a line feed at its end": {"a.ndjson": GOOD + POOR + BLIND},
    "one file without a line feed at its end": {"a.ndjson": GOOD + POOR + BLIND.rstrip(b"\n")},
    "a file of one node is named by its path alone": {"a.json": b"{}\n", "b.json": GOOD},
    "lines that are no snapshots are unknown nodes, named by their line": {"a.ndjson": GOOD + b"junk\n[1]\n" + POOR},
    "lines on end that are no snapshots are one unknown node": {
        "a.ndjson": b"junk\nnull\n\n more\n" + GOOD + b"1\n2\n" + POOR.rstrip(b"\n") + b" tail\nmore\n[1]\nx\n"
    },
    "noise at the end of one file is none of the next": {"a.ndjson": GOOD + b"junk\n", "b.ndjson": b"junk\n" + POOR},
    "a byte order mark in the midst of noise": {"a.ndjson": POOR + b"junk\n\xef\xbb\xbf" + GOOD + b"more\n"},
    "blank lines count as lines and are nothing else": {"a.ndjson": b"\n\n" + GOOD + b" \n\nno\n" + POOR + b"\n"},
    "an empty file and a blank one are unknown nodes": {"a.json": b"", "b.json": b"\n\n", "c.json": GOOD},
    "a torn line at the end": {"a.ndjson": POOR + GOOD[:500]},
    "a node given twice is unknown, in both files": {"a.ndjson": GOOD + POOR, "b.ndjson": BLIND + GOOD},
    "the same bytes twice with and without a line feed": {"a.ndjson": GOOD, "b.ndjson": GOOD.rstrip(b"\n")},
    "one name with two ids, and one id with two names": {
        "a.ndjson": GOOD + data("worker-1", machine_id="sha256:" + "9" * 64),
        "b.ndjson": data("other", machine_id="sha256:" + "1" * 64),
    },
    "another layout is judged the same": {"a.ndjson": INDENTED + GOOD},
    "two documents on one line": {"a.ndjson": GOOD.rstrip(b"\n") + POOR + BLIND},
    "lines that end with a carriage return": {"a.ndjson": GOOD.replace(b"\n", b"\r\n") + POOR},
    "names that would drive a terminal": {"a.ndjson": data("\x7fworker\u2028", set_={"os.id": "\u202edebian"}) + GOOD},
}


def _judging(strategy: str, terms: EvaluationCriteria = TERMS) -> arrow_engine.Judging:
    return arrow_engine.Judging(terms=terms, texts=_texts(), strategy=strategy)


def _write(folder: Path, files: Mapping[str, bytes]) -> dict[str, bytes]:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {f"file:{folder}/{name}": content for name, content in files.items()}


def _plain(folder: Path, terms: EvaluationCriteria = TERMS) -> bytes:
    """The report of judging all nodes at once, on one machine, the plain way."""
    return json_v1.render(judge(inputs.read(InputRecord(), [str(folder)]), terms), Style()).encode()


@pytest.mark.long
@pytest.mark.parametrize("strategy", arrow_engine.STRATEGIES)
@pytest.mark.parametrize("case", FOLDERS)
def test_the_report_is_that_of_check(case: str, strategy: str, tmp_path: Path) -> None:
    files = _write(tmp_path / "in", FOLDERS[case])
    expected = _plain(tmp_path / "in")
    for cuts in ([], [len(GOOD) - 1, 9000], [len(GOOD)], [len(GOOD) + 1]):
        parts = arrow_engine.of_lines(files, cuts, 2)
        assert arrow_engine.report(tmp_path / "in", parts, _judging(strategy)) == expected


@st.composite
def cut_files(draw: st.DrawFn) -> tuple[bytes, list[arrow_engine.Batches]]:
    """A file of some lines, and how it was cut: its batches name the file `a.ndjson`."""
    lines = draw(
        st.lists(st.sampled_from([GOOD, POOR, BLIND, b"junk\n", b"null\n", b" 1 2\n", b"[1]\n", b"\n"]), max_size=8)
    )
    whole = b"".join([*lines, GOOD])
    content = whole.removesuffix(b"\n") if draw(st.booleans()) else whole
    cuts = draw(st.lists(st.integers(0, len(content)), max_size=4))
    return content, arrow_engine.of_lines({"file:in/a.ndjson": content}, cuts, draw(st.integers(1, 4)))


@pytest.mark.long
@settings(max_examples=40)
@given(cut_files(), st.sampled_from(sorted(arrow_engine.STRATEGIES)))
def test_no_cut_changes_the_report(cut: tuple[bytes, list[arrow_engine.Batches]], strategy: str) -> None:
    content, parts = cut
    with tempfile.TemporaryDirectory() as there, contextlib.chdir(there):
        _write(Path("in"), {"a.ndjson": content})
        assert arrow_engine.report(Path("in"), parts, _judging(strategy)) == _plain(Path("in"))


@pytest.mark.long
@pytest.mark.parametrize("strategy", arrow_engine.STRATEGIES)
def test_a_roster_and_a_maximum_age_count(strategy: str, tmp_path: Path) -> None:
    files = _write(tmp_path / "in", {"a.ndjson": GOOD + POOR.replace(b"2026-11-22", b"2025-01-01") + b"junk\n"})
    age = MaximumAge(text="30d", span=timedelta(days=30), now=parse_moment("2026-11-23T00:00:00Z"))
    terms = _terms(max_age=age, roster=frozenset({"worker-1", "worker-9", "absent"}))
    expected = _plain(tmp_path / "in", terms)
    parts = arrow_engine.of_lines(files, [], 2)
    assert arrow_engine.report(tmp_path / "in", parts, _judging(strategy, terms)) == expected


@pytest.mark.long
@pytest.mark.parametrize("strategy", arrow_engine.STRATEGIES)
def test_rows_of_parquet_are_the_snapshots_bytes(strategy: str, tmp_path: Path) -> None:
    snapshots = [GOOD, POOR.rstrip(b"\n"), None, b"junk", b"junk", INDENTED]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.parquet").touch()
    parts = arrow_engine.of_rows(f"file:{tmp_path}/in/a.parquet", snapshots, 2)
    report = json.loads(arrow_engine.report(tmp_path / "in", parts, _judging(strategy), lines=False))
    label = f"{tmp_path}/in/a.parquet"
    named = {node["node"]: node["reason"] for node in report["nodes"] if node["snapshot"] is None}
    assert sorted(named) == [f"{label}:3", f"{label}:4", f"{label}:5"]
    assert named[f"{label}:3"] == f"{label}:3:1: no snapshot in this row (got null, expected its bytes)"
    (tmp_path / "in" / "a.parquet").unlink()
    _write(tmp_path / "in", {"a.json": GOOD, "b.json": POOR.rstrip(b"\n"), "c.json": INDENTED})
    checked = json.loads(_plain(tmp_path / "in"))
    assert [node for node in report["nodes"] if node["snapshot"]] == checked["nodes"]


def test_a_file_that_was_not_given_whole_is_refused(tmp_path: Path) -> None:
    files = _write(tmp_path / "in", {"a.ndjson": GOOD + POOR})
    short = [[each.slice(0, 1) for each in part] for part in arrow_engine.of_lines(files, [], 2)]
    with pytest.raises(UsageError, match=r"a\.ndjson: spark did not give all of it \(got \d+ bytes, expected \d+\)"):
        arrow_engine.report(tmp_path / "in", short, _judging("partitions"))


def test_what_is_said_of_equal_facts_travels_once(tmp_path: Path) -> None:
    lines = [data(f"worker-{number}", set_={"memory.total_bytes": number}) for number in range(20)]
    files = _write(tmp_path / "in", {"a.ndjson": b"".join(lines) + POOR})
    sent = task.of_terms(TERMS, _texts(), evidence=Evidence.NEEDED, lines=True).dump()
    parts = arrow_engine.of_lines(files, [], 5)
    made = [each for part in parts for each in batches.split(sent, iter(part))]
    results = [each for batch in made for each in batch.column("results").to_pylist() if each is not None]
    said = [each for batch in made for each in batch.column("said").to_pylist() if each is not None]
    assert (len(results), len(said)) == (2, 2)


@pytest.mark.long
def test_a_task_comes_back_as_it_was_sent() -> None:
    age = MaximumAge(text="30d", span=timedelta(days=30), now=parse_moment("2026-11-23T00:00:00Z"))
    terms = _terms(max_age=age, rules=frozenset({"virtnest/cgroup-version"}))
    sent = task.of_terms(terms, _texts(), evidence=Evidence.FULL, lines=True)
    read, compiled = task.read(sent.dump())
    assert read == sent
    assert (compiled.max_age, compiled.rules, compiled.parameters) == (age, terms.rules, terms.parameters)
    assert [each.header for each in compiled.policies] == [each.header for each in terms.policies]
    assert _json.loads(sent.dump())["evidence"] == "full"
