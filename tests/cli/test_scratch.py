"""No room for temporary files, or for standard output: one line, status 2, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from snapshots import data
from stores import machine

from passmuster.cli import main
from passmuster.errors import UsageError
from passmuster.fleet import judging, roll
from passmuster.fleet.scratch import Scratch

FULL = Path("/dev/full")
NO_ROOM = "No space left on device"


class _Full:
    """The file of a full disk: a device of the kernel that takes nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self._file = FULL.open("wb", buffering=0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if not FULL.exists():
        pytest.skip("this kernel has no /dev/full")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.TemporaryFile", _Full)
    monkeypatch.setattr(judging, "_IN_MEMORY", 10)
    monkeypatch.setattr(judging, "_ROLL", 10)
    monkeypatch.setattr(roll, "RUN", 2)
    lines = [data(f"n{at}", machine_id=machine(at)) for at in range(5)]
    (tmp_path / "fleet.ndjson").write_bytes(b"".join(lines))


@pytest.mark.long
@pytest.mark.usefixtures("no_room")
@pytest.mark.parametrize("report", ["summary", "json", "ndjson=out", "html=out"])
def test_a_full_disk_behind_temporary_files(report: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "fleet.ndjson", "-p", "kubevirt@1.1.0", "-p", "virtnest@1.1.0", "-o", report]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"TMPDIR: temporary files cannot be written ({NO_ROOM})" in captured.err
    assert not Path("out").exists()


@pytest.mark.usefixtures("no_room")
def test_what_was_written_goes_to_the_disk_when_it_is_read() -> None:
    with Scratch(4) as file:
        file.write(b"abc")
        assert file.seek(0) == 0
        assert file.read() == b"abc"
        with pytest.raises(UsageError, match="temporary files cannot be written"):
            file.write(b"more")


@pytest.mark.long
@pytest.mark.parametrize("report", ["summary", "table", "ndjson"])
def test_a_full_disk_behind_standard_output(report: str, tmp_path: Path) -> None:
    if not FULL.exists():
        pytest.skip("this kernel has no /dev/full")
    (tmp_path / "a.json").write_bytes(data())
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "passmuster", "check", str(tmp_path / "a.json"), "-p", "virtnest", "-o", report],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
    assert (done.returncode, done.stderr) == (2, f"standard output: cannot be written ({NO_ROOM})\n")
