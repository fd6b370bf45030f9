"""What a report says is compared, or named as not compared: each of its keys, changed by somebody who wants to hide it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bundles
import pytest
from bundles import EVERY, SITE
from snapshots import data

from passmuster.cli import main
from passmuster.codec import json as _json
from passmuster.codec import resources, schema
from passmuster.intake import catalog
from passmuster.intake.bundle_input import UNSIGNED
from passmuster.policy.compile import compile_policy
from passmuster.proof import read as read_claim
from passmuster.proof.consistent import of_claim
from passmuster.proof.terms import terms as claimed_terms

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = ["--now", "2026-11-23T00:00:00Z"]
TRUST = ["--trust", "trust.yaml", "--unsigned"]
PROOF = Path(__file__).parent.parent.parent / "docs" / "proof.md"
OTHER = "sha256:" + "0" * 64


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A report over a bundle with a roster, a loose node that may be, and one that no signature covers."""
    monkeypatch.chdir(tmp_path)
    trusted = bundles.trust_text(("site", SITE, EVERY), head="unsigned: [lab-*]")
    (tmp_path / "trust.yaml").write_text(trusted)
    (tmp_path / "site.pmb").write_bytes(bundles.made("w1", "w2", roster=bundles.roster("w1", "w2", "w3")))
    (tmp_path / "loose").mkdir()
    for name in ("lab-1", "w4"):
        (tmp_path / "loose" / f"{name}.json").write_bytes(data(name))
    (tmp_path / "waivers.yaml").write_text(WAIVERS)
    assert main(["check", "site.pmb", "loose", *TRUST[:2], *NOW, "--waivers", "waivers.yaml", "-o", "json=r.json"]) == 3
    return tmp_path


WAIVERS = """\
schema: passmuster.waivers/1
waivers:
  - {id: w, node: {name: "w*"}, rule: virtnest/iommu-enabled, reason: a test, owner: me, ticket: T-1, expires: 2027-01-01}
"""


def _verify(capsys: pytest.CaptureFixture[str], *paths: str, trust: bool = True) -> tuple[int, str]:
    more = TRUST if trust else []
    status = main(["report", "verify", "r.json", "--snapshots", *paths, "--waivers", "waivers.yaml", *more, *NOW])
    told = capsys.readouterr()
    return status, " ".join((told.out + told.err).split())


def _change(change: Callable[[Any], object]) -> None:
    value = json.loads(Path("r.json").read_bytes())
    change(value)
    Path("r.json").write_bytes(_json.canonical(value))


def _hidden(change: Callable[[Any], object]) -> None:
    """The same, with the digest that follows from what the report says now."""
    _change(change)
    claim = read_claim(Path("r.json").read_bytes(), "r.json")
    policies = [catalog.one(each.name, [resources.policies()]) for each in claim.policies]
    from passmuster.model.durations import parse_moment  # noqa: PLC0415 - as above
    from passmuster.policy import waivers  # noqa: PLC0415 - the name is taken above

    held = waivers.load(Path("waivers.yaml").read_bytes(), "waivers.yaml")
    terms, _ = claimed_terms(
        claim, policies, [compile_policy(each) for each in policies], held, parse_moment(str(claim.now))
    )
    digest = of_claim(claim, terms)
    _change(lambda value: value.update(verdict_digest=digest))


