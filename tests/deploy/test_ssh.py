"""Gathering over ssh: in parallel, within a time, nothing left behind, and what is missing is told."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from clusters import DEPLOY, NODES, Fake, missing
from snapshot_rules import problems

if TYPE_CHECKING:
    from pathlib import Path

STATES = {
    "worker-007": "down",
    "worker-008": "cut",
    "worker-009": "silent",
    "worker-010": "hanging",
    "worker-011": "hanging",
    "worker-012": "mixed",
}


def gather(fake: Fake, folder: Path, hosts: str, *words: str, shell: str = "sh") -> Any:
    (folder / "hosts").write_text(hosts)
    options = ["--collector", str(fake.collector), *words, str(folder / "hosts"), str(folder / "out")]
    return fake.run("ssh/gather.sh", options, shell)


ALL = "# all of them\n\n" + "".join(f"root@{name} \n" for name in NODES)


@pytest.mark.long
def test_every_node_is_gathered(tmp_path: Path) -> None:
    done = gather(Fake(tmp_path / "fake", {}), tmp_path, ALL)
    out = tmp_path / "out"
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"200 of 200 nodes have a snapshot in {out}/snapshots\n"
    assert sorted(path.stem for path in (out / "snapshots").iterdir()) == NODES
    assert (out / "roster.txt").read_text().split() == NODES
    assert sorted(path.name for path in out.iterdir()) == ["missing.txt", "roster.txt", "snapshots"]


@pytest.mark.long
def test_what_is_missing_is_told(tmp_path: Path) -> None:
    began = time.monotonic()
    done = gather(Fake(tmp_path / "fake", STATES), tmp_path, ALL, "--timeout", "2")
    assert time.monotonic() - began < 40
    assert done.returncode == 3
    assert missing(tmp_path / "out") == {
        "worker-007": "ssh: connect to host worker-007 port 22: No route to host",
        "worker-008": "what came is not one whole snapshot",
        "worker-009": "ssh ended with status 255",
        "worker-010": "no answer within 2 s",
        "worker-011": "no answer within 2 s",
        "worker-012": "the snapshot is of another node",
    }
    assert f"194 of 200 nodes have a snapshot in {tmp_path / 'out'}/snapshots\n" in done.stderr


@pytest.mark.long
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_node_runs_the_collector_from_a_file_without_a_name(
    tmp_path: Path, shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    done = gather(Fake(tmp_path / "fake", {"worker-001": "real"}), tmp_path, "worker-001 w1\n", shell=shell)
    assert (done.returncode, done.stderr) == (0, f"1 of 1 nodes have a snapshot in {tmp_path / 'out'}/snapshots\n")
    data = (tmp_path / "out" / "snapshots" / "w1.json").read_bytes()
    assert problems(data) == []
    assert b'"name":"w1"' in data
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.long
def test_a_node_without_python_is_captured_and_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    done = gather(Fake(tmp_path / "fake", {"worker-001": "bare"}), tmp_path, "worker-001 w1\n")
    assert (done.returncode, done.stderr) == (0, f"1 of 1 nodes have a snapshot in {tmp_path / 'out'}/snapshots\n")
    data = (tmp_path / "out" / "snapshots" / "w1.json").read_bytes()
    assert problems(data) == []
    assert b'"kind":"live"' in data
    assert b'"name":"w1"' in data
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_snapshot_of_an_earlier_run_does_not_count(tmp_path: Path) -> None:
    gather(Fake(tmp_path / "one", {}), tmp_path, "worker-001\n")
    done = gather(Fake(tmp_path / "two", {"worker-001": "down"}), tmp_path, "worker-001\n")
    assert done.returncode == 3
    assert missing(tmp_path / "out")["worker-001"].endswith("(the snapshot there is from an earlier run)")


REFUSED = {
    "no node": ("# none\n", "no node in it"),
    "an option as a host": ("-oProxyCommand=x\n", "not a host: -oProxyCommand=x"),
    "a command as a host": ("a;b\n", "not a host: a;b"),
    "a path as a name": ("a ../x\n", "not a name: ../x"),
    "a hidden name": ("a .x\n", "not a name"),
    "three words": ("a b c\n", "not a node: a b c"),
    "a name twice": ("a x\nb x\n", "the name x is there twice"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hosts_that_cannot_be_used(tmp_path: Path, name: str) -> None:
    hosts, message = REFUSED[name]
    done = gather(Fake(tmp_path / "fake", {}), tmp_path, hosts)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "fake" / "calls").exists()


USAGE = {
    "nothing": ([], "HOSTS and OUT are needed"),
    "no such file": (["/nowhere", "out"], "no such file: /nowhere"),
    "too much": (["a", "b", "c"], "too many arguments"),
    "no such option": (["--all"], "no such option"),
    "no number": (["--parallel", "x", "a", "b"], "--parallel: not a number"),
}


@pytest.mark.parametrize("name", USAGE)
def test_usage(tmp_path: Path, name: str) -> None:
    words, message = USAGE[name]
    if words[-1:] == ["b"]:
        (tmp_path / "a").write_text("x\n")
        words = [*words[:-2], str(tmp_path / "a"), str(tmp_path / "b")]
    done = Fake(tmp_path / "fake", {}).run("ssh/gather.sh", words)
    assert done.returncode == 2
    assert message in done.stderr


ONE_LINERS = [DEPLOY.parent / "README.md", DEPLOY / "ssh" / "README.md"]


@pytest.mark.parametrize("document", ONE_LINERS, ids=lambda path: f"{path.parent.name}/{path.name}")
@pytest.mark.parametrize(("python", "status"), [("exit 0", 0), ("exit 2", 2), (None, 127)])
def test_the_line_of_the_documents_ends_with_the_collectors_status_and_leaves_nothing(
    tmp_path: Path, document: Path, python: str | None, status: int
) -> None:
    (line,) = re.findall(r"'(f=\$\(mktemp\)[^']*)'", document.read_text())
    (tmp_path / "bin").mkdir()
    (tmp_path / "tmp").mkdir()
    for name in ("mktemp", "cat", "rm"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    if python is not None:
        (tmp_path / "bin" / "python3").write_text(f"#!/bin/sh\n{python}\n")
        (tmp_path / "bin" / "python3").chmod(0o755)
    environment = {"PATH": str(tmp_path / "bin"), "TMPDIR": str(tmp_path / "tmp")}
    done = subprocess.run(["/bin/sh", "-c", line], env=environment, input=b"", capture_output=True, check=False)
    assert done.returncode == status
    assert list((tmp_path / "tmp").iterdir()) == []
