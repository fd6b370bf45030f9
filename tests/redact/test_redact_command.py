"""`passmuster snapshot redact`: what goes in and comes out, what is refused, and that then nothing is written."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from goldens import same_as_golden
from packs import rule, text
from redactions import KEY, OTHER_KEY
from snapshots import data

from passmuster.cli import main
from passmuster.codec import schema

VIRTNEST = ["--for", "virtnest@1.1.0"]
HOST = ["--class", "host-identifying", "--key", "key"]


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name, key in (("key", KEY), ("other-key", OTHER_KEY)):
        Path(name).write_bytes(key.secret)
        Path(name).chmod(0o600)
    Path("in").mkdir()
    Path("in/a.json").write_bytes(data("worker-1", machine_id=None))
    Path("in/b.ndjson").write_bytes(data("worker-2", machine_id=None) + data("worker-3", machine_id=None))
    Path("names.yaml").write_text(text(rule("named", "node.name == 'worker-1'")))
    Path("locked.yaml").write_text(text(rule("locked", "has(security.lockdown)")))
    return tmp_path


def run(*arguments: str) -> int:
    return main(["snapshot", "redact", *arguments])


def verdicts(path: str, pack: str, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, str]]:
    capsys.readouterr()
    main(["check", path, "-p", pack, "-o", "json"])
    report = json.loads(capsys.readouterr().out)
    return {node["node"]: {each["rule"]: each["outcome"] for each in node["results"]} for node in report["nodes"]}


def test_a_file_of_all_that_went_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("in", *VIRTNEST, "-o", "out.ndjson") == 0
    assert len(Path("out.ndjson").read_bytes().splitlines()) == 3
    assert verdicts("out.ndjson", "virtnest@1.1.0", capsys) == verdicts("in", "virtnest@1.1.0", capsys)


def test_a_folder_with_a_file_each() -> None:
    assert run("in", *VIRTNEST, "-o", "out/") == 0
    made = sorted(Path("out").iterdir())
    assert [path.name.rpartition("-")[0] for path in made] == ["worker-1", "worker-2", "worker-3"]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in made]
    assert [path.stem.rpartition("-")[2] for path in made] == digests


def test_standard_input_and_output(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data("a") + data("b"))))
    assert run("-", *VIRTNEST) == 0
    assert [json.loads(line)["node"]["name"] for line in capfdbinary.readouterr().out.splitlines()] == ["a", "b"]


@pytest.mark.long
def test_the_same_bytes_on_every_run(site: Path) -> None:
    command = [sys.executable, "-m", "passmuster", "snapshot", "redact", "in", *VIRTNEST, *HOST, "-o"]
    for seed in ("1", "4242"):
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": seed}
        subprocess.run([*command, f"out-{seed}"], env=environment, cwd=site, check=True, capture_output=True)
    assert Path("out-1").read_bytes() == Path("out-4242").read_bytes()


@pytest.mark.long
def test_two_versions_of_one_pack(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("in", *VIRTNEST, "--for", "virtnest@1.0.0", "-o", "out.ndjson") == 0
    for pack in ("virtnest@1.0.0", "virtnest@1.1.0"):
        assert verdicts("out.ndjson", pack, capsys) == verdicts("in", pack, capsys)


def test_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("in/a.json", *VIRTNEST, "-o", "out.json") == 0
    said = capsys.readouterr()
    assert said.out == ""
    same_as_golden("redact/told.txt", said.err)


def test_the_document_shows_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("in/a.json", *VIRTNEST, "-o", "out.json") == 0
    told = iter(capsys.readouterr().err.splitlines())
    page = (Path(__file__).parents[2] / "docs" / "redaction.md").read_text("utf-8")
    shown = page.split("-o handover/\n", 1)[1].split("\n```", 1)[0].splitlines()[:-1]  # the sizes are its own
    assert [line for line in shown if line != "..." and line not in told] == []


@pytest.mark.long
def test_a_redaction_that_changes_a_verdict_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["in", "--for", "locked.yaml", "--class", "sensitive", *HOST, "--map", "map", "-o", "out"]
    assert run(*arguments) == 1
    assert capsys.readouterr().err == (
        "snapshot redact: 1 rule would change outcome, so nothing was written"
        " (demo/locked: fail -> unknown on 3 nodes)\n"
        "    hint: leave out the --class that removes what they read, or use --allow-unknown\n"
    )
    assert sorted(str(each) for each in Path().iterdir()) == ["in", "key", "locked.yaml", "names.yaml", "other-key"]


def test_it_is_written_if_that_is_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("in/a.json", "--for", "locked.yaml", "--class", "sensitive", "--allow-unknown", "-o", "out") == 0
    capsys.readouterr()
    main(["check", "out", "-p", "locked.yaml", "-o", "json"])
    ((result,),) = [node["results"] for node in json.loads(capsys.readouterr().out)["nodes"]]
    assert result["outcome"] == "unknown"
    assert result["unknown"] == [{"detail": "", "path": "security.lockdown", "reason": "redacted"}]


def test_a_rule_about_names_is_unknown_under_pseudonyms(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("in", "--for", "names.yaml", *HOST, "-o", "out") == 1
    assert "1 rule would change outcome, so nothing was written" in capsys.readouterr().err
    assert not Path("out").exists()
    assert run("in", "--for", "names.yaml", *HOST, "--allow-unknown", "-o", "out") == 0
    for line in Path("out").read_bytes().splitlines(keepends=True):
        Path("one.json").write_bytes(line)
        assert main(["check", "one.json", "-p", "names.yaml"]) == 3


def test_a_map_grows_and_stays_readable_for_its_owner_alone() -> None:
    assert run("in/a.json", *VIRTNEST, *HOST, "--map", "map", "-o", "out") == 0
    assert run("in/b.ndjson", *VIRTNEST, *HOST, "--map", "map", "-o", "out") == 0
    found: dict[str, Any] = json.loads(Path("map").read_bytes())
    assert schema.faults("redaction", 1, found) == ()
    assert found["names"] == {KEY.name(name): name for name in ("worker-1", "worker-2", "worker-3")}
    assert Path("map").stat().st_mode & 0o777 == 0o600


def test_what_is_no_snapshot_is_left_out_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    Path("in/c.json").write_text("{")
    assert run("in", *VIRTNEST, "-o", "out") == 3
    assert "in/c.json: left out" in capsys.readouterr().err
    assert len(Path("out").read_bytes().splitlines()) == 3


REFUSED = {
    "no pack": (["in"], "the following arguments are required: --for"),
    "an unknown pack": (["in", "--for", "nothing"], "nothing"),
    "names without a key": (["in", *VIRTNEST, "--class", "host-identifying"], "makes pseudonyms and needs --key FILE"),
    "a key without names": (["in", *VIRTNEST, "--key", "key"], "serves pseudonyms"),
    "a map without names": (["in", *VIRTNEST, "--map", "map"], "serves pseudonyms"),
    "a key that is not there": (["in", *VIRTNEST, *HOST[:-1], "gone"], "hint: make one: (umask 077; head -c 32"),
    "a key that others can read": (["in", *VIRTNEST, *HOST[:-1], "open-key"], "got mode 0640, expected 0600"),
    "a key that is too short": (["in", *VIRTNEST, *HOST[:-1], "short-key"], "got 3 bytes, expected 32 to 4096"),
    "a map of another key": (["in", *VIRTNEST, *HOST[:-1], "other-key", "--map", "map"], "is the map of another key"),
    "a map within the output": (["in", *VIRTNEST, *HOST, "--map", "out/map", "-o", "out/"], "would travel"),
    "a map in place of the output": (["in", *VIRTNEST, *HOST, "--map", "out", "-o", "out"], "would travel"),
    "an original as the output": (
        ["in/a.json", *VIRTNEST, "-o", "in/a.json"],
        "-o in/a.json: an input of this command: in/a.json",
    ),
    "the originals' folder as the output": (["in", *VIRTNEST, "-o", "in/"], "is among the originals"),
    "an original of a folder as the output": (
        ["in", *VIRTNEST, "-o", "in/a.json"],
        "-o in/a.json: an input of this command: in/a.json",
    ),
    "nothing to read": (["gone.json", *VIRTNEST], "cannot be read"),
}


@pytest.mark.long
@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=list(REFUSED))
def test_refused_with_one_clear_message(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("in", *VIRTNEST, *HOST, "--map", "map", "-o", os.devnull) == 0
    for name, secret, mode in (("open-key", KEY.secret, 0o640), ("short-key", b"abc", 0o600)):
        Path(name).write_bytes(secret)
        Path(name).chmod(mode)
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    capsys.readouterr()
    try:
        status = run(*arguments)
    except SystemExit as error:
        status = int(str(error.code))
    assert status == 2
    assert said in capsys.readouterr().err
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
