"""Sessions of documents about sites: each command works, and prints the lines that stand below it."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import site_nodes
from console_page import Stage, install, run
from demos import CHECKOUT

from passmuster.cli import main
from passmuster_collector import zipapp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONSOLE = re.compile(r"(?ms)^```console\n(.*?)^```$")
_TRUST = re.compile(r"(?ms)^```yaml\n(schema: passmuster\.trust/1\n.*?)^```$")
_COMMAND = re.compile(r"(?m)^(?:site|home)?\$ +((?:[^\n]*\\\n)*[^\n]*)\n((?:(?!(?:site|home)?\$ ).*\n)*)")
_COMMENT = re.compile(r"  +#.*$")
_PUBLIC = re.compile(r"(?m)^ +MCow\S+$")
CLOCK = "1795392300"
"""What the page about bundles shows as the number of a bundle that is made now."""
RECORDED = ("--recorded", "machine=x86_64", "--recorded", "devices_bpf=ok")
PSEUDONYMS = bytes(range(32))
"""The key behind the pseudonyms that the page about redaction shows."""
PLAYED = {
    "docs/bundles.md": (9, "dc1-worker"),
    "docs/redaction.md": (5, "worker"),
    "collector/README.md": (7, "worker"),
}
"""Documents, with how many commands they have, and how their nodes are called."""


def commands(document: str) -> Iterator[tuple[str, str]]:
    """Each command with the lines that are shown below it."""
    for block in _CONSOLE.findall((CHECKOUT / document).read_text("utf-8")):
        for command, shown in _COMMAND.findall(block):
            yield _COMMENT.sub("", command.replace("\\\n", " ")), shown


def pattern(shown: str) -> str:
    """A line of three dots stands for any lines, three dots within a line for any text."""
    lines = shown.splitlines(keepends=True)
    each = (r"(?:.*\n)*" if line == "...\n" else re.escape(line).replace(r"\.\.\.", ".*") for line in lines)
    return "(?m)^" + "".join(each)


@pytest.fixture
def folder(document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site with snapshots of its nodes, a dump, and the tools that the pages speak of."""
    site_nodes.site(tmp_path)
    shutil.copy(CHECKOUT / "collector/capture.sh", tmp_path)
    (tmp_path / "collector").symlink_to(CHECKOUT / "collector")
    assert zipapp.main([str(tmp_path / "passmuster-collector.pyz")]) == 0
    (tmp_path / "snapshots").mkdir()
    nodes = [f"{PLAYED[document][1]}-{number}" for number in (1, 2, 3)]
    (tmp_path / "nodes.txt").write_text("".join(f"{node}\n" for node in nodes))
    for key, value in {"COLUMNS": "80", "LC_ALL": "C", "PASSMUSTER_PASSPHRASE": "a long passphrase"}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", CLOCK)
    for number, node in enumerate(nodes, 1):
        devices, root = tmp_path / "devices.tsv", tmp_path / "nodes" / site_nodes.name(number)
        written = str(tmp_path / f"snapshots/{node}.json")
        asked = ["--root", str(root), *RECORDED, "--recorded", f"devices={devices}", "--name", node, "-o", written]
        assert main(["collect", *asked]) == 0
    return tmp_path


def _after(command: str, folder: Path) -> None:
    """What the reader of a page has done meanwhile, and what is random is made the same on every run."""
    if "urandom" in command:
        (folder / "site.redact-key").write_bytes(PSEUDONYMS)
    if "bundle keygen" in command:
        (text,) = _TRUST.findall((CHECKOUT / "docs/bundles.md").read_text("utf-8"))
        public = (folder / "site.key.pub").read_text().splitlines()[1]
        (folder / "trust.yaml").write_text(_PUBLIC.sub(f"      {public}", text))
    if "bundle state reset" in command:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "site-ssh"], check=True)
        assert main(["bundle", "sign", str(folder / "site.pmb"), "--ssh-key", str(folder / "site-ssh")]) == 0


@pytest.mark.long
@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not here")
@pytest.mark.parametrize("document", PLAYED)
def test_each_session_can_be_followed(document: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    names = {
        "make collector && cd dist": "true",
        "/host": str(folder / "nodes/worker-1"),
        "DUMP": str(folder / "nodes/worker-2"),
    }
    stage = Stage(
        places={"site": folder},
        clocks={"site": CLOCK},
        bin=folder / "bin",
        names=names if document == "collector/README.md" else {},
        captured=capfd,
        after=_after,
    )
    install(stage.bin)
    asked = list(commands(document))
    assert len(asked) == PLAYED[document][0]
    for command, shown in asked:
        status, printed = run(command, "site", stage)
        assert status in {0, 1, 3}, f"{command}\n{printed}"
        assert re.search(pattern(shown), printed), f"{command}\n{printed}"
        stage.after(command, folder)
