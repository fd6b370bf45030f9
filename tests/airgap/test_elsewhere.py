"""What was made in one place holds in another: other folders, homes, locales, zones, seeds and masks."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from bundles import EVERY, SITE, trust_text
from snapshots import data

NODES = ("worker-1", "wörker-2", "worker-10")
NOW = ("--now", "2026-11-23T00:00:00Z")
TRUST = ("--trust", "trust.yaml")
OURS = [str(Path(__file__).parents[2] / folder) for folder in ("engine", "collector")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A folder, and an environment that has nothing of this process's but where Python looks."""

    folder: Path
    environment: dict[str, str]
    umask: int
    python: str = sys.executable

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command there."""
        looked = sys.path if self.python == sys.executable else OURS
        path = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(looked), "PYTHONUTF8": "1"}
        return subprocess.run(
            [self.python, "-m", "passmuster", *words],
            cwd=self.folder,
            env={**path, **self.environment},
            umask=self.umask,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    folder = tmp_path / "here"
    (folder / "snapshots").mkdir(parents=True)
    for number, name in enumerate(NODES):
        changes = {"set_": {"cpu.flags": ["lm", "vmx"]}} if number == 1 else {}
        (folder / "snapshots" / f"{number}.json").write_bytes(
            data(name, machine_id=f"sha256:{number}" + "0" * 63, **changes)
        )
    (folder / "roster").write_text("\n".join((*NODES, "worker-3")), encoding="utf-8")
    (folder / "key").write_bytes(SITE.pem(None))
    (folder / "trust.yaml").write_text(trust_text(("site", SITE, EVERY)))
    environment = {"HOME": str(tmp_path), "LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "1"}
    return Machine(folder=folder, environment=environment, umask=0o022)


@pytest.fixture
def there(here: Machine, tmp_path: Path) -> Machine:
    """The same files under other names, in a deeper place, of another age, for somebody with other habits."""
    folder = tmp_path / "somewhere" / "quite élse"
    (folder / "as received").mkdir(parents=True)
    for number, file in enumerate(sorted((here.folder / "snapshots").iterdir(), reverse=True)):
        shutil.copyfile(file, folder / "as received" / f"x{number}.json")
    for name in ("roster", "key", "trust.yaml"):
        shutil.copyfile(here.folder / name, folder / name)
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
    environment = {
        "HOME": "/nonexistent",
        "LC_ALL": "tr_TR.UTF-8",
        "TZ": "Pacific/Apia",
        "PYTHONHASHSEED": "77",
        "COLUMNS": "200",
    }
    return Machine(folder=folder, environment=environment, umask=0o077)


def _others() -> list[str]:
    """Interpreters of other versions that have the libraries: those on PATH, and those that PASSMUSTER_PYTHONS names."""
    named = os.environ.get("PASSMUSTER_PYTHONS", "").split(os.pathsep)
    found = [*filter(None, named), *filter(None, (shutil.which(f"python3.{minor}") for minor in range(11, 16)))]
    asked = "import sys, celpy, re2, jsonschema, orjson, yaml, cryptography; print('%d.%d' % sys.version_info[:2])"
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    versions: dict[str, str] = {}
    for python in found:
        done = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.strip() != mine:
            versions.setdefault(done.stdout.strip(), python)
    return list(versions.values())


def bundle(machine: Machine, snapshots: str) -> bytes:
    made = machine.run(
        *("bundle", "create", snapshots, "-o", "site.pmb", "--site", "dc-1", "--sequence", "7", "--roster", "roster"),
        *(
            "--created",
            "2026-11-22T10:11:12Z",
            "--expires",
            "30d",
            "-p",
            "virtnest@1.1.0",
            "-p",
            "kubevirt",
            "--key",
            "key",
        ),
    )
    assert (made.returncode, made.stderr) == (0, "")
    return (machine.folder / "site.pmb").read_bytes()


@pytest.mark.long
def test_two_builds_of_one_bundle_are_the_same_bytes(here: Machine, there: Machine) -> None:
    assert bundle(here, "snapshots") == bundle(there, "as received")


@pytest.mark.long
def test_another_python_makes_the_same_bundle_and_proves_the_same_verdict(here: Machine, there: Machine) -> None:
    others = _others()
    if not others:
        pytest.skip("no Python of another version has the libraries (PASSMUSTER_PYTHONS names some)")
    made = bundle(here, "snapshots")
    assert here.run("check", "site.pmb", *TRUST, *NOW, "-o", "json=made").returncode == 1
    shutil.copyfile(here.folder / "made", there.folder / "made")
    for python in others:
        other = dataclasses.replace(there, python=python)
        assert bundle(other, "as received") == made
        proved = other.run("report", "verify", "made", "--snapshots", "as received")
        assert proved.stdout.startswith("made: holds\n  compared: every byte"), (python, proved.stdout, proved.stderr)


@pytest.mark.long
@pytest.mark.parametrize("form", ["json", "ndjson", "attestation"])
def test_a_verdict_that_was_made_here_holds_there(here: Machine, there: Machine, form: str) -> None:
    judged = here.run("check", "snapshots", "-p", "virtnest@1.1.0", "--roster", "roster", *NOW, "-o", f"{form}=made")
    assert (judged.returncode, judged.stderr) == (1, "")
    assert here.run("report", "sign", "made", "--key", "key", "-o", "made.dsse").returncode == 0
    shutil.copyfile(here.folder / "made.dsse", there.folder / "carried.dsse")
    proved = there.run("report", "verify", "carried.dsse", "--snapshots", "as received", *TRUST, *NOW)
    assert (proved.returncode, proved.stderr) == (0, "")
    assert proved.stdout.startswith("carried.dsse: holds\n  compared: every ")


@pytest.mark.long
def test_a_verdict_over_a_bundle_holds_over_the_bundle_and_over_what_was_in_it(here: Machine, there: Machine) -> None:
    bundle(here, "snapshots")
    judged = here.run("check", "site.pmb", *TRUST, "-p", "virtnest@1.1.0", *NOW, "-o", "attestation=made")
    assert (judged.returncode, judged.stderr) == (1, "")
    assert here.run("report", "sign", "made", "--key", "key", "-o", "made.dsse").returncode == 0
    for name in ("site.pmb", "made.dsse"):
        shutil.copyfile(here.folder / name, there.folder / name)
    for snapshots in ("site.pmb", "as received"):
        proved = there.run("report", "verify", "made.dsse", "--snapshots", snapshots, *TRUST, *NOW)
        assert proved.stdout.startswith("made.dsse: holds\n"), (snapshots, proved.stdout, proved.stderr)


@pytest.mark.long
def test_receipts_of_two_readers_differ_in_nothing(here: Machine, there: Machine) -> None:
    bundle(here, "snapshots")
    shutil.copyfile(here.folder / "site.pmb", there.folder / "site.pmb")
    receipts = []
    for machine in (here, there):
        done = machine.run("bundle", "verify", "site.pmb", *TRUST, *NOW, "-o", "receipt=receipt", "--state", "seen")
        assert done.returncode == 0, done.stderr
        receipts.append((machine.folder / "receipt").read_bytes())
    assert receipts[0] == receipts[1]
    assert json.loads(receipts[0])["schema"] == "passmuster.receipt/1"
