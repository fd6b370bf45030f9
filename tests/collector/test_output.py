"""Where a snapshot is written: by umask, with an existing file's mode, and never through a link."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from host_tree import FOLDER, plant

from passmuster_collector.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o027, 0o640)])
def test_a_new_file_has_the_mode_of_umask(tmp_path: Path, mask: int, mode: int) -> None:
    root = plant(tmp_path / "root", {"/etc": FOLDER})
    before = os.umask(mask)
    try:
        assert main(["--root", str(root), "-o", str(tmp_path / "x.json")]) == 0
    finally:
        os.umask(before)
    assert (tmp_path / "x.json").stat().st_mode & 0o777 == mode


def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    output = tmp_path / "x.json"
    output.write_text("old")
    output.chmod(0o600)
    assert main(["--root", str(plant(tmp_path / "root", {"/etc": FOLDER})), "-o", str(output)]) == 0
    assert output.stat().st_mode & 0o777 == 0o600
    assert output.read_text().startswith("{")


@pytest.mark.parametrize("target", ["precious", "missing"])
def test_a_link_is_not_followed(tmp_path: Path, target: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "x.json").symlink_to(target)
    assert main(["--root", str(plant(tmp_path / "root", {"/etc": FOLDER})), "-o", str(tmp_path / "x.json")]) == 2
    assert "a symbolic link, which is not followed" in capsys.readouterr().err
    assert (tmp_path / "precious").read_text() == "kept"
    assert not (tmp_path / "missing").exists()
