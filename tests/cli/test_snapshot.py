"""`passmuster snapshot ...` and `passmuster collect`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from snapshots import data

from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_validate_says_of_each_whether_it_can_be_judged(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(data())
    bad.write_bytes(b"{}")
    assert main(["snapshot", "validate", str(good)]) == 0
    assert main(["snapshot", "validate", str(good), str(bad)]) == 3
    out, err = capsys.readouterr()
    assert re.search(rf"{re.escape(str(good))}:\s+node-1\s+sha256:[0-9a-f]{{64}}\n", out)
    assert max(map(len, out.splitlines())) <= max(80, len(f"{good}: node-1"))
    assert out.endswith("1 valid, 1 invalid\n")
    assert err.startswith(f"{bad}:1:1: not a snapshot")


def test_show_is_for_reading(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "node.json"
    file.write_bytes(data(unknown={"kernel.config": "denied", "runtime": "timeout"}, set_={"os.id": "\x1b[31mred"}))
    assert main(["snapshot", "show", str(file)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("node-1  collected 2026-11-22T10:11:12Z by 0.1.0 (live, host)\ndigest   sha256:")
    assert "\nruntime  unknown: timeout\n" in out
    assert "  kernel.config: unknown, denied\n" in out
    assert "\x1b" not in out


def test_show_one_section(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "node.json"
    file.write_bytes(data())
    assert main(["snapshot", "show", str(file), "--section", "network"]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == ["", "network", "  ipv6: true", "  nf_tables: true"]
    assert main(["snapshot", "show", str(file), "--section", "weather"]) == 2


def test_show_wants_one_snapshot_that_can_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "many.ndjson"
    file.write_bytes(data() + data())
    assert main(["snapshot", "show", str(file)]) == 2
    file.write_bytes(b"nothing")
    assert main(["snapshot", "show", str(file)]) == 3
    assert "not JSON" in capsys.readouterr().err


def test_collect_is_the_collector(tmp_path: Path) -> None:
    assert main(["collect", "-o", str(tmp_path / "node.json"), "--name", "here"]) == 0
    assert json.loads((tmp_path / "node.json").read_bytes())["node"]["name"] == "here"
    assert main(["snapshot", "validate", str(tmp_path / "node.json")]) == 0
