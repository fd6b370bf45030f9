"""docs/api.md is a program: its blocks run one after the other, and print what stands below them."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import passmuster
from passmuster import api
from passmuster.codec import json

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[1]
PAGE = CHECKOUT / "docs" / "api.md"
FROZEN = CHECKOUT / "tests" / "data" / "snapshots" / "1"
_BLOCK = re.compile(r"(?ms)^```python\n(.*?)^```\n\n```text\n(.*?)^```$")
WAIVERS = """\
schema: passmuster.waivers/1
waivers:
  - id: old-board
    node: {name: node-*}
    rule: virtnest/iommu-enabled
    reason: The board is exchanged next week.
    owner: platform team
    ticket: OPS-17
    expires: 2026-12-31
"""
NAMES = ("check", "check_stream", "explain", "impact", "load_policy", "load_snapshot", "verify")


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    frozen = [path for path in sorted(FROZEN.glob("*.json")) if ".verdict" not in path.name]
    lines = [json.canonical(json.loads(path.read_bytes())) for path in frozen]
    (tmp_path / "node.json").write_bytes(
        json.canonical(json.loads((FROZEN / "collected-without-root.json").read_bytes()))
    )
    (tmp_path / "fleet.ndjson").write_bytes(b"".join(lines))
    (tmp_path / "waivers.yaml").write_text(WAIVERS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.long
@pytest.mark.usefixtures("folder")
def test_the_examples_print_what_the_page_shows() -> None:
    scope: dict[str, object] = {}
    played: list[str] = []

    def anew(match: re.Match[str]) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(match[1], str(PAGE), "exec"), scope)
        played.append(match[1])
        return f"```python\n{match[1]}```\n\n```text\n{printed.getvalue()}```"

    written = PAGE.read_text("utf-8")
    now = _BLOCK.sub(anew, written)
    if os.environ.get("PASSMUSTER_UPDATE"):
        PAGE.write_text(now, "utf-8")
    assert PAGE.read_text("utf-8") == now
    assert len(played) == written.count("```python") == 8


def test_one_snapshot_is_judged_in_ten_lines() -> None:
    first = _BLOCK.findall(PAGE.read_text("utf-8"))[0][0]
    assert len([line for line in first.splitlines() if line]) <= 11
    assert len(ast.parse(first).body) <= 10


def _run(code: str) -> str:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.long
def test_importing_the_package_loads_no_library_and_no_room() -> None:
    code = "import sys; before = set(sys.modules); import passmuster; print(sorted(set(sys.modules) - before))"
    found = [name for name in ast.literal_eval(_run(code)) if name.partition(".")[0] not in sys.stdlib_module_names]
    assert found == ["passmuster", "passmuster.version"]


@pytest.mark.long
def test_importing_a_function_loads_no_library() -> None:
    heavy = ("cryptography", "celpy", "lark", "re2", "jsonschema", "yaml", "orjson")
    code = f"import sys; from passmuster import {', '.join(NAMES)}; print([each for each in {heavy} if each in sys.modules])"
    assert _run(code) == "[]\n"


def _rooms() -> Iterator[str]:
    for entry in Path(passmuster.__file__).parent.iterdir():
        if entry.suffix == ".py" or any(entry.rglob("*.py")):  # what was moved may leave its bytecode behind
            yield entry.stem


def test_no_room_is_called_as_a_function_is() -> None:
    """Importing a room makes it an attribute of the package, in the place of the function."""
    assert set(NAMES) & set(_rooms()) == set()
    assert set(NAMES) == set(api.__all__) == set(passmuster.__all__) - {"__version__"}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_the_package_is_the_function_of_the_api(name: str) -> None:
    assert getattr(passmuster, name) is getattr(api, name)
    assert getattr(api, name).__doc__


def test_what_the_package_has_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'passmuster' has no attribute 'judge'"):
        passmuster.judge  # noqa: B018 - asked for
