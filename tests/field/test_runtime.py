"""The container runtime of nodes as users reported them: each case with the value that its README calls expected."""

from __future__ import annotations

import functools
import json
from typing import Any

import data_here
import pytest
from shipped_packs import shipped

from passmuster.snapshot import load
from passmuster_collector.cli import collect_bytes

MOUNTED = ["--recorded", "machine=x86_64", "--recorded", "uid=0", "--recorded", "devices_bpf=ok"]


@functools.cache
def collected(case: str) -> bytes:
    """The snapshot of a case: ``NAME`` (its folder ``tree``), ``NAME/FOLDER`` or ``NAME/ARCHIVE``."""
    folder, _, part = case.partition("/")
    where = data_here.data(f"field/{folder}")
    given = ["--node-object", str(where / "node.json")] if (where / "node.json").exists() else []
    if part.endswith(".tgz") or folder.startswith("dump-"):
        return collect_bytes(["--from", str(where / part), "--name", "n", *given])
    devices = f"devices={data_here.data('field/devices.tsv')}"
    tree = str(where / (part or "tree"))
    return collect_bytes(["--root", tree, "--name", "n", "--recorded", devices, *MOUNTED, *given])


DOCKER_VERSION = {
    "docker-elsewhere": "fail",
    "dump-el7": "fail",
    "kubelet-environment-file": "fail",
    "remote-dockershim-sock": "unknown",
    "runtime-sockets/mke": "unknown",
    "runtime-sockets/isulad": "not_applicable",
    "runtime-sockets/k0s": "unknown",
    "dump-hi": "fail",
    "sosreport-dev-listing/sos-al2.tgz": "fail",
}


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
@pytest.mark.parametrize("case", DOCKER_VERSION)
def test_the_rule_about_docker_says(case: str, version: str) -> None:
    assert (
        shipped("virtnest", version).outcomes(load(collected(case), case))["docker-version"].value
        == DOCKER_VERSION[case]
    )


def runtime(case: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Facts and unknown paths of the section."""
    section = json.loads(collected(case))["sections"]["runtime"]
    return section["facts"], section["unknown"]


NAMES = {
    "docker-elsewhere": "docker",
    "dump-el7": "docker",
    "kubelet-environment-file": "docker",
    "remote-dockershim-sock": None,
    "runtime-sockets/mke": "docker",
    "runtime-sockets/isulad": "other",
    "runtime-sockets/k0s": None,
    "dump-hi": "docker",
    "sosreport-dev-listing/sos-al2.tgz": "docker",
}


@pytest.mark.parametrize("case", NAMES)
def test_the_runtime_is_named_or_unknown(case: str) -> None:
    facts, unknown = runtime(case)
    if NAMES[case] is None:
        assert "runtime.name" in unknown
    else:
        assert facts["name"] == NAMES[case]


@pytest.mark.parametrize("case", NAMES)
def test_what_evidence_names_is_never_called_absent(case: str) -> None:
    facts, _ = runtime(case)
    if facts.get("name") == "docker":
        assert facts.get("docker", "unknown") is not None
        assert "docker" in facts.get("installed", ["docker"])


def test_what_lies_in_folders_of_its_own_is_found() -> None:
    _, unknown = runtime("runtime-sockets/k0s")
    assert unknown["runtime.containerd.version"]["detail"] == "known only to the running host"
    assert unknown["runtime.kubelet.version"]["detail"] == "known only to the running host"
    assert "runtime.docker" in unknown


def test_the_package_on_hold_is_read() -> None:
    facts, _ = runtime("dump-hi")
    assert (facts["docker"], facts["kubelet"]["version"]) == ({"version": "20.10.7-0ubuntu1"}, "1.23.5-00")


def test_a_recommendation_to_leave_docker_is_not_given_without_evidence() -> None:
    node = load(collected("remote-dockershim-sock"), "")
    assert shipped("kubevirt", "1.1.0").outcomes(node)["container-runtime"].value == "unknown"
