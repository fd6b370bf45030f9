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


LATER = line("/boot", "shared:5")
PODS = line("/var/lib/kubelet/pods/8f/volumes/token", "shared:8")
SECOND = "/dev/vda / ext4 rw 0 0\n/dev/vdb /boot ext4 rw 0 0\n"
COPIED: dict[str, tuple[dict[str, str], list[str]]] = {
    "the root alone": ({TABLE: ROOT}, []),
    "a later mount follows": ({TABLE: ROOT + LATER}, ["/", "/run"]),
    "a mount at the path": ({TABLE: ROOT + LATER + line("/var/lib/kubelet")}, ["/", "/run", "/var/lib/kubelet"]),
    "a mount below the path": ({TABLE: ROOT + LATER + PODS}, ["/", "/run", "/var/lib/kubelet"]),
    "a neighbour of the same beginning": ({TABLE: ROOT + line("/var/lib/kubelet2")}, ["/", "/run"]),
    "mounts that init makes first": ({TABLE: ROOT + line("/sys", "shared:2") + line("/run", "shared:3")}, []),
    "a second table that ends alike": (
        {TABLE: ROOT + LATER, "/proc/mounts": SECOND},
        ["/", "/run", "/var/lib/kubelet"],
    ),
    "a second table that goes on": (
        {TABLE: ROOT + LATER, "/proc/mounts": SECOND + "/dev/vdc /var/lib/kubelet ext4 rw 0 0\n"},
        ["/", "/run"],
    ),
}


@pytest.mark.parametrize("name", COPIED)
def test_a_copied_table_tells_of_a_path_only_where_no_mount_of_it_can_be_lost(tmp_path: Path, name: str) -> None:
    tables, known = COPIED[name]
    found = section(host_of(plant(tmp_path, dict(tables)), Kind.DUMP, uname=None), "storage")
    told = found.get("facts", {}).get("propagation", {})
    assert sorted(told) == known
    unknown = [path for path in ("/", "/run", "/var/lib/kubelet") if path not in known]
    if known:
        assert sorted(found["unknown"]) == [f"storage.propagation['{path}']" for path in unknown]
    assert {each["reason"] for each in found["unknown"].values()} <= {"unreadable"}


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
