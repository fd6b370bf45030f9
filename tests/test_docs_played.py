"""Commands in the prose of documents work in the cluster of `make demo`, too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from demos import CHECKOUT, made, play, terminal

if TYPE_CHECKING:
    from pathlib import Path

_COMMAND = re.compile(r"(?m)^ {4}(passmuster .*?)(?: {2,}#.*)?$|`(passmuster [^`<>]*snapshots/[^`]*)`")
PLAYED = {"policies/README.md": 7, "docs/waivers.md": 1, "docs/reports.md": 1}
"""Documents, with how many commands of theirs are played here; sessions in fences are played elsewhere."""
LEFT_OUT = ("policy lock ", " --mutate")
"""What needs a draft of the reader's own, and what takes minutes; both have tests of their own."""


def _commands(document: str) -> list[str]:
    prose = re.sub(r"(?ms)^```.*?^```$", "", (CHECKOUT / document).read_text("utf-8"))
    found = [" ".join((indented or span).split()) for indented, span in _COMMAND.findall(prose)]
    return [each for each in found if not any(left in each for left in LEFT_OUT)]


@pytest.mark.long
def test_each_command_can_be_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal(monkeypatch, made(tmp_path / "demo"))
    for document, least in PLAYED.items():
        found = _commands(document)
        assert len(found) >= least, document
        for command in found:
            play(command, capsys)
