"""`check -o attestation`: an in-toto statement over the snapshots, deterministic, and what it says of unknowns."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from snapshots import data

import passmuster
from passmuster.cli import main
from passmuster.codec import resources, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

VERDICT = "urn:passmuster:verdict:1"
NODES: dict[str, dict[str, Any]] = {
    "good": {},
    "bad": {"set_": {"cpu.flags": ["lm", "vmx"], "iommu.groups": 0}},
    "blind": {"unknown": {"devices": "denied", "iommu": "denied"}},
}


@pytest.fixture(autouse=True)
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet").mkdir()
    for number, (name, changes) in enumerate(NODES.items()):
        (tmp_path / "fleet" / f"{name}.json").write_bytes(data(name, machine_id=f"sha256:{number:064}", **changes))
    return tmp_path


def attested(*words: str) -> dict[str, Any]:
    main(["check", *(words or ("fleet",)), "-o", "attestation=a.json"])
    found: dict[str, Any] = json.loads(Path("a.json").read_bytes())
    assert schema.faults("attestation", 1, found) == ()
    return found


def in_toto_faults(statement: dict[str, Any]) -> Iterator[str]:
    """What the specifications ask: Statement v1, its resource descriptors, and the predicate test-result v0.1."""
    if statement["_type"] != "https://in-toto.io/Statement/v1":
        yield "_type"
    if statement["predicateType"] != "https://in-toto.io/attestation/test-result/v0.1":
        yield "predicateType"
    names = [subject.get("name") for subject in statement["subject"]]
    if not names or len(set(names)) != len(names):
        yield "subjects are there, with names that differ"
    predicate = statement["predicate"]
    for each in [*statement["subject"], *predicate["configuration"]]:
        if not each["digest"] or set(each) - {
            "name",
            "uri",
            "digest",
            "content",
            "downloadLocation",
            "mediaType",
            "annotations",
        }:
            yield f"no resource descriptor: {each}"
        yield from (
            f"digest {kind}" for kind, value in each["digest"].items() if len(value) != 64 or int(value, 16) < 0
        )
    yield from _predicate_faults(predicate)


def _predicate_faults(predicate: dict[str, Any]) -> Iterator[str]:
    if predicate["result"] not in {"PASSED", "WARNED", "FAILED"}:
        yield "result"
    lists = ("passedTests", "warnedTests", "failedTests")
    yield from (name for name in lists if not all(isinstance(test, str) for test in predicate[name]))
    for name in set(predicate) - {"result", "configuration", "url", *lists}:
        if ":" not in name:
            yield f"an extension that is no URI: {name}"


def test_it_is_a_statement_of_in_toto_over_the_bytes_of_the_snapshots(fleet: Path) -> None:
    found = attested()
    assert list(in_toto_faults(found)) == []
    assert {each["name"]: each["digest"]["sha256"] for each in found["subject"]} == {
        name: hashlib.sha256((fleet / "fleet" / f"{name}.json").read_bytes()).hexdigest() for name in NODES
    }


def test_it_names_what_the_verdict_hangs_on(fleet: Path) -> None:
    (fleet / "waivers.yaml").write_text(
        "schema: passmuster.waivers/1\nwaivers:\n"
        "  - {node: {name: bad}, rule: cpu-x86-64-v2, reason: r, owner: o, ticket: t, expires: 2099-01-01}\n"
    )
    found = attested("fleet", "--waivers", "waivers.yaml", "--now", "2026-11-23T00:00:00Z")
    kinds = {each["annotations"]["kind"]: each for each in found["predicate"]["configuration"]}
    assert sorted(kinds) == ["engine", "policy", "waivers"]
    assert kinds["engine"]["name"] == f"passmuster@{passmuster.__version__}"
    assert kinds["policy"]["annotations"] == {"kind": "policy", "lock": "passmuster", "released": True}
    assert kinds["waivers"]["digest"]["sha256"] == hashlib.sha256((fleet / "waivers.yaml").read_bytes()).hexdigest()
    assert found["predicate"][VERDICT]["waived"] == ["virtnest/cpu-x86-64-v2 on bad"]
    assert "virtnest/cpu-x86-64-v2 on bad" not in str({**found["predicate"], VERDICT: None})


def test_each_rule_is_in_the_list_of_its_level() -> None:
    predicate = attested()["predicate"]
    assert predicate["result"] == "FAILED"
    assert "virtnest/cpu-x86-64-v2 on good" in predicate["passedTests"]
    assert "virtnest/cpu-x86-64-v2 on bad" in predicate["failedTests"]
    assert "virtnest/device-kvm-exists on blind" in predicate["failedTests"]
    assert "virtnest/iommu-enabled on blind" in predicate["warnedTests"]
    undecided = predicate[VERDICT]["undecided"]
    assert {"virtnest/device-kvm-exists on blind", "virtnest/iommu-enabled on blind"} <= set(undecided)
    assert not set(undecided) & set(predicate["passedTests"])
    assert "virtnest/cpu-x86-64-v2 on bad" not in undecided


@pytest.mark.long
def test_unknown_is_never_a_pass() -> None:
    predicate = attested("fleet/blind.json")["predicate"]
    assert (predicate["result"], predicate[VERDICT]["outcome"]) == ("FAILED", "unknown")
    assert attested("fleet/good.json")["predicate"]["result"] == "PASSED"


@pytest.mark.long
def test_a_node_that_was_not_judged_is_named_with_the_reason(fleet: Path) -> None:
    (fleet / "fleet" / "broken.json").write_text("{")
    found = attested()
    (unjudged,) = found["predicate"][VERDICT]["unjudged"]
    assert unjudged["node"] == "fleet/broken.json"
    assert "not JSON" in unjudged["reason"]
    assert len(found["subject"]) == 3


def test_nothing_to_attest_is_said(capsys: pytest.CaptureFixture[str], fleet: Path) -> None:
    (fleet / "broken.json").write_text("{")
    assert main(["check", "broken.json", "-o", "attestation"]) == 2
    assert "-o attestation: no snapshot could be read, so there is nothing to attest" in capsys.readouterr().err


def test_two_snapshots_of_one_name_are_two_subjects(fleet: Path) -> None:
    (fleet / "fleet" / "twin.json").write_bytes(data("good", machine_id=None))
    names = [each["name"] for each in attested()["subject"]]
    assert [name for name in names if name.startswith("good#")] == sorted(names)[-2:]


@pytest.mark.long
def test_the_same_bytes_come_out_of_another_process(fleet: Path) -> None:
    main(["check", "fleet", "-o", "attestation=a.json"])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "7"}
    paths = [f"fleet/{name}.json" for name in reversed(NODES)]
    run = [sys.executable, "-m", "passmuster", "check", *paths, "-o", "attestation"]
    again = subprocess.run(run, env=environment, capture_output=True, check=False, cwd=fleet)
    assert again.stdout == (fleet / "a.json").read_bytes()


def test_the_digest_of_the_engine_is_what_sha256sum_prints() -> None:
    package, schemas = Path(passmuster.__path__[0]), resources.schemas()
    command = (
        f"(cd {package}; find . -name '*.py' | LC_ALL=C sort | xargs sha256sum; "
        f"cd {schemas}; find . -name '*.json' | LC_ALL=C sort | xargs sha256sum) | sha256sum"
    )
    told = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    resources.engine_digest.cache_clear()
    assert resources.engine_digest() == f"sha256:{told.split()[0]}"
