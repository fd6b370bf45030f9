"""What a site may not disclose is in nothing that leaves it, and in nothing that is said on the other side."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
from pathlib import Path

import pytest
import site_nodes
from bundles import EVERY, SITE, trust_text

from passmuster.cli import main

NUMBERS = (1, 2, 3)
NOW = ("--now", "2026-11-23T00:00:00Z")
TRUST = ("--trust", "trust.yaml")
REDACT = (
    "--for",
    "virtnest@1.1.0",
    *(word for each in ("host-identifying", "network", "sensitive", "serial") for word in ("--class", each)),
)
PACK = (
    "--site",
    "dc-1",
    "--sequence",
    "7",
    "--created",
    "2026-11-22T10:11:12Z",
    "--expires",
    "30d",
    "--key",
    "site.key",
)


def _secrets() -> dict[str, str]:
    """Every text that must stay, and the digests that a machine id is known by."""
    found = {text: text for number in NUMBERS for text in site_nodes.canaries(number)}
    for number in NUMBERS:
        for text in (site_nodes.machine_id(number), site_nodes.machine_id(number) + "\n"):
            found[hashlib.sha256(text.encode()).hexdigest()] = f"the digest of machine id {number}"
    return found


def _leaks(*told: bytes | str) -> set[str]:
    whole = b"\n".join(each.encode() if isinstance(each, str) else each for each in told)
    return {meaning for secret, meaning in _secrets().items() if secret.encode() in whole}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Path:
    """Snapshots as they were collected, a key for pseudonyms, and one for signatures."""
    folder = tmp_path / "site"
    (folder / "snapshots").mkdir(parents=True)
    site_nodes.site(folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795342272")
    recorded = ("uid=0", "gid=0", "machine=x86_64", "devices_bpf=ok", "devices=devices.tsv")
    for number in NUMBERS:
        words = [word for each in recorded for word in ("--recorded", each)]
        labels = ["--label", f"serial={site_nodes.SERIAL.format(number)}"]
        root = ["--root", f"nodes/{site_nodes.name(number)}"]
        assert main(["collect", *root, *words, *labels, "-o", "snapshots/"]) == 0
    Path("pseudonyms.key").write_bytes(bytes(range(32)))
    Path("pseudonyms.key").chmod(0o600)
    Path("site.key").write_bytes(SITE.pem(None))
    capfd.readouterr()
    return folder


def _redacted() -> None:
    told = ["--key", "pseudonyms.key", "--map", "names.json", "-o", "handover/"]
    assert main(["snapshot", "redact", "snapshots", *REDACT, *told]) == 0
    names = json.loads(Path("names.json").read_bytes())["names"]
    Path("roster").write_text("".join(f"{name}\n" for name in names))
    assert (
        main(["bundle", "create", "handover", "-o", "site.pmb", "--roster", "roster", "-p", "virtnest@1.1.0", *PACK])
        == 0
    )


def _everything(folder: Path) -> list[bytes | str]:
    """The names and the bytes of all files below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [*(str(path.relative_to(folder)) for path in files), *(path.read_bytes() for path in files)]


def test_the_canaries_are_there_before(site: Path) -> None:
    found = _leaks(*_everything(site / "snapshots"))
    for number in NUMBERS:
        assert {
            site_nodes.name(number),
            site_nodes.SERIAL.format(number),
            f"Debian of {site_nodes.name(number)}",
        } <= found
        assert site_nodes.ADDRESS.format(number) in found
        assert f"the digest of machine id {number}" in found


def test_what_the_collector_never_takes_is_not_there_before_either(site: Path) -> None:
    found = _leaks(*_everything(site / "snapshots"))
    for number in NUMBERS:
        kept_away = {text.format(number) for text in (site_nodes.MAC, site_nodes.SECRET)} | {
            site_nodes.machine_id(number)
        }
        assert not found & kept_away


