"""IOMMUs as people met them: without a table of the firmware, and groups that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from field_cases import collected, outcomes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
@pytest.mark.parametrize("tree", ["tree", "tree-arm"])
def test_groups_and_units_prove_an_iommu_without_its_table(tmp_path: Path, tree: str) -> None:
    machine = "aarch64" if tree == "tree-arm" else "x86_64"
    node = collected(tmp_path, f"iommu-without-its-table/{tree}", machine)
    found = outcomes(node, "-p", "virtnest")
    assert (found["virtnest/iommu-support"], found["virtnest/iommu-enabled"]) == ("pass", "pass")


@pytest.mark.long
def test_groups_of_vfio_without_an_iommu_do_not_count(tmp_path: Path) -> None:
    node = collected(tmp_path, "noiommu-groups/tree")
    assert outcomes(node, "-p", "kubevirt", "--set", "host_devices=true")["kubevirt/iommu-groups"] == "fail"
    assert outcomes(node, "-p", "virtnest")["virtnest/iommu-enabled"] == "fail"
    assert node.facts("iommu")["noiommu_groups"] == 1
