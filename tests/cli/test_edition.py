"""`policy show`: formats, files, one rule, and the versions before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from packs import locked, rule, text

from passmuster.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
def test_several_formats_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page, notes = tmp_path / "page.html", tmp_path / "notes.md"
    assert (
        main(["policy", "show", "virtnest@1.0.0", "-o", f"html={page}", "-o", f"markdown={notes}", "-o", "text"]) == 0
    )
    assert capsys.readouterr().out.startswith("virtnest 1.0.0 (released)")
    assert page.read_text().startswith("<!doctype html>")
    assert notes.read_text().startswith("# Node prerequisites")


@pytest.mark.long
def test_one_rule_as_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "show", "virtnest@1.0.0", "--rule", "ppc-kvm-hv", "-o", "markdown"]) == 0
    out = capsys.readouterr().out
    assert re.findall("^### (.*)$", out, re.MULTILINE) == ["The module kvm\\_hv is loaded", "variables.is\\_ppc64"]


def test_a_draft_tells_what_it_changes_since_the_released_versions(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for version, expression in (("1.0.0", "network.ipv6"), ("1.1.0", "!network.ipv6"), ("1.2.0", "network.nf_tables")):
        folder = tmp_path / "demo" / version
        folder.mkdir(parents=True)
        made = text(rule("one", expression)).replace("version: 1.0.0", f"version: {version}")
        (folder / "policy.yaml").write_text(made)
    locked(tmp_path, "demo@1.0.0")
    assert main(["policy", "show", str(tmp_path / "demo/1.2.0"), "-o", "markdown"]) == 0
    out = capsys.readouterr().out
    assert "Policy demo 1.2.0, draft" in out
    assert out.endswith("* 1.0.0: added\n* 1.2.0: changed: expression\n")


USAGE = {
    "no such format": (["-o", "pdf"], "no such format (got 'pdf', expected one of: text, markdown, html)"),
    "a format without its file": (["-o", "html="], "no such format"),
    "two to standard output": (["-o", "html", "-o", "text"], "two formats to standard output"),
    "no such rule": (["--rule", "none", "-o", "html"], "no such rule"),
}


@pytest.mark.parametrize(("arguments", "message"), USAGE.values(), ids=USAGE)
def test_what_cannot_be_shown_is_told(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert main(["policy", "show", "virtnest", *arguments]) == 2
    assert message in capsys.readouterr().err
