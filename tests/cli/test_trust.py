"""With a trust file everything that counts is covered by a signature, whatever the command and however it came."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bundles
import pytest
from bundles import EVERY, OTHER, SITE
from snapshots import data

from passmuster.cli import main
from passmuster.codec import schema

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = ["--now", "2026-11-23T00:00:00Z"]
TRUST = ["--trust", "trust.yaml"]
UNSIGNED = (
    "unsigned: no signature that the trust file believes covers the snapshot "
    "(seal it on the node, bundle it at the site, or name the node under `unsigned` in the trust file)"
)
needs_ssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A signed bundle of two nodes, a loose snapshot of a third, and a trust file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trust.yaml").write_text(bundles.trust_text(("site", SITE, EVERY), head="unsigned: [lab-*]"))
    (tmp_path / "site.pmb").write_bytes(bundles.made("w1", "w2"))
    (tmp_path / "w3.json").write_bytes(data("w3"))
    (tmp_path / "few").mkdir()
    (tmp_path / "few" / "w1.json").write_bytes(data("w1"))
    return tmp_path


def _report(*words: str) -> tuple[int, dict[str, Any]]:
    status = main(["check", *words, *NOW, "-o", "json=r.json"])
    report: dict[str, Any] = json.loads(Path("r.json").read_bytes())
    assert [str(fault) for fault in schema.faults("report", 1, report)] == []
    return status, report


def _nodes(report: dict[str, Any]) -> dict[str, str]:
    return {node["node"]: node["reason"] or node["outcome"] for node in report["nodes"]}


@pytest.mark.long
def test_a_loose_snapshot_is_unknown_and_a_bundled_one_counts() -> None:
    status, report = _report("site.pmb", "w3.json", *TRUST)
    assert status == 3
    assert _nodes(report) == {"w1": "pass", "w2": "pass", "w3": UNSIGNED}
    assert report["signatures"] == {**report["signatures"], "unsigned": 1, "allowed": 0, "sealed": 0}
    (bundle,) = report["bundles"]
    digests = {node["node"]: node["snapshot"]["digest"] for node in report["nodes"]}
    assert sorted(bundle["snapshots"]) == sorted((digests["w1"], digests["w2"]))
    assert (bundle["assurance"], bundle["site"]) == ("verified", "dc-1")


def test_without_a_trust_file_nothing_is_demanded() -> None:
    status, report = _report("w3.json")
    assert (status, report["signatures"], report["bundles"]) == (0, None, [])


LOOSE: dict[str, Callable[[Path], object]] = {
    "a file in place of a bundle": lambda at: (at / "in" / "site.pmb.json").write_bytes(data("w1")),
    "lines": lambda at: (at / "in" / "all.ndjson").write_bytes(data("w1") + data("w2")),
    "packed": lambda at: (at / "in" / "w1.json.gz").write_bytes(gzip.compress(data("w1"))),
    "another layout": lambda at: (at / "in" / "w1.json").write_text(json.dumps(json.loads(data("w1")), indent=1)),
    "below another folder": lambda at: shutil.copytree(at / "few", at / "in" / "deep"),
    "a seal that is none": lambda at: ((at / "in" / "w1.json").write_bytes(data("w1")), (at / "in" / "w1.json.sig").write_bytes(b"x")),
    "called as if it lay in a bundle": lambda at: (
        shutil.copy(at / "site.pmb", at / "in"),
        (at / "in" / "site.pmb:x.json").write_bytes(data("w3")),
    ),
    "in a folder called as a bundle's": lambda at: (
        shutil.copy(at / "site.pmb", at / "in"),
        shutil.copytree(at / "few", at / "in" / "site.pmb:snapshots"),
        (at / "in" / "site.pmb:snapshots" / "w1.json").write_bytes(data("w3")),
    ),
    "the name of one that is allowed, behind blanks": lambda at: (at / "in" / "w1.json").write_bytes(data("w-lab-1")),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("jobs", [[], ["--jobs", "2"]], ids=["", "several processes"])
@pytest.mark.parametrize("make", LOOSE.values(), ids=LOOSE)
def test_no_loose_snapshot_counts(here: Path, make: Callable[[Path], object], jobs: list[str]) -> None:
    (here / "in").mkdir()
    make(here)
    status, report = _report("in", *TRUST, *jobs)
    assert status == 3
    signed = {digest for each in report["bundles"] for digest in each["snapshots"]}
    loose = [node for node in report["nodes"] if node["snapshot"]["digest"] not in signed]
    assert all((node["reason"] or "").startswith(UNSIGNED) and node["site"] is None for node in loose), loose
    assert report["signatures"]["unsigned"] == len(loose) > 0


def test_a_bundle_counts_whatever_the_case_of_its_ending(here: Path) -> None:
    (here / "in").mkdir()
    (here / "site.pmb").rename(here / "in" / "SITE.PMB")
    assert _nodes(_report("in", *TRUST)[1]) == {"w1": "pass", "w2": "pass"}
    (here / "in" / "SITE.PMB").write_bytes(bundles.made("w1", keys=[OTHER]))
    assert main(["check", "in", *TRUST, *NOW]) == 4


def test_a_node_that_the_trust_file_allows_counts(here: Path) -> None:
    (here / "lab.json").write_bytes(data("lab-1"))
    status, report = _report("lab.json", "w3.json", *TRUST)
    assert (status, _nodes(report)) == (3, {"lab-1": "pass", "w3": UNSIGNED})
    assert (report["signatures"]["allowed"], report["signatures"]["unsigned"]) == (1, 1)


def test_a_later_unsigned_snapshot_does_not_hide_a_signed_one(here: Path) -> None:
    (here / "w1.json").write_bytes(data("w1", collected_at="2026-11-22T23:00:00Z"))
    for more in ([], ["--latest"]):
        _, report = _report("w1.json", "site.pmb", *TRUST, *more)
        told = sorted((node["node"], node["reason"] or node["outcome"]) for node in report["nodes"])
        assert told == [("w1", "pass"), ("w1", UNSIGNED), ("w2", "pass")]


@pytest.mark.long
@needs_ssh
def test_a_seal_beside_a_file_covers_it(here: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "node"], check=True)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", "node", "-n", "passmuster-snapshot", "w3.json"], check=True)
    public = (here / "node.pub").read_text().strip()

    def told(nodes: str, more: str = "") -> tuple[str, int]:
        key = f"  node:\n    type: ssh\n    public: {public}\n    nodes: [{nodes}]\n{more}"
        (here / "trust.yaml").write_text(bundles.trust_text(("site", SITE, EVERY)) + key)
        report = _report("w3.json", *TRUST)[1]
        return _nodes(report)["w3"], report["signatures"]["sealed"]

    assert told("w3") == ("pass", 1)
    assert told("w4") == (f"{UNSIGNED}; its seal is by the key 'node', which may not sign for node 'w3'", 0)
    assert "expired at" in told("w3", "    not_after: 2026-01-01T00:00:00Z\n")[0]
    (here / "w3.json").write_bytes(data("w3", collected_at="2026-11-22T23:00:00Z"))
    assert "its seal does not hold" in told("w3")[0]
    (here / "trust.yaml").write_text(bundles.trust_text(("site", SITE, EVERY), head="unsigned: [w3]"))
    assert "by a key that the trust file does not name" in _nodes(_report("w3.json", *TRUST)[1])["w3"]


COMMANDS: dict[str, tuple[list[str], int]] = {
    "check": (["check", "w3.json"], 3),
    "explain": (["explain", "w3.json", "kernel-version"], 3),
    "impact": (["impact", "virtnest@1.0.0", "virtnest@1.1.0", "w3.json"], 3),
    "fleet add": (["fleet", "add", "fleet.db", "w3.json"], 3),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(("words", "status"), COMMANDS.values(), ids=COMMANDS)
def test_each_command_says_so(capsys: pytest.CaptureFixture[str], words: list[str], status: int) -> None:
    assert main([*words, *TRUST]) == status
    told = capsys.readouterr()
    assert UNSIGNED in " ".join((told.out + told.err).split())


@pytest.mark.parametrize("words", [each for each, _ in COMMANDS.values()], ids=COMMANDS)
def test_a_trust_file_is_read_before_any_input(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    broken = [each.replace("w3.json", "none.json") for each in words]
    assert main([*broken, "--trust", "/nonexistent"]) == 2
    assert capsys.readouterr().err == "/nonexistent: cannot be read (No such file or directory)\n"
    assert not Path("fleet.db").exists()


def test_a_live_node_has_no_signature(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *TRUST]) == 2
    assert "nothing is received where this node itself is looked at" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.parametrize("form", ["table", "markdown", "html", "matrix"])
def test_every_format_for_people_says_how_many_are_not_covered(capsys: pytest.CaptureFixture[str], form: str) -> None:
    main(["check", "site.pmb", "w3.json", *TRUST, *NOW, "-o", form])
    told = " ".join(capsys.readouterr().out.split()).lower().replace("\\", "")
    assert "not covered by a signature: 1 snapshot, unknown" in told
    assert "bundle of site dc-1: verified, 2 snapshots" in told or "bundle of site dc" in told


@pytest.mark.long
def test_every_format_for_programs_says_so_too(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["check", "site.pmb", "w3.json", *TRUST, *NOW, "-o"]
    main([*words, "summary"])
    assert json.loads(capsys.readouterr().out)["signatures"]["unsigned"] == 1
    main([*words, "ndjson"])
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["signatures"]["unsigned"] == 1
    main([*words, "attestation"])
    predicate = json.loads(capsys.readouterr().out)["predicate"]
    assert predicate["urn:passmuster:verdict:1"]["signatures"]["unsigned"] == 1
    main([*words, "csv"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {(row["node"], row["assurance"]) for row in rows} == {("w1", "verified"), ("w2", "verified"), ("w3", "")}


@pytest.mark.long
def test_the_digest_of_a_verdict_covers_how_its_snapshots_came(here: Path) -> None:
    (here / "plain.pmb").write_bytes(bundles.made("w1", "w2", keys=()))
    digests = [
        _report(*words)[1]["verdict_digest"]
        for words in (["site.pmb", *TRUST], ["site.pmb", "--insecure-skip-verify"], ["plain.pmb"])
    ]
    assert len(set(digests)) == 3


# The bundle's own site and roster


@pytest.mark.long
def test_a_node_that_a_bundle_misses_is_unknown(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "site.pmb").write_bytes(bundles.made("w1", roster=bundles.roster("w1", "w2")))
    status, report = _report("site.pmb", *TRUST)
    assert (status, sorted(_nodes(report))) == (3, ["w1", "w2"])
    assert report["roster"] == {"listed": 2, "missing": ["w2"], "source": "bundles", "unlisted": []}
    main(["check", "site.pmb", *TRUST, *NOW])
    assert "roster of the bundles: 2 listed, 1 without a snapshot" in capsys.readouterr().out
    (here / "roster").write_text("w1\n")
    status, report = _report("site.pmb", *TRUST, "--roster", "roster")
    assert (status, report["roster"]["source"], report["roster"]["missing"]) == (0, "caller", [])


def test_rosters_of_several_bundles_count_together(here: Path) -> None:
    (here / "in").mkdir()
    (here / "in" / "a.pmb").write_bytes(bundles.made("w1", roster=bundles.roster("w1", "w2")))
    (here / "in" / "b.pmb").write_bytes(bundles.made("x1", site="dc-2", roster=bundles.roster("x1", "x2")))
    report = _report("in", *TRUST)[1]
    assert report["roster"]["missing"] == ["w2", "x2"]
    assert {node["node"]: node["site"] for node in report["nodes"] if node["snapshot"]} == {"w1": "dc-1", "x1": "dc-2"}


@pytest.fixture
def sites(here: Path) -> Path:
    """Two bundles of two sites: one has no snapshot of its `w1`, the other has one of its own."""
    (here / "in").mkdir()
    (here / "in" / "a.pmb").write_bytes(bundles.made("w2", roster=bundles.roster("w1", "w2")))
    (here / "in" / "b.pmb").write_bytes(bundles.made("w1", site="dc-2", roster=bundles.roster("w1")))
    return here


FORMATS = ["json", "ndjson", "summary", "matrix", "table", "csv", "markdown", "html", "attestation"]
MISSING = {"listed": 3, "missing": ["dc-1/w1"], "source": "bundles", "unlisted": []}


@pytest.mark.long
@pytest.mark.parametrize("name", FORMATS)
def test_a_node_of_another_site_does_not_stand_for_one_that_is_missing(sites: Path, name: str) -> None:
    assert main(["check", "in", *TRUST, *NOW, "-o", f"{name}=out"]) == 3
    assert b"w1" in (sites / "out").read_bytes() or name in {"summary", "matrix"}


@pytest.mark.long
def test_a_report_says_of_which_site_a_node_is_missing(sites: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sites.exists()
    _, report = _report("in", *TRUST)
    assert report["roster"] == MISSING
    assert [(each["site"], each["node"], each["outcome"]) for each in report["nodes"]] == [
        ("dc-1", "w1", "unknown"),
        ("dc-2", "w1", "pass"),
        ("dc-1", "w2", "pass"),
    ]
    assert main(["fleet", "add", "fleet.db", "in", *TRUST]) == 0
    for words in (["-o", "summary"], ["-o", "json=f.json"]):
        assert main(["fleet", "check", "fleet.db", *words]) == 3
    assert json.loads(Path("f.json").read_bytes())["roster"] == {**MISSING, "source": "store"}
    assert main(["fleet", "check", "fleet.db", "--site", "dc-2", "-o", "summary"]) == 0
    capsys.readouterr()


@pytest.mark.long
@pytest.mark.parametrize("name", ["json", "ndjson", "attestation"])
def test_a_verdict_by_the_rosters_of_sites_can_be_proven(
    sites: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["fleet", "add", "fleet.db", "in", *TRUST]) == 0
    main(["fleet", "check", "fleet.db", "-o", f"{name}=store.out"])
    main(["check", "in", *TRUST, *NOW, "-o", f"{name}=check.out"])
    capsys.readouterr()
    for file in ("store.out", "check.out"):
        status = main(["report", "verify", file, "--snapshots", "in", *TRUST, "--unsigned", *NOW])
        assert (status, sites.exists()) == (0, True), capsys.readouterr().out


@pytest.mark.long
def test_a_roster_of_no_site_is_of_nodes_at_whichever_site(sites: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (sites / "roster").write_text("w1\nw3\n")
    assert main(["fleet", "add", "fleet.db", "in", *TRUST]) == 0
    assert main(["fleet", "add", "fleet.db", "--roster", "roster"]) == 0
    for words in (["-o", "summary"], ["-o", "json=f.json"], ["-o", "ndjson=f.ndjson"], ["-o", "attestation=f.att"]):
        assert main(["fleet", "check", "fleet.db", *words]) == 3
    told = json.loads((sites / "f.json").read_bytes())["roster"]
    assert told == {"listed": 4, "missing": ["dc-1/w1", "w3"], "source": "store", "unlisted": []}
    assert main(["fleet", "check", "fleet.db", "--site", "dc-2", "-o", "json=two.json"]) == 0
    for file in ("f.json", "f.ndjson", "f.att", "two.json"):
        snapshots = "in/b.pmb" if file == "two.json" else "in"
        capsys.readouterr()
        assert main(["report", "verify", file, "--snapshots", snapshots, *TRUST, "--unsigned", *NOW]) == 0


def test_a_loose_snapshot_is_of_no_site_and_stands_for_no_node_of_one(sites: Path) -> None:
    (sites / "w1.json").write_bytes(data("w1", machine_id=None))
    report = _report("in", "w1.json", "--insecure-skip-verify")[1]
    assert report["roster"] == {**MISSING, "unlisted": ["/w1"]}


def test_the_site_of_a_bundle_holds_in_a_store(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    (here / "site.pmb").write_bytes(bundles.made("w1", roster=bundles.roster("w1", "w2")))
    (here / "tokyo.pmb").write_bytes(bundles.made("t1", site="tokyo"))
    assert main(["fleet", "add", "fleet.db", "site.pmb", *TRUST, "--site", "tokyo"]) == 4
    assert "the bundle is of the site 'dc-1' (got --site tokyo)" in capsys.readouterr().err
    assert main(["fleet", "add", "fleet.db", "site.pmb", "tokyo.pmb", *TRUST]) == 0
    capsys.readouterr()
    main(["fleet", "list", "fleet.db", "-o", "json"])
    listed = json.loads(capsys.readouterr().out)["nodes"]
    assert {each["node"]: each["site"] for each in listed} == {"t1": "tokyo", "w1": "dc-1"}
    assert main(["fleet", "check", "fleet.db", "-o", "json=f.json"]) == 3
    assert json.loads((here / "f.json").read_bytes())["roster"] == {
        "listed": 2,
        "missing": ["w2"],
        "source": "store",
        "unlisted": ["t1"],
    }
