"""Kernel releases and runtime versions: as the third-party lists read them, and at the edges."""

from __future__ import annotations

import csv

import pytest

from cel.data import data_file
from cel.world import roots, value
from passmuster.cel import KernelVersion, RuntimeVersion, Unknown
from passmuster.model.unknown import Reason


def _rows(name: str) -> list[dict[str, str]]:
    with data_file(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _threshold(version: KernelVersion | RuntimeVersion | None, threshold: KernelVersion | RuntimeVersion) -> str:
    if version is None:
        return "unknown"
    if version.order() >= threshold.order():
        return "true"
    numbers = version.major, version.minor, version.patch
    same = numbers == (threshold.major, threshold.minor, threshold.patch)
    return "prerelease-of-threshold" if same else "false"


def test_every_kernel_release_seen_in_the_wild_is_read_as_listed() -> None:
    threshold = KernelVersion(major=4, minor=11, patch=0)
    for row in _rows("kernel_releases.tsv"):
        version = KernelVersion.parse(row["release"])
        assert _threshold(version, threshold) == row["ge_4_11"], row
        if version is not None:
            assert [str(n) for n in (version.major, version.minor, version.patch)] == [
                row["major"],
                row["minor"],
                row["patch"],
            ], row
            assert ("" if version.rc is None else f"-rc{version.rc}") == row["rc"], row


def test_every_runtime_version_seen_in_the_wild_is_read_as_listed() -> None:
    threshold = RuntimeVersion(major=20, minor=10, patch=10)
    for row in _rows("runtime_versions.tsv"):
        version = RuntimeVersion.parse(row["string"])
        if row["ge_20_10_10"] == "not-applicable":
            assert version is not None, row
            continue
        assert _threshold(version, threshold) == row["ge_20_10_10"], row
        if version is not None and version.rc is None:
            assert str(version) == row["numeric"], row


@pytest.mark.parametrize(
    ("text", "read"),
    [
        pytest.param("4.11", "4.11.0", id="two numbers are enough"),
        pytest.param("v6.1.2", "6.1.2", id="a leading v is accepted"),
        pytest.param("5.15.153.1-microsoft-standard-WSL2", "5.15.153", id="a fourth number is ignored"),
        pytest.param("5.15.0-100-generic-rc3", "5.15.0", id="rc counts only directly after the numbers"),
        pytest.param("4.11-rc2", "4.11.0-rc2", id="rc after two numbers"),
        pytest.param("6", None, id="one number is not enough"),
        pytest.param(" 6.1", None, id="a blank before the numbers"),
        pytest.param("linux-6.1", None, id="numbers later in the text do not count"),
        pytest.param("4.12345678901", None, id="a number with more than nine digits is not cut"),
        pytest.param("\u0664.\u0661\u0661", None, id="digits of other scripts are no digits"),
    ],
)
def test_kernel_releases_at_the_edges(text: str, read: str | None) -> None:
    version = KernelVersion.parse(text)
    assert (None if version is None else str(version)) == read


@pytest.mark.parametrize(
    ("lower", "higher"),
    [("4.9", "4.11"), ("4.11.0-rc1", "4.11.0-rc2"), ("4.11.0-rc2", "4.11.0"), ("4.11.0", "4.11.1-rc1")],
)
def test_versions_compare_by_number_and_release_candidates_come_first(lower: str, higher: str) -> None:
    pair = f"kernelVersion('{lower}')", f"kernelVersion('{higher}')"
    assert value(f"{pair[0]}.isLessThan({pair[1]}) && !{pair[0]}.isGreaterThan({pair[1]})") is True
    assert value(f"{pair[0]}.compareTo({pair[1]}) == -1 && {pair[1]}.compareTo({pair[0]}) == 1") is True
    assert value(f"{pair[0]} != {pair[1]} && {pair[0]} == {pair[0]}") is True


def test_the_numbers_of_a_version_can_be_asked_for() -> None:
    assert value("kernelVersion(kernel.release).major() == 6 && kernelVersion(kernel.release).minor() == 1") is True
    assert value("runtimeVersion('docker://18.9.7').patch()") == 7


def test_a_release_that_cannot_be_read_is_unknown_and_names_the_fact() -> None:
    found = value(
        "!kernelVersion(kernel.release).isLessThan(kernelVersion('4.11'))", kernel={"release": "dummy", "sysctl": {}}
    )
    assert isinstance(found, Unknown)
    assert [(str(fact.path), fact.reason) for fact in found.facts] == [("kernel.release", Reason.UNREADABLE)]


def test_a_computed_text_that_cannot_be_read_names_the_facts_it_was_made_of() -> None:
    found = value("kernelVersion('x' + kernel.release + runtime.name).major() > 1")
    assert isinstance(found, Unknown)
    assert sorted(str(fact.path) for fact in found.facts) == ["kernel.release", "runtime.name"]


def test_whether_a_text_can_be_read_is_known() -> None:
    assert value("isKernelVersion(kernel.release) && !isRuntimeVersion('dev')", **roots()) is True
