"""`check -f assessment.yaml`: one file for what is judged by, and every mistake in it with its place."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packs import POLICIES
from snapshots import data

from passmuster.cli import main
from passmuster.codec import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = "2026-11-23T00:00:00Z"
WAIVERS = """\
schema: passmuster.waivers/1
waivers:
  - {node: {name: old}, rule: cpu-x86-64-v2, reason: r, owner: o, ticket: t, expires: 2027-01-01}
"""
ROSTER = "good\nold\ngone\n"


def sha256(data_: bytes) -> str:
    return "sha256:" + hashlib.sha256(data_).hexdigest()


def pack(name: str, version: str) -> str:
    return f"{name}@{version}#{sha256((POLICIES / name / version / 'policy.yaml').read_bytes())}"


VIRTNEST, OLDER = pack("virtnest", "1.1.0"), pack("virtnest", "1.0.0")
BASE = f"schema: passmuster.assessment/1\ntitle: The quarter's review\npolicies:\n  - {VIRTNEST}\n"
WHOLE = f"""\
{BASE}parameters:
  virtnest.x86_64_level: 1
levels:
  virtnest/secure-guest: required
waivers:
  file: terms/waivers.yaml
  digest: {sha256(WAIVERS.encode())}
roster:
  file: terms/roster
max_age: 30d
now: {NOW}
fail_on: recommended
"""


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two nodes, one with an old CPU; the files of an assessment lie beside it, in another folder than the caller's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet").mkdir()
    (tmp_path / "fleet" / "good.json").write_bytes(data("good", machine_id=f"sha256:{1:064}"))
    old = {"cpu.flags": ["lm", "vmx"], "cpu.flags_any": ["lm", "vmx"]}
    (tmp_path / "fleet" / "old.json").write_bytes(data("old", machine_id=f"sha256:{2:064}", set_=old))
    (tmp_path / "review" / "terms").mkdir(parents=True)
    (tmp_path / "review" / "terms" / "waivers.yaml").write_text(WAIVERS)
    (tmp_path / "review" / "terms" / "roster").write_text(ROSTER)
    return tmp_path


def check(text: str, *more: str, form: str = "json") -> tuple[int, Any]:
    """The status, and the report where there is one."""
    Path("review/a.yaml").write_text(text)
    out = Path("out")
    out.unlink(missing_ok=True)
    status = main(["check", "fleet", "-f", "review/a.yaml", "-o", f"{form}=out", *more])
    return status, json.loads(out.read_bytes()) if out.exists() else None


def plain(*more: str) -> Any:
    main(["check", "fleet", "-o", "json=plain", *more])
    return json.loads(Path("plain").read_bytes())


def test_all_that_the_file_says_is_in_force() -> None:
    status, report = check(WHOLE)
    assert schema.faults("report", 1, report) == ()
    assert report["assessment"] == sha256(WHOLE.encode())
    assert report["parameters"] == {"virtnest.x86_64_level": 1}
    assert report["levels"] == {"virtnest/secure-guest": "required"}
    assert report["waivers"]["digest"] == sha256(WAIVERS.encode())
    assert report["roster"] == {"listed": 3, "missing": ["gone"], "source": "caller", "unlisted": []}
    assert (report["max_age"], report["now"]) == ("30d", NOW)
    assert [(each["pack"], each["version"]) for each in report["policies"]] == [("virtnest", "1.1.0")]
    assert status == 1


def test_a_raised_level_changes_the_outcome_and_the_digest() -> None:
    _, as_it_is = check(BASE)
    _, raised = check(BASE + "levels: {virtnest/secure-guest: required}\n")
    before, after = ({node["node"]: node["outcome"] for node in each["nodes"]} for each in (as_it_is, raised))
    assert (before["good"], after["good"]) == ("pass", "fail")
    assert as_it_is["verdict_digest"] != raised["verdict_digest"]
    results = {each["rule"]: each["level"] for each in raised["nodes"][0]["results"]}
    assert results["virtnest/secure-guest"] == "required"
    assert as_it_is["levels"] == {}


def test_the_level_that_a_rule_has_is_no_change() -> None:
    _, report = check(BASE + "levels: {virtnest/kernel-version: required}\n")
    assert report["levels"] == {}


@pytest.mark.long
def test_a_verdict_without_an_assessment_has_the_digest_that_it_always_had() -> None:
    report = plain()
    _, by_file = check(BASE)
    assert report["assessment"] is None
    assert report["verdict_digest"] != by_file["verdict_digest"]
    assert {**by_file, "assessment": None, "verdict_digest": ""} == {**report, "verdict_digest": ""}
    _, worded = check(BASE.replace("quarter", "year"))
    assert worded["verdict_digest"] != by_file["verdict_digest"]


def test_a_fleet_rule_can_be_raised() -> None:
    text = BASE.replace(VIRTNEST, pack("kubevirt", "1.1.0"))
    _, report = check(text + "levels: {kubevirt/migration-kernel: required}\n")
    levels = {each["rule"]: each["level"] for each in report["fleet_results"]}
    assert levels["kubevirt/migration-kernel"] == "required"


def test_what_the_file_leaves_open_can_be_said(site: Path) -> None:
    (site / "roster").write_text(ROSTER)
    more = ["--roster", "roster", "--max-age", "1h", "--now", NOW, "--fail-on", "never"]
    status, report = check(BASE, *more)
    assert (report["max_age"], report["now"], report["roster"]["missing"]) == ("1h", NOW, ["gone"])
    assert status == 3


def test_fail_on_is_the_files() -> None:
    assert check(BASE)[0] == 1
    assert check(BASE + "fail_on: never\n")[0] == 0


CONTRADICTIONS = {
    "-p": (["-p", "virtnest"], "the assessment says which policies judge"),
    "--set": (["--set", "x86_64_level=1"], "the assessment says what the parameters are"),
    "--rule": (["--rule", "swap"], "the assessment says what is asked: every rule of its policies"),
    "--waivers": (["--waivers", "review/terms/waivers.yaml"], "the assessment says which waivers hold"),
    "--roster": (["--roster", "review/terms/roster"], "the assessment says which nodes there should be"),
    "--max-age": (["--max-age", "30d"], "the assessment says how old a snapshot may be"),
    "--now": (["--now", NOW], "the assessment says the moment to judge at"),
    "--fail-on": (["--fail-on", "required"], "the assessment says what counts for the exit status"),
}


@pytest.mark.parametrize("option", CONTRADICTIONS)
def test_an_option_that_contradicts_the_file_is_refused(capsys: pytest.CaptureFixture[str], option: str) -> None:
    words, why = CONTRADICTIONS[option]
    assert check(WHOLE, *words) == (2, None)
    told = capsys.readouterr().err
    assert told == f"{option}: contradicts -f review/a.yaml: {why} (expected no {option} beside -f)\n"


def test_every_contradiction_is_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    check(WHOLE, *(word for words, _ in CONTRADICTIONS.values() for word in words))
    assert [each.partition(":")[0] for each in capsys.readouterr().err.splitlines()] == list(CONTRADICTIONS)


DIGITS = "0" * 64
MISTAKES: dict[str, tuple[str, int, str]] = {
    "another schema": ("schema: passmuster.waivers/1\n", 2, "review/a.yaml:1:9: no assessment of a known version (got schema 'passmuster.waivers/1', expected 'passmuster.assessment/1')"),
    "no mapping": ("- a\n", 2, "review/a.yaml:1:1: no assessment of a known version (got schema None, expected 'passmuster.assessment/1')"),
    "nothing": ("", 2, "review/a.yaml:1:1: the file is empty (expected a mapping)"),
    "no policy": ("schema: passmuster.assessment/1\ntitle: t\npolicies: []\n", 2, "review/a.yaml:3:11: policies: too small (got 0, expected at least 1)"),
    "a field that is none": (BASE + "rules: [a]\n", 2, "review/a.yaml:5:1: rules: unknown 'rules' (expected 'fail_on', 'levels', 'max_age', 'now', 'parameters', 'policies', 'roster', 'schema', 'title', 'waivers')"),
    "a policy without a digest": (BASE.replace(VIRTNEST, "virtnest@1.1.0"), 2, "review/a.yaml:4:5: policies: no version with its digest (got 'virtnest@1.1.0', expected PACK@VERSION#sha256: and 64 digits)"),
    "a policy by a short digest": (BASE.replace(VIRTNEST, "virtnest@1.1.0#sha256:501e"), 2, "review/a.yaml:4:5: policies: no version with its digest (got 'virtnest@1.1.0#sha256:501e', expected PACK@VERSION#sha256: and 64 digits)"),
    "a pack that is not there": (BASE.replace(VIRTNEST, f"none@1.0.0#sha256:{DIGITS}"), 2, "review/a.yaml:4:5: no such pack (got 'none', expected one of: kubevirt, virtnest)"),
    "a version that is not there": (BASE.replace(VIRTNEST, f"virtnest@9.0.0#sha256:{DIGITS}"), 2, "review/a.yaml:4:5: no version 9.0.0 of virtnest (expected one of: 1.0.0, 1.1.0)"),
    "another digest": (BASE.replace(VIRTNEST, f"virtnest@1.1.0#sha256:{DIGITS}"), 4, f"review/a.yaml:4:5: the policy has another digest (got {VIRTNEST.partition('#')[2]}, expected sha256:{DIGITS})"),
    "one pack twice": (BASE + f"  - {OLDER}\n", 2, "review/a.yaml:5:5: one pack twice (got virtnest@1.0.0, expected one version)"),
    "a parameter that is none": (BASE + "parameters:\n  virtnest.none: 1\n", 2, "review/a.yaml:6:3: no such parameter (got 'virtnest.none', expected one of: virtnest.x86_64_level)"),
    "a parameter of another type": (BASE + "parameters:\n  virtnest.x86_64_level: high\n", 2, "review/a.yaml:6:26: virtnest.x86_64_level: got 'high', expected an integer"),
    "a rule that is none": (BASE + "levels:\n  virtnest/none: required\n", 2, "review/a.yaml:6:3: no such rule (got 'virtnest/none', expected one of: virtnest/"),
    "a level that is lowered": (BASE + "levels:\n  virtnest/kernel-version: recommended\n", 2, "review/a.yaml:6:28: virtnest/kernel-version: a level is raised, never lowered (got recommended, expected required or stricter)"),
    "a level that is none": (BASE + "levels:\n  virtnest/kernel-version: informational\n", 2, 'review/a.yaml:6:28: virtnest/kernel-version: not one of the values (got "informational", expected "required" or "recommended")'),
    "waivers without a digest": (BASE + "waivers: {file: terms/waivers.yaml}\n", 2, "review/a.yaml:5:1: waivers: missing 'digest'"),
    "waivers that are not there": (BASE + f"waivers: {{file: none.yaml, digest: 'sha256:{DIGITS}'}}\n", 2, "review/a.yaml:5:17: file: review/none.yaml: cannot be read (No such file or directory)"),
    "other waivers": (BASE + f"waivers: {{file: terms/waivers.yaml, digest: 'sha256:{DIGITS}'}}\n", 4, f"review/a.yaml:5:45: digest: review/terms/waivers.yaml has another (got {sha256(WAIVERS.encode())}, expected sha256:{DIGITS})"),
    "another roster": (BASE + f"roster: {{file: terms/roster, digest: 'sha256:{DIGITS}'}}\n", 4, f"review/a.yaml:5:38: digest: review/terms/roster has another (got {sha256(ROSTER.encode())}, expected sha256:{DIGITS})"),
    "a roster that is not there": (BASE + "roster: {file: none}\n", 2, "review/a.yaml:5:16: file: review/none: cannot be read (No such file or directory)"),
    "an absolute path": (BASE + "roster: {file: /etc/hosts}\n", 2, "review/a.yaml:5:16: file: an absolute path (got '/etc/hosts', expected one relative to the assessment)"),
    "an age that is none": (BASE + "max_age: soon\n", 2, "review/a.yaml:5:10: max_age: got 'soon', expected a duration such as 12h or 30d"),
    "a moment that is none": (BASE + "now: 2026-11-23\n", 2, "review/a.yaml:5:6: now: got '2026-11-23', expected a moment in UTC such as 2026-11-22T10:11:12Z"),
    "an alias": (BASE + "roster: &a {file: b}\n", 2, "review/a.yaml:5:9: an anchor is not allowed here (got &a)"),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(("text", "status", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_said_with_its_place(
    capsys: pytest.CaptureFixture[str], text: str, status: int, sentence: str
) -> None:
    assert check(text) == (status, None)
    out, err = capsys.readouterr()
    first = err.splitlines()[0]
    assert (first == sentence) or (sentence.endswith("virtnest/") and first.startswith(sentence)), first
    assert out == ""


def test_every_mistake_is_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    text = BASE + "max_age: soon\nnow: later\nroster: {file: /a}\n"
    check(text)
    assert _places(capsys.readouterr().err.splitlines()) == ["5:10", "6:6", "7:16"]
    text = (
        BASE
        + "parameters: {virtnest.none: 1}\nlevels: {virtnest/none: required, virtnest/kernel-version: recommended}\n"
    )
    check(text)
    assert _places(capsys.readouterr().err.splitlines()) == ["5:14", "6:10", "6:60"]


def _places(lines: Sequence[str]) -> list[str]:
    return [":".join(each.split(":")[1:3]) for each in lines if each.startswith("review/")]


def test_a_file_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "fleet", "-f", "none.yaml"]) == 2
    assert capsys.readouterr().err == "none.yaml: cannot be read (No such file or directory)\n"


# Verified


@pytest.mark.long
@pytest.mark.parametrize("form", ["json", "ndjson", "attestation"])
def test_a_verdict_by_an_assessment_holds_with_it_and_without(capsys: pytest.CaptureFixture[str], form: str) -> None:
    Path("review/a.yaml").write_text(WHOLE)
    main(["check", "fleet", "-f", "review/a.yaml", "-o", f"{form}=out"])
    verify = ["report", "verify", "out", "--snapshots", "fleet"]
    assert main([*verify, "-f", "review/a.yaml"]) == 0
    assert "holds" in capsys.readouterr().out
    assert main([*verify, "--waivers", "review/terms/waivers.yaml"]) == 0
    assert f"judged with the assessment {sha256(WHOLE.encode())}, which was not given" in " ".join(
        capsys.readouterr().out.split()
    )


def test_another_assessment_does_not_hold(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    check(WHOLE)
    (site / "review" / "b.yaml").write_text(WHOLE.replace("quarter", "year"))
    assert main(["report", "verify", "out", "--snapshots", "fleet", "-f", "review/b.yaml"]) == 4
    assert "assessment: not the judged one (judged: sha256:" in " ".join(capsys.readouterr().out.split())


@pytest.mark.long
def test_a_report_that_only_names_the_assessment_does_not_hold(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    check(BASE + "levels: {virtnest/secure-guest: required}\n")
    mild = (site / "review" / "a.yaml").read_text()
    strict = mild + "parameters: {virtnest.x86_64_level: 3}\n"
    (site / "review" / "strict.yaml").write_text(strict)
    report = (site / "out").read_bytes().replace(sha256(mild.encode()).encode(), sha256(strict.encode()).encode())
    (site / "out").write_bytes(report)
    assert main(["report", "verify", "out", "--snapshots", "fleet", "-f", "review/strict.yaml"]) == 4
    assert "parameters: the report differs from its assessment" in " ".join(capsys.readouterr().out.split())
