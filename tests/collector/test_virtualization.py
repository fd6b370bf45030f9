"""Whether the node is a guest, and what it can offer to guests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from host_tree import FOLDER, INTEL, MOUNTED, SOCKET, Entry, Link, host_of, plant, section

from passmuster_collector.source import Kind

if TYPE_CHECKING:
    from pathlib import Path

GUEST = "processor: 0\nflags: fpu lm hypervisor\n"
METAL = "processor: 0\nflags: fpu lm\n"
ARM = "processor: 0\nFeatures: fp\nCPU architecture: 8\n"
POWER = "processor: 0\ncpu: POWER9\nclock: 1MHz\nplatform: {}\nmodel: {}\n"
S390 = "vendor_id: IBM/S390\nfeatures: zarch\nprocessor 0: version = FF\n"


def dmi(vendor: str, product: str = "") -> dict[str, Entry]:
    return {"/sys/class/dmi/id/sys_vendor": vendor + "\n", "/sys/class/dmi/id/product_name": product + "\n"}


CLOCKS = "/sys/devices/system/clocksource/clocksource0/available_clocksource"
HYPERVISOR = "/sys/firmware/devicetree/base/hypervisor/compatible"
BOARD = "/sys/firmware/devicetree/base/compatible"

HYPERVISORS: dict[str, tuple[str, dict[str, Entry], str | None]] = {
    "bare metal": (METAL, dmi("Dell Inc."), None),
    "bare metal of a cloud": (METAL, dmi("Amazon EC2", "m5.metal"), None),
    "bare metal that names a hypervisor's maker": (METAL, dmi("Microsoft Corporation", "Surface"), None),
    "QEMU": (GUEST, dmi("QEMU", "Standard PC"), "qemu"),
    "KVM, as its clock tells": (GUEST, {**dmi("QEMU", "Standard PC"), CLOCKS: "kvm-clock tsc\n"}, "kvm"),
    "KVM without firmware": (GUEST, {CLOCKS: "tsc kvm-clock \n"}, "kvm"),
    "KVM by its product": (GUEST, dmi("Red Hat", "KVM"), "kvm"),
    "VMware": (GUEST, dmi("VMware, Inc.", "VMware7,1"), "vmware"),
    "Hyper-V": (GUEST, dmi("Microsoft Corporation", "Virtual Machine"), "microsoft"),
    "VirtualBox": (GUEST, dmi("innotek GmbH", "VirtualBox"), "virtualbox"),
    "Amazon": (GUEST, {**dmi("Amazon EC2", "m5.large"), CLOCKS: "kvm-clock"}, "amazon"),
    "Google": (GUEST, dmi("Google", "Google Compute Engine"), "google"),
    "OpenStack": (GUEST, dmi("OpenStack Foundation", "OpenStack Nova"), "openstack"),
    "Parallels": (GUEST, dmi("Parallels International"), "parallels"),
    "bhyve": (GUEST, dmi("BHYVE", "BHYVE"), "bhyve"),
    "Xen by its file": (METAL, {"/sys/hypervisor/type": "xen\n"}, "xen"),
    "Xen by its product": (GUEST, dmi("Xen", "HVM domU"), "xen"),
    "something that hides its name": (GUEST, dmi("ACME", "Box"), "other"),
    "something without firmware": (GUEST, {}, "other"),
    "PowerVM": (POWER.format("pSeries", "IBM,8231-E2B"), {}, "powervm"),
    "KVM on POWER": (POWER.format("pSeries", "IBM pSeries (emulated by qemu)"), {}, "kvm"),
    "POWER's bare metal": (POWER.format("PowerNV", "8247-22L"), {}, None),
    "z/VM": (S390, {"/proc/sysinfo": "LPAR Name: X\nVM00 Control Program: z/VM    6.4.0\n"}, "zvm"),
    "KVM on s390x": (S390, {"/proc/sysinfo": "VM00 Control Program: KVM/Linux\n"}, "kvm"),
    "another on s390x": (S390, {"/proc/sysinfo": "VM00 Control Program: X\n"}, "other"),
    "a partition of s390x": (S390, {"/proc/sysinfo": "LPAR Name: X\n"}, None),
    "ARM's bare metal": (ARM, dmi("Ampere", "Altra"), None),
    "ARM's bare metal of a cloud": (ARM, dmi("Amazon EC2", "c7g.metal"), None),
    "ARM's bare metal of a cloud, of a size": (ARM, dmi("Amazon EC2", "m8g.metal-24xl"), None),
    "a guest of KubeVirt on ARM": (ARM, dmi("KubeVirt", "None"), "kvm"),
    "a guest of Cloud Hypervisor on ARM": (ARM, dmi("Cloud Hypervisor", "cloud-hypervisor"), "other"),
    "ARM under QEMU": (ARM, dmi("QEMU", "KVM Virtual Machine"), "kvm"),
    "ARM on a virtual board": (ARM, {BOARD: "linux,dummy-virt\0"}, "qemu"),
    "VirtualBox that hides the flag": (METAL, dmi("innotek GmbH", "VirtualBox"), "virtualbox"),
    "QEMU that hides the flag": (METAL, dmi("QEMU", "Standard PC"), "qemu"),
    "a cloud's machine of its own": (METAL, dmi("Alibaba Cloud", "Alibaba Cloud ECS"), None),
    "Xen by its clock": (GUEST, {CLOCKS: "xen tsc\n"}, "xen"),
    "Xen by its clock, without the flag": (METAL, {CLOCKS: "xen tsc\n"}, "xen"),
    "Hyper-V by its clock": (GUEST, {CLOCKS: "hyperv_clocksource_tsc_page acpi_pm\n"}, "microsoft"),
    "ARM under Apple's hypervisor": (ARM, dmi("Apple Inc.", "Apple Virtualization Generic Platform"), "apple"),
    "ARM in Azure": (ARM, dmi("Microsoft Corporation", "Virtual Machine"), "microsoft"),
    "ARM in a cloud": (ARM, dmi("Tencent Cloud", "CVM"), "other"),
    "ARM of Hetzner": (ARM, dmi("Hetzner", "vServer"), "other"),
    "ARM in VirtualBox": (ARM, dmi("Oracle Corporation", "VirtualBox"), "virtualbox"),
    "ARM under Xen, by its tree": (ARM, {HYPERVISOR: "xen,xen-4.17\0xen,xen\0", BOARD: "xen,xenvm\0"}, "xen"),
    "ARM under KVM, by its tree": (ARM, {HYPERVISOR: "linux,kvm\0", BOARD: "acme,board\0"}, "kvm"),
    "RISC-V of QEMU": ("processor: 0\nisa: rv64imafdc\n", {BOARD: "riscv-virtio\0"}, "qemu"),
    "a PlayStation": (POWER.format("PS3", "SonyPS3"), {}, "other"),
    "QEMU's e500": (POWER.format("QEMU e500", "QEMU ppce500"), {}, "qemu"),
    "ARM on a real board": (ARM, {BOARD: "raspberrypi,4-model-b\0"}, None),
}


@pytest.mark.parametrize("name", HYPERVISORS)
def test_hypervisor(tmp_path: Path, name: str) -> None:
    cpuinfo, tree, expected = HYPERVISORS[name]
    found = section(host_of(plant(tmp_path, {**MOUNTED, "/proc/cpuinfo": cpuinfo, **tree})), "virtualization")
    assert found["facts"]["hypervisor"] == expected
    assert any("hypervisor" in facts for facts in found["sources"].values())


UNPROVEN: dict[str, tuple[str, dict[str, Entry]]] = {
    "ARM whose maker nobody knows": (ARM, dmi("Cloudy", "Instance")),
    "ARM without firmware and without a tree": (ARM, {}),
    "an empty name": (ARM, dmi("", "")),
    "POWER of an unknown platform": (POWER.format("Acme", "Acme"), {}),
    "s390x whose sysinfo is another file": (S390, {"/proc/sysinfo": "processor: 0\n"}),
    "s390x without its sysinfo": (S390, {}),
}


@pytest.mark.parametrize("name", UNPROVEN)
def test_bare_metal_needs_a_proof(tmp_path: Path, name: str) -> None:
    cpuinfo, tree = UNPROVEN[name]
    found = section(host_of(plant(tmp_path, {**MOUNTED, "/proc/cpuinfo": cpuinfo, **tree})), "virtualization")
    assert "virtualization.hypervisor" in found["unknown"]


UNNAMED = {"a guest of x86": GUEST, "a machine of ARM": ARM, "a machine of s390x": S390, "an unknown machine": ""}


@pytest.mark.parametrize("name", UNNAMED)
def test_a_dump_that_carries_no_name_leaves_it_unknown(tmp_path: Path, name: str) -> None:
    host = host_of(plant(tmp_path, {"/proc/cpuinfo": UNNAMED[name]}), Kind.DUMP, uname=None)
    assert "virtualization.hypervisor" in section(host, "virtualization")["unknown"]


def test_a_board_that_cannot_be_read_leaves_it_unknown(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {**MOUNTED, "/proc/cpuinfo": ARM, BOARD: FOLDER}))
    assert section(host, "virtualization")["unknown"]["virtualization.hypervisor"]["reason"] == "failed"


NESTED: dict[str, tuple[dict[str, Entry], Any]] = {
    "Y on Intel": ({"kvm_intel/parameters/nested": "Y\n"}, True),
    "0 on AMD": ({"kvm_amd/parameters/nested": "0\n"}, False),
    "1 on s390x": ({"kvm/parameters/nested": "1\n"}, True),
    "N on POWER": ({"kvm_hv/parameters/nested": "N\n"}, False),
    "no module": ({}, None),
    "nonsense": ({"kvm_intel/parameters/nested": "maybe\n"}, "unreadable"),
    "a parameter that is no file": ({"kvm_amd/parameters/nested": FOLDER}, "failed"),
}


@pytest.mark.parametrize("name", NESTED)
def test_nested(tmp_path: Path, name: str) -> None:
    tree, expected = NESTED[name]
    plant(tmp_path, {**MOUNTED, **{f"/sys/module/{path}": entry for path, entry in tree.items()}})
    found = section(host_of(tmp_path), "virtualization")
    if isinstance(expected, str):
        assert found["unknown"]["virtualization.kvm.nested"]["reason"] == expected
    else:
        assert found["facts"]["kvm"]["nested"] is expected


def test_parameters_are_text_or_null(tmp_path: Path) -> None:
    tree = {**MOUNTED, "/sys/module/kvm_amd/parameters/sev": "Y\n", "/proc/cpuinfo": INTEL}
    found = section(host_of(plant(tmp_path, tree)), "virtualization")
    assert found["facts"]["kvm"]["parameters"]["kvm_amd.sev"] == "Y"
    assert found["facts"]["kvm"]["parameters"]["kvm.nested"] is None


def test_protected_guests_of_s390x(tmp_path: Path) -> None:
    tree = {**MOUNTED, "/sys/firmware/uv/prot_virt_host": "1\n", "/proc/cmdline": "prot_virt=0 prot_virt=1\n"}
    found = section(host_of(plant(tmp_path, tree)), "virtualization")["facts"]
    assert found["secure_guest"] == {"uv": True, "prot_virt_host": "1", "prot_virt": "1", "qgs_socket": False}


def test_a_host_without_an_ultravisor(tmp_path: Path) -> None:
    found = section(host_of(plant(tmp_path, {**MOUNTED, "/proc/cmdline": "quiet\n"})), "virtualization")["facts"]
    assert found["secure_guest"] == {"uv": False, "prot_virt_host": None, "prot_virt": None, "qgs_socket": False}


QUOTES = "/run/tdx-qgs/qgs.socket"
SERVICES: dict[str, tuple[dict[str, Entry], bool]] = {
    "a socket": ({QUOTES: SOCKET}, True),
    "a file of that name": ({QUOTES: ""}, False),
    "nothing": ({}, False),
}


@pytest.mark.parametrize("name", SERVICES)
def test_the_service_of_quotes(tmp_path: Path, name: str) -> None:
    tree, expected = SERVICES[name]
    found = section(host_of(plant(tmp_path, {**MOUNTED, "/var/run": Link("/run"), **tree})), "virtualization")
    assert found["facts"]["secure_guest"]["qgs_socket"] is expected
