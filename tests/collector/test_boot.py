"""The kernel command line: nothing that may be a secret leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from host_tree import MOUNTED, host_of, plant, section

from passmuster_collector.facts.boot import last_value, parse_cmdline

if TYPE_CHECKING:
    from pathlib import Path

LINES = {
    "listed keys are kept in order": ("quiet iommu=pt intel_iommu=on ro", ["iommu=pt", "intel_iommu=on"]),
    "a key without a value counts": ("nosmt tsc=reliable", ["nosmt", "tsc=reliable"]),
    "a pattern covers what follows the dot": (
        "kvm.nx_huge_pages=off kvm-intel.nested=1",
        ["kvm.nx_huge_pages=off", "kvm-intel.nested=1"],
    ),
    "the same key may come twice": (
        "hugepagesz=1G hugepages=2 hugepagesz=2M",
        ["hugepagesz=1G", "hugepages=2", "hugepagesz=2M"],
    ),
    "other keys are left out": ("root=UUID=1 password=s3cret luks.key=abc iommux=1 xiommu=1", []),
    "a listed key inside quotes is no word": ('dyndbg="file a iommu=x +p" lsm="a b"', ['lsm="a b"']),
    "an open quote takes the rest": ('foo="bar iommu=pt', []),
    "what follows two dashes is for init": ("selinux=0 -- iommu=pt token=x", ["selinux=0"]),
    "an empty line": ("\n", []),
}


@pytest.mark.parametrize("name", LINES)
def test_words(name: str) -> None:
    text, expected = LINES[name]
    assert parse_cmdline(text) == expected


def test_the_last_value_counts() -> None:
    assert last_value("prot_virt=0 prot_virt=1 x", "prot_virt") == "1"
    assert last_value("prot_virtual=1", "prot_virt") is None


def test_a_section_of_its_own(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {**MOUNTED, "/proc/cmdline": "iommu=pt key=secret\n"}))
    assert section(host, "boot") == {
        "facts": {"cmdline": ["iommu=pt"]},
        "sources": {"/proc/cmdline": ["cmdline"]},
        "status": "ok",
        "unknown": {},
    }


def test_a_word_beyond_the_limit_makes_the_list_unknown(tmp_path: Path) -> None:
    host = host_of(plant(tmp_path, {**MOUNTED, "/proc/cmdline": "isolcpus=" + "1," * 300}))
    assert section(host, "boot")["unknown"]["boot.cmdline"]["detail"].startswith("too large")
