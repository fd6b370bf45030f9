"""Node objects into snapshots: the section that the collector would have written, and nothing else changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from snapshots import data, document

from passmuster import snapshot
from passmuster.codec import json as _json
from passmuster.errors import UsageError
from passmuster.snapshot.annotate import ClusterNode, annotate, nodes, section
from passmuster_collector.cli import collect_bytes

if TYPE_CHECKING:
    from pathlib import Path

INFO = {
    "architecture": "amd64",
    "containerRuntimeVersion": "containerd://1.7.11",
    "kernelVersion": "6.1.0-13-amd64",
    "kubeletVersion": "v1.29.1",
    "machineID": "0123456789abcdef0123456789abcdef",
    "osImage": "Debian GNU/Linux 12 (bookworm)",
}
LABELS = {"kubernetes.io/arch": "amd64", "node-role.kubernetes.io/worker": "", "cpu.node.kubevirt.io/x": "true"}
OTHERS = {"kubernetes.io/hostname": "x", "example.org/team": "x"}


def node(name: str = "node-1", labels: dict[str, Any] | None = None, **info: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**LABELS, **OTHERS} if labels is None else labels},
        "status": {"nodeInfo": {**INFO, **info}},
    }


def listed(*items: dict[str, Any]) -> bytes:
    return json.dumps({"kind": "List", "items": items}).encode()


def test_the_section_is_added_and_nothing_else_changes() -> None:
    (given,) = nodes(listed(node()), "nodes.json")
    before = document()
    after = annotate(before, given)
    assert after["sections"]["kubernetes"]["facts"]["labels"] == {**LABELS, **OTHERS}
    assert {**after, "sections": {**after["sections"], "kubernetes": before["sections"]["kubernetes"]}} == before
    snapshot.load(_json.canonical(after), "x")


MADE: dict[str, dict[str, Any]] = {
    "a whole one": node(),
    "fields that are missing": {**node(), "status": {}},
    "a field that is no text": node(kubeletVersion=3),
    "an empty field": node(osImage=""),
    "a field too long": node(architecture="a" * 65),
    "no labels": node(labels={}),
    "labels that are a list": {**node(), "metadata": {"name": "node-1", "labels": ["a"]}},
    "a label that is no text": node(labels={"kubernetes.io/os": 1}),
    "a label too long": node(labels={"kubernetes.io/os": "x" * 257}),
    "a label whose key is too long": node(labels={"kubevirt.io/" + "x" * 300: ""}),
    "too many labels": node(labels={f"kubevirt.io/{number}": "" for number in range(513)}),
    "a name too long": node(name="n" * 254),
}


@pytest.mark.parametrize("name", MADE)
def test_the_collector_writes_the_same_section(tmp_path: Path, name: str) -> None:
    file = tmp_path / "node.json"
    file.write_text(json.dumps(MADE[name]))
    collected = json.loads(collect_bytes(["--from", str(tmp_path), "--node-object", str(file), "--name", "x"]))
    (given,) = nodes(listed(MADE[name]), "nodes.json")
    assert collected["sections"]["kubernetes"] == section(given)
    snapshot.load(_json.canonical(annotate(document(), given)), "x")


READ = {
    "a list": listed(node("a"), node("b")),
    "one object": json.dumps(node("a"), indent=2).encode(),
    "objects one a line": b"".join(json.dumps(node(name)).encode() + b"\n" for name in "ab"),
}


@pytest.mark.parametrize("name", READ)
def test_nodes_are_read(name: str) -> None:
    assert {each.name for each in nodes(READ[name], "f")} <= {"a", "b"}


REFUSED = {
    "no JSON": (b"{", "nodes.json:1:2: not JSON"),
    "nothing": (b"", "nodes.json:1:1: not a list of nodes"),
    "no nodes": (b'{"items": []}', "nodes.json:1:1: not a list of nodes"),
    "a node without a name": (b'{"items": [{"metadata": {}}]}', "nodes.json:1:1: not a list of nodes"),
    "a number": (b"1\n", "nodes.json:1:1: not a list of nodes"),
    "the second line": (json.dumps(node()).encode() + b"\n{}\n", "nodes.json:2:1: not a list of nodes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_are_no_nodes_is_refused(name: str) -> None:
    given, message = REFUSED[name]
    with pytest.raises(UsageError) as caught:
        nodes(given, "nodes.json")
    assert str(caught.value).startswith(message)


def test_a_machine_id_is_a_digest_and_never_kept() -> None:
    (given,) = nodes(listed(node()), "f")
    assert given.machine_id is not None
    assert given.machine_id.startswith("sha256:")
    assert INFO["machineID"] not in json.dumps(section(given))
    assert ClusterNode(name="x", info={"machineID": "none"}, labels={}).machine_id is None


def test_a_snapshot_that_had_the_section_gets_the_new_one() -> None:
    (given,) = nodes(listed(node()), "f")
    once = annotate(_json.loads(data()), given)
    assert annotate(once, given) == once