def test_nothing_of_them_is_in_the_bundle_or_said_on_the_way(site: Path, capfd: pytest.CaptureFixture[str]) -> None:
    _redacted()
    told = capfd.readouterr()
    assert _leaks(told.out, told.err) == set()
    packed = (site / "site.pmb").read_bytes()
    assert _leaks(packed, *_everything(site / "handover")) == set()
    with tarfile.open(fileobj=io.BytesIO(packed)) as members:
        read = [(each.name, members.extractfile(each)) for each in members]
        contents = {name: stream.read() for name, stream in read if stream is not None}
    assert _leaks(*contents, *contents.values()) == set()
    manifest = json.loads(contents["manifest.json"])
    assert len(manifest["roster"]["names"]) == len(NUMBERS)


@pytest.mark.long
def test_nothing_of_them_is_said_or_kept_on_the_other_side(
    site: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    _redacted()
    home = site.parent / "home"
    home.mkdir()
    for name in ("site.pmb", "site.key"):
        shutil.copy(site / name, home)
    monkeypatch.chdir(home)
    Path("trust.yaml").write_text(trust_text(("dc-1", SITE, EVERY)))
    capfd.readouterr()
    steps: tuple[tuple[int, tuple[str, ...]], ...] = (
        (0, ("bundle", "verify", "site.pmb", *TRUST, *NOW, "--state", "seen.json", "-o", "receipt=receipt.json")),
        (0, ("bundle", "inspect", "site.pmb")),
        (
            1,
            (
                "check",
                "site.pmb",
                *TRUST,
                *NOW,
                "-p",
                "virtnest@1.1.0",
                "-o",
                "json=verdict.json",
                "-o",
                "html=verdict.html",
                "-o",
                "attestation=claim",
            ),
        ),
        (1, ("check", "site.pmb", *TRUST, *NOW, "-p", "virtnest@1.1.0", "--evidence", "full", "-o", "ndjson")),
        (3, ("check", "site.pmb", *TRUST, *NOW, "-p", "kubevirt@1.1.0", "--fail-on", "never", "-o", "table")),
        (0, ("report", "sign", "claim", "--key", "site.key", "-o", "claim.dsse")),
        (0, ("report", "verify", "claim.dsse", "--snapshots", "site.pmb", *TRUST, *NOW)),
        (0, ("fleet", "add", "fleet.db", "site.pmb", *TRUST)),
        (0, ("fleet", "list", "fleet.db")),
        (4, ("bundle", "verify", "changed.pmb", *TRUST, *NOW)),
        (4, ("check", "changed.pmb", *TRUST, *NOW)),
        (4, ("check", "site.pmb", "--now", "2026-11-23T00:00:00Z")),
    )
    packed = bytearray(Path("site.pmb").read_bytes())
    packed[len(packed) // 2] ^= 1
    Path("changed.pmb").write_bytes(packed)
    for expected, words in steps:
        assert main(list(words)) == expected, (words, capfd.readouterr())
    told = capfd.readouterr()
    assert "node-" in told.out
    assert _leaks(told.out, told.err, *_everything(home)) == set()


@pytest.mark.long
def test_a_step_that_fails_at_the_site_says_nothing_of_them(site: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("snapshots/worker-1.json").write_bytes(
        Path("snapshots/worker-1.json").read_bytes().replace(b'"x86_64"', b'"x"')
    )
    Path("snapshots/worker-1.json").rename("snapshots/a.json")
    told = ["--key", "pseudonyms.key", "--map", "names.json", "-o", "handover/"]
    assert main(["snapshot", "redact", "snapshots/a.json", *REDACT, *told]) == 3
    assert main(["snapshot", "redact", "snapshots", *REDACT, "--for", "kubevirt@1.1.0", *told]) in {1, 3}
    said = capfd.readouterr()
    assert said.err
    assert _leaks(said.out, said.err) == set()
    assert not (site / "handover").exists()
