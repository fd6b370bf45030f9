"""A kubelet that keeps its state in a folder of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from field_cases import collected, results

if TYPE_CHECKING:
    from pathlib import Path


def test_its_state_is_read_there_and_the_folder_is_warned_about(tmp_path: Path) -> None:
    node = collected(tmp_path, "kubelet-root-dir/tree")
    assert node.facts("runtime")["kubelet"]["root_dir"] == "/data/kubelet"
    found = results(node.path, "-p", "kubevirt", "--set", "cpu_manager=true")
    assert found["kubevirt/cpu-manager"]["outcome"] == "pass"
    assert found["kubevirt/kubelet-root-dir"]["outcome"] == "fail"
    assert found["kubevirt/kubelet-root-dir"]["level"] == "recommended"
