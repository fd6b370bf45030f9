"""Nodes whose mounts are not shared, on which virt-handler cannot start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from field_cases import collected, outcomes

if TYPE_CHECKING:
    from pathlib import Path


def test_a_private_root_mount_fails(tmp_path: Path) -> None:
    node = collected(tmp_path, "private-root-mount/tree")
    assert node.facts("storage")["propagation"] == dict.fromkeys(("/", "/run", "/var/lib/kubelet"), "private")
    assert outcomes(node, "-p", "kubevirt")["kubevirt/shared-mounts"] == "fail"