CHANGES: dict[str, Callable[[Any], object]] = {
    "assessment": lambda value: value.update(assessment=OTHER),
    "bundles": lambda value: value["bundles"][0].update(assurance="unsigned"),
    "duplicates": lambda value: value["duplicates"].clear(),
    "engine": lambda value: value.update(engine="9.9.9"),
    "evidence": lambda value: value.update(evidence="full"),
    "fleet_results": lambda value: value["fleet_results"].append({"rule": "virtnest/kernel-version", "level": "required", "pool": None, "outcome": "pass", "message": None, "size": 0, "values": [], "undecided": []}),
    "language": lambda value: value.update(language="passmuster.cel/2"),
    "levels": lambda value: value["levels"].update({"virtnest/iommu-enabled": "required"}),
    "max_age": lambda value: value.update(max_age="30d"),
    "nodes": lambda value: value["nodes"].pop(),
    "now": lambda value: value.update(now="2026-11-23T00:00:01Z"),
    "outcome": lambda value: value.update(outcome="pass"),
    "parameters": lambda value: value["parameters"].update({"virtnest.x86_64_level": 3}),
    "policies": lambda value: value["policies"][0].update(digest=OTHER),
    "roster": lambda value: value["roster"]["missing"].clear(),
    "rules": lambda value: value.update(rules=["virtnest/kernel-version"]),
    "schema": lambda value: value.update(schema="passmuster.report/2"),
    "scope": lambda value: value["scope"].update(rules_judged=17),
    "signatures": lambda value: value["signatures"].update(unsigned=0),
    "skipped": lambda value: value["skipped"].append({"path": "x", "why": "y"}),
    "summary": lambda value: value["summary"]["nodes"].update(unknown=0),
    "superseded": lambda value: value.update(superseded=7),
    "verdict_digest": lambda value: value.update(verdict_digest=OTHER),
    "waivers": lambda value: value["waivers"].update(applied=99),
}  # fmt: skip
KEYS = sorted(schema.document("report", 1)["properties"])


def test_every_key_has_a_change_and_a_row_in_the_documents() -> None:
    assert sorted(CHANGES) == KEYS
    rows = re.findall(r"^\| `(\w+)` \|", PROOF.read_text().split("### Compared fields")[1], re.MULTILINE)
    assert sorted(rows) == KEYS


def test_the_report_itself_holds(capsys: pytest.CaptureFixture[str]) -> None:
    status, told = _verify(capsys, "site.pmb", "loose")
    assert (status, "note" in told) == (0, False), told


@pytest.mark.long
@pytest.mark.parametrize("other_engine", [False, True], ids=["", "by another engine, too"])
@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_is_changed_is_noticed_or_named(
    capsys: pytest.CaptureFixture[str], key: str, *, other_engine: bool
) -> None:
    _change(CHANGES[key])
    if other_engine:
        _change(CHANGES["engine"])
    status, told = _verify(capsys, "site.pmb", "loose")
    named = re.search(rf"not compared: .*\b{key}\b|(note|compared): .*\b{key}\b", told)
    assert status != 0 or named, told
    if status == 0:
        assert key in {"engine", "evidence", "skipped"}
        assert told.startswith("r.json: holds, except for its texts") or key == "skipped"


@pytest.mark.long
@pytest.mark.parametrize("key", ["bundles", "signatures", "roster"])
def test_how_snapshots_came_is_held_against_the_bundles(capsys: pytest.CaptureFixture[str], key: str) -> None:
    _hidden(CHANGES[key])
    status, told = _verify(capsys, "site.pmb", "loose")
    assert (status, f"{key}: " in told) == (4, True), told


@pytest.mark.long
@pytest.mark.parametrize("change", [
    lambda value: value["bundles"][0].update(assurance="skipped"),
    lambda value: value["bundles"][0].update(site="tokyo"),
    lambda value: value["signatures"].update(trust=OTHER),
    lambda value: value["roster"].update(source="caller"),
])  # fmt: skip
def test_what_no_bundle_was_given_for_is_named(
    capsys: pytest.CaptureFixture[str], change: Callable[[Any], object], site: Path
) -> None:
    for path, each in bundles.members((site / "site.pmb").read_bytes()).items():
        if path.startswith("snapshots/"):
            (site / "loose" / Path(path).name).write_bytes(each)
    _hidden(change)
    status, told = _verify(capsys, "loose", trust=False)
    if status == 0:
        for key in ("bundles", "signatures", "roster"):
            assert f"note: {key}: " in told, told


