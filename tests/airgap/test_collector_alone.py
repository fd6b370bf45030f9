"""What the collector's single file does alone: each line of the list in deploy/offline/README.md is tried here.

`python3 -I -S` leaves it the standard library and nothing else, and there is no network.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import site_nodes
from host_tree import plant
from snapshot_rules import problems

from passmuster_collector import zipapp
from passmuster_collector.facts import SECTIONS as ALL

SECTIONS = tuple(section.name for section in ALL)
README = Path(__file__).parents[2] / "deploy" / "offline" / "README.md"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("alone") / "passmuster-collector.pyz"
    assert zipapp.main([str(target)]) == 0
    return target


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    plant(tmp_path / "host", site_nodes.tree(1))
    (tmp_path / "devices.tsv").write_text(site_nodes.DEVICES)
    node = {"kind": "Node", "metadata": {"name": "worker-1", "labels": {"zone": "a"}}, "status": {"nodeInfo": {}}}
    (tmp_path / "node.json").write_text(json.dumps(node))
    (tmp_path / "out").mkdir()
    return tmp_path


def run(archive: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-I", "-S", str(archive), *words]
    if os.geteuid() == 0 and shutil.which("unshare"):
        command = ["unshare", "-n", *command]
    return subprocess.run(command, cwd=folder, env={"HOME": str(folder)}, capture_output=True, check=False)


def collected(archive: Path, folder: Path, *words: str) -> bytes:
    done = run(archive, folder, *words)
    assert (done.returncode, done.stderr) == (0, b""), words
    assert problems(done.stdout) == []
    return done.stdout


@pytest.mark.long
def test_it_looks_at_this_machine(archive: Path, folder: Path) -> None:
    assert b'"kind":"live"' in collected(archive, folder)


def test_it_looks_at_a_mounted_host_with_what_its_kernel_said(archive: Path, folder: Path) -> None:
    told = ("machine=x86_64", "uid=0", "gid=0", "devices=devices.tsv", "devices_bpf=ok")
    snapshot = json.loads(
        collected(archive, folder, "--root", "host", *(word for each in told for word in ("--recorded", each)))
    )
    assert snapshot["collection"]["kind"] == "root"
    assert snapshot["sections"]["devices"]["facts"]["/dev/kvm"]["accessible"] is True


@pytest.mark.long
def test_it_reads_copied_files_and_archives_of_them(archive: Path, folder: Path) -> None:
    subprocess.run(["tar", "-czf", "host.tar.gz", "host"], cwd=folder, check=True)
    for dump in ("host", "host.tar.gz"):
        assert b'"kind":"dump"' in collected(archive, folder, "--from", dump)


def test_it_adds_what_the_cluster_says_names_and_labels(archive: Path, folder: Path) -> None:
    words = ("--root", "host", "--node-object", "node.json", "--name", "worker-1", "--label", "rack=7")
    snapshot = json.loads(collected(archive, folder, *words))
    assert snapshot["node"]["labels"] == {"rack": "7"}
    assert snapshot["sections"]["kubernetes"]["facts"]["labels"] == {"zone": "a"}


@pytest.mark.long
def test_it_leaves_sections_out_and_says_so(archive: Path, folder: Path) -> None:
    for words, looked_at in ((("--only", "cpu"), {"cpu"}), (("--skip", "cpu"), set(SECTIONS) - {"cpu"})):
        sections = json.loads(collected(archive, folder, "--root", "host", *words))["sections"]
        told = {name: {why["detail"] for why in each["unknown"].values()} for name, each in sections.items()}
        left_out = {name for name, details in told.items() if details == {"not asked for"}}
        assert set(sections) - left_out == looked_at


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_it_seals_and_openssh_alone_checks_the_seal(archive: Path, folder: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "key"], cwd=folder, check=True)
    done = run(archive, folder, "--root", "host", "-o", "out/", "--seal", "key")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    (folder / "allowed").write_text("worker-1 " + (folder / "key.pub").read_text())
    verify = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        "allowed",
        "-I",
        "worker-1",
        "-n",
        "passmuster-snapshot",
        "-s",
        "out/worker-1.json.sig",
    ]
    data = (folder / "out" / "worker-1.json").read_bytes()
    assert subprocess.run(verify, cwd=folder, input=data, capture_output=True, check=False).returncode == 0
    assert subprocess.run(verify, cwd=folder, input=data + b" ", capture_output=True, check=False).returncode != 0


@pytest.mark.long
def test_its_snapshots_are_counted_put_together_and_compared_with_coreutils(archive: Path, folder: Path) -> None:
    one = collected(archive, folder, "--root", "host", "--name", "worker-1")
    (folder / "out" / "a.json").write_bytes(one)
    (folder / "out" / "b.json").write_bytes(collected(archive, folder, "--root", "host", "--name", "worker-2"))
    fleet = subprocess.run(
        "cat out/*.json | wc -l; sha256sum <out/a.json",
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert fleet.stdout.split()[:2] == ["2", hashlib.sha256(one).hexdigest()]


@pytest.mark.long
def test_the_same_host_and_moment_give_the_same_bytes(archive: Path, folder: Path) -> None:
    command = [sys.executable, "-I", "-S", str(archive), "--root", "host"]
    environments = ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Apia"})
    made = {
        subprocess.run(
            command, cwd=folder, env={**each, "SOURCE_DATE_EPOCH": "1795342272"}, capture_output=True, check=True
        ).stdout
        for each in environments
    }
    assert len(made) == 1


CANNOT = ("check", "bundle", "redact", "verify")


@pytest.mark.long
@pytest.mark.parametrize("command", CANNOT)
def test_it_does_nothing_else(archive: Path, folder: Path, command: str) -> None:
    done = run(archive, folder, command)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"unrecognized arguments: " + command.encode() in done.stderr


@pytest.mark.long
def test_every_option_that_it_has_is_in_the_list(archive: Path, folder: Path) -> None:
    told = run(archive, folder, "--help").stdout.decode()
    options = set(re.findall(r"(?<![\w-])--[a-z-]+|(?<![\w-])-o\b", told)) - {"--help", "--version"}
    listed = README.read_text("utf-8").split("## The collector alone")[1].split("\n## ")[0]
    assert options
    assert {each for each in options if f"`{each}" not in listed} == set()
