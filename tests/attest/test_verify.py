"""`report verify`: what was judged is judged again, and what differs is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import packs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snapshots import data

from passmuster import __version__
from passmuster.cli import main
from passmuster.codec import json as _json
from passmuster.proof.claim import line

if TYPE_CHECKING:
    from collections.abc import Callable

FROZEN = Path(__file__).parents[1] / "data" / "snapshots" / "1"
FORMATS = ("json", "ndjson", "attestation")
WAIVERS = """\
schema: passmuster.waivers/1
waivers:
  - {node: {name: "node-*"}, rule: cpu-x86-64-v2, reason: old, owner: o, ticket: t, expires: 2027-01-01}
"""
NOW = "2026-11-23T00:00:00Z"


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three nodes, one of which fails; waivers and a roster that names a fourth."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet").mkdir()
    for name, changes in _NODES.items():
        (tmp_path / "fleet" / f"{name}.json").write_bytes(data(name, machine_id=f"sha256:{name[-1] * 64}", **changes))
    (tmp_path / "waivers.yaml").write_text(WAIVERS)
    (tmp_path / "roster").write_text("node-1\nnode-2\nnode-3\nnode-4\n")
    return tmp_path


_NODES: dict[str, dict[str, Any]] = {
    "node-1": {},
    "node-2": {"set_": {"cpu.flags": ["lm", "vmx"]}},
    "node-3": {"unknown": {"devices": "denied"}},
}


def judged(*more: str, form: str = "json", paths: tuple[str, ...] = ("fleet",)) -> Path:
    """A verdict in a file."""
    main(["check", *paths, "-o", f"{form}=verdict.{form}", *more])
    return Path(f"verdict.{form}")


def verify(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """The status, and what was said, on one line a sentence."""
    capsys.readouterr()
    status = main(["report", "verify", *words])
    told = capsys.readouterr()
    return status, (told.out + told.err).replace("\n      ", " ")


WAYS: dict[str, list[str]] = {
    "as it is by default": [],
    "of another version": ["-p", "virtnest@1.0.0"],
    "of two packs, with fleet rules": ["-p", "virtnest", "-p", "kubevirt@1.1.0"],
    "of some rules": ["--rule", "kernel-version", "--rule", "iommu-enabled"],
    "of one fleet rule alone": ["-p", "kubevirt@1.1.0", "--rule", "one-architecture"],
    "with another parameter": ["--set", "x86_64_level=3"],
    "with a maximum age": ["--max-age", "30d", "--now", NOW],
    "with too small a maximum age": ["--max-age", "1h", "--now", NOW],
    "with waivers": ["--waivers", "waivers.yaml", "--now", NOW],
    "with a roster": ["--roster", "roster"],
    "with all values": ["--evidence", "full"],
    "without values": ["--evidence", "none"],
}


@pytest.mark.long
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("way", WAYS)
def test_a_verdict_holds_in_every_format(capsys: pytest.CaptureFixture[str], site: Path, way: str, form: str) -> None:
    verdict = judged(*WAYS[way], form=form)
    shutil.move(site / "fleet", site / "elsewhere")
    more = ["--waivers", "waivers.yaml"] if "--waivers" in WAYS[way] else []
    status, told = verify(capsys, str(verdict), "--snapshots", "elsewhere", *more)
    assert status == 0, told
    assert told.startswith(f"verdict.{form}: holds\n  compared: every byte")
    assert f"made again by the same engine (passmuster {__version__})" in told


@pytest.mark.long
@pytest.mark.parametrize("form", FORMATS)
def test_the_verdict_of_the_frozen_snapshots_holds(capsys: pytest.CaptureFixture[str], form: str) -> None:
    paths = sorted(str(path) for path in FROZEN.glob("*.json") if ".verdict" not in path.name)
    verdict = judged(form=form, paths=tuple(paths))
    status, told = verify(capsys, str(verdict), "--snapshots", *reversed(paths))
    assert status == 0, told
    assert f"({len(paths)} snapshots)" in told


@pytest.mark.long
@pytest.mark.parametrize("form", FORMATS)
def test_what_could_not_be_read_and_what_came_twice_is_found_again(
    capsys: pytest.CaptureFixture[str], site: Path, form: str
) -> None:
    (site / "fleet" / "broken.json").write_text("{")
    (site / "fleet" / "empty.json").write_text("")
    (site / "fleet" / "twin.json").write_bytes(data("node-1", machine_id=f"sha256:{'1' * 64}", set_={"os.id": "x"}))
    (site / "fleet" / "clone.json").write_bytes(data("node-9", machine_id=f"sha256:{'2' * 64}"))
    verdict = judged("--roster", "roster", form=form)
    shutil.move(site / "fleet", site / "elsewhere")
    status, told = verify(capsys, str(verdict), "--snapshots", "elsewhere", "--roster", "roster")
    assert status == 0, told


def test_a_stream_holds_in_any_order_of_its_files(capsys: pytest.CaptureFixture[str]) -> None:
    judged(form="ndjson")
    paths = [f"fleet/node-{number}.json" for number in (3, 1, 2)]
    assert verify(capsys, "verdict.ndjson", "--snapshots", *paths)[0] == 0


def _change(**changes: Any) -> Callable[[Path], None]:
    """Fields of the report, changed, the form kept."""
    return lambda report: _rewrite(report, lambda value: value.update(changes))


def _rewrite(report: Path, change: Callable[[Any], object]) -> None:
    value = _json.loads(report.read_bytes())
    change(value)
    report.write_bytes(line(value))


def _result(value: Any, rule: str = "virtnest/kernel-version") -> Any:
    return next(each for each in value["nodes"][0]["results"] if each["rule"] == rule)


def _policy(**changes: str) -> Callable[[Path], None]:
    return lambda report: _rewrite(report, lambda value: value["policies"][0].update(changes))


def _in_fleet(change: Callable[[Path], object]) -> Callable[[Path], None]:
    return lambda report: (change(report.parent / "fleet"), None)[1]


def _uid(fleet: Path) -> None:
    path = fleet / "node-1.json"
    path.write_bytes(path.read_bytes().replace(b'"uid":0', b'"uid":1', 1))


OTHER = "sha256:" + "0" * 64
TAMPERED: dict[str, tuple[Callable[[Path], object], list[str], int, str]] = {
    "a byte of a snapshot": (_in_fleet(_uid), [], 4, "facts: node-1: the snapshot is altered (judged: sha256:"),
    "a snapshot that is missing": (_in_fleet(lambda fleet: (fleet / "node-2.json").unlink()), [], 4, "facts: node-2: its snapshot is missing (judged: sha256:"),
    "a snapshot more": (_in_fleet(lambda fleet: (fleet / "x.json").write_bytes(data("node-9"))), [], 4, "facts: node-9: a snapshot that was not judged (given: sha256:"),
    "a snapshot that cannot be read": (_in_fleet(lambda fleet: (fleet / "node-2.json").write_text("{")), [], 4, "facts: fleet/node-2.json: given now, but not a node of the report (fleet/node-2.json:1:2: not JSON"),
    "another policy given": (_change(), ["-p", "virtnest@1.0.0"], 4, "policy: the report does not use virtnest@1.0.0 (sha256:334be34d"),
    "another digest of the policy": (_policy(digest=OTHER), [], 4, f"policy: virtnest@1.1.0 has another digest here (judged: {OTHER}, here: sha256:e153620f"),
    "another version of the policy": (_policy(version="1.0.0"), [], 4, "policy: virtnest@1.0.0 has another digest here (judged: sha256:e153620f"),
    "a policy that is not here": (_policy(pack="unheard-of"), [], 2, "this policy is not here, so the report cannot be verified (give its file with -p)"),
    "another parameter": (_change(parameters={"virtnest.x86_64_level": 3}), [], 4, "parameters: virtnest.x86_64_level was changed after the report was made (got 3, expected 2)"),
    "a parameter of another type": (_change(parameters={"virtnest.x86_64_level": "2"}), [], 4, "parameters: virtnest.x86_64_level has a wrong value (got '2', expected an integer)"),
    "a parameter less": (_change(parameters={}), [], 4, "parameters: virtnest.x86_64_level is a parameter of these policies, and the report does not have it"),
    "a parameter more": (_change(parameters={"virtnest.x86_64_level": 2, "a.b": 1}), [], 4, "parameters: these policies have no parameter a.b (got 1)"),
    "an outcome": (lambda report: _rewrite(report, lambda value: _result(value).update(outcome="fail")), [], 4, "outcome: virtnest/kernel-version on node-1: the report has fail (required), judging again gives pass (required)"),
    "a level": (lambda report: _rewrite(report, lambda value: _result(value).update(level="informational")), [], 4, "outcome: virtnest/kernel-version on node-1: the report has pass (informational), judging again gives pass (required)"),
    "a level that was not raised": (_change(levels={"virtnest/kernel-version": "recommended"}), [], 4, "levels: virtnest/kernel-version is not raised (got recommended, the policy has required)"),
    "a level of no rule": (_change(levels={"virtnest/none": "required"}), [], 4, "levels: these policies have no rule virtnest/none"),
    "a rule of none": (_change(rules=["virtnest/none"]), [], 4, "rules: these policies have no rule virtnest/none"),
    "the outcome of a node": (lambda report: _rewrite(report, lambda value: value["nodes"][1].update(outcome="pass")), [], 4, "outcome: node-2: the report has pass, judging again gives fail"),
    "the outcome of all": (_change(outcome="pass"), [], 4, "outcome: the report has pass, judging again gives fail"),
    "a message": (lambda report: _rewrite(report, lambda value: _result(value).update(message="x")), [], 4, "text: virtnest/kernel-version on node-1: message: the report has x, judging again gives null"),
    "a digest": (_change(verdict_digest=OTHER), [], 4, f"verdict_digest: does not match the content of the report, so the report was changed after it was made (got {OTHER}, expected sha256:"),
    "a moment that nothing needs": (_change(now=NOW), [], 4, f"now: the report has {NOW}, judging again gives null"),
    "a maximum age without a moment": (_change(max_age="30d"), [], 4, "now: got '', expected a moment in UTC"),
    "a maximum age that is none": (_change(max_age="soon", now=NOW), [], 4, "max_age: got 'soon', expected a duration"),
    "waivers it is not by": (_change(), ["--waivers", "waivers.yaml"], 4, "waivers: waivers.yaml is given, but the report has none"),
    "a roster it is not by": (_change(), ["--roster", "roster"], 4, "roster: roster is given, but the report has none"),
    "an assessment that nobody gave": (_change(assessment=OTHER), [], 4, f"note: judged with the assessment {OTHER}, which was not given (use -f)"),
    "another layout": (lambda report: report.write_bytes(_json.pretty(_json.loads(report.read_bytes()))), [], 2, "not a verdict"),
    "a blank": (lambda report: report.write_bytes(report.read_bytes().replace(b'":', b'": ', 1)), [], 4, "not as `check` writes it: the values are those of a verdict, but not the bytes (expected canonical JSON)"),
    "a field": (_change(more=1), [], 2, "does not match schemas/report/1.json: "),
    "anything else": (lambda report: report.write_text("{}"), [], 2, "verdict.json: not a verdict (expected what `check -o json`"),
    "nothing": (lambda report: report.write_text(""), [], 2, "verdict.json: not a verdict"),
    "depth": (lambda report: report.write_text("[" * 900 + "]" * 900), [], 2, "verdict.json: not a verdict"),
    "no file": (lambda report: report.unlink(), [], 2, "verdict.json: cannot be read"),
    "no key": (lambda report: report.write_text('{"payload":"","payloadType":"","signatures":[]}'), [], 4, "verdict.json: not a DSSE envelope"),
    "no signature": (_change(), ["--trust", "trust.yaml"], 2, "trust.yaml: cannot be read"),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("name", TAMPERED)
def test_what_differs_is_said(capsys: pytest.CaptureFixture[str], site: Path, name: str) -> None:
    change, more, status, sentence = TAMPERED[name]
    report = judged()
    change(site / report)
    found, told = verify(capsys, str(report), "--snapshots", "fleet", *more)
    assert sentence in told
    assert found == status
    if status == 4 and told.startswith("verdict.json: does"):
        assert told.startswith("verdict.json: does not hold\n")


def test_waivers_are_needed_and_must_be_the_same(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    judged("--waivers", "waivers.yaml", "--now", NOW)
    status, told = verify(capsys, "verdict.json", "--snapshots", "fleet")
    assert status == 2
    assert "which are needed to verify it (give their file with --waivers)" in told
    (site / "others.yaml").write_text(WAIVERS.replace("old", "new"))
    status, told = verify(capsys, "verdict.json", "--snapshots", "fleet", "--waivers", "others.yaml")
    assert status == 4
    assert "waivers: others.yaml is not the judged file (judged: sha256:" in told


@pytest.mark.long
def test_a_roster_is_implied_and_can_be_compared(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    judged("--roster", "roster")
    (site / "others").write_text("node-1\nnode-2\nnode-3\nnode-5\n")
    status, told = verify(capsys, "verdict.json", "--snapshots", "fleet", "--roster", "others")
    assert status == 4
    assert "roster: on others, but not on that of the report: node-5\n" in told
    assert "roster: on that of the report, but not on others: node-4\n" in told
    _rewrite(site / "verdict.json", lambda value: value["roster"].update(listed=5))
    status, told = verify(capsys, "verdict.json", "--snapshots", "fleet")
    assert status == 4
    assert "roster: the report counts 5 names, its nodes show 4" in told


def _fact(value: Any) -> Any:
    return next(fact for node in value["nodes"] for each in node["results"] for fact in each["facts"])


ANOTHER: dict[str, tuple[Callable[[Any], object], int, str]] = {
    "nothing else": (lambda _: None, 0, "holds, except for its texts"),
    "texts that nobody compares": (lambda value: _result(value).update(message="worded anew", steps=99), 0, "holds, except for its texts"),
    "an outcome": (lambda value: _result(value).update(outcome="fail"), 4, "outcome: virtnest/kernel-version on node-1"),
    "the outcome of a node": (lambda value: value["nodes"][0].update(outcome="warn"), 4, "outcome: node-1: the report has warn"),
    "a count": (lambda value: value["summary"]["nodes"].update({"pass": 3}), 4, "summary: the report has"),
    "a value of a fact": (lambda value: _fact(value).update(value="x"), 4, "facts: the report has"),
    "the moment of a collection": (lambda value: value["nodes"][0]["snapshot"].update(collected_at=None), 4, "snapshot: the report has"),
    "a machine id": (lambda value: value["nodes"][0].update(machine_id=None), 4, "machine_id: the report has"),
    "a parameter": (lambda value: value["parameters"].update({"virtnest.x86_64_level": 1}), 4, "virtnest.x86_64_level was changed"),
    "a digest": (lambda value: value.update(verdict_digest=OTHER), 4, "verdict_digest: does not match the content of the report"),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(("change", "status", "sentence"), ANOTHER.values(), ids=ANOTHER)
def test_another_version_of_the_engine_is_held_to_the_digest(
    capsys: pytest.CaptureFixture[str], site: Path, change: Callable[[Any], object], status: int, sentence: str
) -> None:
    judged()
    _rewrite(site / "verdict.json", lambda value: (value.update(engine="0.0.9"), change(value)))
    found, told = verify(capsys, "verdict.json", "--snapshots", "fleet")
    assert (found, sentence in told) == (status, True), told
    assert (
        "compared: verdict_digest, the inputs, the outcome of each rule and the values of facts; not compared: skipped, "
        "evidence, because, message, reason, steps, undecided, unknown: another engine "
        f"(passmuster 0.0.9 then, {__version__} now)"
    ) in told


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.data())
def test_no_byte_of_a_report_can_be_changed(
    capsys: pytest.CaptureFixture[str], site: Path, chance: st.DataObject
) -> None:
    report = site / "verdict.json"
    if not report.exists():
        judged("--rule", "kernel-version", "--rule", "iommu-enabled")
        (site / "good").write_bytes(report.read_bytes())
    good = bytearray((site / "good").read_bytes())
    at = chance.draw(st.integers(0, len(good) - 1))
    good[at] ^= 1 << chance.draw(st.integers(0, 7))
    report.write_bytes(good)
    status, told = verify(capsys, "verdict.json", "--snapshots", "fleet")
    assert status in {2, 4} or "another engine (" in told


@pytest.mark.long
def test_a_draft_is_found_where_it_is_given(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    shipped = Path(__file__).parents[2] / "policies" / "virtnest" / "1.1.0" / "policy.yaml"
    (site / "draft.yaml").write_bytes(shipped.read_bytes().replace(b"version: 1.1.0", b"version: 1.9.0"))
    judged("-p", "./draft.yaml")
    status, told = verify(capsys, "verdict.json", "--snapshots", "fleet")
    assert (status, "virtnest@1.9.0#sha256:" in told) == (2, True)
    assert verify(capsys, "verdict.json", "--snapshots", "fleet", "-p", "./draft.yaml")[0] == 0
    (site / "loose.yaml").write_bytes(shipped.read_bytes())
    judged()
    status, told = verify(capsys, "verdict.json", "--snapshots", "fleet", "-p", "./loose.yaml")
    assert (status, "virtnest@1.1.0 is called released; no lock here vouches for that" in told) == (0, True)


def test_a_policy_that_changed_under_its_lock_is_said(
    capsys: pytest.CaptureFixture[str], site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSMUSTER_POLICY_PATH", "home")
    policy = site / "home" / "demo" / "1.0.0" / "policy.yaml"
    policy.parent.mkdir(parents=True)
    policy.write_text(packs.text(packs.rule("six", "kernel.major >= 6")))
    (policy.parent / "tests.yaml").write_text("schema: passmuster.tests/1\nbases: {b: {sections: {}}}\ncases: []\n")
    judged("-p", "demo@1.0.0")
    digest = json.loads((site / "verdict.json").read_bytes())["policies"][0]["digest"]
    (site / "home" / "policies.lock").write_text(f"demo@1.0.0 {digest}\n")
    status, told = verify(capsys, "verdict.json", "--snapshots", "fleet")
    assert (status, "note: demo@1.0.0 is called a draft; it was released since" in told) == (0, True)
    policy.write_text(packs.text(packs.rule("six", "kernel.major >= 5")))
    status, told = verify(capsys, "verdict.json", "--snapshots", "fleet")
    assert (status, "demo@1.0.0 is released and has changed (got sha256:" in told) == (4, True)
    (site / "home" / "policies.lock").write_text("")
    status, told = verify(capsys, "verdict.json", "--snapshots", "fleet")
    assert (status, f"policy: demo@1.0.0 has another digest here (judged: {digest}" in told) == (4, True)


def test_a_report_of_json_is_one_of_the_schema(site: Path) -> None:
    judged("--rule", "iommu-enabled", "--evidence", "none")
    value = json.loads((site / "verdict.json").read_bytes())
    assert (value["rules"], value["evidence"], value["levels"], value["assessment"]) == (
        ["virtnest/iommu-enabled"],
        "none",
        {},
        None,
    )
