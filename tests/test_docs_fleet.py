"""The sessions in docs/fleet.md are what the commands print, one after the other."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from passmuster.cli import main

CHECKOUT = Path(__file__).resolve().parent.parent
LATER = (
    (b"2026-11-22T10:11:12Z", b"2026-11-29T08:00:00Z"),
    (b'"release":"6.1.0-13-amd64"', b'"release":"4.4.0-210-generic"'),
)


def _sessions() -> list[tuple[str, str]]:
    """Every command of the page with what stands below it."""
    blocks = (CHECKOUT / "docs/fleet.md").read_text(encoding="utf-8").split("```console\n")[1:]
    found = []
    for block in blocks:
        for part in block.split("```")[0].split("$ ")[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


@pytest.mark.long
def test_the_page_shows_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    Path("snapshots").mkdir()
    for file in sorted((CHECKOUT / "tests/data/snapshots/1").glob("*.json")):
        if not file.name.endswith(".verdict.json"):
            shutil.copy(file, "snapshots")
    later = Path("snapshots/intel-v2-containerd.json").read_bytes()
    for old, new in LATER:
        assert old in later
        later = later.replace(old, new)
    Path("later.json").write_bytes(later)
    Path("earlier.json").write_bytes(later.replace(b"2026-11-29", b"2026-11-20"))
    sessions = _sessions()
    assert len(sessions) > 8
    for command, output in sessions:
        name, *arguments = shlex.split(command)
        assert name == "passmuster"
        main(arguments)
        assert capsys.readouterr().out == output, command
