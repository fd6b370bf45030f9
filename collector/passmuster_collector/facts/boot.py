"""The kernel command line, reduced to words that cannot hold secrets."""

import fnmatch
import re
from typing import Iterator, List, Optional

from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.reading import interpret
from passmuster_collector.section import Fact, fact

SOURCE = "/proc/cmdline"
FIELDS: Fields = {("cmdline",): Limit(items=256, length=512)}
KEYS = (
    "amd_iommu",
    "apparmor",
    "cgroup_disable",
    "cgroup_enable",
    "cgroup_no_v1",
    "clocksource",
    "default_hugepagesz",
    "hugepages",
    "hugepagesz",
    "intel_iommu",
    "iommu",
    "iommu.passthrough",
    "iommu.strict",
    "isolcpus",
    "kvm-amd.*",
    "kvm-intel.*",
    "kvm.*",
    "kvm_amd.*",
    "kvm_intel.*",
    "lockdown",
    "lsm",
    "mem_encrypt",
    "mitigations",
    "nohz_full",
    "nosmt",
    "prot_virt",
    "rcu_nocbs",
    "security",
    "selinux",
    "swiotlb",
    "systemd.legacy_systemd_cgroup_controller",
    "systemd.unified_cgroup_hierarchy",
    "transparent_hugepage",
    "tsc",
    "vfio-pci.ids",
    "vfio_iommu_type1.*",
)
_WORD = re.compile(r'(?:[^\s"]|"[^"]*"?)+')


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    yield fact("cmdline", interpret(host.read(SOURCE), parse_cmdline), SOURCE)


def words(text: str) -> List[str]:
    """The kernel's own words, in order: blanks in double quotes do not part them, and what follows ``--`` is init's."""
    found = _WORD.findall(text)
    return found[: found.index("--")] if "--" in found else found


def parse_cmdline(text: str) -> List[str]:
    """The words whose key is on the list, in order."""
    return [word for word in words(text) if _listed(word.partition("=")[0])]


def last_value(text: str, key: str) -> Optional[str]:
    """The value of the last ``key=value``; None where there is none."""
    values = [word.partition("=")[2] for word in words(text) if word.startswith(key + "=")]
    return values[-1] if values else None


def _listed(key: str) -> bool:
    return any(fnmatch.fnmatchcase(key, pattern) for pattern in KEYS)
