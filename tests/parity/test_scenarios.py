"""Parity with `virt-host-validate qemu`: every recorded scenario, under every recorded version of the tool."""

from __future__ import annotations

import json
import re
from pathlib import Path

import data_here
import pytest
from hostvalidate import CHECKS, DIFFERENCES, Status, parse
from packs import virtnest
from parity_scenarios import compared

CHECKOUT = Path(__file__).resolve().parents[2]


def _folders() -> list[str]:
    if data_here.find() is None:
        return []
    return sorted(path.parent.name for path in data_here.unpacked("vhv").glob("*/scenario.json"))


@pytest.mark.long
@pytest.mark.parametrize("name", _folders() or ["(no data)"])
def test_every_check_is_equal_or_explained(name: str) -> None:
    folder = data_here.unpacked("vhv") / name
    for each in compared(folder):
        told = [
            f"{each.version} {one.check}: {one.tool.value} ours {one.ours.value}" for one in each.comparison.unexplained
        ]
        assert told == []
        assert each.comparison.equal + len(each.comparison.differences) == len(CHECKS)


@pytest.mark.long
def test_every_scenario_was_compared_and_most_of_it_is_equal() -> None:
    comparisons = [each.comparison for name in _folders() for each in compared(data_here.unpacked("vhv") / name)]
    if not comparisons:
        pytest.skip("third-party data is not here: vhv.tar.gz (set PASSMUSTER_DATA to its folder)")
    assert len(comparisons) >= 54 * 3
    equal = sum(each.equal for each in comparisons)
    assert equal / sum(each.equal + len(each.differences) for each in comparisons) > 0.9


def test_every_check_is_answered_by_a_rule_of_the_pack() -> None:
    rules = {rule.header.id for rule in virtnest().rules}
    assert set(CHECKS) <= rules
    assert rules - set(CHECKS) == {"kernel-version", "cpu-x86-64-v2", "docker-version"}


def test_the_page_for_people_is_the_table() -> None:
    page = (CHECKOUT / "docs/parity.md").read_text()
    sections = dict(re.findall(r"(?ms)^### (.+?)\n\n(.*?)(?=\n### |\n## |\Z)", page))
    assert list(sections) == [row.name for row in DIFFERENCES]
    for row in DIFFERENCES:
        text = " ".join(sections[row.name].split())
        assert row.reason in text
        assert row.when in text


OUTPUTS: dict[str, tuple[str, dict[str, Status]]] = {
    "7.0.0": (
        (
            "  QEMU: Checking for hardware virtualization                                 : FAIL (Only emulated CPUs are available)\n"
            "WARN (Unknown if this platform has IOMMU support)\n"
        ),
        {"hwvirt": Status.FAIL, "iommu:support": Status.WARN},
    ),
    "9.0.0": (
        (
            "  QEMU: Checking if device /dev/kvm exists                                   : PASS\n"
            "  QEMU: Checking if device /dev/kvm is accessible                            : FAIL (Check /dev/kvm is world writable)\n"
        ),
        {"device:/dev/kvm:exists": Status.PASS, "device:/dev/kvm:accessible": Status.FAIL},
    ),
    "11.3.0": (
        (
            "  QEMU: Checking if device '/dev/net/tun' exists                             : PASS\n"
            "  QEMU: Checking for cgroup 'cpu' controller support                         : PASS\n"
            "  QEMU: Checking for device assignment IOMMU support                         : NOTE (Skipped - No PCI devices are online)\n"
            "  QEMU: Checking for AMD Secure Encrypted Virtualization-Encrypted State (SEV-ES) : WARN (no)\n"
        ),
        {"device:/dev/net/tun:exists": Status.PASS, "cgroup:cpu": Status.PASS, "iommu:support": Status.NO_LINE},
    ),
    "12.8.0 into a pipe": (
        (
            "  QEMU: Checking for hardware virtualization                                 : PASS\n (SVM)\n"
            "  QEMU: Checking if IOMMU is enabled by kernel                               : PASS\n\n"
        ),
        {"hwvirt": Status.PASS, "iommu:enabled": Status.PASS},
    ),
    "on a terminal": (
        "  QEMU: Checking for secure guest support : \x1b[33mWARN\x1b[0m (Unknown)\n",
        {"secure-guest": Status.WARN},
    ),
    "nothing": ("", {}),
}


@pytest.mark.parametrize(("text", "checks"), OUTPUTS.values(), ids=OUTPUTS)
def test_the_tools_output_is_read(text: str, checks: dict[str, Status]) -> None:
    assert parse(text) == checks


def test_recorded_outputs_are_read_as_their_normal_form_says() -> None:
    for folder in [data_here.unpacked("vhv") / name for name in _folders()] or [data_here.data("vhv.tar.gz")]:
        for version, said in json.loads((folder / "expected.json").read_text()).items():
            read = parse((folder / f"stdout-{version}.txt").read_text())
            expected = {
                each["check"]: Status.NO_LINE if each["status"] == "NOTE" else Status(each["status"])
                for each in said["results"]
                if each["check"] in CHECKS.values()
            }
            orphan = version == "7.0.0" and "iommu:support" not in expected
            if orphan:
                read.pop("iommu:support", None)
            assert read == expected, (folder.name, version)
