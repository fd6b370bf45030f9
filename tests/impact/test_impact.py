"""Impact: who flips, by which rule and for what cause; exactly the moved boundaries of the shipped versions."""

from __future__ import annotations

import csv
import functools
import json
import re
from typing import TYPE_CHECKING, Any

import data_here
import pytest
from goldens import same_as_golden
from impacts import given, rendered, side
from packs import compiled, rule, text
from shipped_packs import shipped
from snapshots import data, snapshot

from passmuster import impact
from passmuster.cli import main
from passmuster.codec import schema
from passmuster.comparison import FORMATS, Cause, Impact, Side

if TYPE_CHECKING:
    from pathlib import Path

    from passmuster.policy.compile import CompiledPolicy
    from passmuster.snapshot import Snapshot


def compared(
    old: CompiledPolicy, new: CompiledPolicy, *nodes: Snapshot, before: Any = None, after: Any = None
) -> Impact:
    return impact(side(old, before), side(new, after), given(*nodes))


@functools.cache
def versions() -> tuple[Side, Side]:
    old, new = shipped("virtnest", "1.0.0"), shipped("virtnest", "1.1.0")
    return side(old.policy, old.defaults), side(new.policy, new.defaults)


BASE = rule("one", "os.id == 'debian'")
CAUSES: dict[str, tuple[list[str], list[str], dict[str, Any], list[tuple[str, Cause]]]] = {
    "nothing changed": ([BASE], [BASE], {}, []),
    "a new rule": ([BASE], [BASE, rule("two", "network.ipv6")], {}, [("two", Cause.ADDED)]),
    "a rule that is gone": ([BASE, rule("two", "network.ipv6")], [BASE], {}, [("two", Cause.REMOVED)]),
    "what it asks for": ([BASE], [rule("one", "os.id == 'alpine'")], {}, [("one", Cause.EXPRESSION)]),
    "only its level": ([BASE], [rule("one", "os.id == 'debian'", level="recommended")], {}, [("one", Cause.LEVEL)]),
    "what nobody looked at": (
        [BASE],
        [rule("one", "os.id == 'debian' && network.ipv6")],
        {"unknown": {"network.ipv6": "not_collected"}},
        [("one", Cause.UNREAD)],
    ),
    "an unknown that was read before": (
        [rule("one", "os.id == 'debian' || network.ipv6")],
        [rule("one", "os.id == 'debian' && network.ipv6")],
        {"unknown": {"network.ipv6": "not_collected"}},
        [("one", Cause.EXPRESSION)],
    ),
}


@pytest.mark.parametrize("name", CAUSES)
def test_the_cause_of_a_change(name: str) -> None:
    old, new, changes, expected = CAUSES[name]
    found = compared(compiled(*old), compiled(*new), snapshot(**changes))
    assert [(each.rule, each.cause) for node in found.changes for each in node.rules] == expected
    assert bool(found.collect_again) == ("nobody looked" in name)


def test_a_parameter_is_a_cause_of_its_own() -> None:
    extra = "parameters:\n  least: {type: int, default: 4, description: d}\n"
    policy = compiled(rule("one", "kernel.major >= params.least"), extra=extra)
    found = compared(policy, policy, snapshot(), before={"least": 4}, after={"least": 9})
    assert [each.cause for each in found.changes[0].rules] == [Cause.PARAMETER]
    assert [each.node for each in found.broken] == ["node-1"]


