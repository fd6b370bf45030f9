"""Closed maps and lists: a member of a name that nobody foresaw is found in the snapshot.

What a collector left out of one would count as not there. The cases are held against the schema: a new closed map or
list without one fails here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from host_tree import FOLDER, MOUNTED, Entry, plant
from snapshot_rules import schema

from passmuster_collector.cli import collect_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEW = "unforeseen"
V2: dict[str, Entry] = {"/proc/1/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n"}
RELEASE: dict[str, Entry] = {"/proc/sys/kernel/osrelease": "6.1\n"}
MODULES = "/lib/modules/6.1/modules"
NODE = {"kind": "Node", "metadata": {"name": "n", "labels": {"example.org/unforeseen": "x"}}, "status": {}}

CASES: dict[str, tuple[dict[str, Entry], list[str]]] = {
    "boot.arguments": ({"/proc/cmdline": "unforeseen=1\n"}, []),
    "boot.words": ({"/proc/cmdline": "kvm.unforeseen=1\n"}, []),
    "cgroup.misc_capacity": ({**V2, "/sys/fs/cgroup/misc.capacity": "unforeseen 1\n"}, []),
    "cgroup.v1": ({"/proc/1/mounts": "cgroup /sys/fs/cgroup/x cgroup rw,unforeseen 0 0\n"}, []),
    "cgroup.v2.controllers": ({**V2, "/sys/fs/cgroup/cgroup.controllers": "memory unforeseen\n"}, []),
    "cgroup.v2.subtree_control": ({**V2, "/sys/fs/cgroup/cgroup.subtree_control": "memory unforeseen\n"}, []),
    "collection.recorded": ({}, ["--recorded", "machine=unforeseen"]),
    "cpu.facilities": (
        {"/proc/cpuinfo": "vendor_id: IBM/S390\nfacilities: 4711\nfeatures: zarch\nprocessor 0: version = FF\n"},
        [],
    ),
    "cpu.flags": ({"/proc/cpuinfo": "processor: 0\nflags: unforeseen\n\n"}, []),
    "cpu.flags_any": ({"/proc/cpuinfo": "processor: 0\nflags: unforeseen\n\n"}, []),
    "cpu.flags_partial": ({"/proc/cpuinfo": "processor: 0\nflags: unforeseen\n\nprocessor: 1\nflags: x\n\n"}, []),
    "cpu.vmx_flags": ({"/proc/cpuinfo": "processor: 0\nflags: vmx\nvmx flags: unforeseen\n\n"}, []),
    "iommu.acpi_tables": ({"/sys/firmware/acpi/tables/unforeseen": "x"}, []),
    "iommu.units": ({"/sys/class/iommu/unforeseen": FOLDER}, []),
    "kernel.misc_devices": ({"/proc/misc": "200 unforeseen\n"}, []),
    "kernel.modules": ({"/proc/modules": "unforeseen 1 0 - Live 0x0\n"}, []),
    "kernel_config.options": ({**RELEASE, "/boot/config-6.1": "CONFIG_unforeseen=y\n"}, ["--full"]),
    "kernel_modules.available": (
        {**RELEASE, f"{MODULES}.builtin": "kernel/x.ko\n", f"{MODULES}.dep": "kernel/unforeseen.ko.xz: kernel/x.ko\n"},
        ["--full"],
    ),
    "kubernetes.labels": ({}, ["--node-object", "NODE"]),
    "memory.hugepages": ({"/sys/kernel/mm/hugepages/hugepages-4711kB/nr_hugepages": "1\n"}, []),
    "node.labels": ({}, ["--label", "unforeseen=x"]),
    "os.id_like": ({"/etc/os-release": 'ID=x\nID_LIKE="unforeseen"\n'}, []),
    "security.lsm": ({"/sys/kernel/security/lsm": "lockdown,unforeseen\n"}, []),
}
OTHERWISE = {
    "collection.recorded": "machine",
    "cpu.facilities": "4711",
    "memory.hugepages": "4711",
}
"""What is planted where a name of letters cannot stand."""


BY_REDACTION = {"node.redacted.kept", "node.redacted.absent"}
"""What `snapshot redact` adds to a snapshot: no collector writes it."""


def complete(field: dict[str, Any], path: str) -> Iterator[str]:
    """The paths of closed maps and of lists; a list of the schema's own words has no others."""
    kinds = field.get("type", ())
    if field.get("x-map") == "closed" or ("array" in kinds and "enum" not in field["items"]):
        yield path
    elif field.get("x-map") != "open":
        for name, each in field.get("properties", {}).items():
            yield from complete(each, f"{path}.{name}" if path else name)


def test_every_closed_map_and_list_of_the_schema_has_a_case() -> None:
    top = schema()["properties"]
    found = {path for name in ("collection", "node") for path in complete(top[name], name)}
    for name, section in top["sections"]["properties"].items():
        found |= set(complete(section["properties"]["facts"], name))
    assert found - BY_REDACTION == set(CASES)


@pytest.mark.long
@pytest.mark.parametrize("path", CASES)
def test_what_nobody_foresaw_is_there(tmp_path: Path, path: str) -> None:
    tree, words = CASES[path]
    host = plant(tmp_path / "host", {**MOUNTED, "/etc/hostname": "n\n", **tree})
    (tmp_path / "node.json").write_text(json.dumps(NODE))
    words = [str(tmp_path / "node.json") if word == "NODE" else word for word in words]
    snapshot = json.loads(collect_bytes(["--root", str(host), *words]))
    first, *steps = path.split(".")
    section = snapshot["sections"].get(first)
    value: Any = snapshot[first] if section is None else section["facts"]
    for step in steps:
        value = value[step]
    named = json.dumps(value) + json.dumps([] if section is None else [at for at in section["unknown"] if path in at])
    assert OTHERWISE.get(path, NEW) in named
