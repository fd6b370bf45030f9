"""The command: sides, snapshots, outputs and statuses."""

from __future__ import annotations

import json
import sys
from io import BytesIO, TextIOWrapper
from typing import TYPE_CHECKING, Any

import pytest
from packs import rule, text
from snapshots import data

from passmuster.cli import main
from passmuster.codec import schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXTRA = "parameters:\n  least: {type: int, default: 5, description: d}\n"
WAIVERS = """\
schema: passmuster.waivers/1
waivers:
  - {node: {name: node-*}, rule: one, reason: r, owner: o, ticket: t, expires: 2026-12-31}
"""
PACK = [rule("one", "kernel.major >= params.least"), rule("two", "network.ipv6")]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for folder, major in (("was", 6), ("is", 5)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "node.json").write_bytes(data("node-1", set_={"kernel.major": major}))
    (tmp_path / "pack.yaml").write_text(text(*PACK, extra=EXTRA))
    (tmp_path / "more.yaml").write_text(text(*PACK, extra=EXTRA.replace("5", "6")).replace("n: 1.0.0", "n: 2.0.0"))
    (tmp_path / "waivers.yaml").write_text(WAIVERS)
    return tmp_path


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    """Status and JSON of a run."""

    def run(*arguments: str) -> tuple[int, Any]:
        status = main(["impact", *arguments, "-o", "json"])
        out = capsys.readouterr().out
        document = json.loads(out) if out else None
        assert document is None or schema.faults("impact", 1, document) == ()
        return status, document

    return run


P, Q = "./pack.yaml", "./more.yaml"
RUNS: dict[str, tuple[list[str], int, set[tuple[str, str, str]]]] = {
    "two versions": ([P, Q, "is"], 1, {("one", "parameter", "policy")}),
    "two collections under one version": ([Q, Q, "--before", "was", "is"], 1, {("one", "node", "node")}),
    "two collections that the version does not tell apart": ([P, P, "--before", "was", "is"], 0, set()),
    "both at once": ([P, Q, "--before", "was", "is"], 1, {("one", "parameter", "both")}),
    "both at once, and the failure is allowed": (
        [P, Q, "--before", "was", "is", "--allow", "1"], 0, {("one", "parameter", "both")},
    ),
    "a failure that is mended": ([Q, P, "is"], 0, {("one", "parameter", "policy")}),
    "a parameter of one side": ([P, P, "is", "--set-before", "least=9"], 0, {("one", "parameter", "policy")}),
    "a parameter of both sides": ([P, P, "is", "--set", "least=9"], 0, set()),
    "a parameter of both sides, and another of one": (
        [P, P, "is", "--set", "demo.least=9", "--set-before", "demo.least=1"], 1, {("one", "parameter", "policy")},
    ),
    "waivers on both sides": ([P, Q, "is", "--waivers", "waivers.yaml", "--now", "2026-11-22T00:00:00Z"], 0,
                              {("one", "parameter", "policy")}),
    "waivers that end": (
        [Q, Q, "is", "--waivers", "waivers.yaml", "--now-before", "2026-12-31T23:59:59Z", "--now", "2027-01-01T00:00:00Z"],
        1, {("one", "waiver", "policy")},
    ),
    "waivers that came": (
        [Q, Q, "is", "--waivers", "waivers.yaml", "--waivers-before", "none", "--now", "2026-11-22T00:00:00Z"],
        0, {("one", "waiver", "policy")},
    ),
    "waivers that went": (
        [Q, Q, "is", "--waivers-before", "waivers.yaml", "--now", "2026-11-22T00:00:00Z"], 1,
        {("one", "waiver", "policy")},
    ),
}  # fmt: skip


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("arguments", "status", "changes"), RUNS.values(), ids=RUNS)
def test_what_is_compared(
    told: Callable[..., tuple[int, Any]], arguments: list[str], status: int, changes: set[tuple[str, str, str]]
) -> None:
    got, document = told(*arguments)
    found = {(each["rule"], each["cause"], each["origin"]) for node in document["changes"] for each in node["rules"]}
    assert (got, found) == (status, changes)


