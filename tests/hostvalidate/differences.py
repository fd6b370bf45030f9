"""Every deliberate difference between our verdicts and the tool's lines, with its reason.

`docs/parity.md` is this table for people; a test holds the two together. There is no other difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hostvalidate.checks import CHECKS, Status
from passmuster.model.fieldpath import FieldPath
from passmuster.model.unknown import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from passmuster.model.verdict import Result
    from passmuster.snapshot import Snapshot

_CGROUP = tuple(f"cgroup-{name}" for name in ("cpu", "cpuacct", "cpuset", "memory", "devices", "blkio"))
_KVM = ("device-kvm-exists", "device-kvm-accessible")
_PASS, _FAIL, _WARN, _NONE, _UNKNOWN = Status.PASS, Status.FAIL, Status.WARN, Status.NO_LINE, Status.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What both sides saw of one node."""

    snapshot: Snapshot
    results: Mapping[str, Result]
    tool: Mapping[str, Status]
    version: tuple[int, int, int]

    def fact(self, path: str) -> Any:
        """A fact, None where there is none."""
        return self.snapshot.value(FieldPath.parse(path))

    def reasons(self, rule: str) -> set[Reason]:
        """Why facts of the rule could not be looked at."""
        return {fact.reason for fact in self.results[rule].unknown}

    def denied(self, rule: str) -> bool:
        """Whether the collector was refused a fact of the rule."""
        return Reason.DENIED in self.reasons(rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One kind of difference."""

    name: str
    rules: tuple[str, ...]
    tool: tuple[Status, ...]
    ours: tuple[Status, ...]
    when: str
    """In words; `holds` is the same as code."""
    reason: str
    holds: Callable[[Side], bool]

    def explains(self, rule: str, tool: Status, ours: Status, side: Side) -> bool:
        """Whether this difference is of this kind."""
        return rule in self.rules and tool in self.tool and ours in self.ours and self.holds(side)


def _flags(side: Side) -> list[str]:
    return side.fact("cpu.flags_any") or []


def _wrong_device(side: Side) -> bool:
    device = side.fact("devices['/dev/kvm']") or {}
    return bool(device.get("exists")) and (device.get("type"), device.get("major"), device.get("minor")) != (
        "character",
        10,
        232,
    )


def _long_flags(side: Side) -> bool:
    return side.version < (10, 6, 0) and len(" ".join(_flags(side))) > 700


def _iommu_by_the_kernel(side: Side) -> bool:
    seen = side.fact("iommu.groups") or side.fact("iommu.units") or "VIOT" in (side.fact("iommu.acpi_tables") or [])
    unknown = side.results["iommu-support"].unknown
    return bool(seen) or any(fact.path == FieldPath(("iommu", "groups")) for fact in unknown)


DIFFERENCES: tuple[Row, ...] = (
    Row(
        name="the tool gave up",
        rules=tuple(CHECKS),
        tool=(_NONE,),
        ours=(_PASS, _FAIL, _WARN, _UNKNOWN),
        when="the tool printed no line at all",
        reason="Without /proc/cpuinfo it ends at once; on s390x without a PCI bus it crashes; 7.0.0 aborts where no "
        "cgroup is mounted. The requirement still exists.",
        holds=lambda side: not side.tool,
    ),
    Row(
        name="/dev/kvm is checked without the CPU flag",
        rules=_KVM,
        tool=(_NONE,),
        ours=(_PASS, _FAIL, _UNKNOWN),
        when="the tool's check for hardware virtualization failed",
        reason="The tool does not check /dev/kvm then. KVM can work without the flag (KVM-PVM); if it does not, the report should say so.",
        holds=lambda side: side.tool.get("hwvirt") is _FAIL,
    ),
    Row(
        name="a missing device cannot be opened",
        rules=("device-kvm-accessible",),
        tool=(_NONE,),
        ours=(_FAIL,),
        when="/dev/kvm does not exist",
        reason="The tool checks access only if the device exists. Here both rules fail, with the same remediation.",
        holds=lambda side: side.fact("devices['/dev/kvm'].exists") is False,
    ),
    Row(
        name="the node is judged, not the caller",
        rules=("device-kvm-accessible",),
        tool=(_FAIL,),
        ours=(_UNKNOWN,),
        when="the collector was not root and access was denied",
        reason="Another user may be able to open it, and the pods that need it run as root: a denial for this user does not show the state of the node.",
        holds=lambda side: side.denied("device-kvm-accessible"),
    ),
    Row(
        name="the wrong device",
        rules=("device-kvm-accessible",),
        tool=(_PASS,),
        ours=(_FAIL,),
        when="/dev/kvm is not the character device 10:232",
        reason="The tool calls access(2), which succeeds for any file of that name.",
        holds=_wrong_device,
    ),
    Row(
        name="/dev/vhost-net is required",
        rules=("device-vhost-net-exists",),
        tool=(_WARN,),
        ours=(_FAIL,),
        when="/dev/vhost-net does not exist",
        reason="The tool warns. KubeVirt refuses virtual machines with virtio networking without it.",
        holds=lambda side: side.fact("devices['/dev/vhost-net'].exists") is False,
    ),
    Row(
        name="no cgroup at all",
        rules=_CGROUP,
        tool=(_NONE,),
        ours=(_WARN, _UNKNOWN),
        when="the tool found no cgroup backend and printed none of the six lines",
        reason="A host without cgroups lacks all six controllers, even if the tool prints no line.",
        holds=lambda side: bool(side.tool) and not any(check.startswith("cgroup:") for check in side.tool),
    ),
    Row(
        name="device control that the caller may not query",
        rules=("cgroup-devices",),
        tool=(_WARN,),
        ours=(_UNKNOWN,),
        when="bpf(2) was denied, and the kernel's configuration does not decide",
        reason="With cgroup version 2 the tool calls bpf(2), which needs root: it warns on a good node.",
        holds=lambda side: side.denied("cgroup-devices"),
    ),
    Row(
        name="device control by the kernel's configuration",
        rules=("cgroup-devices",),
        tool=(_WARN,),
        ours=(_PASS,),
        when="CONFIG_CGROUP_BPF is y, and the kernel is 4.15 or newer",
        reason="The configuration is evidence, too; the tool only calls bpf(2).",
        holds=lambda side: side.fact("kernel.config.CONFIG_CGROUP_BPF") == "y",
    ),
    Row(
        name="device control with contradicting evidence",
        rules=("cgroup-devices",),
        tool=(_WARN,),
        ours=(_UNKNOWN,),
        when="bpf(2) fails, and the kernel's configuration is unknown",
        reason="One of the two is enough, so the rule is unknown until both are known.",
        holds=lambda side: side.fact("cgroup.devices_bpf") is False,
    ),
    Row(
        name="an ordinary user and the controller devices",
        rules=("cgroup-devices",),
        tool=(_WARN,),
        ours=(_PASS,),
        when="the tool is 12.0.0 or newer and its caller was not root",
        reason="Since version 12 the tool always warns if the caller is not root.",
        holds=lambda side: side.version >= (12, 0, 0) and side.fact("cgroup.v1.devices") is not None,
    ),
    Row(
        name="IOMMU groups are always checked",
        rules=("iommu-enabled",),
        tool=(_NONE,),
        ours=(_PASS, _WARN, _UNKNOWN),
        when="the tool's check for IOMMU support did not pass, or the kernel has no directory of groups",
        reason="The tool does not check groups then. Groups are the final evidence of an IOMMU in use.",
        holds=lambda side: side.tool.get("iommu:support") is not _PASS or side.fact("iommu.groups") is None,
    ),
    Row(
        name="an IOMMU without its table",
        rules=("iommu-support",),
        tool=(_WARN, _NONE),
        ours=(_PASS, _UNKNOWN),
        when="the kernel shows an IOMMU, the firmware has a table VIOT, or the groups are unknown",
        reason="The tool knows only the tables of Intel, AMD and ARM. A virtual IOMMU has another table, a board may have a device tree, and groups always prove an IOMMU.",
        holds=_iommu_by_the_kernel,
    ),
    Row(
        name="the SMMU of ARM, before the tool supported it",
        rules=("iommu-support",),
        tool=(_WARN,),
        ours=(_PASS, _UNKNOWN),
        when="the tool is older than 9.3.0 and the node is an ARM",
        reason="Older tools cannot tell; the firmware's IORT table can.",
        holds=lambda side: side.version < (9, 3, 0) and side.fact("cpu.architecture") in {"aarch64", "arm"},
    ),
    Row(
        name="a line without the name of its check",
        rules=("iommu-support",),
        tool=(_NONE, _WARN),
        ours=(_PASS, _WARN, _UNKNOWN),
        when="the tool is 7.0.0 or older, and the CPU has neither vmx nor svm",
        reason="The tool then prints no line for POWER and IBM Z, and for others a warning without the name of the check.",
        holds=lambda side: side.version < (9, 0, 0) and not {"vmx", "svm"} & set(_flags(side)),
    ),
    Row(
        name="a table that cannot be parsed",
        rules=("iommu-support",),
        tool=(_WARN,),
        ours=(_UNKNOWN,),
        when="the IORT table cannot be parsed",
        reason="A table that cannot be parsed is unknown; the tool warns.",
        holds=lambda side: any(
            fact.reason in {Reason.UNREADABLE, Reason.FAILED} for fact in side.results["iommu-support"].unknown
        ),
    ),
    Row(
        name="TDX, before the tool supported it",
        rules=("secure-guest",),
        tool=(_WARN,),
        ours=(_PASS,),
        when="the tool is older than 12.0.0 and the node is ready for TDX",
        reason="Older tools support only SEV and Secure Execution.",
        holds=lambda side: side.version < (12, 0, 0) and "tdx_host_platform" in _flags(side),
    ),
    Row(
        name="SEV that is enabled with a letter",
        rules=("secure-guest",),
        tool=(_WARN,),
        ours=(_PASS,),
        when="the tool is 7.0.0 or older and kvm_amd.sev is Y or y",
        reason="Kernels print Y since about 5.19; the old tool only accepts 1.",
        holds=lambda side: (
            side.version < (9, 0, 0)
            and str(side.fact("virtualization.kvm.parameters['kvm_amd.sev']")).startswith(("Y", "y"))
        ),
    ),
    Row(
        name="flags beyond the first thousand characters",
        rules=("hardware-virtualization", "iommu-support", "secure-guest"),
        tool=(_FAIL, _WARN),
        ours=(_PASS,),
        when="the tool is older than 10.6.0 and the line of CPU flags is longer than 1,022 characters",
        reason="It reads /proc/cpuinfo in pieces of that length and loses the rest.",
        holds=_long_flags,
    ),
    Row(
        name="unknown CPU flags",
        rules=("hardware-virtualization", "iommu-support", "secure-guest"),
        tool=(_FAIL, _WARN, _NONE),
        ours=(_UNKNOWN,),
        when="/proc/cpuinfo could not be read",
        reason="Unknown is never a failure.",
        holds=lambda side: side.fact("cpu.flags_any") is None,
    ),
)