def _rows(name: str) -> list[dict[str, str]]:
    with data_here.data(name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


PORT = "kernel.sysctl['net.ipv4.ip_unprivileged_port_start']"


@pytest.mark.parametrize("sysctl", ["present", "absent", "not collected"])
def test_only_kernels_on_the_moved_boundary_flip(sysctl: str) -> None:
    values: dict[str, dict[str, Any]] = {"present": {PORT: "1024"}, "absent": {PORT: None}, "not collected": {}}
    value = values[sysctl]
    rows = [row for row in _rows("kernel_releases.tsv") if row["release"]]
    nodes = [snapshot(f"n{at}", set_={"kernel.release": row["release"], **value}) for at, row in enumerate(rows)]
    found = impact(*versions(), given(*nodes))
    numbers = {
        f"n{at}": tuple(int(row[part] or -1) for part in ("major", "minor", "patch")) for at, row in enumerate(rows)
    }
    prerelease = {f"n{at}" for at, row in enumerate(rows) if row["rc"]}
    at_boundary = {name for name, each in numbers.items() if each == (4, 11, 0) and name not in prerelease}
    below = {name for name, each in numbers.items() if (0, 0, 0) <= each <= (4, 11, 0)} - at_boundary
    unreadable = {name for name, each in numbers.items() if each < (0, 0, 0)}
    moved = {
        "present": at_boundary | below | unreadable,
        "absent": at_boundary,
        "not collected": at_boundary | below,
    }[sysctl]
    assert {each.node for each in found.changes} == moved
    assert {each.node for each in found.collect_again} == (below if sysctl == "not collected" else set())
    assert {rule.rule for each in found.changes for rule in each.rules} <= {"kernel-version"}
    assert found.broken == ()


def test_only_docker_versions_on_the_moved_boundary_flip() -> None:
    rows = [row for row in _rows("runtime_versions.tsv") if row["runtime"] == "docker"]
    facts = {"runtime.name": "docker", "runtime.installed": ["docker"]}
    nodes = [
        snapshot(f"n{at}", set_={**facts, "runtime.docker": {"version": row["string"]}}) for at, row in enumerate(rows)
    ]
    found = impact(*versions(), given(*nodes))
    boundary = {
        f"n{at}" for at, row in enumerate(rows) if row["numeric"] == "20.10.10" and row["ge_20_10_10"] == "true"
    }
    assert {each.node for each in found.changes} == boundary
    assert {(rule.rule, rule.cause) for each in found.changes for rule in each.rules} == {
        ("docker-version", Cause.EXPRESSION)
    }


def fleet() -> list[Snapshot]:
    docker = {"runtime.name": "docker", "runtime.installed": ["docker"]}
    nodes = [snapshot(f"worker-{at:03d}", set_={"kernel.release": "4.11.0", PORT: None}) for at in range(1, 8)]
    nodes += [snapshot(f"edge-{at}", set_={**docker, "runtime.docker": {"version": "20.10.10"}}) for at in range(1, 4)]
    nodes += [snapshot("old-1", set_={"kernel.release": "4.4.0"}), snapshot("good-1")]
    return nodes


@pytest.mark.parametrize("name", [each.name for each in FORMATS])
def test_an_impact_as_a_whole(name: str) -> None:
    text = rendered(name, impact(*versions(), given(*fleet())))
    same_as_golden(f"impact/shipped.{name}", re.sub("(?s)<style>.*</style>", "", text))


def test_the_order_of_the_nodes_changes_nothing_and_json_is_what_its_schema_says() -> None:
    for name in (each.name for each in FORMATS):
        found = rendered(name, impact(*versions(), given(*fleet())))
        assert rendered(name, impact(*versions(), given(*fleet()[::-1]))) == found
    assert schema.faults("impact", 1, json.loads(rendered("json", impact(*versions(), given(*fleet()))))) == ()


@pytest.mark.long
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "node.json").write_bytes(data())
    (tmp_path / "old.yaml").write_text(text(BASE))
    (tmp_path / "new.yaml").write_text(
        text(rule("one", "os.id == 'alpine'")).replace("version: 1.0.0", "version: 2.0.0")
    )
    assert main(["impact", "./old.yaml", "./new.yaml", "node.json"]) == 1
    assert "pass -> fail, 1 node: node-1\n" in capsys.readouterr().out
    assert main(["impact", "./old.yaml", "./new.yaml", "node.json", "--allow", "1"]) == 0
    assert main(["impact", "./old.yaml", "./old.yaml", "node.json", "-o", "json"]) == 0
    (tmp_path / "bad.json").write_bytes(b"x")
    assert main(["impact", "./old.yaml", "./old.yaml", "node.json", "bad.json"]) == 3
    assert "bad.json:1:1: not JSON" in capsys.readouterr().err
    assert main(["impact", "virtnest@1.0.0", "./new.yaml", "node.json"]) == 2
    assert "two packs (got demo and virtnest" in capsys.readouterr().err
    (tmp_path / "new.yaml").write_text(text(rule("one", "os.nme == 'x'")))
    assert main(["impact", "./old.yaml", "./new.yaml", "node.json"]) == 2


def test_a_parameter_that_one_version_lacks_may_be_set(tmp_path: Path) -> None:
    (tmp_path / "node.json").write_bytes(data())
    assert (
        main(["impact", "virtnest@1.0.0", "virtnest@1.1.0", str(tmp_path / "node.json"), "--set", "x86_64_level=3"])
        == 1
    )
