"""Reading what `virt-host-validate qemu` prints, in any version, with LC_ALL=C.

Versions differ: quotes round device names since 11, details behind PASS since 12 (on a line of their own
where standard output is no terminal), a line without its beginning in 7.0.0 and older.
"""

from __future__ import annotations

import re

from hostvalidate.checks import Status

_LINE = re.compile(r"\s*QEMU: Checking (?P<what>.*?)\s*: (?P<status>PASS|FAIL|WARN|NOTE)\b")
_ORPHAN = re.compile(r"\s*WARN \(Unknown if this platform has IOMMU support\)")
_COLOR = re.compile("\x1b\\[[0-9;]*m")
_PATTERNS = (
    (re.compile(r"for hardware virtualization"), "hwvirt"),
    (re.compile(r"if device '?(?P<name>/dev/[^' ]+)'? exists"), "device:{name}:exists"),
    (re.compile(r"if device '?(?P<name>/dev/[^' ]+)'? is accessible"), "device:{name}:accessible"),
    (re.compile(r"for PowerPC KVM module loaded"), "ppc:kvm_hv"),
    (re.compile(r"for cgroup '(?P<name>\w+)' controller support"), "cgroup:{name}"),
    (re.compile(r"for device assignment IOMMU support"), "iommu:support"),
    (re.compile(r"if IOMMU is enabled by kernel"), "iommu:enabled"),
    (re.compile(r"for secure guest support"), "secure-guest"),
)


def parse(text: str) -> dict[str, Status]:
    """Check -> status, for each line that is a check of ours; empty where the tool printed nothing."""
    found: dict[str, Status] = {}
    for line in _COLOR.sub("", text).splitlines():
        if _ORPHAN.match(line):
            found.setdefault("iommu:support", Status.WARN)
        match = _LINE.match(line)
        check = _check(match["what"]) if match else None
        if match is not None and check is not None:
            found[check] = Status.NO_LINE if match["status"] == "NOTE" else Status(match["status"])
    return found


def _check(what: str) -> str | None:
    for pattern, name in _PATTERNS:
        match = pattern.fullmatch(what)
        if match is not None:
            return name.format(**match.groupdict())
    return None
