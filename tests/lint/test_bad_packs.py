"""Every code has a folder that shows it: what linting says there is in its `expected.txt`, to the letter."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from passmuster import cel
from passmuster.authoring import lint
from passmuster.cli import main

BAD = Path(__file__).resolve().parent.parent / "data" / "packs" / "bad"
FOLDERS = sorted(folder.name for folder in BAD.iterdir())
ENGINE = Path(lint.__file__).resolve().parents[2]
LOADING = (
    "codec/yaml.py",
    "policy/load.py",
    "policy/lock.py",
    "authoring/testing/cases.py",
    "authoring/testing/paths.py",
    "intake/catalog.py",
)
"""Modules that say what is wrong with the files of a pack."""
OF_COMMANDS = {"policy-not-found", "policy-twice"}
"""Codes of what a caller asks for, which no file shows."""


@pytest.mark.parametrize("code", FOLDERS)
def test_a_bad_pack_is_told_what_is_wrong_with_it(
    code: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BAD / code)
    status = main(["policy", "lint", ".", "--fail-on", "warning"])
    got = capsys.readouterr().out
    notes = {each.code for each in lint.LINTS if each.severity is lint.Severity.NOTE}
    assert status == (4 if code in {"lock-digest", "lock-missing"} else 0 if code in notes else 1)
    if os.environ.get("PASSMUSTER_UPDATE"):
        Path("expected.txt").write_text(got, encoding="utf-8")
    assert got == Path("expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", FOLDERS)
def test_a_bad_pack_shows_its_own_code_and_no_other(code: str) -> None:
    told = (BAD / code / "expected.txt").read_text(encoding="utf-8")
    assert set(re.findall(r": (?:error|warning|note)\[([a-z0-9-]+)\]: ", told)) == {code}


def test_every_code_has_a_folder() -> None:
    codes = {each.code for each in lint.LINTS} | {code.value for code in cel.Code}
    for module in LOADING:
        source = (ENGINE / module).read_text(encoding="utf-8")
        codes |= set(re.findall(r'"((?:yaml|policy|tests|lock)-[a-z-]+)"', source))
    assert set(FOLDERS) == codes - OF_COMMANDS


def test_every_lint_has_a_code_of_its_own() -> None:
    codes = [each.code for each in lint.LINTS]
    assert len(codes) == len(set(codes))


@pytest.mark.long
def test_the_shipped_packs_have_nothing_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["policy", "lint", "--fail-on", "warning"])
    assert "0 errors, 0 warnings" in capsys.readouterr().out
    assert status == 0
