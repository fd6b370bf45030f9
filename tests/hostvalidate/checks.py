"""The tool's checks, by the rules of the pack `virtnest` that answer them."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, assert_never

from passmuster.model.outcome import Level, RuleOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.model.verdict import Result

_CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory", "devices", "blkio")

CHECKS: Mapping[str, str] = {
    "hardware-virtualization": "hwvirt",
    "device-kvm-exists": "device:/dev/kvm:exists",
    "device-kvm-accessible": "device:/dev/kvm:accessible",
    "ppc-kvm-hv": "ppc:kvm_hv",
    "device-vhost-net-exists": "device:/dev/vhost-net:exists",
    "device-tun-exists": "device:/dev/net/tun:exists",
    **{f"cgroup-{controller}": f"cgroup:{controller}" for controller in _CONTROLLERS},
    "iommu-support": "iommu:support",
    "iommu-enabled": "iommu:enabled",
    "secure-guest": "secure-guest",
}
"""Rule -> check, in the order in which the tool prints; rules that no check corresponds to are not here."""


class Status(enum.Enum):
    """What a line of the tool says; and what one of our outcomes would say in its place."""

    PASS = "PASS"
    FAIL = "FAIL"
    WARN = "WARN"
    NO_LINE = "-"
    """The tool prints no line, or a NOTE that it skipped the check."""
    UNKNOWN = "?"
    """Ours alone: a fact could not be looked at, or the policy is at fault."""


def status_of(result: Result) -> Status:
    """Our outcome in the tool's words: a required failure is its FAIL, any other its WARN."""
    match result.outcome:
        case RuleOutcome.PASS:
            return Status.PASS
        case RuleOutcome.FAIL:
            return Status.FAIL if result.rule.level is Level.REQUIRED else Status.WARN
        case RuleOutcome.NOT_APPLICABLE:
            return Status.NO_LINE
        case RuleOutcome.UNKNOWN | RuleOutcome.ERROR | RuleOutcome.WAIVED:
            return Status.UNKNOWN
        case _:
            assert_never(result.outcome)
