"""Memory protection for devices: what the firmware describes, and what the kernel made of it."""

import struct
from typing import Iterator, List, Tuple, Union

from passmuster_collector.fields import FLAG, Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.reading import (
    Absent,
    Data,
    Known,
    Names,
    Reason,
    Result,
    Text,
    Unknown,
    UnreadableError,
    not_there,
)
from passmuster_collector.section import Fact, fact
from passmuster_collector.source import Kind

FIELDS: Fields = {
    ("acpi_tables",): Limit(items=512, length=64),
    ("iort_smmu",): FLAG,
    ("groups",): Limit(high=1048576),
    ("noiommu_groups",): Limit(high=1048576),
    ("units",): Limit(items=1024, length=128),
    ("pci_devices",): Limit(high=1048576),
}
_TABLES = "/sys/firmware/acpi/tables"
_IORT = _TABLES + "/IORT"
_GROUPS = "/sys/kernel/iommu_groups"
_NOIOMMU = "vfio-noiommu"
_DOMAINS = ("DMA", "DMA-FQ", "identity")
_UNITS = "/sys/class/iommu"
_PCI = "/sys/bus/pci/devices"
_FOLDERS = ("data", "dynamic")
_SMMU = (3, 4)


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    tables = _acpi(host)
    yield fact("acpi_tables", tables, _TABLES)
    smmu = _iort(host, tables)
    yield fact("iort_smmu", smmu, _TABLES if smmu == Known(None) else _IORT)
    groups, without = _groups(host)
    yield fact("groups", groups, _GROUPS)
    yield fact("noiommu_groups", without, _GROUPS)
    yield fact("units", _list(host.names(_UNITS)), _UNITS)
    yield fact("pci_devices", _count(host.names(_PCI)), _PCI)


def parse_iort(data: bytes) -> bool:
    """Whether an IORT table has a node of an SMMU: type 3 (SMMUv1, SMMUv2) or 4 (SMMUv3); raises UnreadableError."""
    if len(data) < 48 or data[:4] != b"IORT":
        raise UnreadableError(f"not an IORT table (got {len(data)} bytes)")
    count, offset = struct.unpack_from("<II", data, 36)
    found = False
    for _ in range(count):
        if offset + 3 > len(data):
            raise UnreadableError(f"the IORT table ends before its {count} nodes")
        kind, length = struct.unpack_from("<BH", data, offset)
        if length < 16:
            raise UnreadableError(f"a node of the IORT table is too short (got {length} bytes)")
        found = found or kind in _SMMU
        offset += length
    return found


def _acpi(host: Host) -> Result:
    """Names of tables; only root can copy them, so that in a dump a folder without any was not collected."""
    found = _list(host.names(_TABLES))
    if isinstance(found, Unknown):
        return found
    tables = [name for name in found.value if name not in _FOLDERS]
    if found.value and not tables and host.kind is Kind.DUMP:
        return Unknown(Reason.NOT_COLLECTED, f"no table of {_TABLES} is in the dump (only root can copy them)")
    return Known(tables)


def _iort(host: Host, tables: Result) -> Result:
    if isinstance(tables, Unknown):
        return tables
    if "IORT" not in tables.value:
        return Known(None)
    data = host.read_data(_IORT)
    if not isinstance(data, Data):
        return not_there(_IORT) if isinstance(data, Absent) else data
    try:
        return Known(parse_iort(data.data))
    except UnreadableError as error:
        return Unknown(Reason.UNREADABLE, str(error))


def _groups(host: Host) -> Tuple[Result, Result]:
    """How many groups an IOMMU made, and how many VFIO made of devices without one: those have its name."""
    found = host.names(_GROUPS)
    if not isinstance(found, Names):
        count = _count(found)
        return count, count
    without = 0
    for group in found.names:
        name = host.read(f"{_GROUPS}/{group}/name")
        if isinstance(name, Text):
            without += name.text.strip() == _NOIOMMU
        elif isinstance(name, Unknown) and not _translates(host, group):
            detail = f"{_GROUPS}/{group} may be a group without an IOMMU: {name.detail}"
            unknown = Unknown(name.reason, detail)
            return unknown, unknown
    return Known(len(found.names) - without), Known(without)


def _translates(host: Host, group: str) -> bool:
    """Whether a group has the type of a domain, which only an IOMMU gives it; for dumps that left its name out."""
    kind = host.read(f"{_GROUPS}/{group}/type")
    return isinstance(kind, Text) and kind.text.strip() in _DOMAINS


def _list(names: Union[Names, Absent, Unknown]) -> Result:
    if isinstance(names, Unknown):
        return names
    found: List[str] = list(names.names) if isinstance(names, Names) else []
    return Known(found)


def _count(names: Union[Names, Absent, Unknown]) -> Result:
    if isinstance(names, Unknown):
        return names
    return Known(len(names.names) if isinstance(names, Names) else None)
