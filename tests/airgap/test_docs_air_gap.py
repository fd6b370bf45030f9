"""docs/air-gap.md is what the commands print, from the site to the auditor; PASSMUSTER_UPDATE=1 writes it anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import site_nodes
from bundles import OTHER, SITE
from console_page import Stage, play

from passmuster.exchange.bundle import ed25519
from passmuster_collector import zipapp

DOCUMENT = Path(__file__).parents[2] / "docs" / "air-gap.md"
_FILES = re.compile(r"(?ms)^```yaml\n# (?P<name>\S+)\n.*?^```$")
KEYS = {"site.key": SITE, "auditor.key": OTHER}
PSEUDONYMS = bytes(range(32))
CLOCKS = {"site": "1795348800", "home": "1795424400", "later": "1953277200"}
"""At the site it is 2026-11-22T12:00:00Z, a day later it arrives, and in 2031 somebody asks again."""


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The site with its nodes, the auditors' home, and a machine of years later."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LC_ALL", "C")
    for name in ("PASSMUSTER_PASSPHRASE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    made = {place: tmp_path / place for place in ("site", "home", "later")}
    for folder in (*made.values(), tmp_path / "stick"):
        folder.mkdir()
    site_nodes.site(made["site"])
    for place in ("site", "home"):
        (made[place] / "nodes.txt").write_text("worker-1\nworker-2\nworker-3\nworker-4\n")
    assert zipapp.main([str(made["site"] / "passmuster-collector.pyz")]) == 0
    for found in _FILES.finditer(DOCUMENT.read_text("utf-8")):
        text = found[0].removeprefix("```yaml\n").removesuffix("```")
        (made["home"] / found["name"]).write_text(text)
    return made


def _settle(command: str, folder: Path) -> None:
    """What is random is made the same on every run: the keys, after they were made."""
    for name, key in KEYS.items():
        if f"keygen -o {name}" in command:
            (folder / name).write_bytes(key.pem(None))
            (folder / f"{name}.pub").write_bytes(ed25519.write_public(key.public))
    if "urandom" in command:
        (folder / "site.redact-key").write_bytes(PSEUDONYMS)


def _keys(page: str) -> str:
    """The keys that were made anew are told as the fixed ones, which the rest of the page has."""
    for name, key in KEYS.items():
        told = ed25519.write_public(key.public).decode().splitlines()[1]
        begin = page.index(f"keygen -o {name}")
        end = page.index("-----END PUBLIC KEY-----", begin)
        part = re.sub(r"(?m)^( +)[A-Za-z0-9+/]{59}=$", rf"\g<1>{told}", page[begin:end])
        part = re.sub(r"(?m)^# keyid [0-9a-f]{64}$", f"# keyid {ed25519.keyid(key.public)}", part)
        page = page[:begin] + part + page[end:]
    return page


@pytest.mark.long
def test_the_page_shows_what_is_printed(
    places: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    written = DOCUMENT.read_text("utf-8")
    stage = Stage(
        places=places,
        clocks=CLOCKS,
        bin=tmp_path / "bin",
        names={"/media/stick": str(tmp_path / "stick")},
        captured=capfd,
        after=_settle,
    )
    now = _keys(play(written, stage))
    if os.environ.get("PASSMUSTER_UPDATE"):
        DOCUMENT.write_text(now, "utf-8")
    assert DOCUMENT.read_text("utf-8") == now
