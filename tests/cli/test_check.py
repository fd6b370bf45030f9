"""`passmuster check` as a user meets it: statuses, output, and one line for each mistake."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packs import locked, rule, text
from snapshots import data, document

from passmuster.cli import main
from passmuster.codec import json as _json


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def write(path: Path, content: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return str(path.relative_to(Path.cwd()))


STATUSES: dict[str, tuple[dict[str, Any], list[str], int]] = {
    "a pass": ({}, [], 0),
    "a required failure": ({"set_": {"kernel.release": "4.4.0"}}, [], 1),
    "a required failure that is not to count": ({"set_": {"kernel.release": "4.4.0"}}, ["--fail-on", "never"], 0),
    "a recommended failure warns": ({"set_": {"iommu.groups": None}}, [], 0),
    "a recommended failure at that threshold": ({"set_": {"iommu.groups": None}}, ["--fail-on", "recommended"], 1),
    "a required unknown": ({"unknown": {"kernel.release": "denied"}}, [], 3),
    "a required unknown where failures do not count": (
        {"unknown": {"kernel.release": "denied"}},
        ["--fail-on", "never"],
        3,
    ),
    "a failure comes before an unknown": (
        {"unknown": {"devices": "denied"}, "set_": {"kernel.release": "4.4.0"}},
        [],
        1,
    ),
    "a recommended unknown warns": ({"unknown": {"iommu": "denied"}}, [], 0),
    "a recommended unknown at that threshold": ({"unknown": {"iommu": "denied"}}, ["--fail-on", "recommended"], 3),
    "an informational failure never counts": ({}, ["--fail-on", "recommended"], 0),
    "a roster with a missing node": ({}, ["--roster", "roster"], 3),
    "a snapshot that is too old": ({}, ["--max-age", "30d", "--now", "2027-11-22T10:11:12Z"], 3),
    "one rule that passes": ({"set_": {"kernel.release": "4.4.0"}}, ["--rule", "cpu-x86-64-v2"], 0),
    "one rule that is not applicable": ({}, ["--rule", "ppc-kvm-hv"], 3),
}


@pytest.mark.long
@pytest.mark.parametrize(("changes", "options", "status"), STATUSES.values(), ids=STATUSES)
def test_the_status_of(folder: Path, changes: dict[str, Any], options: list[str], status: int) -> None:
    snapshot = write(folder / "node.json", data(**changes))
    write(folder / "roster", b"node-1\nnode-2\n")
    assert main(["check", snapshot, "-p", "virtnest@1.0.0", *options, "-o", "summary=out.json"]) == status
    assert json.loads(Path("out.json").read_bytes())["schema"] == "passmuster.summary/1"


BAD = text(rule("one", "os.nme == 'x'"), rule("two", "os.id"))
USAGE: dict[str, tuple[list[str], str]] = {
    "no such file": (["absent.json"], "absent.json: cannot be read (No such file or directory)"),
    "a folder without a snapshot": (["empty"], "empty: no snapshot in this folder"),
    "no such pack": (
        ["node.json", "-p", "nothing"],
        "nothing: no such pack (got 'nothing', expected one of: kubevirt, virtnest)",
    ),
    "no such version": (["node.json", "-p", "virtnest@9"], "virtnest@9: no version 9 of virtnest"),
    "no such policy file": (["node.json", "-p", "./absent.yaml"], "absent.yaml: no such file or pack"),
    "a name that is no pack's": (["node.json", "-p", "Virt Nest"], "Virt Nest: no such file or pack"),
    "no such rule": (
        ["node.json", "--rule", "nothing"],
        "--rule nothing: no such rule (expected one of: kernel-version,",
    ),
    "no such parameter": (
        ["node.json", "-p", "virtnest@1.0.0", "--set", "level=3"],
        "--set level=3: no such parameter (got 'level', expected one of: none",
    ),
    "no such format": (["node.json", "-o", "xml"], "-o xml: no such format (got 'xml', expected one of: table, html,"),
    "two reports on one output": (["node.json", "-o", "json", "-o", "table"], "-o: two reports to standard output"),
    "no such roster": (["node.json", "--roster", "absent"], "absent: cannot be read"),
    "an empty roster": (["node.json", "--roster", "blank"], "blank:1:1: a roster without a name"),
    "an age that is none": (["node.json", "--max-age", "soon"], "--max-age: got 'soon', expected a duration"),
    "a moment that is none": (
        ["node.json", "--max-age", "1d", "--now", "noon"],
        "--now: got 'noon', expected a moment",
    ),
    "two versions of one pack": (
        ["node.json", "-p", "virtnest", "-p", "virtnest@1.0.0"],
        "virtnest: one pack twice in one run",
    ),
    "a report that cannot be written": (
        ["node.json", "-o", "json=absent/out.json"],
        "absent/out.json: cannot be written",
    ),
    "a policy without rules": (["node.json", "-p", "empty.yaml"], "rules: too small (got 0, expected at least 1)"),
    "a rule that is no boolean": (["node.json", "-p", "bad.yaml"], "bad.yaml:22:7: "),
    "all mistakes at once": (["node.json", "-p", "bad.yaml"], "bad.yaml:13:10: "),
}


@pytest.mark.long
@pytest.mark.parametrize(("arguments", "message"), USAGE.values(), ids=USAGE)
def test_what_cannot_be_judged_is_told_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    write(folder / "node.json", data())
    write(folder / "blank", b"\n# nobody\n")
    write(folder / "empty.yaml", text("").replace("rules:\n", "rules: []\n").encode())
    write(folder / "bad.yaml", BAD.encode())
    (folder / "empty").mkdir()
    before = sorted(folder.rglob("*"))
    assert main(["check", *arguments]) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert out == ""
    assert sorted(folder.rglob("*")) == before


def test_the_command_line_itself_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["check", "--nonsense"], ["nonsense"], [], ["check", "--fail-on", "sometimes"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_changed_release_ends_with_4(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = text(rule("one", "network.ipv6")).encode()
    write(folder / "packs/demo/1.0.0/policy.yaml", policy)
    locked(folder / "packs", "demo@1.0.0")
    snapshot = write(folder / "node.json", data())
    assert main(["check", snapshot, "-p", "packs/demo/1.0.0"]) == 0
    write(folder / "packs/demo/1.0.0/policy.yaml", policy.replace(b"network", b"netw0rk"))
    capsys.readouterr()
    assert main(["check", snapshot, "-p", "packs/demo/1.0.0"]) == 4
    assert "demo@1.0.0 is released and has changed" in capsys.readouterr().err


def test_a_digest_that_does_not_hold_ends_with_4(folder: Path) -> None:
    snapshot = write(folder / "node.json", data())
    assert main(["check", snapshot, "-p", "virtnest@1.0.0#sha256:0000000000000000"]) == 4


def _nodes(name: str = "out.json") -> list[str]:
    return [node["node"] for node in json.loads(Path(name).read_bytes())["nodes"]]


def test_files_folders_lines_and_packed_files_are_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def one(number: int) -> bytes:
        return data(f"n{number}", machine_id=f"sha256:{number:064x}")

    write(folder / "all/one.json", json.dumps(document("n1", machine_id=f"sha256:{1:064x}"), indent=1).encode())
    write(folder / "all/deep/many.ndjson", one(2) + one(3))
    write(folder / "all/packed.json.gz", gzip.compress(one(4)))
    write(folder / "all/report.json", b'{"schema":"passmuster.report/1"}')
    write(folder / "all/notes.txt", b"not mine")
    single = write(folder / "single", one(5))
    assert main(["check", "all", single, "-o", "json=out.json"]) == 0
    assert _nodes() == ["n1", "n2", "n3", "n4", "n5"]
    told = "note: not judged: 2 files: all/notes.txt (not JSON, but text); all/report.json (a report, "
    assert capsys.readouterr().err.startswith(told)


def test_what_does_not_load_is_an_unknown_node_named_by_its_path(folder: Path) -> None:
    write(folder / "all/bad.ndjson", data("n1") + b"{\n" + b"")
    write(folder / "all/empty.json", b"")
    write(folder / "all/torn.json.gz", gzip.compress(data("n2"))[:-20] + b"")
    assert main(["check", "all/bad.ndjson", "all/empty.json", "-o", "json=out.json"]) == 3
    assert _nodes() == ["all/bad.ndjson:2", "all/empty.json", "n1"]


def test_a_torn_packed_file_among_others_is_an_unknown_node(folder: Path) -> None:
    write(folder / "all/good.json", data("n1"))
    write(folder / "all/torn.json.gz", gzip.compress(data("n2"))[:-20])
    assert main(["check", "all", "-o", "json=out.json"]) == 3
    assert _nodes() == ["all/torn.json.gz", "n1"]


def test_standard_input_is_any_concatenation(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretty = json.dumps(document("n2", machine_id=None), indent=2).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data("n1") + pretty)))
    assert main(["check", "-", "-o", "json=out.json"]) == 0
    assert _nodes() == ["n1", "n2"]
    assert folder.exists()


def test_several_reports_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snapshot = write(folder / "node.json", data())
    assert (
        main(["check", snapshot, "-o", "table", "-o", "json=out.json", "-o", "csv=out.csv", "-o", "markdown=out.md"])
        == 0
    )
    assert capsys.readouterr().out.startswith("PASS     node-1 passes muster (virtnest 1.1.0)")
    assert len(list(csv.reader(Path("out.csv").read_text().splitlines()))) == 19
    assert Path("out.md").read_text().startswith("# pass: node-1")


def test_a_report_is_written_to_a_pipe_and_through_a_link_and_replaces_neither(folder: Path) -> None:
    snapshot = write(folder / "node.json", data())
    os.mkfifo(folder / "pipe")
    (folder / "real.json").write_text("old")
    (folder / "link.json").symlink_to("real.json")
    reader = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert main(["check", snapshot, "-o", "summary=pipe", "-o", "json=link.json", "-o", "csv=/dev/null"]) == 0
    assert json.loads(os.read(reader, 1 << 16))["outcome"] == "pass"
    os.close(reader)
    assert (folder / "pipe").is_fifo()
    assert Path("/dev/null").is_char_device()
    assert (folder / "link.json").is_symlink()
    assert json.loads((folder / "real.json").read_bytes())["outcome"] == "pass"


def test_several_policies_at_once(folder: Path) -> None:
    snapshot = write(folder / "node.json", data())
    policy = write(folder / "demo.yaml", text(rule("one", "!network.ipv6", level="recommended")).encode())
    assert main(["check", snapshot, "-p", "virtnest", "-p", f"./{policy}", "-o", "json=out.json"]) == 0
    report = json.loads(Path("out.json").read_bytes())
    assert [(each["pack"], each["released"]) for each in report["policies"]] == [("virtnest", True), ("demo", False)]
    assert report["outcome"] == "warn"


def test_a_roster_of_kubectl(folder: Path) -> None:
    snapshot = write(folder / "node.json", data())
    items = [{"metadata": {"name": name}} for name in ("node-1", "node-2")]
    write(folder / "nodes.json", json.dumps({"kind": "List", "items": items}).encode())
    assert main(["check", snapshot, "--roster", "nodes.json", "-o", "json=out.json"]) == 3
    assert json.loads(Path("out.json").read_bytes())["roster"] == {
        "listed": 2,
        "missing": ["node-2"],
        "source": "caller",
        "unlisted": [],
    }


ROSTERS = {
    "no list": b'{"items": 3}',
    "nodes without names": b'{"items": [{"metadata": {}}]}',
    "broken JSON": b'{"items": [',
    "not UTF-8": b"n1\n\xff\n",
    "two words on a line": b"n1 n2\n",
}


@pytest.mark.parametrize("roster", ROSTERS.values(), ids=ROSTERS)
def test_a_roster_that_is_none_is_refused(folder: Path, roster: bytes) -> None:
    snapshot = write(folder / "node.json", data())
    write(folder / "roster", roster)
    assert main(["check", snapshot, "--roster", "roster"]) == 2


def test_the_newest_clock_is_used_without_now(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = write(folder / "node.json", data())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795342272")  # 2026-11-22T10:11:12Z
    assert main(["check", snapshot, "--max-age", "1s", "-o", "json=out.json"]) == 0
    assert json.loads(Path("out.json").read_bytes())["now"] == "2026-11-22T10:11:12Z"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert main(["check", snapshot, "--max-age", "1s", "-o", "json=out.json"]) == 3


def test_a_live_check_needs_no_file_and_keeps_one_only_when_told(folder: Path) -> None:
    assert main(["check", "-o", "json=live.json"]) in {0, 1, 3}
    assert [path.name for path in folder.iterdir()] == ["live.json"]
    assert main(["check", "--keep", "kept.json", "-o", "json=live.json"]) in {0, 1, 3}
    kept = _json.loads(Path("kept.json").read_bytes())
    assert main(["check", "kept.json", "-o", "json=again.json"]) in {0, 1, 3}
    assert kept["schema"] == "passmuster.snapshot/1"
    assert Path("again.json").read_bytes() == Path("live.json").read_bytes()


def test_help_tells_the_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["check", "--help"])
    assert caught.value.code == 0
    assert "3  nothing at the threshold fails, but something is unknown" in capsys.readouterr().out


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    write(folder / "node.json", data())
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = f"{sys.executable} -m passmuster check node.json -v 2>err | true"
    assert subprocess.run(["sh", "-c", command], env=environment, check=False).returncode == 0
    assert Path("err").read_text() == ""
