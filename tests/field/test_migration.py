"""Nodes between which a reported migration failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from data_here import data

from passmuster.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


def test_words_of_vmx_that_nobody_collected_may_differ(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    arguments = ["-p", "kubevirt", "--rule", "migration-cpu-features", "-o", f"json={report}"]
    assert main(["check", str(data("field/vmx-flags-differ/mig")), *arguments]) == 0
    told = json.loads(report.read_text(encoding="utf-8"))
    assert [pool["outcome"] for pool in told["fleet_results"]] == ["unknown"]
