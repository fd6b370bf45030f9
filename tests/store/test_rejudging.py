"""`fleet verify` judges kept verdicts again: what somebody wrote into a store with a fitting checksum is found."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from pathlib import Path

import pytest
from packs import POLICIES
from stores import complained, node, said, told

from passmuster.codec import json
from passmuster.fleet.store import rejudging
from passmuster.fleet.store.packing import fingerprint
from passmuster.fleet.store.verdicts import verdict_checksum


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _store(capsys: pytest.CaptureFixture[str], *asked: str) -> None:
    old = [node(number, set_={"kernel.release": f"4.4.{number}"}) for number in range(5)]
    Path("a.ndjson").write_bytes(node(7) + b"".join(old))
    said(capsys, "fleet", "add", "s.db", "a.ndjson")
    said(capsys, "fleet", "check", "s.db", *asked, "-o", "summary", status=1)


KEPT = {
    "no rule": (["pass", False, []], "a verdict does not answer every rule"),
    "one rule of many": (
        ["pass", False, [["virtnest/kernel-version", "pass"]]],
        "a verdict does not answer every rule",
    ),
    "an outcome that there is not": (["pass", False, [["virtnest/kernel-version", "good"]]], "cannot be read"),
    "no list": ({"outcome": "pass"}, "cannot be read"),
    "a node that passes and a rule that fails": (
        ["pass", False, [["virtnest/kernel-version", "fail"]]],
        "a verdict is not what its rules come to",
    ),
}


@pytest.mark.long
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("content", "words"), KEPT.values(), ids=KEPT)
def test_a_verdict_that_no_judging_gives_is_damage(
    capsys: pytest.CaptureFixture[str], content: object, words: str
) -> None:
    """Digests and checksums fit."""
    asked = ("-p", "virtnest@1.0.0", *(("--rule", "kernel-version") if "come to" in words else ()))
    _store(capsys, *asked)
    forged = json.canonical(content)
    with contextlib.closing(sqlite3.connect("s.db")) as database:
        (terms,) = database.execute("SELECT digest FROM terms").fetchone()
        database.execute("DELETE FROM class")
        database.execute("INSERT INTO class VALUES (1, ?, ?)", (fingerprint(forged), forged))
        for (facts,) in database.execute("SELECT facts FROM verdict").fetchall():
            row = (verdict_checksum(terms, facts, fingerprint(forged)), facts)
            database.execute("UPDATE verdict SET class = 1, checksum = ? WHERE facts = ?", row)
        database.commit()
    assert words in complained(capsys, "fleet", "check", "s.db", *asked, "-o", "summary", status=4)


def _forge() -> None:
    """Every rule of one verdict passes, with the digests and checksums that belong to that."""
    with contextlib.closing(sqlite3.connect("s.db")) as database:
        facts, terms, digest, content = database.execute(
            "SELECT v.facts, t.id, t.digest, c.content FROM verdict v JOIN terms t ON t.id = v.terms"
            " JOIN class c ON c.id = v.class WHERE v.facts = (SELECT min(facts) FROM verdict)"
        ).fetchone()
        rules = [rule for rule, _ in json.loads(content)[2]]
        forged = json.canonical(["pass", False, [[rule, "pass"] for rule in rules]])
        named = fingerprint(forged)
        class_ = database.execute("INSERT INTO class(digest, content) VALUES (?, ?)", (named, forged)).lastrowid
        row = (class_, verdict_checksum(digest, facts, named), terms, facts)
        database.execute("UPDATE verdict SET class = ?, checksum = ? WHERE terms = ? AND facts = ?", row)
        database.commit()


@pytest.mark.long
@pytest.mark.usefixtures("folder")
def test_a_forged_verdict_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    _store(capsys, "-p", "virtnest@1.0.0")
    assert said(capsys, "fleet", "verify", "s.db").endswith("6 verdicts, all judged again)\n")
    _forge()
    out = said(capsys, "fleet", "verify", "s.db", "--rejudge", status=4)
    assert out.startswith("s.db: 1 broken (")
    assert " by virtnest@1.0.0 is not what judging again gives (" in out


@pytest.mark.long
@pytest.mark.usefixtures("folder")
def test_a_sample_is_repeated_by_its_seed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _store(capsys, "-p", "virtnest@1.0.0")
    _forge()
    monkeypatch.setattr(rejudging, "SAMPLE", 2)
    ends = {seed: len(told(capsys, "fleet", "verify", "s.db", "--seed", seed, status=4)["broken"]) for seed in _found()}
    assert set(ends.values()) == {1}
    missed = next(seed for seed in range(100) if seed not in _found())
    out = said(capsys, "fleet", "verify", "s.db", "--seed", missed)
    assert out.startswith("s.db: no damage found (")
    assert out.endswith(f"6 verdicts of which 2 judged again, a sample by --seed {missed})\n")
    record = told(capsys, "fleet", "verify", "s.db", "--seed", missed)
    assert (record["verdicts"], record["rejudged"], record["seed"]) == (6, 2, missed)
    found = told(capsys, "fleet", "verify", "s.db", "--rejudge", status=4)
    assert (found["rejudged"], found["seed"], len(found["broken"])) == (6, None, 1)


def _found() -> list[int]:
    """Seeds of the first hundred whose sample has the first of six verdicts in it."""
    return [seed for seed in range(100) if 0 in random.Random(seed).sample(range(6), 2)][:5]


@pytest.mark.long
@pytest.mark.usefixtures("folder")
def test_a_policy_that_is_not_found_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(POLICIES / "virtnest/1.0.0/policy.yaml", "own.yaml")
    with Path("own.yaml").open("a") as file:
        file.write("# ours\n")
    _store(capsys, "-p", "./own.yaml")
    out = said(capsys, "fleet", "verify", "s.db")
    assert out.startswith("s.db: no damage found (")
    assert "\n  not compared: 6 verdicts by virtnest@1.0.0: virtnest@1.0.0 of sha256:" in out
    assert said(capsys, "fleet", "verify", "s.db", "-p", "./own.yaml").startswith("s.db: sound (")
    _forge()
    assert len(told(capsys, "fleet", "verify", "s.db", status=0)["not_compared"]) == 1
    said(capsys, "fleet", "verify", "s.db", "-p", "./own.yaml", status=4)


@pytest.mark.usefixtures("folder")
def test_verdicts_of_other_code_are_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _store(capsys, "-p", "virtnest@1.0.0")
    monkeypatch.setattr("passmuster.fleet.store.restating.evaluator", lambda: "sha256:0")
    record = told(capsys, "fleet", "verify", "s.db")
    assert (record["rejudged"], record["broken"]) == (0, [])
    assert record["not_compared"] == [
        "6 verdicts by virtnest@1.0.0: judged by another version of the code, and not used any more"
    ]


@pytest.mark.long
@pytest.mark.usefixtures("folder")
def test_verdicts_over_older_snapshots_are_judged_too(capsys: pytest.CaptureFixture[str]) -> None:
    _store(capsys, "-p", "virtnest@1.0.0")
    newer = node(0, collected_at="2026-11-29T00:00:00Z", set_={"kernel.release": "5.0.0"})
    Path("b.json").write_bytes(newer)
    said(capsys, "fleet", "add", "s.db", "b.json")
    assert told(capsys, "fleet", "verify", "s.db")["rejudged"] == 6
    _forge()
    said(capsys, "fleet", "verify", "s.db", status=4)


@pytest.mark.long
@pytest.mark.usefixtures("folder")
def test_rules_that_were_asked_alone_are_judged_alone(capsys: pytest.CaptureFixture[str]) -> None:
    _store(capsys, "-p", "virtnest@1.0.0", "--rule", "kernel-version")
    record = told(capsys, "fleet", "verify", "s.db")
    assert (record["rejudged"], record["verdicts"], record["not_compared"]) == (6, 6, [])


@pytest.mark.usefixtures("folder")
def test_terms_of_another_form_are_damage(capsys: pytest.CaptureFixture[str]) -> None:
    _store(capsys, "-p", "virtnest@1.0.0")
    with contextlib.closing(sqlite3.connect("s.db")) as database:
        content = b'{"policies":[]}\n'
        database.execute("UPDATE terms SET content = ?, digest = ?", (content, fingerprint(content)))
        database.commit()
    said(capsys, "fleet", "verify", "s.db", status=4)
    assert "terms of verdicts are not of the form" in complained(capsys, "fleet", "verdicts", "s.db", status=4)
