"""A store takes bundles, and none that is older than what it has from the same site."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from snapshots import data
from stores import rows

from passmuster.cli import main

pytest.importorskip("cryptography", reason="signatures need the extra [sign]")

if TYPE_CHECKING:
    from pathlib import Path

CREATED = ("--created", "2026-11-22T10:00:00Z")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Path:
    """A folder with a key that is trusted, and bundles of one site: sequences 1, 2, and another 2."""
    monkeypatch.chdir(tmp_path)
    assert main(["bundle", "keygen", "-o", "key"]) == 0
    (tmp_path / "trust.yaml").write_text(capsys.readouterr().out)
    for name, sequence, number in (("one", "1", 1), ("two", "2", 2), ("other", "2", 3)):
        (tmp_path / f"{name}.json").write_bytes(data(f"n{number}", machine_id=f"sha256:{number:064x}"))
        made = ["bundle", "create", f"{name}.json", "-o", f"{name}.pmb", "--site", "berlin", "--sequence", sequence]
        assert main([*made, *CREATED, "--key", "key"]) == 0
    return tmp_path


def add(bundle: str) -> int:
    return main(["fleet", "add", "store.db", bundle, "--trust", "trust.yaml"])


def listed(capsys: Any) -> list[str]:
    capsys.readouterr()
    assert main(["fleet", "list", "store.db", "-o", "ndjson"]) == 0
    return [part for part in capsys.readouterr().out.split('"') if part in {"n1", "n2", "n3"}]


def test_newer_bundles_come_in_and_the_same_one_again(place: Path, capsys: Any) -> None:
    del place
    assert [add(each) for each in ("one.pmb", "two.pmb", "two.pmb")] == [0, 0, 0]
    assert listed(capsys) == ["n1", "n2"]


@pytest.mark.parametrize(
    ("bundle", "told"),
    [
        ("one.pmb", "older than the last bundle of 'berlin' (got sequence 1, last 2)"),
        ("other.pmb", "another bundle of 'berlin' had the same sequence (got 2 twice)"),
    ],
    ids=["an older one", "another one under the same sequence"],
)
def test_what_is_refused_is_not_kept(bundle: str, told: str, place: Path, capsys: Any) -> None:
    del place
    assert add("two.pmb") == 0
    assert add(bundle) == 4
    assert told in capsys.readouterr().err
    assert listed(capsys) == ["n2"]


def test_a_signed_bundle_without_trust_is_refused(place: Path, capsys: Any) -> None:
    del place
    assert main(["fleet", "add", "store.db", "one.pmb"]) == 4
    assert "there is no trust file" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["check"], ["snapshot", "validate"], ["fleet", "add", "store.db"]], ids=" ".join)
def test_trust_is_not_skipped_over(command: list[str], place: Path, capsys: Any) -> None:
    del place
    assert main([*command, "one.pmb", "--trust", "trust.yaml", "--insecure-skip-verify"]) == 2
    assert "--insecure-skip-verify: contradicts --trust (expected one of them)" in capsys.readouterr().err


def test_a_store_keeps_by_which_bundle_a_snapshot_came_and_reports_say_so(place: Path, capsys: Any) -> None:
    assert [add(each) for each in ("one.pmb", "two.pmb")] == [0, 0]
    found = rows(place / "store.db", "SELECT sequence, assurance, keys, length(bundle) FROM delivery ORDER BY id")
    (name,) = json.loads(found[0][2])
    assert name
    assert [row[:2] for row in found] == [(1, "verified"), (2, "verified")]
    assert [row[3] for row in found] == [32, 32]
    capsys.readouterr()
    assert main(["fleet", "check", "store.db", "-p", "virtnest@1.0.0", "-o", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [each["site"] for each in report["nodes"]] == ["berlin", "berlin"]
    assert [(each["site"], each["assurance"]) for each in report["bundles"]] == [("berlin", "verified")] * 2


def test_another_site_than_the_bundle_s_own_is_refused(place: Path, capsys: Any) -> None:
    assert place.exists()
    assert main(["fleet", "add", "store.db", "one.pmb", "--trust", "trust.yaml", "--site", "tokyo"]) == 4
    assert "one.pmb: the bundle is of the site 'berlin' (got --site tokyo)" in capsys.readouterr().err
    assert listed(capsys) == []


@pytest.mark.long
@pytest.mark.parametrize("words", [[], ["--site", "berlin"], ["--as-of", "2026-11-30"]], ids=["", "a site", "a moment"])
def test_counts_alone_say_in_which_bundles_snapshots_came(
    words: list[str], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fleet", "add", "store.db", "one.pmb", "--insecure-skip-verify"]) == 0
    main(["fleet", "check", "store.db", *words, "-o", "json=whole.json"])
    (bundle,) = json.loads((place / "whole.json").read_bytes())["bundles"]
    assert bundle["assurance"] == "skipped"
    for time in ("first", "from verdicts that were kept"):
        capsys.readouterr()
        main(["fleet", "check", "store.db", *words, "-o", "summary=counts.json", "-o", "matrix"])
        (told,) = json.loads((place / "counts.json").read_bytes())["bundles"]
        assert told == {name: value for name, value in bundle.items() if name != "snapshots"}, time
        assert capsys.readouterr().out.startswith("bundle of site berlin: signatures NOT verified, 1 snapshot\n")
