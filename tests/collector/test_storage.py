"""Propagation of mounts: that of the mount that a path lies in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from host_tree import MOUNTED, host_of, plant, section

from passmuster_collector.context import Context
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "/proc/1/mountinfo"


def line(point: str, *fields: str) -> str:
    return " ".join(("21", "1", "8:1", "/", point, "rw,relatime", *fields, "-", "ext4", "/dev/vda", "rw")) + "\n"


ROOT = line("/", "shared:1")
TABLES: dict[str, tuple[str, str, str, str]] = {
    "all on the root": (ROOT, "shared", "shared", "shared"),
    "a private root": (line("/"), "private", "private", "private"),
    "a mount of its own": (ROOT + line("/run", "shared:2") + line("/var/lib", "master:3"), "shared", "shared", "slave"),
    "one that receives and passes on": (line("/", "shared:4", "master:3"), "shared", "shared", "shared"),
    "one that cannot be bound": (ROOT + line("/run", "unbindable"), "shared", "unbindable", "shared"),
    "the last of several": (ROOT + line("/run") + line("/run", "shared:9"), "shared", "shared", "shared"),
    "a neighbour of the same beginning": (
        ROOT + line("/run2") + line("/var/lib/kubelet2"),
        "shared",
        "shared",
        "shared",
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_propagation(tmp_path: Path, name: str) -> None:
    text, root, run, kubelet = TABLES[name]
    found = section(host_of(plant(tmp_path, {**MOUNTED, TABLE: text})), "storage")
    assert found["facts"] == {"propagation": {"/": root, "/run": run, "/var/lib/kubelet": kubelet}}
    assert found["sources"] == {TABLE: ["propagation"]}


UNKNOWN = {"no root": line("/run"), "another format": "/dev/vda / ext4 rw 0 0\n"}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_table_that_means_nothing_is_unreadable(tmp_path: Path, name: str) -> None:
    found = section(host_of(plant(tmp_path, {**MOUNTED, TABLE: UNKNOWN[name]})), "storage")
    assert found["unknown"]["storage.propagation"]["reason"] == "unreadable"


@pytest.mark.parametrize("kind", Kind)
def test_the_table_of_another_process_tells_nothing(tmp_path: Path, kind: Kind) -> None:
    tree = {**MOUNTED, "/proc/self/mountinfo": ROOT}
    found = section(host_of(plant(tmp_path, tree), kind), "storage")
    assert found["unknown"]["storage.propagation"]["reason"] == "not_collected"


def test_in_a_container_it_is_the_containers(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {**MOUNTED, TABLE: ROOT}), context=Context.CONTAINER)
    assert section(host, "storage")["unknown"]["storage.propagation"]["reason"] == "not_collected"
