"""Memory protection for devices."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from host_tree import FOLDER, MOUNTED, Entry, Link, host_of, plant, section

from passmuster_collector.facts.iommu import parse_iort
from passmuster_collector.reading import UnreadableError
from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path


def iort(*nodes: int, count: int | None = None, length: int = 20) -> bytes:
    """An IORT table with nodes of these types."""
    head = b"IORT" + bytes(32) + struct.pack("<III", len(nodes) if count is None else count, 48, 0)
    return head + b"".join(struct.pack("<BH", kind, length) + bytes(17) for kind in nodes)


@pytest.mark.parametrize(
    ("nodes", "found"), [((3,), True), ((4,), True), ((0, 1, 2, 4), True), ((0, 2, 5), False), ((), False)]
)
def test_a_node_of_type_three_or_four_is_an_smmu(nodes: tuple[int, ...], *, found: bool) -> None:
    assert parse_iort(iort(*nodes)) is found


BROKEN = {
    "too short": b"IORT",
    "of another name": b"DMAR" + bytes(60),
    "with fewer nodes than it says": iort(1, count=2),
    "with a node without an end": iort(1, length=0),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_table_is_unreadable(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableError):
        parse_iort(BROKEN[name])
    host = host_of(plant(tmp_path, {**MOUNTED, "/sys/firmware/acpi/tables/IORT": BROKEN[name]}))
    assert section(host, "iommu")["unknown"]["iommu.iort_smmu"]["reason"] == "unreadable"


def test_everything_there(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {
        **MOUNTED,
        "/sys/firmware/acpi/tables/IORT": iort(4),
        "/sys/firmware/acpi/tables/APIC": "",
        "/sys/firmware/acpi/tables/data/x": "",
        "/sys/firmware/acpi/tables/dynamic": FOLDER,
        "/sys/kernel/iommu_groups/0": FOLDER,
        "/sys/kernel/iommu_groups/1": FOLDER,
        "/sys/class/iommu/smmu3.0x1": Link("../../devices"),
        "/sys/bus/pci/devices/0000:00:00.0": Link("x"),
    }
    found = section(host_of(plant(tmp_path, tree)), "iommu")
    assert found["facts"] == {
        "acpi_tables": ["APIC", "IORT"],
        "iort_smmu": True,
        "groups": 2,
        "units": ["smmu3.0x1"],
        "pci_devices": 1,
    }
    assert found["sources"]["/sys/firmware/acpi/tables/IORT"] == ["iort_smmu"]


def test_nothing_there(tmp_path: Path) -> None:
    found = section(host_of(plant(tmp_path, {**MOUNTED, "/sys/kernel/iommu_groups": FOLDER})), "iommu")
    assert found["facts"] == {"acpi_tables": [], "iort_smmu": None, "groups": 0, "units": [], "pci_devices": None}


def test_in_a_dump_an_empty_folder_says_nothing(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {"/sys/kernel/iommu_groups": FOLDER, "/sys/firmware/acpi/tables/DMAR": ""}
    found = section(host_of(plant(tmp_path, tree), Kind.DUMP, uname=None), "iommu")
    assert found["facts"] == {"acpi_tables": ["DMAR"], "iort_smmu": None}
    assert found["unknown"]["iommu.groups"]["detail"] == "/sys/kernel/iommu_groups is empty in the dump"


def test_a_table_that_is_listed_and_cannot_be_read(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {**MOUNTED, "/sys/firmware/acpi/tables/IORT": Link("gone")}))
    unknown = section(host, "iommu")["unknown"]["iommu.iort_smmu"]
    assert unknown == {"reason": "not_collected", "detail": "/sys/firmware/acpi/tables/IORT is not there"}
