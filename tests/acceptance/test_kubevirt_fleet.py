"""The fleet rules of the kubevirt pack over third-party machines: no fault of the policy, and every odd one out named."""

from __future__ import annotations

import csv
import functools
from typing import TYPE_CHECKING

import data_here
import pytest
from packs import POLICIES

from passmuster import policy
from passmuster.evaluation.pools import evaluate_pools
from passmuster.model.outcome import RuleOutcome
from passmuster.policy.compile import CompiledPolicy, compile_policy
from passmuster.snapshot import Snapshot, load
from passmuster_collector.cli import collect_bytes

if TYPE_CHECKING:
    from passmuster.model.verdict import FleetResult


@functools.cache
def pack() -> CompiledPolicy:
    file = "kubevirt/1.1.0/policy.yaml"
    return compile_policy(policy.load((POLICIES / file).read_bytes(), file))


@functools.cache
def machines() -> tuple[tuple[str, Snapshot], ...]:
    """Name and snapshot of every machine."""
    folder = data_here.unpacked("machines")
    with data_here.data("machines.tsv").open(encoding="utf-8", newline="") as handle:
        names = [row["name"] for row in csv.DictReader(handle, delimiter="\t")]
    return tuple((name, load(collect_bytes(["--from", str(folder / name)]), name)) for name in names)


@functools.cache
def found(*, node_labels: bool = False) -> tuple[FleetResult, ...]:
    defaults = {each.name: each.default for each in policy.load((POLICIES / "kubevirt/1.1.0/policy.yaml").read_bytes(), "policy.yaml").parameters}  # fmt: skip
    rules = [(pack(), rule) for rule in pack().fleet_rules]
    return evaluate_pools(rules, machines(), {"kubevirt": {**defaults, "node_labels": node_labels}})


@pytest.mark.long
@pytest.mark.parametrize("node_labels", [False, True])
def test_no_rule_is_at_fault_and_every_undecided_node_has_its_fact(node_labels: bool) -> None:  # noqa: FBT001
    for result in found(node_labels=node_labels):
        assert result.outcome is not RuleOutcome.ERROR, result
        assert all(each.facts for each in result.undecided), result


@pytest.mark.long
def test_machines_of_two_vendors_are_told_apart() -> None:
    (x86,) = (each for each in found() if each.rule.id == "migration-cpu-vendor" and each.pool == "x86_64")
    assert x86.outcome is RuleOutcome.FAIL
    vendors = {each.value: each for each in x86.values}
    assert {"GenuineIntel", "AuthenticAMD"} <= set(vendors)
    assert not vendors["GenuineIntel"].odd
    assert vendors["AuthenticAMD"].odd
    assert _counted(x86) == x86.size


def test_every_machine_is_counted_once_in_a_rule_without_pools() -> None:
    (mode,) = (each for each in found() if each.rule.id == "migration-cgroup-mode")
    assert mode.outcome is RuleOutcome.FAIL
    assert _counted(mode) == len(machines())


def _counted(result: FleetResult) -> int:
    return sum(each.count for each in result.values) + sum(each.count for each in result.undecided)
