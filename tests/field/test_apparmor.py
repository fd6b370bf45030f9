"""A profile for libvirtd with the line that the remedy asks for, or disabled: the rule passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import data_here
import pytest

from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path

RECORDED = ["machine=x86_64", "uid=0", "devices_bpf=ok"]


@pytest.mark.long
@pytest.mark.parametrize("tree", ["tree", "tree-disabled"])
def test_the_remedy_makes_the_rule_pass(tree: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = data_here.data(f"field/apparmor-remedy/{tree}")
    recorded = [*RECORDED, f"devices={data_here.data('field/devices.tsv')}"]
    words = [word for each in recorded for word in ("--recorded", each)]
    snapshot = str(tmp_path / "a.json")
    assert main(["collect", "--root", str(root), *words, "--name", "a", "-o", snapshot]) == 0
    assert main(["check", snapshot, "-p", "kubevirt", "--rule", "apparmor-libvirtd"]) == 0
    assert "1 rule passed: apparmor-libvirtd" in capsys.readouterr().out
