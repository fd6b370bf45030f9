"""Signed verdicts: an envelope by a key that trust names, and everything that is no such envelope."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import bundles
import pytest
from bundles import EVERY, OTHER, SITE
from snapshots import data

from passmuster.cli import main
from passmuster.codec import json as _json
from passmuster.exchange.bundle import dsse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = ["--now", "2026-11-23T00:00:00Z"]


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Verdicts over one node in each format, two keys, and who trusts one of them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PASSMUSTER_PASSPHRASE", raising=False)
    (tmp_path / "node.json").write_bytes(data("worker-1"))
    (tmp_path / "site.key").write_bytes(SITE.pem(None))
    (tmp_path / "other.key").write_bytes(OTHER.pem(None))
    (tmp_path / "trust.yaml").write_text(bundles.trust_text(("site", SITE, EVERY)))
    main(["check", "node.json", "-o", "json=v.json", "-o", "ndjson=v.ndjson", "-o", "attestation=v.attestation"])
    return tmp_path


VERIFY = ["report", "verify", "v.dsse", "--snapshots", "node.json", "--trust", "trust.yaml", *NOW]
TYPES = {
    "v.json": "application/vnd.passmuster.report+json",
    "v.ndjson": "application/vnd.passmuster.stream+ndjson",
    "v.attestation": "application/vnd.in-toto+json",
}


@pytest.mark.long
@pytest.mark.parametrize("file", TYPES)
def test_what_was_signed_holds_and_says_by_whom(capsys: pytest.CaptureFixture[str], site: Path, file: str) -> None:
    assert main(["report", "sign", file, "--key", "site.key", "-o", "v.dsse"]) == 0
    envelope = dsse.parse((site / "v.dsse").read_bytes())
    assert (envelope.payload_type, envelope.payload) == (TYPES[file], (site / file).read_bytes())
    assert main(VERIFY) == 0
    assert "signed by: site (ed25519" in capsys.readouterr().out


def test_an_envelope_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "sign", "v.json", "--key", "site.key"]) == 0
    assert dsse.parse(capsys.readouterr().out.encode()).payload_type == TYPES["v.json"]


def _sealed(site: Path, payload: bytes, kind: str = TYPES["v.attestation"]) -> None:
    (site / "v.dsse").write_bytes(dsse.sign(kind, payload, SITE))


def _trust(site: Path, more: str, head: str = "") -> None:
    entries = [("site", SITE, more), ("other", OTHER, EVERY)]
    (site / "trust.yaml").write_text(bundles.trust_text(*entries, head=head))


def _by_other(site: Path) -> None:
    main(["report", "sign", "v.json", "--key", "other.key", "-o", str(site / "v.dsse")])


def _payload(site: Path) -> None:
    value = json.loads((site / "v.dsse").read_bytes())
    payload = base64.b64decode(value["payload"]).replace(b'"PASSED"', b'"FAILED"')
    (site / "v.dsse").write_bytes(_json.canonical({**value, "payload": base64.b64encode(payload).decode()}))


def _rewritten(site: Path, change: Callable[[Any], Any]) -> None:
    (site / "v.dsse").write_bytes(_json.canonical(change(json.loads((site / "v.dsse").read_bytes()))))


LAYOUTS: dict[str, Callable[[Any], bytes]] = {
    "indented": lambda value: json.dumps(value, indent=4).encode(),
    "as Python writes it": lambda value: json.dumps(value).encode(),
    "other order, escapes, CRLF": lambda value: json.dumps(dict(reversed(value.items())), indent=1).replace("/", "\\/").replace("\n", "\r\n").encode(),
    "with a byte order mark": lambda value: b"\xef\xbb\xbf" + json.dumps(value).encode(),
    "with a member that DSSE does not name": lambda value: json.dumps({"note": [1], **value}).encode(),
    "in the other base64": lambda value: json.dumps({**value, "payload": value["payload"].replace("+", "-").replace("/", "_")}).encode(),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("file", TYPES)
def test_the_layout_of_an_envelope_does_not_matter(
    capsys: pytest.CaptureFixture[str], site: Path, file: str, layout: Callable[[Any], bytes]
) -> None:
    assert main(["report", "sign", file, "--key", "site.key", "-o", "v.dsse"]) == 0
    (site / "v.dsse").write_bytes(layout(json.loads((site / "v.dsse").read_bytes())))
    assert main(VERIFY) == 0
    assert "signed by: site (ed25519" in capsys.readouterr().out


REFUSED: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "a key that nobody named": (_by_other, 4, "v.dsse: signed by a key that the trust file does not name (got keyid "),
    "a payload that was changed": (_payload, 4, "v.dsse: the signature is not valid: not by 'site' over this attestation"),
    "a payload of another type": (lambda site: _sealed(site, (site / "v.attestation").read_bytes(), TYPES["v.json"]), 4, "the signature is not valid"),
    "a payload that is no verdict": (lambda site: _sealed(site, b"{}"), 2, "v.dsse: not a verdict"),
    "two signatures": (lambda site: _rewritten(site, lambda value: {**value, "signatures": value["signatures"] * 2}), 4, "v.dsse: not a DSSE envelope with one signature"),
    "a number for a payload": (lambda site: _rewritten(site, lambda value: {**value, "payload": 1}), 4, "v.dsse: not a DSSE envelope with one signature"),
    "a member twice": (lambda site: (site / "v.dsse").write_bytes((site / "v.dsse").read_bytes().replace(b"{", b'{"payload":"",', 1)), 4, "v.dsse: not signed"),
    "no signature": (lambda site: (site / "v.dsse").write_bytes((site / "v.json").read_bytes()), 4, "v.dsse: not signed, and --trust requires a signature"),
    "a key that is over": (lambda site: _trust(site, EVERY + "\nnot_after: 2026-01-01T00:00:00Z"), 4, "v.dsse: the key 'site' is expired at 2026-01-01T00:00:00Z (got 2026-11-23T00:00:00Z)"),
    "a key that was revoked": (lambda site: _trust(site, EVERY + "\nrevoked: {at: 2026-01-01T00:00:00Z, reason: lost}"), 4, "v.dsse: the key 'site' is revoked since 2026-01-01T00:00:00Z: lost"),
    "a key for other nodes": (lambda site: _trust(site, 'nodes: ["gpu-*"]'), 4, "v.dsse: the key 'site' may not sign for node 'worker-1'"),
    "a threshold": (lambda site: _trust(site, EVERY, head="threshold: 2"), 4, "v.dsse: too few signatures (got 1, expected 2)"),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(("change", "status", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_believed(
    capsys: pytest.CaptureFixture[str],
    site: Path,
    change: Callable[[Path], object],
    status: int,
    sentence: str,
) -> None:
    assert main(["report", "sign", "v.attestation", "--key", "site.key", "-o", "v.dsse"]) == 0
    change(site)
    capsys.readouterr()
    assert main(VERIFY) == status
    out, err = capsys.readouterr()
    assert sentence in err
    assert out == ""


def test_a_signature_without_trust_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "sign", "v.json", "--key", "site.key", "-o", "v.dsse"]) == 0
    assert main(["report", "verify", "v.dsse", "--snapshots", "node.json"]) == 4
    assert "v.dsse: signed, but there is no trust file" in capsys.readouterr().err


def test_nothing_else_is_signed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "sign", "node.json", "--key", "site.key"]) == 2
    assert main(["report", "sign", "none.json", "--key", "site.key"]) == 2
    assert main(["report", "sign", "v.json", "--key", "node.json"]) == 2
    first, second, third = capsys.readouterr().err.splitlines()
    assert first.startswith("node.json: not a verdict")
    assert second.startswith("none.json: cannot be read")
    assert third.startswith("node.json: not a private key")


@pytest.mark.long
def test_trust_may_be_for_the_bundle_alone(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    (site / "site.pmb").write_bytes(bundles.made("worker-1"))
    trust = ["--trust", "trust.yaml", *NOW]
    assert main(["check", "site.pmb", *trust, "-o", "json=b.json"]) == 0
    verify = ["report", "verify", "b.json", "--snapshots", "site.pmb", *trust]
    assert main(verify) == 4
    assert "hint: use --unsigned if --trust is only for bundles among the snapshots" in capsys.readouterr().err
    assert main([*verify, "--unsigned"]) == 0
    assert "note" not in capsys.readouterr().out
    assert main(["report", "verify", "b.json", "--snapshots", "node.json"]) == 0
    assert "note: bundles: its snapshots came in the bundle sha256:" in " ".join(capsys.readouterr().out.split())
    assert main(["report", "sign", "b.json", "--key", "site.key", "-o", "v.dsse"]) == 0
    assert main([*VERIFY, "--unsigned"]) == 2
    assert "--unsigned: v.dsse is signed (expected no --unsigned)" in capsys.readouterr().err
