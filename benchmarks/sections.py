"""The sections of made snapshots: each is written once for all nodes that share it.

Facts are as a collector has them; to stay at 8 KB, some sources are named by their folder, where it names each file.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import orjson

from passmuster_collector import kerneloptions, modulenames, sysctls

if TYPE_CHECKING:
    from benchmarks.hardware import Hardware
    from benchmarks.software import Image, Tuning

NODE, MEMORY = b"@NODE@", b'"@MEMORY@"'
"""Stand for a node's own name and amount of memory in the sections that have them."""
_V1 = ("blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "hugetlb", "memory", "net_cls", "perf_event", "pids")
_V2 = ["cpu", "cpuset", "hugetlb", "io", "memory", "misc", "pids", "rdma"]
_PARAMETERS = (
    *(
        "kvm.halt_poll_ns",
        "kvm.nested",
        "kvm_amd.avic",
        "kvm_amd.nested",
        "kvm_amd.npt",
        "kvm_amd.sev",
        "kvm_amd.sev_es",
    ),
    *("kvm_amd.sev_snp", "kvm_hv.nested", "kvm_intel.enable_apicv", "kvm_intel.ept", "kvm_intel.nested"),
    *("kvm_intel.tdx", "kvm_intel.unrestricted_guest"),
)
_DPKG = "/var/lib/dpkg/status"


def written(facts: dict[str, Any], sources: dict[str, list[str]], unknown: dict[str, str] | None = None) -> bytes:
    """A canonical section; `unknown` gives a reason for each path that could not be looked at."""
    told = {path: {"detail": "", "reason": reason} for path, reason in (unknown or {}).items()}
    status = "ok" if not told else "partial" if facts else next(iter(told.values()))["reason"]
    section = {"facts": facts, "sources": sources, "status": status, "unknown": told}
    return orjson.dumps(section, option=orjson.OPT_SORT_KEYS)


@functools.cache
def cgroup(image: Image, *, root: bool) -> bytes:
    """Which control groups are mounted; only root may ask the kernel about device control."""
    v1 = {name: f"/sys/fs/cgroup/{name}" for name in _V1} if image.cgroup != "v2" else {}
    at = "/sys/fs/cgroup" if image.cgroup == "v2" else "/sys/fs/cgroup/unified"
    bound = _V2 if image.cgroup == "v2" else []
    v2 = None if image.cgroup == "v1" else {"controllers": bound, "mount_point": at, "subtree_control": bound[:5]}
    facts: dict[str, Any] = {"misc_capacity": {}, "mode": image.cgroup, "v1": v1, "v2": v2}
    sources = {"/proc/1/mounts": ["mode", "v1", "v2"], "bpf(2)": ["devices_bpf"]}
    if v2:
        sources |= {f"{at}/cgroup.{name}": ["v2"] for name in ("controllers", "subtree_control")}
    if root or not v2:
        return written({**facts, "devices_bpf": True if v2 else None}, sources)
    return written(facts, sources, {"cgroup.devices_bpf": "denied"})


@functools.cache
def cpu(hardware: Hardware) -> bytes:
    """The processors."""
    facts = hardware.cpu()
    read = sorted({*facts} - {"architecture"})
    return written(facts, {"/proc/cpuinfo": read, "uname(2)": ["architecture"]})


@functools.cache
def devices(image: Image, *, virtualizes: bool, root: bool) -> bytes:
    """Device files; whether they can be opened is told only to root."""
    there = {
        "/dev/kvm": (232, "0660", 36, image.guests and virtualizes),
        "/dev/net/tun": (200, "0666", 0, True),
        "/dev/vhost-net": (238, "0660", 36, image.guests),
        "/dev/vhost-vsock": (241, "0660", 36, image.guests),
        **dict.fromkeys(("/dev/iommu", "/dev/sev"), (0, "", 0, False)),
        "/dev/vfio/vfio": (196, "0666", 0, virtualizes),
    }
    facts: dict[str, Any] = {}
    for path, (minor, mode, gid, exists) in there.items():
        facts[path] = dict.fromkeys(("accessible", "gid", "major", "minor", "mode", "type", "uid")) | {"exists": exists}
        if exists:
            known = {"gid": gid, "major": 10, "minor": minor, "mode": mode, "type": "character", "uid": 0}
            facts[path] |= {**known, "accessible": True}
    unknown = {}
    if not root and facts["/dev/kvm"]["exists"]:
        del facts["/dev/kvm"]["accessible"]
        unknown = {"devices['/dev/kvm'].accessible": "denied"}
    return written(facts, {path: [path] for path in there}, unknown)


@functools.cache
def iommu(hardware: Hardware) -> bytes:
    """What the firmware says, and what the kernel made of it."""
    table = {"intel": ["DMAR"], "amd": ["IVRS"]}.get(hardware.maker, ["IORT"] if hardware.vendor == "0x41" else [])
    acpi = ["APIC", "BERT", "DSDT", "EINJ", "ERST", "FACP", "HEST", "HPET", "MCFG", "SLIT", "SPMI", "SRAT", "SSDT"]
    units = [f"{'dmar' if hardware.maker == 'intel' else 'ivhd'}{at}" for at in range(min(8, hardware.groups // 12))]
    facts = {
        "acpi_tables": sorted([*acpi, *table]) if hardware.architecture in {"x86_64", "aarch64"} else [],
        "groups": hardware.groups,
        "iort_smmu": True if "IORT" in table else None,
        "pci_devices": hardware.pci_devices,
        "units": units,
    }
    sources = {
        "/sys/bus/pci/devices": ["pci_devices"],
        "/sys/class/iommu": ["units"],
        "/sys/firmware/acpi/tables": ["acpi_tables", "iort_smmu"],
        "/sys/kernel/iommu_groups": ["groups"],
    }
    return written(facts, sources)


@functools.cache
def kernel(hardware: Hardware, image: Image, tuning: Tuning) -> bytes:
    """The kernel with its modules and parameters: the longest section, and of thousands of kinds."""
    major, minor, patch = image.numbers
    machine = hardware.architecture
    own = [
        *hardware.drivers,
        *([f"kvm_{hardware.maker}"] if image.guests and hardware.maker and hardware.virtualizes else []),
    ]
    facts: dict[str, Any] = {
        "clocksource": {"x86_64": "tsc", "aarch64": "arch_sys_counter"}.get(
            machine, "tod" if machine == "s390x" else "timebase"
        ),
        "machine": machine,
        "major": major,
        "minor": minor,
        "misc_devices": {
            "autofs": 235,
            "cpu_dma_latency": 62,
            "fuse": 229,
            "hw_random": 183,
            "loop-control": 237,
            "tun": 200,
            **({"kvm": 232} if image.guests and hardware.virtualizes else {}),
            **({"vhost-net": 238, "vhost-vsock": 241} if image.guests else {}),
        },
        "modules": sorted({*image.modules(), *own}),
        "patch": patch,
        "release": image.release.format(machine=machine),
        "sysctl": _parameters(image, tuning),
        "version": image.version,
    }
    sources = {
        "/proc/misc": ["misc_devices"],
        "/proc/modules": ["modules"],
        "/proc/sys": ["sysctl"],
        "/sys/devices/system/clocksource/clocksource0/current_clocksource": ["clocksource"],
        "uname(2)": ["machine", "major", "minor", "patch", "release", "version"],
    }
    if not image.readable:
        return written(facts, sources, {"kernel.config": "not_collected"})
    config = _config(amd=hardware.maker == "amd", intel=hardware.maker == "intel")
    return written({**facts, "config": config}, {**sources, f"/boot/config-{facts['release']}": ["config"]})


def _parameters(image: Image, tuning: Tuning) -> dict[str, str | None]:
    values = {
        "fs.inotify.max_user_instances": tuning.instances,
        "fs.inotify.max_user_watches": tuning.watches,
        "kernel.sched_rt_runtime_us": tuning.realtime,
        "net.bridge.bridge-nf-call-iptables": tuning.bridge,
        "net.ipv4.conf.all.rp_filter": 0,
        "net.ipv4.ip_forward": tuning.forward,
        "net.ipv4.ip_unprivileged_port_start": 1024 if image.numbers >= (4, 11, 0) else None,
        "net.ipv6.conf.all.disable_ipv6": tuning.ipv6_off,
        "net.ipv6.conf.all.forwarding": 1 - tuning.ipv6_off,
        "vm.max_map_count": tuning.max_map_count,
        "vm.nr_hugepages": 0,
        "vm.overcommit_memory": 1,
        "vm.unprivileged_userfaultfd": 0 if image.numbers >= (5, 2, 0) else None,
    }
    rest = dict.fromkeys(sysctls.LISTED, "1")
    return rest | {name: None if value is None else str(value) for name, value in values.items()}


def _config(*, amd: bool, intel: bool) -> dict[str, str | None]:
    built_in = ("BLK_CGROUP", "CGROUPS", "CGROUP_BPF", "CGROUP_CPUACCT", "CGROUP_DEVICE", "CGROUP_SCHED", "CPUSETS")
    modules = ("KVM", "NF_TABLES", "VFIO", "VFIO_PCI", "VHOST_NET", "VHOST_VSOCK")
    return {
        **{f"CONFIG_{name}": "y" for name in (*built_in, "HUGETLBFS", "MEMCG", "TUN", "USERFAULTFD")},
        **{f"CONFIG_{name}": "m" for name in modules},
        **{f"CONFIG_{name}": "y" if amd else None for name in ("AMD_IOMMU",)},
        **{f"CONFIG_{name}": "y" if intel else None for name in ("INTEL_IOMMU",)},
        "CONFIG_INTEL_IOMMU_DEFAULT_ON": None,
        "CONFIG_IOMMUFD": None,
        "CONFIG_KVM_AMD": "m" if amd else None,
        "CONFIG_KVM_INTEL": "m" if intel else None,
    }


@functools.cache
def kernel_config(image: Image) -> bytes:
    """Two of three listed options are set, half of them as modules."""
    if not image.readable:
        return written({}, {}, {"kernel_config.options": "not_collected"})
    options = {name: "ym"[at % 2] for at, name in enumerate(kerneloptions.LISTED) if at % 3}
    release = image.release.format(machine="x86_64")
    sources = {f"/boot/config-{release}": ["options"]}
    return written({"options": options}, sources, {"kernel_config.options['*']": "not_collected"})


@functools.cache
def kernel_modules(image: Image) -> bytes:
    """All listed modules can be loaded, and every fifth is built in."""
    available = {name: "loadable" if at % 5 else "builtin" for at, name in enumerate(modulenames.LISTED)}
    folder = f"/lib/modules/{image.release.format(machine='x86_64')}"
    sources = {f"{folder}/modules.{name}": ["available"] for name in ("builtin", "dep")}
    return written({"available": available}, sources, {"kernel_modules.available['*']": "not_collected"})


@functools.cache
def sysctl_sized(hardware: Hardware) -> bytes:
    """Parameters that follow the memory."""
    values = {name: str(hardware.logical_count * 4096 + at) for at, name in enumerate(sysctls.SIZED)}
    return written({"values": values}, {f"/proc/sys/{name.replace('.', '/')}": ["values"] for name in sysctls.SIZED})


@functools.cache
def kubernetes(hardware: Hardware, image: Image, runtime: tuple[str, str, str]) -> bytes:
    """What the cluster says of the node, where it was asked; its name there is to be filled in."""
    if not image.joined:
        names = (
            "architecture",
            "container_runtime_version",
            "kernel_version",
            "kubelet_version",
            "labels",
            "node",
            "os_image",
        )
        told = {
            f"kubernetes.{name}": {"detail": "no Node object was given", "reason": "not_collected"} for name in names
        }
        section = {"facts": {}, "sources": {}, "status": "not_collected", "unknown": told}
        return orjson.dumps(section, option=orjson.OPT_SORT_KEYS)
    name, version, kubelet = runtime
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(hardware.architecture, hardware.architecture)
    facts: dict[str, Any] = {
        "architecture": architecture,
        "container_runtime_version": f"{name}://{version}",
        "kernel_version": image.release.format(machine=hardware.architecture),
        "kubelet_version": kubelet,
        "labels": {"kubernetes.io/arch": architecture, "node-role.kubernetes.io/worker": ""},
        "node": NODE.decode(),
        "os_image": image.pretty_name,
    }
    return written(facts, {"the node's object": sorted(facts)})


@functools.cache
def memory(tuning: Tuning) -> bytes:
    """The amount of memory is to be filled in."""
    facts = {"hugepages": {"1048576": 0, "2048": 0}, "ksm_run": 0, "swap_bytes": tuning.swap_bytes}
    sources = {
        "/proc/meminfo": ["swap_bytes", "total_bytes"],
        "/sys/kernel/mm/hugepages": ["hugepages"],
        "/sys/kernel/mm/ksm/run": ["ksm_run"],
    }
    return written({**facts, "total_bytes": "@MEMORY@"}, sources)


@functools.cache
def storage() -> bytes:
    """How mounts propagate, as systemd sets it up."""
    facts = {"propagation": {"/": "shared", "/run": "shared", "/var/lib/kubelet": "shared"}}
    return written(facts, {"/proc/1/mountinfo": ["propagation"]})


def network(image: Image) -> bytes:
    """Packet filter and address families."""
    facts = {"ipv6": True, "nf_tables": image.numbers >= (4, 18, 0)}
    return written(facts, {"/proc/modules": ["nf_tables"], "/proc/sys/net/ipv6": ["ipv6"]})


@functools.cache
def os(image: Image) -> bytes:
    """The distribution."""
    facts = {
        "id": image.id,
        "id_like": list(image.id_like),
        "pretty_name": image.pretty_name,
        "version_id": image.version_id,
    }
    return written(facts, {"/etc/os-release": sorted(facts)})


@functools.cache
def runtime(chosen: tuple[str, str, str], tuning: Tuning) -> bytes:
    """The container runtime, and the kubelet."""
    name, version, kubelet = chosen
    sockets = {"containerd": "containerd/containerd.sock", "cri-o": "crio/crio.sock", "docker": "cri-dockerd.sock"}
    endpoint = f"unix:///run/{sockets[name]}"
    facts = {
        "containerd": {"version": version if name == "containerd" else "1.6.33"} if name != "cri-o" else None,
        "crio": {"version": version} if name == "cri-o" else None,
        "docker": {"version": version} if name == "docker" else None,
        "evidence": {"key": "containerRuntimeEndpoint", "source": "/var/lib/kubelet/config.yaml", "value": endpoint},
        "installed": ["containerd", "docker"] if name == "docker" else [name],
        "kubelet": {
            "cgroup_driver": "systemd",
            "root_dir": "/var/lib/kubelet",
            "cpu_manager_policy": tuning.policy,
            "endpoint": endpoint,
            "version": kubelet,
        },
        "name": name,
    }
    looked = ["containerd", "crio", "docker", "installed", "kubelet"]
    sources = {"/usr/bin": looked, _DPKG: looked, "/var/lib/kubelet/config.yaml": ["evidence", "kubelet", "name"]}
    return written(facts, sources)


@functools.cache
def security(image: Image) -> bytes:
    """Security modules."""
    facts = {
        "apparmor": image.lsm == "apparmor",
        "container_selinux": image.container_selinux,
        "libvirtd_profile": False,
        "lockdown": "none" if image.numbers >= (5, 4, 0) else None,
        "lsm": ["lockdown", "capability", "yama", *([image.lsm] if image.lsm != "none" else [])],
        "selinux": "enforcing" if image.lsm == "selinux" else "disabled",
    }
    sources = {
        "/etc/apparmor.d/usr.sbin.libvirtd": ["libvirtd_profile"],
        "/sys/fs/selinux/enforce": ["selinux"],
        "/sys/kernel/security/lockdown": ["lockdown"],
        "/sys/kernel/security/lsm": ["lsm"],
        "/sys/module/apparmor/parameters/enabled": ["apparmor"],
        _DPKG: ["container_selinux"],
    }
    return written(facts, sources)


@functools.cache
def virtualization(hardware: Hardware, *, guests: bool) -> bytes:
    """KVM's parameters, and what the machine itself runs on."""
    loaded = guests and hardware.virtualizes and hardware.maker
    intel = {
        "kvm_intel.enable_apicv": "Y",
        "kvm_intel.ept": "Y",
        "kvm_intel.nested": "Y",
        "kvm_intel.unrestricted_guest": "Y",
    }
    amd = {"kvm_amd.avic": "0", "kvm_amd.nested": "1", "kvm_amd.npt": "1", "kvm_amd.sev": "N", "kvm_amd.sev_es": "N"}
    parameters: dict[str, str | None] = dict.fromkeys(_PARAMETERS)
    if loaded:
        parameters |= {"kvm.halt_poll_ns": "200000", **(intel if hardware.maker == "intel" else amd)}
    facts = {
        "hypervisor": "kvm" if hardware.guest else None,
        "kvm": {"nested": True if loaded else None, "parameters": parameters},
        "secure_guest": {"prot_virt": None, "prot_virt_host": None, "qgs_socket": False, "uv": False},
    }
    sources = {"/proc/cpuinfo": ["hypervisor"], "/sys/firmware/uv": ["secure_guest"], "/sys/module": ["kvm"]}
    return written(facts, sources)
