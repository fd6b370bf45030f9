"""The sessions in docs/fleet.md are what the commands print, one after the other, in the cluster of `make demo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from demos import CHECKOUT, made, session, terminal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
def test_the_page_shows_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal(monkeypatch, made(tmp_path / "demo"))
    assert session(CHECKOUT / "docs/fleet.md", capsys) > 8
