"""Two sites have a node of one name without a machine id: one fails, one passes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from data_here import data

from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
@pytest.mark.parametrize("order", [1, -1], ids=["as they were collected", "the other way round"])
@pytest.mark.parametrize("sites", [("berlin", "tokyo"), ("dc", "dc"), ("", "")], ids=["two sites", "one", "none"])
def test_the_later_one_does_not_hide_the_other(
    order: int, sites: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, site in list(zip(("berlin", "tokyo"), sites, strict=True))[::order]:
        assert main(["fleet", "add", "s.db", str(data(f"faults/{name}.json")), "--site", site]) == 0
    capsys.readouterr()
    status = main(["fleet", "check", "s.db", "-p", "virtnest@1.0.0", "-o", "json"])
    found = [(each["site"], each["outcome"]) for each in json.loads(capsys.readouterr().out)["nodes"]]
    if sites[0] != sites[1]:
        assert (status, sorted(found)) == (1, [("berlin", "fail"), ("tokyo", "pass")])
    else:
        assert (status, found) == (3, [(sites[0] or None, "unknown")])


@pytest.mark.long
@pytest.mark.parametrize("order", [1, -1], ids=["the true one first", "the true one last"])
def test_a_store_does_not_take_the_future_for_the_latest(
    order: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("now", "future")[::order]:
        assert main(["fleet", "add", "s.db", str(data(f"faults/{name}.json"))]) == 0
    assert main(["fleet", "gc", "s.db", "--keep", "1s"]) == 0
    capsys.readouterr()
    assert main(["fleet", "check", "s.db", "-p", "virtnest@1.0.0", "-o", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["nodes"]
    assert "2026-11-29T00:00:00Z" in {each["snapshot"]["collected_at"] for each in found if each["outcome"] == "fail"}
