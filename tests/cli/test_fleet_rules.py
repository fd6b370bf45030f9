"""Fleet rules on the command line: status, --rule, explain, and the policy commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from packs import rule, text
from pool_rules import fleet_rule, vendors
from snapshots import data

from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path

INTEL, AMD = "GenuineIntel", "AuthenticAMD"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rules = rule("node", "cpu.architecture == 'x86_64'"), fleet_rule("vendor"), fleet_rule("os", value="os.id", level="recommended", group_by="cpu.architecture")  # fmt: skip
    tmp_path.joinpath("policy.yaml").write_text(text(*rules), encoding="utf-8")
    return tmp_path


def fleet(place: Path, *changes: dict[str, Any]) -> str:
    lines = [data(f"n{at}", machine_id=f"sha256:{at:064x}", **each) for at, each in enumerate(changes)]
    place.joinpath("fleet.ndjson").write_bytes(b"".join(lines))
    return "fleet.ndjson"


STATUSES: dict[str, tuple[list[dict[str, Any]], list[str], int]] = {
    "all are alike": (vendors(INTEL, INTEL), [], 0),
    "one is not": (vendors(INTEL, AMD), [], 1),
    "one is not known": (vendors(INTEL, None), [], 3),
    "a failure is never told by the status": (vendors(INTEL, AMD), ["--fail-on", "never"], 0),
    "a recommended rule fails": ([{}, {"set_": {"os.id": "fedora"}}], [], 0),
    "and that is to count": ([{}, {"set_": {"os.id": "fedora"}}], ["--fail-on", "recommended"], 1),
    "a fleet rule alone": (vendors(INTEL, INTEL), ["--rule", "vendor"], 0),
    "a fleet rule alone that fails": (vendors(INTEL, AMD), ["--rule", "demo/vendor"], 1),
    "a rule about nodes alone": (vendors(INTEL, AMD), ["--rule", "node"], 0),
}


@pytest.mark.long
@pytest.mark.parametrize("format_", ["table", "json", "summary", "csv", "markdown"])
@pytest.mark.parametrize(("changes", "more", "status"), STATUSES.values(), ids=STATUSES)
def test_the_status_tells_what_fleet_rules_say(place: Path, changes: list[dict[str, Any]], more: list[str], status: int, format_: str) -> None:  # fmt: skip
    assert main(["check", fleet(place, *changes), "-p", "policy.yaml", "-o", format_, *more]) == status


def test_counts_and_digest_are_those_of_the_report(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = fleet(place, *vendors(INTEL, AMD))
    main(["check", source, "-p", "policy.yaml", "-o", "json"])
    report = json.loads(capsys.readouterr().out)
    main(["check", source, "-p", "policy.yaml", "-o", "summary"])
    summary = json.loads(capsys.readouterr().out)
    assert summary["summary"] == report["summary"]
    assert report["summary"]["fleet_rules"]["required"]["fail"] == 1
    assert [each["rule"] for each in report["fleet_results"]] == ["demo/vendor", "demo/os"]


def test_a_rule_that_is_not_there_names_fleet_rules_too(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", fleet(place, {}), "-p", "policy.yaml", "--rule", "x"]) == 2
    assert "expected one of: node, vendor, os" in capsys.readouterr().err


EXPLAINED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a member": ({}, "os", 'this node is a member of pool x86_64, with the value "debian"'),
    "a member of the only pool": ({}, "vendor", 'this node is a member, with the value "GenuineIntel"'),
    "a member without a value": ({"unknown": {"os.id": "denied"}}, "os", "this node is a member of pool x86_64, and its value is unknown"),
    "a node of no known pool": ({"unknown": {"cpu": "denied"}}, "os", "it is unknown whether this node is a member, or of which pool"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "name", "told"), EXPLAINED.values(), ids=EXPLAINED)
def test_one_node_has_no_outcome_in_a_fleet_rule(place: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], name: str, told: str) -> None:  # fmt: skip
    assert main(["explain", fleet(place, changes), name, "-p", "policy.yaml"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert f"FLEET RULE n0 demo/{name}" in out
    assert "a fleet rule judges all nodes of a pool together, so one node alone has no outcome" in out
    assert told in out


def test_a_node_that_is_no_member_is_told_so(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place.joinpath("policy.yaml").write_text(text(fleet_rule("one", applies_when="cpu.architecture == 's390x'")), encoding="utf-8")  # fmt: skip
    assert main(["explain", fleet(place, {}), "one", "-p", "policy.yaml"]) == 0
    assert "this node is not a member: applies_when is false" in capsys.readouterr().out


@pytest.mark.parametrize("format_", ["text", "markdown", "html"])
def test_a_policy_is_shown_with_what_its_fleet_rules_compare(place: Path, capsys: pytest.CaptureFixture[str], format_: str) -> None:  # fmt: skip
    assert place.is_dir()
    assert main(["policy", "show", "policy.yaml", "--rule", "os", "-o", format_]) == 0
    out = capsys.readouterr().out.lower()
    for words in ("all nodes of a pool", "its pools are named by", "it compares", "fleet.values"):
        assert words in out