@pytest.mark.usefixtures("files")
def test_without_now_the_clock_is_asked_once(
    told: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    status, document = told(Q, Q, "is", "--waivers", "waivers.yaml")
    assert (status, document["old"]["now"], document["new"]["now"]) == (0, *["2027-01-15T08:00:00Z"] * 2)
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    document = told(Q, Q, "is", "--waivers", "waivers.yaml")[1]
    assert document["old"]["now"] == document["new"]["now"]


def test_several_folders_and_files_make_the_earlier_side(
    files: Path, told: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (files / "more.json").write_bytes(data("node-2"))
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(data("node-1") + data("node-2") + data("node-3"))))
    status, document = told(Q, Q, "--before", "is", "--before", "more.json", "-")
    assert (status, document["nodes"], [each["node"] for each in document["appeared"]]) == (0, 2, ["node-3"])


def test_what_cannot_be_compared_leaves_the_run_incomplete(files: Path, told: Callable[..., tuple[int, Any]]) -> None:
    (files / "other.json").write_bytes(data("node-2"))
    status, document = told(P, P, "--before", "other.json", "is")
    assert (status, document["nodes"], len(document["gone"]), len(document["appeared"])) == (3, 0, 1, 1)
    (files / "was" / "again.json").write_bytes(data("node-1", set_={"network.ipv6": False}))
    (files / "was" / "bad.json").write_bytes(b"x")
    status, document = told(P, P, "--before", "was", "is")
    assert (status, [each["inputs"] for each in document["doubled"]]) == (3, [["was/again.json", "was/node.json"]])
    assert [each["input"] for each in document["unreadable"]] == ["was/bad.json"]


def test_rules_about_the_fleet_are_named_as_not_compared(files: Path, told: Callable[..., tuple[int, Any]]) -> None:
    fleet = rule("alike", "fleet.size > 0", value="kernel.major").replace("level:", "scope: fleet\n    level:", 1)
    (files / "fleet.yaml").write_text(text(*PACK, fleet, extra=EXTRA).replace("n: 1.0.0", "n: 3.0.0"))
    status, document = told(P, "./fleet.yaml", "is")
    assert (status, document["changes"], document["fleet_rules"]) == (0, [], ["alike"])
    assert main(["impact", P, "./fleet.yaml", "is", "-o", "html=x.html"]) == 0
    assert "a fleet rule" in (files / "x.html").read_text()


def test_the_table_says_what_was_not_compared(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = rule("alike", "fleet.size > 0", value="kernel.major").replace("level:", "scope: fleet\n    level:", 1)
    (files / "fleet.yaml").write_text(text(*PACK, fleet, extra=EXTRA).replace("n: 1.0.0", "n: 3.0.0"))
    (files / "other.json").write_bytes(data("node-2"))
    assert main(["impact", P, "./fleet.yaml", "--before", "other.json", "is"]) == 3
    out = capsys.readouterr().out
    assert "nothing was compared: no node was given, or none on both sides\n" in out
    assert "not compared, because fleet rules judge all nodes together: alike\n" in out


def test_every_format_at_once(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", P, Q, "is", "-o", "html=x.html", "-o", "table", "-o", "json=x.json"]) == 1
    assert capsys.readouterr().out.startswith("demo@1.0.0 (draft) -> demo@2.0.0 (draft): 1 of 1 node changes outcome")
    assert (files / "x.html").read_text().startswith("<!doctype html>\n")
    assert json.loads((files / "x.json").read_bytes())["schema"] == "passmuster.impact/1"


MISTAKES = {
    "two formats on one screen": (["-o", "json", "-o", "html"], "-o: two formats to standard output"),
    "a format that is none": (["-o", "xml"], "-o xml: no such format (got 'xml', expected one of: table, html, json)"),
    "a parameter that neither version has": (["--set", "nope=1"], "--set nope=1: no such parameter"),
    "a parameter that the old version lacks": (["--set-before", "nope=1"], "--set-before nope=1: no such parameter"),
    "a value of the wrong type": (["--set-before", "least=x"], "--set-before least=x: wrong value for demo.least"),
    "a moment without waivers": (["--now", "2026-11-22T00:00:00Z"], "--now: only waivers depend on the time"),
    "a moment that is none": (["--waivers", "waivers.yaml", "--now-before", "x"], "--now-before: got 'x'"),
    "waivers that are not there": (["--waivers", "gone.yaml"], "gone.yaml: cannot be read"),
    "earlier snapshots that are not there": (["--before", "gone"], "gone: cannot be read"),
}


@pytest.mark.usefixtures("files")
def test_standard_input_is_read_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", P, Q, "-", "--before", "-"]) == 2
    assert "--before -: standard input can be read once" in capsys.readouterr().err


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert main(["impact", P, Q, "is", *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
