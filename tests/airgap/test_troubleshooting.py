"""The table at the end of docs/air-gap.md: each message is one that comes, with the status that is told, and none is missing."""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import bundles
import gate
import pytest
from bundles import EVERY, OTHER, SITE, trust_text
from snapshots import data

from passmuster.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.exchange.bundle.ed25519 import PrivateKey

DOCUMENT = Path(__file__).parents[2] / "docs" / "air-gap.md"
_ROW = re.compile(r"(?m)^\| `(?P<message>[^`]+)` \((?P<status>\d)\) \| (?P<cure>[^|]+) \|$")
NOW = ("--now", "2026-11-23T00:00:00Z")
VERIFY = ("bundle", "verify", "site.pmb", "--trust", "trust.yaml", *NOW)
WANTED = ("virtnest@1.1.0", "e153620f717c384871117f7da3af0b30077b90aec0806f22ff166f95fd0f6e65")


def _nothing() -> None:
    """All is as it was made."""


def _trust(more: str = EVERY, key: PrivateKey = SITE) -> Callable[[], object]:
    return lambda: Path("trust.yaml").write_text(trust_text(("site", key, more)))


def _bundle(change: Callable[[bytes], bytes]) -> Callable[[], object]:
    return lambda: Path("site.pmb").write_bytes(change(Path("site.pmb").read_bytes()))


def _seen() -> None:
    Path("newer.pmb").write_bytes(bundles.made(sequence=8))
    assert main(["bundle", "verify", "newer.pmb", "--trust", "trust.yaml", "--state", "seen.json", *NOW]) == 0


def _judged() -> None:
    assert main(["check", "a.json", "-p", "virtnest@1.1.0", "-o", "json=verdict.json"]) == 0
    Path("a.json").write_bytes(data("node-1", set_={"cpu.flags": ["lm", "vmx"]}))


def _assessment() -> None:
    pack, digest = WANTED
    Path("assessment.yaml").write_text(
        f"schema: passmuster.assessment/1\ntitle: Some nodes\npolicies: ['{pack}#sha256:{digest[::-1]}']\n"
    )


def _redact_key() -> None:
    Path("redact.key").write_bytes(bytes(32))
    Path("redact.key").chmod(0o644)


CASES: dict[str, tuple[Callable[[], object], tuple[str, ...]]] = {
    "no trust is given": (_nothing, ("check", "site.pmb", *NOW)),
    "a loose snapshot beside what is signed": (
        _nothing,
        ("check", "a.json", "--trust", "trust.yaml", "--rule", "kernel-version", *NOW),
    ),
    "a key that is not in the trust": (_trust(key=OTHER), VERIFY),
    "a key that may not sign for a node": (_trust('nodes: ["other-*"]\nsites: ["*"]'), VERIFY),
    "a key that counts no more": (_trust(EVERY + "\nnot_after: 2026-11-22T23:00:00Z"), VERIFY),
    "a revoked key": (_trust(EVERY + "\nrevoked: {at: 2026-11-22T23:00:00Z, reason: lost}"), VERIFY),
    "an expired bundle": (
        lambda: Path("site.pmb").write_bytes(bundles.made(expires=bundles.CREATED)),
        VERIFY,
    ),
    "a clock that is behind": (_nothing, (*VERIFY[:-1], "2026-11-20T00:00:00Z")),
    "an older bundle": (_seen, (*VERIFY, "--state", "seen.json")),
    "changed on the way": (_bundle(lambda made: made.replace(b"node-1", b"node-2")), VERIFY),
    "cut on the way": (_bundle(lambda made: made[:-512]), VERIFY),
    "packed on the way": (_bundle(gzip.compress), VERIFY),
    "not signed": (lambda: Path("site.pmb").write_bytes(bundles.made(keys=())), VERIFY),
    "a snapshot that was changed after it was judged": (
        _judged,
        ("report", "verify", "verdict.json", "--snapshots", "a.json"),
    ),
    "another policy than the assessment names": (_assessment, ("check", "a.json", "-f", "assessment.yaml")),
    "a key for pseudonyms that others can read": (
        _redact_key,
        ("snapshot", "redact", "a.json", "--for", "virtnest", "--class", "host-identifying", "--key", "redact.key"),
    ),
    "a redaction that would change a verdict": (
        _nothing,
        ("snapshot", "redact", "a.json", "--for", "kubevirt@1.1.0", "--class", "sensitive"),
    ),
    "collected into a folder that is not there": (_nothing, ("collect", "-o", "nowhere/")),
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    (tmp_path / "a.json").write_bytes(data("node-1"))
    (tmp_path / "site.pmb").write_bytes(bundles.made())
    (tmp_path / "trust.yaml").write_text(trust_text(("site", SITE, EVERY)))
    return tmp_path


def _rows() -> dict[str, int]:
    """The messages of the table, each with its status."""
    rows = {row["message"]: int(row["status"]) for row in _ROW.finditer(DOCUMENT.read_text("utf-8"))}
    assert len(rows) == DOCUMENT.read_text("utf-8").split("| message ")[1].count("\n| `")
    return rows


def _matching(told: str) -> list[tuple[str, int]]:
    """The rows that fit what was told; `...` in a row stands for anything."""
    whole = " ".join(told.split())
    fits = {row: ".*".join(re.escape(part) for part in row.split("...")) for row in _rows()}
    return [(row, _rows()[row]) for row, pattern in fits.items() if re.search(pattern, whole)]


@pytest.mark.long
@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(("change", "words"), CASES.values(), ids=CASES)
def test_what_is_told_stands_in_the_table(
    change: Callable[[], object], words: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    change()
    capfd.readouterr()
    status = main(list(words))
    told = capfd.readouterr()
    ((_, expected),) = _matching(told.err or told.out)
    assert status == expected


@pytest.mark.usefixtures("place")
def test_a_missing_extra_stands_in_the_table(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert main(list(VERIFY)) == 2
    ((_, status),) = _matching(capfd.readouterr().err)
    assert status == 2


FITS = ".cpython-311-x86_64-linux-gnu.so"
GATE = {
    "another Python": gate.misfit(FITS, (2, 34), FITS.replace("311", "312"), (2, 34)),
    "an older system": gate.misfit(FITS, (2, 34), FITS, (2, 28)),
}


@pytest.mark.parametrize("told", GATE.values(), ids=GATE)
def test_what_the_one_file_tells_stands_in_the_table(told: str | None) -> None:
    assert told is not None
    ((_, status),) = _matching(told)
    assert status == 2


SHOWN = len(CASES) + 1 + len(GATE) + 1
"""All of the above, and where the file cannot unpack itself, which `make test-offline` tries."""


def test_the_table_has_no_row_that_nothing_tells() -> None:
    assert len(_rows()) == SHOWN
    assert (
        "passmuster: cannot unpack itself into ... set SHIV_ROOT to a folder of yours that can be written to" in _rows()
    )
