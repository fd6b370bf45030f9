"""All scripts and the playbook: they parse, in every shell that is here."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml
from clusters import DEPLOY

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = sorted([*DEPLOY.rglob("*.sh"), *DEPLOY.parent.joinpath("collector").glob("*.sh")])
SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_scripts_are_of_every_shell(script: Path, shell: str) -> None:
    if shutil.which(SHELLS[shell][0]) is None:
        pytest.skip(f"{shell} is not here")
    subprocess.run([*SHELLS[shell], "-n", str(script)], check=True)
    assert script.stat().st_mode & 0o111
    assert script.read_text().startswith("#!/bin/sh\n")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_scripts_pass_shellcheck(script: Path) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not here")
    done = subprocess.run(
        ["shellcheck", "--severity=warning", str(script)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_playbook_cleans_up_and_tells_what_is_missing() -> None:
    first, collect, last = yaml.safe_load((DEPLOY / "ansible" / "gather.yaml").read_text())
    assert (first["hosts"], collect["hosts"], last["hosts"]) == ("localhost", "all:!localhost", "localhost")
    (task,) = collect["tasks"]
    assert [step["ansible.builtin.file"]["state"] for step in task["always"]] == ["absent"]
    assert collect["ignore_unreachable"] is True
    assert task["rescue"], "a host that fails must not end the playbook"
    fetch = task["block"][-1]["ansible.builtin.fetch"]
    assert fetch["dest"] == "{{ out }}/snapshots/{{ inventory_hostname }}.json"
    assert "ansible.builtin.fail" in last["tasks"][-1]
