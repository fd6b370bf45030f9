"""What each remediation of the newest packs asks for, done to a node that fails: the rule passes then.

A case is what is wrong with the healthy node, in facts, and what the remedy does to these facts: `modprobe vhost_net`
makes a device and a line in /proc/misc. Commands that a text shows are read out of it, so that a text that changes has
its case looked at again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from packs import POLICIES
from snapshots import snapshot

from passmuster import policy
from passmuster.evaluation.criteria import EvaluationCriteria
from passmuster.evaluation.node import Given, judge
from passmuster.model.outcome import RuleOutcome
from passmuster.policy.compile import CompiledPolicy, compile_policy

if TYPE_CHECKING:
    from passmuster.model.verdict import Result

NEWEST = ("virtnest/1.1.0", "kubevirt/1.1.0")
KVM = {
    "exists": True,
    "type": "character",
    "major": 10,
    "minor": 232,
    "mode": "0660",
    "uid": 0,
    "gid": 104,
    "accessible": True,
}
GONE = {"exists": False, **dict.fromkeys(("type", "major", "minor", "mode", "uid", "gid", "accessible"))}
SYSCTLS = {
    "net.ipv4.ip_forward": "0",
    "net.ipv4.ip_unprivileged_port_start": None,
    "net.ipv6.conf.all.disable_ipv6": "1",
    "fs.inotify.max_user_instances": "128",
    "fs.inotify.max_user_watches": "8192",
    "kernel.sched_rt_runtime_us": "950000",
    "vm.unprivileged_userfaultfd": "0",
}
OLD_KERNEL = {"kernel.release": "4.4.0-210-generic", "kernel.major": 4, "kernel.minor": 4, "kernel.sysctl": SYSCTLS}
NEW_KERNEL = {"kernel.release": "6.1.0-28-amd64", "kernel.major": 6, "kernel.minor": 1}
NO_CGROUPS: dict[str, Any] = {"cgroup.mode": "none", "cgroup.v1": {}, "cgroup.v2": None}
UNIFIED = {
    "cgroup.mode": "v2",
    "cgroup.v2": {
        "mount_point": "/sys/fs/cgroup",
        "controllers": ["cpu", "cpuset", "hugetlb", "io", "memory", "misc", "pids"],
        "subtree_control": [],
    },
}
NO_IOMMU = {"iommu.acpi_tables": [], "iommu.groups": 0, "iommu.units": []}
IOMMU = {"iommu.acpi_tables": ["DMAR"], "iommu.groups": 12, "iommu.units": ["dmar0"]}
OLD_CPU = {"cpu.flags": ["lm", "vmx"], "cpu.flags_any": ["lm", "vmx"]}
V3 = [
    "abm",
    "avx",
    "avx2",
    "bmi1",
    "bmi2",
    "cx16",
    "f16c",
    "fma",
    "lahf_lm",
    "lm",
    "movbe",
    "pni",
    "popcnt",
    "sse4_1",
    "sse4_2",
    "ssse3",
    "vmx",
    "xsave",
]
HOST_CPU = {"cpu.flags": V3, "cpu.flags_any": V3}
SELINUX = {"security.selinux": "enforcing", "security.container_selinux": "2.100.0-1"}
POWER = {"cpu.architecture": "ppc64le", "cpu.flags": [], "cpu.flags_any": []}

EFFECTS: dict[str, dict[str, Any]] = {
    "modprobe kvm_intel": {"kernel.misc_devices": {"kvm": 232}, "devices['/dev/kvm']": KVM},
    "modprobe kvm_hv": {"kernel.modules": ["kvm", "kvm_hv"]},
    "modprobe vhost_net": {"devices['/dev/vhost-net']": {**KVM, "minor": 238}},
    "modprobe vhost_vsock": {"devices['/dev/vhost-vsock']": {**KVM, "minor": 241}},
    "modprobe tun": {"devices['/dev/net/tun']": {**KVM, "minor": 200}},
    "modprobe nf_tables": {"network.nf_tables": True},
    "modprobe vfio-pci": {"kernel.modules": ["vfio_pci"]},
    "modprobe iommufd": {"devices['/dev/iommu']": {**KVM, "minor": 125}},
    "swapoff -a": {"memory.swap_bytes": 0},
    "echo 2 > /sys/kernel/mm/ksm/run": {"memory.ksm_run": 2},
    "dnf upgrade container-selinux": {"security.container_selinux": "2.251.0-1.el9"},
    "rm -f /dev/kvm && mknod -m 0660 /dev/kvm c 10 232": {"devices['/dev/kvm']": KVM},
    "/usr/libexec/qemu-kvm PUx,": {"security.libvirtd_qemu": True},
}
"""What a command of a remediation changes of the facts; the others of a text are for another node."""
Case = tuple[dict[str, Any], dict[str, Any] | str]
"""What is wrong; what the remedy makes of it: facts, or the command that the text shows."""
CASES: dict[str, Case] = {
    "virtnest/kernel-version": (OLD_KERNEL, NEW_KERNEL),
    "virtnest/cpu-x86-64-v2": (OLD_CPU, HOST_CPU),
    "virtnest/hardware-virtualization": ({"cpu.flags": ["lm"], "cpu.flags_any": ["lm"]}, HOST_CPU),
    "virtnest/device-kvm-exists": ({"devices['/dev/kvm']": GONE}, "modprobe kvm_intel"),
    "virtnest/device-kvm-accessible": (
        {"devices['/dev/kvm']": {**KVM, "minor": 1, "accessible": False}},
        "rm -f /dev/kvm && mknod -m 0660 /dev/kvm c 10 232",
    ),
    "virtnest/device-vhost-net-exists": ({"devices['/dev/vhost-net']": GONE}, "modprobe vhost_net"),
    "virtnest/device-tun-exists": ({"devices['/dev/net/tun']": GONE}, "modprobe tun"),
    **{
        f"virtnest/cgroup-{name}": (NO_CGROUPS, UNIFIED)
        for name in ("cpu", "cpuacct", "cpuset", "memory", "devices", "blkio")
    },
    "virtnest/iommu-support": (NO_IOMMU, IOMMU),
    "virtnest/iommu-enabled": (NO_IOMMU, IOMMU),
    "virtnest/secure-guest": (
        {},
        {
            "cpu.flags_any": [*V3, "sev"],
            "virtualization.kvm": {"nested": True, "parameters": {"kvm_amd.sev": "Y"}},
            "devices['/dev/sev']": {**KVM, "minor": 124},
        },
    ),
    "virtnest/ppc-kvm-hv": ({**POWER, "kernel.modules": []}, "modprobe kvm_hv"),
    "virtnest/docker-version": (
        {"runtime.name": "docker", "runtime.installed": ["docker"], "runtime.docker": {"version": "19.3.15"}},
        {"runtime.docker": {"version": "28.0.4"}},
    ),
    "kubevirt/architecture": ({"cpu.architecture": "ppc64le"}, {"cpu.architecture": "x86_64"}),
    "kubevirt/cpu-x86-64-level": (OLD_CPU, HOST_CPU),
    "kubevirt/cpu-x86-64-v3": (OLD_CPU, HOST_CPU),
    "kubevirt/hardware-virtualization": (
        {"cpu.flags": ["lm"], "cpu.flags_any": ["lm"], "kernel.misc_devices": {}},
        HOST_CPU,
    ),
    "kubevirt/kvm-registered": ({"kernel.misc_devices": {}}, "modprobe kvm_intel"),
    "kubevirt/device-kvm-exists": ({"devices['/dev/kvm']": GONE}, "modprobe kvm_intel"),
    "kubevirt/device-kvm-accessible": (
        {"devices['/dev/kvm']": {**KVM, "minor": 1, "accessible": False}},
        "rm -f /dev/kvm && mknod -m 0660 /dev/kvm c 10 232",
    ),
    "kubevirt/device-tun-exists": ({"devices['/dev/net/tun']": GONE}, "modprobe tun"),
    "kubevirt/device-vhost-net-exists": ({"devices['/dev/vhost-net']": GONE}, "modprobe vhost_net"),
    "kubevirt/device-vhost-vsock-exists": ({"devices['/dev/vhost-vsock']": GONE}, "modprobe vhost_vsock"),
    "kubevirt/kernel-unprivileged-ports": (
        OLD_KERNEL,
        {"kernel.sysctl": {"net.ipv4.ip_unprivileged_port_start": "1024"}},
    ),
    "kubevirt/kernel-memfd": (OLD_KERNEL, NEW_KERNEL),
    "kubevirt/cgroup-v2": (NO_CGROUPS, UNIFIED),
    "kubevirt/cgroup-controllers": (NO_CGROUPS, UNIFIED),
    "kubevirt/cgroup-device-control": (
        {"cgroup.devices_bpf": False, "kernel.config": {"CONFIG_CGROUP_BPF": None}, **OLD_KERNEL},
        {"cgroup.devices_bpf": True, **NEW_KERNEL},
    ),
    "kubevirt/container-runtime": (
        {"runtime.name": "docker", "runtime.docker": {"version": "28.0.4"}},
        {"runtime.name": "containerd"},
    ),
    "kubevirt/apparmor-libvirtd": (
        {"security.apparmor": True, "security.libvirtd_profile": True, "security.libvirtd_qemu": False},
        "/usr/libexec/qemu-kvm PUx,",
    ),
    "kubevirt/container-selinux": (SELINUX, "dnf upgrade container-selinux"),
    "kubevirt/nf-tables": ({"network.nf_tables": False}, "modprobe nf_tables"),
    "kubevirt/ipv4-forwarding": ({"kernel.sysctl": SYSCTLS}, "net.ipv4.ip_forward=1"),
    "kubevirt/ipv6": (
        {"network.ipv6": True, "kernel.sysctl": SYSCTLS},
        {"kernel.sysctl": {**SYSCTLS, "net.ipv6.conf.all.disable_ipv6": "0"}},
    ),
    "kubevirt/inotify-instances": ({"kernel.sysctl": SYSCTLS}, "fs.inotify.max_user_instances=512"),
    "kubevirt/inotify-watches": ({"kernel.sysctl": SYSCTLS}, "fs.inotify.max_user_watches=1048576"),
    "kubevirt/shared-mounts": (
        {"storage.propagation": dict.fromkeys(("/", "/run", "/var/lib/kubelet"), "private")},
        {"storage.propagation": dict.fromkeys(("/", "/run", "/var/lib/kubelet"), "shared")},
    ),
    "kubevirt/kubelet-root-dir": (
        {"runtime.kubelet.root_dir": "/data/kubelet"},
        {"runtime.kubelet.root_dir": "/var/lib/kubelet"},
    ),
    "kubevirt/swap-off": ({"memory.swap_bytes": 1}, "swapoff -a"),
    "kubevirt/ksm-off": ({"memory.ksm_run": 1}, "echo 2 > /sys/kernel/mm/ksm/run"),
    "kubevirt/clocksource-tsc": ({"kernel.clocksource": "hpet"}, {"kernel.clocksource": "tsc"}),
    "kubevirt/hugepages": ({"memory.hugepages": {}}, {"memory.hugepages": {"2048": 512, "1048576": 64}}),
    "kubevirt/cpu-manager": (
        {},
        {
            "runtime.kubelet": {
                "version": "v1.31.0",
                "endpoint": None,
                "cgroup_driver": None,
                "cpu_manager_policy": "static",
            }
        },
    ),
    "kubevirt/realtime-scheduling": ({"kernel.sysctl": SYSCTLS}, "kernel.sched_rt_runtime_us=-1"),
    "kubevirt/post-copy-userfaultfd": ({"kernel.sysctl": SYSCTLS}, "vm.unprivileged_userfaultfd=1"),
    "kubevirt/post-copy-selinux": (SELINUX, "dnf upgrade container-selinux"),
    "kubevirt/iommu-groups": (NO_IOMMU, IOMMU),
    "kubevirt/vfio-pci": ({"kernel.modules": [], "kernel.config": {"CONFIG_VFIO_PCI": "m"}}, "modprobe vfio-pci"),
    "kubevirt/iommufd": ({"devices['/dev/iommu']": GONE}, "modprobe iommufd"),
    "kubevirt/confidential-guests": (
        {},
        {
            "cpu.flags": [*V3, "sev"],
            "cpu.flags_any": [*V3, "sev"],
            "virtualization.kvm": {"nested": True, "parameters": {"kvm_amd.sev": "Y", "kvm_intel.tdx": None}},
            "devices['/dev/sev']": {**KVM, "minor": 124},
        },
    ),
}
ELSEWHERE = {
    "kubevirt/tdx-attestation": "it applies to hosts of TDX alone, and asks for one socket",
}
"""Rules without a case, and why; rules over pools of nodes have remedies for the fleet, not for a node."""
PROFILES: dict[str, Any] = {
    "vsock": True,
    "confidential": "sev",
    "realtime": True,
    "cpu_manager": True,
    "hugepages": ["2Mi", "1Gi"],
    "host_devices": True,
    "post_copy": True,
}


@pytest.fixture(scope="module", params=NEWEST)
def pack(request: pytest.FixtureRequest) -> CompiledPolicy:
    file = POLICIES / request.param / "policy.yaml"
    return compile_policy(policy.load(file.read_bytes(), str(file), released=True))


def results(pack: CompiledPolicy, facts: dict[str, Any]) -> dict[str, Result]:
    parameters = {**pack.defaults, **{name: value for name, value in PROFILES.items() if name in pack.defaults}}
    terms = EvaluationCriteria(policies=(pack,), parameters={pack.header.pack: parameters})
    (node,) = judge([Given(input="n", snapshot=snapshot(set_=facts))], terms).nodes
    return {result.rule.name: result for result in node.results}


def done(facts: dict[str, Any], remedy: dict[str, Any] | str) -> dict[str, Any]:
    """The facts after the remedy."""
    if isinstance(remedy, dict):
        return {**facts, **remedy}
    if remedy in EFFECTS:
        return {**facts, **EFFECTS[remedy]}
    key, _, value = remedy.partition("=")
    return {**facts, "kernel.sysctl": {**facts["kernel.sysctl"], key: value}}


@pytest.mark.long
def test_every_remediation_makes_its_rule_pass(pack: CompiledPolicy) -> None:
    for rule in pack.rules:
        name = rule.header.name
        if name in ELSEWHERE:
            continue
        broken, remedy = CASES[name]
        if isinstance(remedy, str):
            assert remedy in " ".join(rule.header.remediation.split()), name
        assert results(pack, broken)[name].outcome is RuleOutcome.FAIL, name
        assert results(pack, done(broken, remedy))[name].outcome is RuleOutcome.PASS, name


def test_no_two_remediations_write_one_file(pack: CompiledPolicy) -> None:
    written: dict[str, set[str]] = {}
    for rule in pack.rules:
        for text, file in re.findall(r"echo ([^`>]+) >>? (/etc/[^` ]+)", " ".join(rule.header.remediation.split())):
            written.setdefault(file, set()).add(text)
    assert {file: texts for file, texts in written.items() if len(texts) > 1} == {}


def test_a_command_of_one_distribution_stands_beside_what_others_do(pack: CompiledPolicy) -> None:
    for rule in pack.rules:
        text = rule.header.remediation
        if "dnf " in text and "apt" not in text:
            assert "image-based" in text, rule.header.name
