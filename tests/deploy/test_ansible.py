"""The playbook as Ansible plays it: hosts that are down or lack Python are listed, and the others have snapshots."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from clusters import DEPLOY, Fake
from snapshot_rules import problems

PLAYBOOK = shutil.which(
    "ansible-playbook", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
)
DOWN = "ansible_host=127.0.0.1 ansible_port=1"


def play(folder: Path, inventory: str) -> int:
    if PLAYBOOK is None:
        pytest.skip("ansible-playbook is not here (pip install ansible-core)")
    collector = Fake(folder / "fake", {}).collector
    (folder / "inventory").write_text(inventory)
    words = ["-e", f"out={folder / 'out'}", "-e", f"collector={collector}", "-e", "ansible_become=false"]
    done = subprocess.run(
        [PLAYBOOK, "-i", str(folder / "inventory"), str(DEPLOY / "ansible" / "gather.yaml"), *words],
        env={**os.environ, "ANSIBLE_HOME": str(folder / "home"), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=False,
        timeout=120,
    )
    return done.returncode


@pytest.mark.long
def test_hosts_that_are_down_are_listed_and_the_others_are_gathered(tmp_path: Path) -> None:
    here = f"ansible_connection=local ansible_python_interpreter={sys.executable}"
    broken = "ansible_connection=local ansible_python_interpreter=/nonexistent/python"
    assert play(tmp_path, f"good {here}\ndown {DOWN}\nbroken {broken}\n") != 0
    out = tmp_path / "out"
    assert (out / "missing.txt").read_text() == "broken\ndown\n"
    assert (out / "roster.txt").read_text() == "broken\ndown\ngood\n"
    (snapshot,) = (out / "snapshots").iterdir()
    assert problems(snapshot.read_bytes()) == []
    assert b'"name":"good"}' in snapshot.read_bytes()


@pytest.mark.long
def test_where_every_host_is_down_the_list_names_them_all(tmp_path: Path) -> None:
    assert play(tmp_path, f"one {DOWN}\ntwo {DOWN}\n") != 0
    assert (tmp_path / "out" / "missing.txt").read_text() == "one\ntwo\n"
