"""The machines of the third-party data with other kernels and other Dockers: who flips is on the moved boundary."""

from __future__ import annotations

import csv
import functools
import itertools
import json
from typing import TYPE_CHECKING, Any

import data_here
import pytest
from impacts import given, side
from shipped_packs import shipped

from passmuster import impact
from passmuster.codec import json as _json
from passmuster.comparison import Cause, Impact, Side
from passmuster.model.fieldpath import FieldPath
from passmuster.snapshot import load
from passmuster_collector.cli import collect_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passmuster.snapshot import Snapshot

PORT = "net.ipv4.ip_unprivileged_port_start"
STEP = 5
"""Each string is put on every fifth machine, beginning with another one each time."""


def rows(name: str) -> list[dict[str, str]]:
    with data_here.data(name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


@functools.cache
def machines() -> dict[str, bytes]:
    folder = data_here.unpacked("machines")
    return {row["name"]: collect_bytes(["--from", str(folder / row["name"])]) for row in rows("machines.tsv")}


def with_facts(data: bytes, name: str, section: str, facts: Mapping[str, Any]) -> Snapshot:
    """A machine under another name, with facts of a section replaced or made known."""
    document = json.loads(data)
    document["node"]["name"] = name
    found = document["sections"][section]
    found["facts"] |= facts
    known = [FieldPath((section, key)) for key in facts]
    found["unknown"] = {
        path: why
        for path, why in found["unknown"].items()
        if not any(each.covers(FieldPath.parse(path)) for each in known)
    }
    found["status"] = "partial" if found["unknown"] else "ok"
    return load(_json.canonical(document), name)


def spread(strings: list[dict[str, str]]) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Name of a node, its machine, and what is put on it."""
    for at, row in enumerate(strings):
        for name, data in itertools.islice(machines().items(), at % STEP, None, STEP):
            yield f"{name}, {at}", data, row


@functools.cache
def versions() -> tuple[Side, Side]:
    old, new = shipped("virtnest", "1.0.0"), shipped("virtnest", "1.1.0")
    return side(old.policy, old.defaults), side(new.policy, new.defaults)


def changes(found: Impact) -> set[tuple[str, str, str, str]]:
    return {
        (each.node, rule.rule, rule.before.value, rule.after.value)
        for each in found.changes
        for rule in each.rules
        if rule.before is not None and rule.after is not None
    }


def kernel_flip(row: Mapping[str, str], sysctl: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """What becomes of the rule for kernels, by what the index says of a release and the machine of the parameter."""
    if not row["major"]:
        before = "unknown"
        bare = "unknown"
    else:
        numbers = tuple(int(row[part] or 0) for part in ("major", "minor", "patch"))
        prerelease = numbers == (4, 11, 0) and bool(row["rc"])
        before = "pass" if numbers > (4, 11, 0) else "fail"
        bare = "pass" if numbers >= (4, 11, 0) and not prerelease else "fail"
    after = bare
    if bare != "pass":
        after = "unknown" if sysctl is None or PORT not in sysctl else "pass" if sysctl[PORT] is not None else bare
    return (before, after) if before != after else None


@pytest.mark.long
def test_only_kernels_on_the_moved_boundary_flip() -> None:
    nodes, expected = [], set()
    for name, data, row in spread([row for row in rows("kernel_releases.tsv") if row["release"]]):
        nodes.append(with_facts(data, name, "kernel", {"release": row["release"]}))
        flip = kernel_flip(row, nodes[-1].sections["kernel"].facts.get("sysctl"))
        expected |= {(name, "kernel-version", *flip)} if flip else set()
    found = impact(*versions(), given(*nodes))
    assert found.nodes == len(nodes) > 500
    assert changes(found) == expected
    ends_unknown = {name for name, _, _, after in expected if after == "unknown"}
    assert {each.node for each in found.collect_again} == ends_unknown
    assert {str(fact.path) for each in found.collect_again for fact in each.facts} == {f"kernel.sysctl['{PORT}']"} | (
        {"kernel.sysctl"} if any("sysctl" not in each.sections["kernel"].facts for each in nodes) else set()
    )
    assert found.broken == ()


@pytest.mark.long
def test_only_docker_versions_on_the_moved_boundary_flip() -> None:
    nodes, expected = [], set()
    for name, data, row in spread([row for row in rows("runtime_versions.tsv") if row["runtime"] == "docker"]):
        facts = {"name": "docker", "installed": ["docker"], "docker": {"version": row["string"]}}
        nodes.append(with_facts(data, name, "runtime", facts))
        if row["numeric"] == "20.10.10" and row["ge_20_10_10"] == "true":
            expected.add((name, "docker-version", "fail", "pass"))
    found = impact(*versions(), given(*nodes))
    assert expected
    assert changes(found) == expected
    assert {each.cause for node in found.changes for each in node.rules} == {Cause.EXPRESSION}
    assert (found.collect_again, found.broken) == ((), ())
