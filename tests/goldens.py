"""Comparing whole outputs with files; PASSMUSTER_UPDATE=1 writes them anew, for `git diff` to judge."""

from __future__ import annotations

import os
from pathlib import Path

GOLDENS = Path(__file__).resolve().parent / "data" / "goldens"


def same_as_golden(name: str, got: str) -> None:
    """Assert that the text is that of the golden file of this name."""
    file = GOLDENS / name
    assert file.resolve().is_relative_to(GOLDENS), f"no golden: {name}"
    if os.environ.get("PASSMUSTER_UPDATE"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(got, encoding="utf-8", newline="")
    with file.open(encoding="utf-8", newline="") as handle:
        assert got == handle.read()
