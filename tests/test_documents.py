"""Every command that a document shows exists, with these options; those of the pages that need no site are played."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from passmuster.cli.arguments import parser
from passmuster_collector.cli import _parsed as collect

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    file
    for pattern in ("*.md", "docs/*.md", "docs/*/*.md", "*/README.md", "deploy/*/README.md", "policies/*.md")
    for file in CHECKOUT.glob(pattern)
)
_FENCE = re.compile(r"(?ms)^```(\w*)\n(.*?)^```$")
_LINE = re.compile(r"(?m)^(?: {4}|\w*\$ +)?(passmuster [a-z].*)$")
_SPAN = re.compile(r"`(passmuster [a-z][^`]*)`")
_FIGURE = re.compile(r" {2,}[0-9]")
"""A line of a table of measurements begins with a command too."""


def commands(document: Path) -> Iterator[str]:
    text = document.read_text("utf-8")
    for kind, body in _FENCE.findall(text):
        if kind in {"console", "sh", "text", ""}:
            joined = body.replace("\\\n", " ")
            yield from (line for line in _LINE.findall(joined) if not _FIGURE.search(line))
    prose = _FENCE.sub("", text)
    yield from re.findall(r"(?m)^ {4}(passmuster [a-z].*)$", prose)
    yield from (" ".join(span.split()) for span in _SPAN.findall(prose))


def words(command: str) -> list[str]:
    """The arguments, without comments, redirections, and what stands for more of the same."""
    command = re.split(r" [<>|&]|\)$", command)[0]
    split = shlex.split(command, comments=True)[1:]
    return [word.replace("...", "") for word in split if not word.startswith(("[", "{")) and word != "..."]


ALL = sorted({(document, command) for document in DOCUMENTS for command in commands(document)})


@pytest.mark.parametrize(
    ("document", "command"), ALL, ids=[f"{file.relative_to(CHECKOUT)}: {command[:60]}" for file, command in ALL]
)
def test_the_command_exists(document: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = words(command)
    try:
        if arguments[:1] == ["collect"]:
            collect(arguments[1:])
        else:
            _, others = parser().parse_known_args(arguments)
            assert not [each for each in others if each.startswith("-")]
    except SystemExit as error:
        said = capsys.readouterr()
        # A span may name a command alone: what it lacks is its operands, not the command.
        incomplete = "the following arguments are required" in said.err and "`" + command in document.read_text("utf-8")
        assert error.code == 0 or incomplete, said.err


def test_the_documents_show_many_commands() -> None:
    assert len(ALL) > 80
