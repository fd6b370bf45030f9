"""Nodes whose command line already has, or forbids, what a remedy asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from field_cases import collected

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("tree", "expected"), [("tree-on", ["on"]), ("tree-off", ["off"])])
def test_what_the_kernel_was_told_of_the_iommu_is_a_fact(tmp_path: Path, tree: str, expected: list[str]) -> None:
    node = collected(tmp_path, f"iommu-advice/{tree}")
    assert node.facts("boot")["arguments"]["intel_iommu"] == expected
