"""Node objects: what is kept of them, how they are read, and what they say of the runtime."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from data_here import unpacked
from host_tree import MOUNTED, Entry, host_of, plant, section
from hypothesis import given
from hypothesis import strategies as st

from passmuster_collector import nodeyaml
from passmuster_collector.cli import collect_bytes
from passmuster_collector.context import Context
from passmuster_collector.nodeobject import of_document, parse_node_object
from passmuster_collector.reading import Known, Reason, Unknown, UnreadableError
from passmuster_collector.usage import UsageError

if TYPE_CHECKING:
    from pathlib import Path

INFO = {
    "architecture": "amd64",
    "containerRuntimeVersion": "containerd://1.7.11",
    "kernelVersion": "6.1.0-13-amd64",
    "kubeletVersion": "v1.29.1",
    "osImage": "Debian GNU/Linux 12 (bookworm)",
    "machineID": "secret",
}
LABELS = {
    "node-role.kubernetes.io/control-plane": "",
    "topology.kubernetes.io/zone": "a",
    "topology.kubernetes.io/region": "b",
    "node.kubernetes.io/instance-type": "m5.metal",
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/os": "linux",
    "kubevirt.io/schedulable": "true",
    "cpu-feature.node.kubevirt.io/vmx": "true",
}
OTHERS = {
    "kubernetes.io/hostname": "x",
    "example.org/team": "x",
    "notkubevirt.io/x": "x",
    "topology.kubernetes.io/rack": "x",
    "kubernetes.io/arch/x": "x",
}


def node(name: str = "w1", **info: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**LABELS, **OTHERS}, "annotations": {"a": "secret"}},
        "spec": {"podCIDR": "10.0.0.0/24"},
        "status": {"nodeInfo": {**INFO, **info}, "images": [{"names": ["x"]}]},
    }


def test_all_labels_are_kept() -> None:
    assert of_document(node()).labels == Known({**LABELS, **OTHERS})


@pytest.mark.parametrize("labels", [{"a": 1}, {"a": None}, ["a"], "a"])
def test_labels_that_are_no_text_are_unknown(labels: Any) -> None:
    found = of_document({"kind": "Node", "metadata": {"name": "n", "labels": labels}}).labels
    assert isinstance(found, Unknown)
    assert found.reason is Reason.UNREADABLE


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump], ids=["JSON", "YAML"])
def test_a_node_object_is_read(write: Any) -> None:
    assert parse_node_object(write(node())) == of_document(node())


def test_real_node_objects_are_read_as_yaml_is() -> None:
    for folder in (unpacked("machines") / "openshift").iterdir():
        text = (folder / "node.yaml").read_text(encoding="utf-8")
        assert parse_node_object(text) == of_document(yaml.safe_load(text))


UNREADABLE: dict[str, tuple[str, str]] = {
    "no JSON": ("{", "not JSON"),
    "a key twice": ('{"kind": "Node", "kind": "Node"}', "a key is there twice"),
    "no number": ('{"kind": NaN}', "nan is no json"),
    "deep JSON": ('{"a":' + "[" * 100_000, "not JSON"),
    "a list of nodes": ('{"kind": "List", "items": []}', "not a Node object (got kind 'List', expected 'Node')"),
    "no name": ('{"kind": "Node", "metadata": {}}', "a Node object without a name"),
    "another kind in YAML": ("kind: Pod\n", "not a Node object (got kind 'Pod'"),
    "no fields in YAML": ("- a\n- b\n", "not a field (got '- a')"),
    "a field twice in YAML": ("kind: Node\nkind: Node\n", "the field 'kind' is there twice"),
    "an anchor": ("kind: &x Node\n", "not a plain string (got '&x Node')"),
    "a tag": ("kind: !!str Node\n", "not a plain string"),
    "a map in one line": ("kind: Node\nmetadata: {name: x}\n", "not a field"),
    "a name of two lines": ('kind: Node\nmetadata:\n  name: "a\n    b"\n', "not on one line"),
    "a broken string": ('kind: Node\nmetadata:\n  name: "a\n', "not a string of one line"),
    "a comment behind a value": ("kind: Node # x\n", "not a plain string"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_node_object_is_unreadable(name: str) -> None:
    text, message = UNREADABLE[name]
    with pytest.raises(UnreadableError) as caught:
        parse_node_object(text)
    assert message in str(caught.value)


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=40)


@given(st.dictionaries(TEXT, TEXT, max_size=5), TEXT)
def test_yaml_is_read_as_its_writer_meant_it_or_refused(labels: dict[str, str], name: str) -> None:
    document = {"kind": "Node", "metadata": {"name": name, "labels": labels}, "status": {"nodeInfo": {"osImage": name}}}
    text = yaml.safe_dump(document, width=1 << 20, allow_unicode=True)
    try:
        found = nodeyaml.parse(text)
    except UnreadableError:
        return
    assert found == document


def test_a_missing_field_is_not_collected() -> None:
    document = node()
    del document["status"]["nodeInfo"]["kubeletVersion"]
    assert of_document(document).info["kubelet_version"] != Known("v1.29.1")


RUNTIMES: dict[str, tuple[str, dict[str, Any]]] = {
    "containerd": ("containerd://1.7.11", {"name": "containerd", "containerd": {"version": "1.7.11"}}),
    "CRI-O": ("cri-o://1.31.6-2.el9", {"name": "cri-o", "crio": {"version": "1.31.6-2.el9"}}),
    "Docker": ("docker://19.3.9", {"name": "docker", "docker": {"version": "19.3.9"}}),
}


@pytest.mark.parametrize("name", RUNTIMES)
@pytest.mark.parametrize("context", [Context.HOST, Context.CONTAINER])
def test_the_cluster_is_the_strongest_evidence(tmp_path: Path, name: str, context: Context) -> None:
    value, expected = RUNTIMES[name]
    tree: dict[str, Entry] = {
        **MOUNTED,
        "/var/lib/kubelet/kubeadm-flags.env": 'X="--container-runtime-endpoint=a.sock"\n',
    }
    given = of_document(node(containerRuntimeVersion=value))
    host = host_of(plant(tmp_path, tree), context=context)._replace(node_object=given)
    found = section(host, "runtime")["facts"]
    assert {key: found[key] for key in expected} == expected
    assert found["kubelet"]["version"] == "v1.29.1"
    assert found["evidence"] == {
        "source": "Node object",
        "key": "status.nodeInfo.containerRuntimeVersion",
        "value": value,
    }


UNNAMED = {"docker://Unknown": "runtime.docker.version", "kata://1.0": "runtime.name", "": "runtime.name"}


@pytest.mark.parametrize("value", UNNAMED)
def test_what_the_cluster_does_not_know_is_unknown(tmp_path: Path, value: str) -> None:
    given = of_document(node(containerRuntimeVersion=value))
    found = section(host_of(plant(tmp_path, MOUNTED))._replace(node_object=given), "runtime")
    assert UNNAMED[value] in found["unknown"]


def test_the_option_reads_a_file(tmp_path: Path) -> None:
    (tmp_path / "node.json").write_text(json.dumps(node("w7")))
    host = plant(tmp_path / "host", {**MOUNTED, "/etc/hostname": "w7.example\n"})
    words = ["--root", str(host), "--node-object", str(tmp_path / "node.json")]
    snapshot = json.loads(collect_bytes(words))
    assert snapshot["node"]["name"] == "w7.example"
    facts = snapshot["sections"]["kubernetes"]["facts"]
    assert facts == {
        "node": "w7",
        "architecture": "amd64",
        "container_runtime_version": "containerd://1.7.11",
        "kernel_version": "6.1.0-13-amd64",
        "kubelet_version": "v1.29.1",
        "os_image": "Debian GNU/Linux 12 (bookworm)",
        "labels": {**LABELS, **OTHERS},
    }
    assert "secret" not in json.dumps(snapshot)


FILES = {
    "nothing there": (None, "No such file or directory"),
    "too large": (b" " * ((4 << 20) + 1), "too large (limit 4194304 bytes)"),
    "no Node object": (b'{"kind": "Pod"}', "not a Node object"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    data, message = FILES[name]
    if data is not None:
        (tmp_path / "node.json").write_bytes(data)
    with pytest.raises(UsageError) as caught:
        collect_bytes(["--node-object", str(tmp_path / "node.json")])
    assert message in str(caught.value)


MACHINE, OTHER_MACHINE = "0123456789abcdef" * 2, "f" * 32


@pytest.mark.parametrize("kind", ["--root", "--from"])
@pytest.mark.parametrize("given", [MACHINE, OTHER_MACHINE, "", "secret"])
def test_the_node_object_of_another_machine_is_refused(tmp_path: Path, kind: str, given: str) -> None:
    plant(tmp_path / "host", {**MOUNTED, "/etc/machine-id": MACHINE + "\n"})
    (tmp_path / "node.json").write_text(json.dumps(node(machineID=given)))
    words = [kind, str(tmp_path / "host"), "--node-object", str(tmp_path / "node.json")]
    if given == OTHER_MACHINE:
        with pytest.raises(UsageError, match="another machine of the cluster"):
            collect_bytes(words)
    else:
        assert (given or MACHINE).encode() not in collect_bytes(words)
