"""docs/architecture.md shows the rooms as they are: its lists are those of the import contracts."""

from __future__ import annotations

import graphlib
import re
import tomllib
from pathlib import Path

import grimp

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = (CHECKOUT / "docs" / "architecture.md").read_text("utf-8")
BLOCKS = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
ENGINE = CHECKOUT / "engine" / "passmuster"
MOST = 20
"""Entries of the engine's package: a newcomer reads them all at once."""


def _layers(name: str) -> list[str]:
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    found: list[str] = next(each["layers"] for each in contracts if each["id"] == name)
    return found


def test_the_rooms_are_those_of_the_contract() -> None:
    assert BLOCKS[0].splitlines() == _layers("layers")


def test_the_orders_within_rooms_are_those_of_their_contracts() -> None:
    shown = dict(re.split(r":\s+", line) for line in BLOCKS[1].splitlines())
    assert shown == {name: " > ".join(_layers(f"{name}-layers")) for name in shown}
    assert set(shown) == {"cel", "fleet", "evaluation"}


def test_every_room_has_a_layer_and_there_are_few() -> None:
    entries = {each.stem for each in ENGINE.iterdir() if each.is_file() or any(each.rglob("*.py"))}
    rooms = {room for layer in _layers("layers") for room in layer.split(" | ")}
    assert entries - rooms == {"__init__", "__main__", "py"}
    assert len(entries) <= MOST


def test_every_module_that_the_page_names_is_there() -> None:
    for line in BLOCKS[2].splitlines():
        for name in re.findall(r"\b(?:cli|policy|cel|fleet|intake|snapshot|evaluation)/\w+", line):
            assert (ENGINE / f"{name}.py").is_file() or (ENGINE / name).is_dir(), name


def test_modules_import_one_another_in_no_circle() -> None:
    graph = grimp.build_graph("passmuster", exclude_type_checking_imports=True)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    graphlib.TopologicalSorter(imports).prepare()  # raises CycleError, which names the circle
