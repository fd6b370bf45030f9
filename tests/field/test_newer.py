"""A snapshot of a newer collector, with a section that this engine does not know, is judged like any other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import data_here
import pytest

from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
def test_a_newer_section_is_kept_and_ignored_in_a_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    newer = data_here.data("faults/newer-section.json")
    store = str(tmp_path / "fleet.db")
    assert main(["fleet", "add", store, str(newer), str(data_here.data("faults/berlin.json"))]) == 0
    expected = main(
        [
            "check",
            str(newer),
            str(data_here.data("faults/berlin.json")),
            "-o",
            "summary",
            "--now",
            "2027-01-01T00:00:00Z",
        ]
    )
    checked = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert main(["fleet", "check", store, "-o", "summary"]) == expected
    assert json.loads(capsys.readouterr().out)["summary"]["nodes"] == checked["summary"]["nodes"]
    assert main(["fleet", "verify", store]) == 0
    assert main(["fleet", "export", store, "-o", f"ndjson={tmp_path}/all.ndjson"]) == 0
    assert newer.read_bytes() in (tmp_path / "all.ndjson").read_bytes()
