"""Memory protection for devices."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

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
        "noiommu_groups": 0,
        "units": ["smmu3.0x1"],
        "pci_devices": 1,
    }
    assert found["sources"]["/sys/firmware/acpi/tables/IORT"] == ["iort_smmu"]


def test_nothing_there(tmp_path: Path) -> None:
    found = section(host_of(plant(tmp_path, {**MOUNTED, "/sys/kernel/iommu_groups": FOLDER})), "iommu")
    expected: dict[str, Any] = {
        "acpi_tables": [],
        "iort_smmu": None,
        "groups": 0,
        "noiommu_groups": 0,
        "units": [],
        "pci_devices": None,
    }
    assert found["facts"] == expected


def test_in_a_dump_an_empty_folder_says_nothing(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {"/sys/kernel/iommu_groups": FOLDER, "/sys/firmware/acpi/tables/DMAR": ""}
    found = section(host_of(plant(tmp_path, tree), Kind.DUMP, uname=None), "iommu")
    assert found["facts"] == {"acpi_tables": ["DMAR"], "iort_smmu": None}
    assert found["unknown"]["iommu.groups"]["detail"] == "/sys/kernel/iommu_groups is empty in the dump"


def test_a_table_that_is_listed_and_cannot_be_read(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {**MOUNTED, "/sys/firmware/acpi/tables/IORT": Link("gone")}))
    unknown = section(host, "iommu")["unknown"]["iommu.iort_smmu"]
    assert unknown == {"reason": "not_collected", "detail": "/sys/firmware/acpi/tables/IORT is not there"}


GROUPS = "/sys/kernel/iommu_groups"
COUNTS: dict[str, tuple[Kind, dict[str, Entry], tuple[int, int] | None]] = {
    "groups without a name are an IOMMU's": (Kind.LIVE, {"0": FOLDER, "1/type": "DMA\n"}, (2, 0)),
    "a group of VFIO is none": (Kind.LIVE, {"0/name": "vfio-noiommu\n"}, (0, 1)),
    "both kinds beside each other": (Kind.LIVE, {"0/name": "vfio-noiommu\n", "1": FOLDER}, (1, 1)),
    "a group that the platform named is an IOMMU's": (Kind.LIVE, {"0/name": "pe1\n"}, (1, 0)),
    "in a dump the type of its domain is proof": (Kind.DUMP, {"0/type": "DMA-FQ\n"}, (1, 0)),
    "in a dump a group that was not copied may be either": (Kind.DUMP, {"0/reserved_regions": ""}, None),
    "a name that cannot be read may be either": (Kind.LIVE, {"0/name": FOLDER}, None),
}


@pytest.mark.parametrize("name", COUNTS)
def test_groups_without_an_iommu_do_not_count(tmp_path: Path, name: str) -> None:
    kind, groups, expected = COUNTS[name]
    tree = {**MOUNTED, **{f"{GROUPS}/{path}": entry for path, entry in groups.items()}}
    found = section(host_of(plant(tmp_path, tree), kind), "iommu")
    facts = found["facts"]
    assert expected == ((facts["groups"], facts["noiommu_groups"]) if expected else None)
    assert ("iommu.groups" in found["unknown"]) is ("iommu.noiommu_groups" in found["unknown"]) is (expected is None)


def test_tables_that_only_root_could_have_copied_are_not_called_absent(tmp_path: Path) -> None:
    tables = "/sys/firmware/acpi/tables"
    tree: dict[str, Entry] = {f"{tables}/data/BERT": "", f"{tables}/dynamic/SSDT1": "x\n"}
    found = section(host_of(plant(tmp_path / "a", tree), Kind.DUMP, uname=None), "iommu")
    assert found["unknown"]["iommu.acpi_tables"]["reason"] == "not_collected"
    assert found["unknown"]["iommu.iort_smmu"]["reason"] == "not_collected"
    tree[f"{tables}/DMAR"] = "x\n"
    found = section(host_of(plant(tmp_path / "b", tree), Kind.DUMP, uname=None), "iommu")
    assert found["facts"]["acpi_tables"] == ["DMAR"]
