"""`check --waivers`: the file, the moment, the status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from snapshots import data

from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path

WAIVERS = """\
schema: passmuster.waivers/1
waivers:
  - node: {name: node-1}
    rule: kernel-version
    reason: It leaves in spring.
    owner: Ada
    ticket: OPS-1
    expires: 2026-12-31
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.json").write_bytes(data(set_={"kernel.release": "4.4.0"}))
    (tmp_path / "waivers.yaml").write_text(WAIVERS)
    return tmp_path


@pytest.mark.usefixtures("files")
def test_what_is_waived_is_no_failure_until_it_expires(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "old.json", "-p", "virtnest@1.0.0"]) == 1
    arguments = ["check", "old.json", "-p", "virtnest@1.0.0", "--waivers", "waivers.yaml", "-o", "json", "--now"]
    capsys.readouterr()
    assert main([*arguments, "2026-12-31T23:59:59Z"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["now"] == "2026-12-31T23:59:59Z"
    assert report["waivers"]["applied"] == 1
    (waived,) = (each for each in report["nodes"][0]["results"] if each["waiver"])
    assert (waived["outcome"], waived["waiver"]["outcome"], waived["waiver"]["id"]) == ("waived", "fail", "#1")
    assert main([*arguments, "2027-01-01T00:00:00Z"]) == 1
    assert [each["id"] for each in json.loads(capsys.readouterr().out)["waivers"]["expired"]] == ["#1"]


@pytest.mark.usefixtures("files")
def test_without_now_the_clock_is_asked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    assert main(["check", "old.json", "-p", "virtnest@1.0.0", "--waivers", "waivers.yaml", "-o", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["now"] == "2027-01-15T08:00:00Z"


BROKEN = {
    "a file that is not there": (["--waivers", "none.yaml"], "none.yaml: cannot be read"),
    "a snapshot in place of waivers": (["--waivers", "old.json"], "no waivers of a known version"),
    "a moment that is none": (["--waivers", "waivers.yaml", "--now", "today"], "--now: got 'today'"),
}


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("arguments", "message"), BROKEN.values(), ids=BROKEN)
def test_nothing_is_judged_by_waivers_that_cannot_be_used(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["check", "old.json", "-p", "virtnest@1.0.0", *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
