"""virtnest 1.1.0 against 1.0.0: the boundaries of its change log move, towards a pass, and no other."""

from __future__ import annotations

import csv
import functools
from typing import TYPE_CHECKING, Any

import data_here
import pytest
from shipped_packs import shipped
from snapshots import snapshot

from passmuster.model.outcome import RuleOutcome
from passmuster.snapshot import Snapshot, load
from passmuster_collector.cli import collect_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

P, F, U, N = RuleOutcome.PASS, RuleOutcome.FAIL, RuleOutcome.UNKNOWN, RuleOutcome.NOT_APPLICABLE
PARAMETER = "kernel.sysctl['net.ipv4.ip_unprivileged_port_start']"
THERE, ABSENT, UNCOLLECTED = "the parameter is there", "it is not there", "it was not collected"
COLLECTED: dict[str, dict[str, Any]] = {
    THERE: {"set_": {PARAMETER: "1024"}},
    ABSENT: {"set_": {PARAMETER: None}},
    UNCOLLECTED: {"unknown": {PARAMETER: "not_collected"}},
}
Moved = tuple[str, RuleOutcome, RuleOutcome]


def rows(name: str) -> list[dict[str, str]]:
    with data_here.data(name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


def moved(node: Snapshot) -> set[Moved]:
    """The rules whose outcome differs, with the old one and the new one."""
    old, new = shipped("virtnest", "1.0.0").outcomes(node), shipped("virtnest", "1.1.0").outcomes(node)
    assert old.keys() == new.keys()
    return {(rule, old[rule], new[rule]) for rule in old if old[rule] is not new[rule]}


def release_moves(row: Mapping[str, str], collected: str) -> set[Moved]:
    """What the change log says of one kernel release."""
    if row["major"]:
        before = P if tuple(int(row[part]) for part in ("major", "minor", "patch")) > (4, 11, 0) else F
    else:
        before = U
    if before is P or collected == THERE or row["ge_4_11"] == "true":
        after = P
    else:
        after = U if before is U or collected == UNCOLLECTED else F
    return {("kernel-version", before, after)} if after is not before else set()


@pytest.mark.long
@pytest.mark.parametrize("collected", COLLECTED)
def test_a_kernel_moves_by_the_parameter_or_at_4_11_0(collected: str) -> None:
    wrong = []
    for row in rows("kernel_releases.tsv"):
        changes = COLLECTED[collected]
        facts = {**changes.get("set_", {}), "kernel.release": row["release"]}
        got = moved(snapshot(set_=facts, unknown=changes.get("unknown")))
        if got != release_moves(row, collected):
            wrong.append((row["release"], got))
    assert wrong == []


def test_only_4_11_itself_moves_where_the_parameter_is_not_there() -> None:
    moving = {
        row["release"]
        for row in rows("kernel_releases.tsv")
        if moved(snapshot(set_={PARAMETER: None, "kernel.release": row["release"]}))
    }
    assert moving == {"4.11"}


def docker(version: str) -> Snapshot:
    return snapshot(
        set_={"runtime.installed": ["docker"], "runtime.name": "docker", "runtime.docker": {"version": version}}
    )


def test_only_20_10_10_itself_moves_however_it_is_written() -> None:
    versions = {row["string"] for row in rows("runtime_versions.tsv") if (row["runtime"] or "docker") == "docker"}
    moving = {version: moved(docker(version)) for version in versions}
    assert {version for version, found in moving.items() if found} == {
        row["string"]
        for row in rows("runtime_versions.tsv")
        if row["numeric"] == "20.10.10" and row["ge_20_10_10"] == "true"
    }
    assert {move for found in moving.values() for move in found} == {("docker-version", F, P)}


@pytest.mark.parametrize("version", ["20.10.10-rc.1", "20.10.9", "20.10.11", "dev", ""])
def test_a_docker_beside_the_boundary_stays_where_it_was(version: str) -> None:
    assert moved(docker(version)) == set()


@pytest.mark.long
@pytest.mark.parametrize("level", [2, 3, 4])
def test_a_cpu_passes_a_level_exactly_where_its_bits_give_it(level: int) -> None:
    wrong = []
    for row in rows("cpuid_levels.tsv"):
        words = sorted(set(row["derived_linux_flags"].split()))
        architecture = "x86_64" if row["long_mode"] == "True" else "i686"
        node = snapshot(set_={"cpu.flags": words, "cpu.flags_any": words, "cpu.architecture": architecture})
        reached = int(row["level_from_raw_bits"]) if architecture == "x86_64" else 0
        for pack, version, rule in (("virtnest", "1.1.0", "cpu-x86-64-v2"), ("kubevirt", "1.0.0", "cpu-x86-64-level")):
            got = shipped(pack, version).outcomes(node, x86_64_level=level)[rule]
            expected = P if reached >= level else F
            if got is not (N if pack == "kubevirt" and architecture == "i686" else expected):
                wrong.append((pack, row["name"], reached, got))
    assert wrong == []


@functools.cache
def machines() -> dict[str, Snapshot]:
    folder = data_here.unpacked("machines")
    names = [row["name"] for row in rows("machines.tsv")]
    return {name: load(collect_bytes(["--from", str(folder / name)]), name) for name in names}


@pytest.mark.long
def test_no_machine_moves_as_it_was_found() -> None:
    assert {name: found for name, node in machines().items() if (found := moved(node))} == {}
    assert len(machines()) >= 99
