"""What is on the kernel command line already is said, and not asked for again."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import data_here
import pytest

from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path

CASES = {
    "tree-on": ("although the kernel command line has intel_iommu=on", "add intel_iommu=on"),
    "tree-off": ("the kernel command line has intel_iommu=off", "although"),
}


@pytest.mark.long
@pytest.mark.parametrize("tree", CASES)
@pytest.mark.parametrize(
    "pack",
    [
        ["-p", "virtnest", "--rule", "iommu-enabled"],
        ["-p", "kubevirt", "--set", "host_devices=true", "--rule", "iommu-groups"],
    ],
    ids=["virtnest", "kubevirt"],
)
def test_the_message_says_what_is_set(
    tree: str, pack: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said, not_said = CASES[tree]
    root = tmp_path / "root"
    shutil.copytree(data_here.data(f"field/iommu-advice/{tree}"), root, symlinks=True)
    (root / "sys/kernel/iommu_groups").mkdir(parents=True, exist_ok=True)  # empty folders do not travel
    recorded = ["machine=x86_64", "uid=0", "devices_bpf=ok", f"devices={data_here.data('field/devices.tsv')}"]
    words = [word for each in recorded for word in ("--recorded", each)]
    snapshot = str(tmp_path / "n.json")
    assert main(["collect", "--root", str(root), *words, "--name", "n", "-o", snapshot]) == 0
    main(["check", snapshot, *pack])
    text = " ".join(capsys.readouterr().out.split())
    assert said in text
    assert not_said not in text
