"""Making snapshots for tests: a healthy node, and changes of it."""

from __future__ import annotations

import copy
from typing import Any

from passmuster.codec import json, schema
from passmuster.codec.schema.fieldtypes import FieldType, MapOf, Object
from passmuster.model.fieldpath import FieldPath
from passmuster.snapshot import Snapshot, load

_FLAGS = ["cx16", "lahf_lm", "lm", "pni", "popcnt", "sse4_1", "sse4_2", "ssse3", "vmx"]


def _device(minor: int) -> dict[str, Any]:
    return {
        "exists": True,
        "type": "character",
        "major": 10,
        "minor": minor,
        "mode": "0660",
        "uid": 0,
        "gid": 36,
        "accessible": True,
    }


_ABSENT = dict.fromkeys(["type", "major", "minor", "mode", "uid", "gid", "accessible"])
FACTS: dict[str, dict[str, Any]] = {
    "boot": {
        "words": [{"name": "intel_iommu", "value": "on"}],
        "arguments": {"intel_iommu": ["on"]},
        "other_words": 0,
        "init_words": 0,
    },
    "cgroup": {
        "mode": "v2",
        "v1": {},
        "v2": {
            "mount_point": "/sys/fs/cgroup",
            "controllers": ["cpu", "cpuset", "io", "memory", "pids"],
            "subtree_control": ["cpu"],
        },
        "devices_bpf": True,
        "misc_capacity": {},
    },
    "cpu": {
        "architecture": "x86_64",
        "vendor": "GenuineIntel",
        "model_name": "A processor",
        "logical_count": 4,
        "flags": _FLAGS,
        "flags_any": _FLAGS,
        "flags_partial": {},
        "vmx_flags": ["ept", "vpid"],
        "facilities": None,
    },
    "devices": {
        "/dev/iommu": {"exists": False, **_ABSENT},
        "/dev/kvm": _device(232),
        "/dev/net/tun": _device(200),
        "/dev/sev": {"exists": False, **_ABSENT},
        "/dev/vfio/vfio": {"exists": False, **_ABSENT},
        "/dev/vhost-net": _device(238),
        "/dev/vhost-vsock": {"exists": False, **_ABSENT},
    },
    "iommu": {
        "acpi_tables": ["DMAR"],
        "iort_smmu": None,
        "groups": 4,
        "noiommu_groups": 0,
        "units": ["dmar0"],
        "pci_devices": 30,
    },
    "kernel": {
        "release": "6.1.0-13-amd64",
        "major": 6,
        "minor": 1,
        "patch": 0,
        "version": "#1 SMP",
        "machine": "x86_64",
        "modules": ["kvm", "kvm_intel"],
        "misc_devices": {"kvm": 232},
        "sysctl": {"net.ipv4.ip_forward": "1", "vm.unprivileged_userfaultfd": None},
        "config": {"CONFIG_CGROUP_BPF": "y", "CONFIG_KVM": "m"},
        "clocksource": "tsc",
    },
    "kernel_config": {"options": {"CONFIG_BUG": "y", "CONFIG_KVM": "m"}},
    "kernel_modules": {"available": {"kvm": "loadable", "tun": "builtin"}},
    "kubernetes": {
        "node": "node-1",
        "kubelet_version": "v1.31.0",
        "container_runtime_version": "containerd://1.7.11",
        "kernel_version": "6.1.0-13-amd64",
        "os_image": "Debian GNU/Linux 12",
        "architecture": "amd64",
        "labels": {"node-role.kubernetes.io/worker": ""},
    },
    "memory": {"total_bytes": 8 << 30, "swap_bytes": 0, "hugepages": {"2048": 0}, "ksm_run": 0},
    "network": {"nf_tables": True, "ipv6": True},
    "os": {"id": "debian", "id_like": [], "pretty_name": "Debian GNU/Linux 12", "version_id": "12"},
    "runtime": {
        "installed": ["containerd"],
        "name": "containerd",
        "evidence": {
            "source": "/var/lib/kubelet/config.yaml",
            "key": "containerRuntimeEndpoint",
            "value": "unix:///run/containerd/containerd.sock",
        },
        "docker": None,
        "containerd": {"version": "1.7.11"},
        "crio": None,
        "kubelet": {
            "version": "v1.31.0",
            "endpoint": "unix:///run/containerd/containerd.sock",
            "cgroup_driver": "systemd",
            "root_dir": "/var/lib/kubelet",
            "cpu_manager_policy": "none",
        },
    },
    "security": {
        "lsm": ["capability"],
        "selinux": "disabled",
        "apparmor": False,
        "lockdown": None,
        "libvirtd_profile": False,
        "libvirtd_qemu": None,
        "container_selinux": None,
    },
    "storage": {"propagation": {"/": "shared", "/run": "shared", "/var/lib/kubelet": "shared"}},
    "sysctl_sized": {"values": {"fs.file-max": "9223372036854775807", "net.netfilter.nf_conntrack_max": None}},
    "virtualization": {
        "hypervisor": None,
        "kvm": {"nested": True, "parameters": {"kvm_intel.nested": "Y", "kvm_amd.sev": None, "kvm_intel.tdx": None}},
        "secure_guest": {"uv": False, "prot_virt_host": None, "prot_virt": None, "qgs_socket": False},
    },
}


