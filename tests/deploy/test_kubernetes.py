"""The DaemonSet and its script: one folder of snapshots for 200 nodes, and what is missing is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from clusters import DEPLOY, NODES, Fake, missing

from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path

STATES = {
    "worker-007": "crashing",
    "worker-008": "cut",
    "worker-009": "empty",
    "worker-010": "hanging",
    "worker-011": "unscheduled",
    "worker-012": "noisy",
    "worker-013": "mixed",
    "worker-014": "windows",
}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def gather(fake: Fake, out: Path, *words: str, shell: str = "sh") -> Any:
    return fake.run("kubernetes/gather.sh", ["--collector", str(fake.collector), *words, str(out)], shell)


@pytest.mark.long
def test_every_node_is_gathered(tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fake = Fake(tmp_path / "fake", {})
    done = gather(fake, out)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"200 of 200 nodes have a snapshot in {out}/snapshots\n"
    assert sorted(path.stem for path in (out / "snapshots").iterdir()) == NODES
    assert sorted(path.name for path in out.iterdir()) == ["missing.txt", "nodes.json", "snapshots"]
    assert main(["check", str(out / "snapshots"), "--roster", str(out / "nodes.json"), "-o", "summary"]) in {0, 1}
    assert main(["snapshot", "annotate", str(out / "snapshots"), "--nodes", str(out / "nodes.json")]) == 0
    assert "200 of 200 snapshots annotated" in capsys.readouterr().out


@pytest.mark.long
def test_what_is_missing_is_told(tmp_path: Path, out: Path) -> None:
    fake = Fake(tmp_path / "fake", STATES)
    (fake.folder / "rollout").write_text("1")
    done = gather(fake, out, "--wait", "5")
    assert done.returncode == 3
    assert "not all pods were ready after 5 s" in done.stderr
    assert f"192 of 200 nodes have a snapshot in {out}/snapshots\n" in done.stderr
    assert missing(out) == {
        "worker-007": "Error: container collect is waiting to start",
        "worker-008": "the log is not one whole snapshot",
        "worker-009": "the log is not one whole snapshot",
        "worker-010": "Error: timed out",
        "worker-011": "no pod",
        "worker-012": "the log is not one whole snapshot",
        "worker-013": "the snapshot is of another node",
        "worker-014": "not a Linux node (windows)",
    }
    assert "missing: worker-011\tno pod\n" in done.stderr
    assert len(list((out / "snapshots").iterdir())) == 192


@pytest.mark.long
def test_a_snapshot_of_an_earlier_run_does_not_count(tmp_path: Path, out: Path) -> None:
    gather(Fake(tmp_path / "one", {}), out)
    done = gather(Fake(tmp_path / "two", {"worker-001": "crashing"}), out)
    assert done.returncode == 3
    assert missing(out)["worker-001"].endswith("(the snapshot there is from an earlier run)")


def manifests(fake: Fake) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all((fake.folder / "applied").read_text()) if each]


@pytest.mark.long
def test_the_cluster_is_left_clean(tmp_path: Path, out: Path) -> None:
    fake = Fake(tmp_path / "fake", {})
    gather(fake, out, "--image", "registry.example/python@sha256:12")
    made, daemonset = manifests(fake)
    namespace = made["metadata"]["name"]
    assert namespace.startswith("passmuster-")
    assert daemonset["metadata"]["namespace"] == namespace
    assert fake.calls()[-1] == f"delete namespace {namespace} --wait=false"
    assert (fake.folder / "configmap").read_bytes() == fake.collector.read_bytes()
    containers = daemonset["spec"]["template"]["spec"]
    images = {each["image"] for each in containers["initContainers"] + containers["containers"]}
    assert images == {"registry.example/python@sha256:12"}


@pytest.mark.long
def test_runs_at_once_and_one_after_another_share_nothing(tmp_path: Path) -> None:
    fake = Fake(tmp_path / "fake", {})
    for number in range(2):
        assert gather(fake, tmp_path / f"out-{number}").returncode == 0
    names = [each["metadata"]["name"] for each in manifests(fake) if each["kind"] == "Namespace"]
    assert len(set(names)) == 2


@pytest.mark.long
def test_a_namespace_that_was_there_before_stays(tmp_path: Path, out: Path) -> None:
    fake = Fake(tmp_path / "fake", {})
    assert gather(fake, out, "--namespace", "tools").returncode == 0
    assert not any("namespace tools" in call for call in fake.calls())
    last = "-n tools delete daemonset/passmuster configmap/passmuster-collector --ignore-not-found --wait=false"
    assert fake.calls()[-1] == last


@pytest.mark.long
def test_what_cannot_be_cleaned_up_is_said(tmp_path: Path, out: Path) -> None:
    fake = Fake(tmp_path / "fake", {})
    (fake.folder / "undeletable").touch()
    done = gather(fake, out, "--namespace", "tools")
    assert "the namespace tools could not be cleaned up" in done.stderr


@pytest.mark.long
def test_what_is_to_be_kept_is_kept(tmp_path: Path, out: Path) -> None:
    fake = Fake(tmp_path / "fake", {})
    gather(fake, out, "--keep", "--unprivileged")
    assert not any("delete" in call for call in fake.calls())
    assert "privileged: true" not in (fake.folder / "applied").read_text()


REFUSED = {
    "no folder": ([], "no folder given"),
    "two folders": (["a", "b"], "more than one folder"),
    "no such option": (["--all", "a"], "no such option: --all"),
    "no value": (["a", "--wait"], "--wait: a value is missing"),
    "an image that is a command": (["--image", "x|e", "a"], "not the name of an image"),
    "a namespace that is none": (["--namespace", "Tools/x", "a"], "not the name of a namespace"),
    "a wait that is no number": (["--wait", "long", "a"], "--wait: not a number of seconds"),
    "no collector": (["--collector", "/nowhere", "a"], "no such file: /nowhere"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_usage(tmp_path: Path, name: str) -> None:
    words, message = REFUSED[name]
    done = Fake(tmp_path, {}).run("kubernetes/gather.sh", words)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_manifest_looks_and_touches_nothing() -> None:
    (manifest,) = yaml.safe_load_all((DEPLOY / "kubernetes" / "daemonset.yaml").read_text())
    assert (manifest["kind"], manifest["metadata"]["namespace"]) == ("DaemonSet", "passmuster")
    spec = manifest["spec"]["template"]["spec"]
    assert manifest["spec"]["selector"]["matchLabels"] == manifest["spec"]["template"]["metadata"]["labels"]
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["nodeSelector"] == {"kubernetes.io/os": "linux"}
    images = {each["image"] for each in (*spec["initContainers"], *spec["containers"])}
    assert all(re.search(r":[0-9]+[.][0-9]+[.][0-9]+", image) for image in images), "no moving tag"
    assert spec["hostNetwork"] is True
    assert spec["hostPID"] is False
    assert spec["hostIPC"] is False
    assert spec["automountServiceAccountToken"] is False
    (collect,) = spec["initContainers"]
    (idle,) = spec["containers"]
    assert collect["command"][-2:] == ["--root", "/host"]
    assert collect["args"] == ["--name", "$(NODE_NAME)"]
    assert collect["env"][0]["valueFrom"]["fieldRef"]["fieldPath"] == "spec.nodeName"
    assert all(mount["readOnly"] for mount in collect["volumeMounts"])
    assert collect["securityContext"]["readOnlyRootFilesystem"] is True
    assert idle["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert "volumeMounts" not in idle
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert volumes["host"]["hostPath"] == {"path": "/", "type": "Directory"}
    assert volumes["collector"]["configMap"] == {"name": "passmuster-collector"}


def test_the_collector_fits_a_configmap(tmp_path: Path) -> None:
    assert Fake(tmp_path, {}).collector.stat().st_size < 1 << 20
