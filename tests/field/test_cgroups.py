"""A second mount of the unified hierarchy, as Cilium makes it: any mount that can be read tells of all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from field_cases import collected, outcomes

if TYPE_CHECKING:
    from pathlib import Path


def test_the_controllers_are_those_of_the_mount_that_is_there(tmp_path: Path) -> None:
    node = collected(tmp_path, "cilium-second-cgroup2/tree")
    assert node.facts("cgroup")["mode"] == "v2"
    assert node.facts("cgroup")["v2"]["mount_point"] == "/sys/fs/cgroup"
    found = outcomes(node, "-p", "virtnest")
    assert {outcome for rule, outcome in found.items() if rule.startswith("virtnest/cgroup-")} == {"pass"}
    assert outcomes(node, "-p", "kubevirt")["kubevirt/cgroup-controllers"] == "pass"
