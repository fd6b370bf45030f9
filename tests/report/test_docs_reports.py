"""The examples of docs/reports.md are what the command prints in the cluster of `make demo`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from demos import CHECKOUT, made, session, terminal

from passmuster.report import REPORTERS

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = CHECKOUT / "docs" / "reports.md"


@pytest.mark.long
def test_the_examples_are_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal(monkeypatch, made(tmp_path / "demo"))
    assert session(DOCUMENT, capsys) == 3


def test_every_format_is_in_the_table() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \|", DOCUMENT.read_text("utf-8"))
    assert sorted(rows) == sorted(reporter.name for reporter in REPORTERS)