def document(
    name: str = "node-1",
    *,
    set_: dict[str, Any] | None = None,
    unknown: dict[str, str] | None = None,
    machine_id: str | None = "sha256:" + "0" * 64,
    collected_at: str | None = "2026-11-22T10:11:12Z",
) -> dict[str, Any]:
    """A snapshot as JSON; `set_` replaces facts by path, `unknown` withholds them for a reason."""
    facts = copy.deepcopy(FACTS)
    for text, value in (set_ or {}).items():
        *above, last = FieldPath.parse(text).parts
        holder: Any = facts
        for part in above:
            holder = holder.setdefault(part, {})
        holder[last] = value
    sections = {}
    for section in facts:
        withheld = {
            FieldPath.parse(path): reason
            for path, reason in (unknown or {}).items()
            if FieldPath.parse(path).parts[0] == section
        }
        sections[section] = _section(section, facts[section], withheld)
    return {
        "schema": "passmuster.snapshot/1",
        "collection": {
            "collected_at": collected_at,
            "collector": "0.1.0",
            "context": "host",
            "kind": "live",
            "recorded": [],
            "uid": 0,
        },
        "node": {"name": name, "machine_id": machine_id, "labels": {}},
        "sections": sections,
    }


def _section(name: str, facts: dict[str, Any], withheld: dict[FieldPath, str]) -> dict[str, Any]:
    whole = withheld.get(FieldPath((name,)))
    if whole is not None:
        return {"status": whole, "facts": {}, "unknown": {}, "sources": {}}
    for path in withheld:
        holder: Any = facts
        for part in path.parts[1:-1]:
            if holder.get(part) is None:  # what is unknown inside of nothing would contradict it
                holder[part] = {}
            holder = holder[part]
        holder.pop(path.parts[-1], None)
    unknown = {str(path): {"reason": reason, "detail": ""} for path, reason in withheld.items()}
    return {
        "status": "partial" if unknown else "ok",
        "facts": facts,
        "unknown": unknown,
        "sources": {f"/proc/{name}": sorted(facts)},
    }


def data(name: str = "node-1", **changes: Any) -> bytes:
    """The bytes of a snapshot as a collector writes them."""
    return json.canonical(document(name, **changes))


def snapshot(name: str = "node-1", **changes: Any) -> Snapshot:
    """A snapshot as the engine reads it."""
    return load(data(name, **changes), f"{name}.json")


def every_path() -> list[str]:
    """The path of every fact that the schema names, at every depth, and of every key of the healthy node's maps."""
    return [
        str(path) for name, kind in schema.sections(1).items() for path in _paths(kind, FACTS[name], FieldPath((name,)))
    ]


def _paths(kind: FieldType, value: Any, path: FieldPath) -> list[FieldPath]:
    found = [path]
    if isinstance(kind, Object):
        for name, each in kind.fields.items():
            found += _paths(each, value.get(name) if isinstance(value, dict) else None, path.child(name))
    elif isinstance(kind, MapOf) and isinstance(value, dict):
        for key in value:
            found += _paths(kind.value, value[key], path.child(key))
    return found