def _allowing(name: str) -> Callable[[Path], None]:
    """The report by a trust file that allows another node to have no signature, said to be by the one that is here."""

    def make(site: Path) -> None:
        own = (site / "trust.yaml").read_text()
        (site / "other.yaml").write_text(own.replace("lab-*", f"lab-*, {name}"))
        words = ["--waivers", "waivers.yaml", *NOW, "-o", "json=r.json"]
        assert main(["check", "site.pmb", "loose", "--trust", "other.yaml", *words]) == 3
        _hidden(lambda value: value["signatures"].update(trust=_json_digest(site / "trust.yaml")))

    return make


def _json_digest(path: Path) -> str:
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.long
def test_a_snapshot_that_the_trust_file_does_not_allow_is_not_allowed(
    capsys: pytest.CaptureFixture[str], site: Path
) -> None:
    _allowing("w4")(site)
    status, told = _verify(capsys, "site.pmb", "loose")
    assert (status, "signatures: no signature covers 1 snapshots that counted" in told) == (4, True), told


@pytest.mark.long
def test_a_seal_that_is_not_here_is_named(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    _allowing("w4")(site)
    _hidden(lambda value: value["signatures"].update(allowed=1, sealed=1))
    status, told = _verify(capsys, "site.pmb", "loose")
    assert (status, "note: signatures: 1 seals were not checked" in told) == (0, True), told


@pytest.mark.long
def test_a_report_that_hides_its_trust_file_does_not_say_what_covers_its_snapshots(
    capsys: pytest.CaptureFixture[str], site: Path
) -> None:
    _allowing("w4")(site)
    _hidden(lambda value: value.update(signatures=None))
    status, told = _verify(capsys, "site.pmb", "loose")
    assert (status, "note: signatures: the report has no trust file" in told) == (0, True), told


@pytest.mark.long
def test_a_node_that_is_allowed_is_not_called_unsigned(capsys: pytest.CaptureFixture[str]) -> None:
    reason = next(node["reason"] for node in json.loads(Path("r.json").read_bytes())["nodes"] if node["node"] == "w4")
    assert main(["check", "site.pmb", "loose", "--waivers", "waivers.yaml", *TRUST[:2], *NOW, "-o", "json=r.json"]) == 3

    def hide(value: Any) -> None:
        node = next(node for node in value["nodes"] if node["node"] == "lab-1")
        node.update(outcome="unknown", reason=reason, results=[])
        value["signatures"].update(unsigned=2, allowed=0)

    _hidden(hide)
    status, told = _verify(capsys, "site.pmb", "loose")
    assert (status, "is unsigned in the report, but the trust file permits" in told) == (4, True), told


@pytest.mark.long
@pytest.mark.parametrize("site_", ["tokyo", None])
def test_the_site_of_a_node_is_that_of_its_bundle(capsys: pytest.CaptureFixture[str], site_: str | None) -> None:
    _hidden(lambda value: next(each for each in value["nodes"] if each["node"] == "w1").update(site=site_))
    status, told = _verify(capsys, "site.pmb", "loose")
    assert (status, "sites: sha256:" in told, f"the report has {site_}, the bundle has dc-1" in told) == (
        4,
        True,
        True,
    )


@pytest.mark.long
def test_a_site_that_nothing_given_says_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    _hidden(lambda value: next(each for each in value["nodes"] if each["node"] == "lab-1").update(site="tokyo"))
    status, told = _verify(capsys, "site.pmb", "loose")
    assert (status, "note: sites: the sites of 1 nodes are taken from the report" in told) == (0, True), told


@pytest.mark.long
def test_what_is_added_to_why_a_node_is_unsigned_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    def add(text: str) -> None:
        _hidden(
            lambda value: next(each for each in value["nodes"] if each["node"] == "w4").update(reason=UNSIGNED + text)
        )

    add(" at all")
    assert _verify(capsys, "site.pmb", "loose")[0] == 4
    add("; its seal is by me")
    status, told = _verify(capsys, "site.pmb", "loose")
    assert (status, "note: signatures: why 1 seals are not valid was not checked" in told) == (0, True), told
