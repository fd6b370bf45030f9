"""`passmuster bundle ...`: the journey of a bundle, its files, its statuses and its words."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import bundles
import pytest
from bundles import EVERY, SITE
from snapshots import data

from passmuster.cli import main
from passmuster.codec import schema
from passmuster.exchange.bundle import dsse, ed25519
from passmuster_collector.cli import main as collect

if TYPE_CHECKING:
    from pathlib import Path

NOW = ["--now", "2026-11-23T00:00:00Z"]
CREATE = ["bundle", "create", "snapshots", "-o", "site.pmb", "--site", "dc-1", "--created", "2026-11-22T10:11:12Z"]
VERIFY = ["bundle", "verify", "site.pmb", "--trust", "trust.yaml", *NOW]
needs_ssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two snapshots, a roster of three, a key, and who trusts it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PASSMUSTER_PASSPHRASE", raising=False)
    (tmp_path / "snapshots").mkdir()
    for node in ("w1", "w2"):
        (tmp_path / "snapshots" / f"{node}.json").write_bytes(data(node))
    (tmp_path / "roster").write_text("w1\nw2\nw3\n")
    (tmp_path / "site.key").write_bytes(SITE.pem(None))
    (tmp_path / "trust.yaml").write_text(bundles.trust_text(("site", SITE, EVERY)))
    return tmp_path


def _faults(kind: str, value: Any) -> list[str]:
    return [str(fault) for fault in schema.faults(kind, 1, value)]


def test_from_snapshots_to_a_receipt(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    assert main([*CREATE, "--key", "site.key", "--roster", "roster", "--expires", "30d", "-p", "virtnest@1.0.0"]) == 0
    out, err = capsys.readouterr()
    assert "2 of 3, missing: w3" in out
    assert err == ""
    assert main(["bundle", "inspect", "site.pmb"]) == 0
    out, _ = capsys.readouterr()
    assert out.startswith("site.pmb: not verified; the bundle claims:\n")
    assert "2 of 3, missing: w3" in out
    assert re.search(r"policy\s+virtnest@1.0.0\s+sha256:[0-9a-f]{64}\n", out), "a digest is never broken"
    assert f"{ed25519.keyid(SITE.public)}" in out
    assert "valid" not in out.replace("not verified", "")
    assert main([*VERIFY, "--state", "state.json", "-o", "receipt=receipt.json"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("site.pmb: verified: every digest and signature matches, as of")
    assert "signed by  site (ed25519" in out
    assert err == "note: state.json: new state file\n"
    receipt = json.loads((site / "receipt.json").read_bytes())
    assert _faults("receipt", receipt) == []
    assert (receipt["assurance"], receipt["roster"]["missing"]) == ("verified", ["w3"])
    assert [each["node"] for each in sorted(receipt["snapshots"], key=lambda each: str(each["node"]))] == ["w1", "w2"]
    assert _faults("bundlestate", json.loads((site / "state.json").read_bytes())) == []
    manifest = json.loads(bundles.members((site / "site.pmb").read_bytes())["manifest.json"])
    assert _faults("bundle", manifest) == []
    assert all(line and (len(line) <= 80 or len(line.split()) == 1) for line in out.splitlines())


def test_a_signed_receipt_is_a_statement_about_the_bundle(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main([*CREATE, "--key", "site.key"]) == 0
    capsysbinary.readouterr()
    assert main([*VERIFY, "-o", "receipt", "--key", "site.key"]) == 0
    envelope = dsse.parse(capsysbinary.readouterr().out)
    assert dsse.verifies(envelope, SITE.public)
    stated = json.loads(envelope.payload)
    assert stated["predicateType"] == "urn:passmuster:predicate:receipt:1"
    assert _faults("receipt", stated["predicate"]) == []
    assert stated["subject"][0]["digest"]["sha256"] == stated["predicate"]["bundle"]["sha256"]


def _state(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["bundle", "state", *words])
    return (status, *capsys.readouterr())


def test_what_was_seen_is_shown_and_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    main([*CREATE, "--key", "site.key", "--sequence", "9", "-p", "virtnest@1.0.0"])
    assert main([*VERIFY, "--state", "seen.json"]) == 0
    assert main(["fleet", "add", "fleet.db", "site.pmb", "--trust", "trust.yaml"]) == 0
    capsys.readouterr()
    main([*CREATE, "--key", "site.key", "--sequence", "8"])
    capsys.readouterr()
    for file in ("seen.json", "fleet.db"):
        status, out, _ = _state(capsys, "show", file)
        assert status == 0
        assert re.fullmatch(
            r"site  dc-1: sequence 9, manifest\s+sha256:\w{64}\n"
            r"pack  virtnest: version 1.0.0, policy\s+sha256:\w{64}\n",
            out,
        )
        assert max(map(len, out.splitlines())) <= 80
        assert _state(capsys, "reset", file, "--site", "dc-1", "--pack", "virtnest")[0] == 0
        assert _state(capsys, "show", file) == (0, f"{file}: no bundle recorded yet\n", "")
    assert main([*VERIFY, "--state", "seen.json"]) == 0
    assert main(["fleet", "add", "fleet.db", "site.pmb", "--trust", "trust.yaml"]) == 0


def test_what_was_not_seen_cannot_be_forgotten(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    main([*CREATE, "--key", "site.key"])
    main([*VERIFY, "--state", "seen.json"])
    capsys.readouterr()
    before = (site / "seen.json").read_bytes()
    assert _state(capsys, "reset", "seen.json", "--site", "dc-1", "--site", "tokyo") == (
        2,
        "",
        "--site tokyo: was not seen (expected one of: dc-1)\n",
    )
    assert _state(capsys, "reset", "seen.json")[0] == 2
    assert _state(capsys, "show", "none.json")[0] == 2
    assert _state(capsys, "show", "roster")[0] == 2
    assert (site / "seen.json").read_bytes() == before


def test_a_key_of_another_site_does_not_move_the_state(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    (site / "trust.yaml").write_text(bundles.trust_text(("site", SITE, EVERY.replace('sites: ["*"]', "sites: [dc-1]"))))
    main([*CREATE, "--key", "site.key", "--site", "tokyo", "--sequence", "99"])
    assert main([*VERIFY, "--state", "seen.json"]) == 4
    assert main(["fleet", "add", "fleet.db", "site.pmb", "--trust", "trust.yaml"]) == 4
    assert "may sign for site 'tokyo'" in capsys.readouterr().err
    assert not (site / "seen.json").exists()


def test_an_older_bundle_is_refused_and_the_state_stays(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    for sequence in ("8", "7"):
        assert main([*CREATE, "--key", "site.key", "--sequence", sequence]) == 0
        status = main([*VERIFY, "--state", "state.json", "-o", f"receipt=r{sequence}.json"])
        assert status == (0 if sequence == "8" else 4)
    assert "older than the last bundle of 'dc-1' (got sequence 7, last 8)" in capsys.readouterr().err
    assert json.loads((site / "state.json").read_bytes())["sites"]["dc-1"]["sequence"] == 8
    assert not (site / "r7.json").exists()


def test_signatures_that_are_not_looked_at_are_not_called_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*CREATE, "--key", "site.key"]) == 0
    capsys.readouterr()
    assert main(["bundle", "verify", "site.pmb", "--insecure-skip-verify"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("site.pmb: NOT verified")
    assert err.startswith("WARNING: site.pmb: signatures NOT verified")
    assert main(["bundle", "verify", "site.pmb", "--insecure-skip-verify", "-o", "receipt"]) == 0
    assert json.loads(capsys.readouterr().out)["assurance"] == "skipped"


REFUSED = {
    "a signature without trust": (["verify", "site.pmb"], 4, "signed, but there is no trust file"),
    "nothing signed and no trust": (["verify", "plain.pmb"], 4, "not signed, so nothing of it can be verified"),
    "nothing signed and trust": (["verify", "plain.pmb", "--trust", "trust.yaml", *NOW], 4, "plain.pmb: not signed"),
    "no such bundle": (["verify", "none.pmb", "--trust", "trust.yaml"], 2, "none.pmb: cannot be read"),
    "no such trust": (["verify", "site.pmb", "--trust", "none.yaml"], 2, "none.yaml: cannot be read"),
    "trust and no look": (["verify", "site.pmb", "--trust", "trust.yaml", "--insecure-skip-verify"], 2, "contradicts --trust"),
    "a state moved by anyone": (["verify", "site.pmb", "--insecure-skip-verify", "--state", "s"], 2, "only a verified bundle may change it"),
    "a key with nothing to sign": (["verify", "site.pmb", "--trust", "trust.yaml", "--key", "site.key"], 2, "nothing to sign"),
    "an output that is none": (["verify", "site.pmb", "--trust", "trust.yaml", "-o", "table"], 2, "no such output"),
    "a moment that is none": (["verify", "site.pmb", "--trust", "trust.yaml", "--now", "today"], 2, "--now: got 'today'"),
    "a signature with nothing": (["sign", "site.pmb"], 2, "nothing to sign with"),
    "a key that is none": (["sign", "site.pmb", "--key", "roster"], 2, "roster: not a private key in PEM"),
    "a key that is not there": (["sign", "site.pmb", "--key", "none.key"], 2, "none.key: cannot be read"),
    "an OpenSSH key that is not there": (["sign", "site.pmb", "--ssh-key", "none.key"], 2, "none.key: cannot be read"),
    "nothing to pack": (["create", "-o", "x.pmb"], 2, "nothing to put into the bundle"),
    "no snapshot": (["create", "roster", "-o", "x.pmb"], 2, "cannot go into a bundle: "),
    "one snapshot twice": (["create", "snapshots", "snapshots/w1.json", "-o", "x.pmb"], 2, "snapshots/w1.json: the same snapshot as snapshots/w1.json"),
    "the same bytes from two files": (["create", "snapshots", "copy.json", "-o", "x.pmb"], 2, "copy.json: the same snapshot as snapshots/w1.json"),
    "a site with a blank": (["create", "snapshots", "-o", "x.pmb", "--site", "a b"], 2, "not a name of a site"),
    "no sequence": (["create", "snapshots", "-o", "x.pmb", "--sequence", "0"], 2, "--sequence: got 0"),
    "an expiry that is none": (["create", "snapshots", "-o", "x.pmb", "--expires", "soon"], 2, "--expires: got 'soon'"),
    "a day that is none": (["create", "snapshots", "-o", "x.pmb", "--expires", "2026-02-30"], 2, "--expires: got '2026-02-30'"),
    "no such pack": (["create", "snapshots", "-o", "x.pmb", "-p", "none"], 2, "no such pack"),
    "a folder that is not there": (["create", "snapshots", "-o", "none/x.pmb"], 2, "none/x.pmb: cannot be written"),
    "a key twice": (["keygen", "-o", "site.key"], 2, "site.key: already exists"),
    "an encrypted key without a passphrase": (["keygen", "-o", "new.key", "--encrypt"], 2, "no passphrase"),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(("words", "status", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_said_in_a_line(
    capsys: pytest.CaptureFixture[str], site: Path, words: list[str], status: int, message: str
) -> None:
    (site / "copy.json").write_bytes(data("w1"))
    assert main([*CREATE, "--key", "site.key"]) == 0
    (site / "plain.pmb").write_bytes(bundles.made(keys=()))
    before = sorted(path.name for path in site.rglob("*"))
    capsys.readouterr()
    assert main(["bundle", *words]) == status
    out, err = capsys.readouterr()
    assert message in err
    assert out == ""
    assert len([line for line in err.splitlines() if not line.startswith("    ")]) == 1
    assert sorted(path.name for path in site.rglob("*")) == before


EXPIRES = {
    "30d": "2026-12-22T10:11:12Z",
    "2026-12-31": "2026-12-31T23:59:59Z",
    "2026-12-31T12:00:00Z": "2026-12-31T12:00:00Z",
}


@pytest.mark.parametrize("text", EXPIRES)
def test_an_expiry_is_a_day_a_moment_or_a_span(site: Path, text: str) -> None:
    assert main([*CREATE, "--expires", text]) == 0
    manifest = json.loads(bundles.members((site / "site.pmb").read_bytes())["manifest.json"])
    assert manifest["expires"] == EXPIRES[text]
    assert manifest["sequence"] == 1795342272


def test_a_key_is_its_owners_alone_and_opens_with_its_passphrase(
    capsys: pytest.CaptureFixture[str], site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSMUSTER_PASSPHRASE", "a long one")
    assert main(["bundle", "keygen", "-o", "new.key", "--encrypt"]) == 0
    told = capsys.readouterr().out
    assert stat.S_IMODE((site / "new.key").stat().st_mode) == 0o600
    assert b"ENCRYPTED" in (site / "new.key").read_bytes()
    assert (site / "new.key.pub").read_bytes().startswith(b"-----BEGIN PUBLIC KEY-----\n")
    (site / "trust.yaml").write_text(told)
    assert main([*CREATE, "--key", "new.key"]) == 0
    assert main(VERIFY) == 0
    monkeypatch.setenv("PASSMUSTER_PASSPHRASE", "another")
    assert main(["bundle", "sign", "site.pmb", "--key", "new.key"]) == 2
    monkeypatch.delenv("PASSMUSTER_PASSPHRASE")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(["bundle", "sign", "site.pmb", "--key", "new.key"]) == 2
    wrong, missing = capsys.readouterr().err.splitlines()
    assert "the passphrase does not open the key" in wrong
    assert "the key is encrypted and no passphrase was given" in missing


def test_a_link_in_the_place_of_a_key_is_not_followed(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    (site / "new.key").symlink_to("elsewhere")
    assert main(["bundle", "keygen", "-o", "new.key"]) == 2
    assert "already exists" in capsys.readouterr().err
    assert not (site / "elsewhere").exists()


def test_signatures_are_added_or_replaced(site: Path) -> None:
    (site / "other.key").write_bytes(bundles.OTHER.pem(None))
    assert main([*CREATE, "--key", "site.key"]) == 0
    assert main(["bundle", "sign", "site.pmb", "--key", "other.key", "-o", "two.pmb"]) == 0
    assert main(["bundle", "sign", "two.pmb", "--key", "other.key", "--replace", "-o", "one.pmb"]) == 0
    assert main(["bundle", "sign", "two.pmb", "--key", "site.key"]) == 0
    counts = {}
    for name in ("site", "two", "one"):
        members = bundles.members((site / f"{name}.pmb").read_bytes())
        counts[name] = sum(path.startswith("signatures/") for path in members)
    assert counts == {"site": 1, "two": 2, "one": 1}


@pytest.mark.long
def test_a_bundle_goes_through_pipes(site: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    run = [sys.executable, "-m", "passmuster"]
    words = [word if word != "site.pmb" else "-" for word in CREATE]
    made = subprocess.run([*run, *words, "--key", "site.key"], env=environment, capture_output=True, check=True)
    assert made.stderr.startswith(b"-: sha256:")
    told = subprocess.run(
        [*run, "bundle", "verify", "-", "--trust", "trust.yaml", *NOW],
        input=made.stdout,
        env=environment,
        capture_output=True,
        check=True,
        cwd=site,
    )
    assert told.stdout.startswith(b"<stdin>: verified")


@needs_ssh
def test_a_site_with_openssh_alone_seals_and_signs(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "ssh.key", "-C", "a node"], check=True)
    (site / "sealed").mkdir()
    (site / "root").mkdir()
    assert collect(["--root", "root", "--name", "w9", "-o", "sealed/", "--seal", "ssh.key"]) == 0
    assert main(["bundle", "create", "sealed", "-o", "site.pmb", "--ssh-key", "ssh.key"]) == 0
    public = (site / "ssh.key.pub").read_text().strip()
    (site / "trust.yaml").write_text(
        "schema: passmuster.trust/1\nseals: required\nkeys:\n"
        f"  node:\n    type: ssh\n    public: {public}\n    nodes: [w9]\n"
    )
    capsys.readouterr()
    assert main(["bundle", "verify", "site.pmb", "--trust", "trust.yaml"]) == 0
    assert "sealed by  node: 1 of 1 snapshots" in capsys.readouterr().out
    members = bundles.members((site / "site.pmb").read_bytes())
    (signature,) = (each for path, each in members.items() if path.startswith("signatures/"))
    (site / "signature").write_bytes(signature)
    (site / "allowed").write_text(f"site {public}\n")
    command = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        "allowed",
        "-I",
        "site",
        "-n",
        "passmuster-bundle",
        "-s",
        "signature",
    ]
    subprocess.run(command, input=members["manifest.json"], check=True, capture_output=True)


@needs_ssh
def test_a_seal_that_does_not_fit_stays_at_home(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "ssh.key"], check=True)
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-f", "ssh.key", "-n", "passmuster-snapshot"]
    seal = subprocess.run(sign, input=data("w1"), capture_output=True, check=True).stdout
    (site / "snapshots" / "w1.json.sig").write_bytes(seal)
    assert main(CREATE) == 0
    (site / "snapshots" / "w1.json").write_bytes(data("w1", collected_at="2026-11-22T10:11:13Z"))
    assert main(CREATE) == 4
    assert "snapshots/w1.json.sig: does not seal the snapshot beside it" in capsys.readouterr().err
    (site / "snapshots" / "w1.json").write_bytes(data("w1") + data("w3"))
    assert main(CREATE) == 2
    assert "seals a file of several snapshots" in capsys.readouterr().err
    (site / "snapshots" / "w1.json").write_bytes(data("w1"))
    (site / "snapshots" / "w1.json.sig").write_text("nothing")
    assert main(CREATE) == 2
    assert "w1.json.sig: not a signature as ssh-keygen writes it" in capsys.readouterr().err


@needs_ssh
def test_an_openssh_key_of_another_kind_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", "ssh.key"], check=True)
    assert main([*CREATE, "--ssh-key", "ssh.key"]) == 2
    assert "ssh.key: what ssh-keygen wrote is of no use here" in capsys.readouterr().err


def test_what_a_bundle_says_cannot_drive_a_terminal(capsys: pytest.CaptureFixture[str], site: Path) -> None:
    (site / "snapshots" / "w3.json").write_bytes(data("w\x1b[31m\u202e3"))
    (site / "roster").write_text("w1\n")
    assert main([*CREATE, "--roster", "roster", "--key", "site.key"]) == 0
    assert main(["bundle", "inspect", "site.pmb"]) == 0
    assert main(VERIFY) == 0
    assert main([*VERIFY, "-o", "receipt"]) == 0
    out, _ = capsys.readouterr()
    assert "not on the roster" in out
    assert not {"\x1b", "\u202e"} & set(out)


def test_the_statement_names_every_snapshot(site: Path) -> None:
    assert main([*CREATE, "--key", "site.key"]) == 0
    members = bundles.members((site / "site.pmb").read_bytes())
    (envelope,) = (json.loads(each) for path, each in members.items() if path.endswith(".dsse.json"))
    stated = json.loads(base64.b64decode(envelope["payload"]))
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    assert stated["_type"] == "https://in-toto.io/Statement/v1"
    snapshots = sorted(path for path in members if path.startswith("snapshots/"))
    assert [each["name"] for each in stated["subject"]] == ["manifest.json", *snapshots]
    for each in stated["subject"]:
        assert each["digest"]["sha256"] == hashlib.sha256(members[each["name"]]).hexdigest()
