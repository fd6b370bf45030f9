"""`--seal KEY`: a signature beside the snapshot, by the host's ssh-keygen, or nothing at all."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from host_tree import MOUNTED, plant

from passmuster_collector import seal
from passmuster_collector.cli import main
from passmuster_collector.usage import UsageError

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(plant(tmp_path / "host", {**MOUNTED, "/etc/hostname": "worker-3\n"}))


@pytest.fixture
def key(tmp_path: Path) -> str:
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return str(path)


@pytest.mark.parametrize("output", ["out/", "out", "out/worker-3.json"])
def test_the_seal_lies_beside_the_snapshot_and_holds(root: str, key: str, tmp_path: Path, output: str) -> None:
    (tmp_path / "out").mkdir()
    end = "/" if output.endswith("/") else ""
    assert main(["--root", root, "-o", str(tmp_path / output) + end, "--seal", key]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["worker-3.json", "worker-3.json.sig"]
    allowed = tmp_path / "allowed"
    allowed.write_text("worker-3 " + Path(key + ".pub").read_text())
    verify = ["ssh-keygen", "-Y", "verify", "-f", str(allowed), "-I", "worker-3", "-n", "passmuster-snapshot"]
    snapshot = tmp_path / "out" / "worker-3.json"
    command = [*verify, "-s", f"{snapshot}.sig"]
    assert subprocess.run(command, input=snapshot.read_bytes(), capture_output=True, check=False).returncode == 0
    assert subprocess.run(command, input=b"{}\n", capture_output=True, check=False).returncode != 0


BROKEN = {
    "no such key": ("none", "--seal: no such key"),
    "something that is no key": ("text", "could not sign: "),
}


@pytest.mark.parametrize(("name", "message"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_sealed_is_not_written(
    root: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    (tmp_path / "text").write_text("no key\n")
    assert main(["--root", root, "-o", str(tmp_path / "out.json"), "--seal", str(tmp_path / name)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not list(tmp_path.glob("out*"))


def test_standard_output_has_no_place_for_a_seal(root: str, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", root, "--seal", key]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "expected -o FILE or -o DIR/" in err


def test_a_program_that_others_may_have_written_does_not_sign(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ssh-keygen"
    program.write_text("#!/bin/sh\necho -----BEGIN SSH SIGNATURE-----\n")
    program.chmod(0o777)
    monkeypatch.setattr(seal, "_FOLDERS", (str(tmp_path),))
    with pytest.raises(UsageError, match="was not run: others than root may have written it"):
        seal.seal(b"", key)
    program.unlink()
    with pytest.raises(UsageError, match="ssh-keygen is in none of"):
        seal.seal(b"", key)
