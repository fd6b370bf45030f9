"""The table of commands holds names that no type checker sees: each of them is there, and each command has one."""

from __future__ import annotations

import argparse
import importlib
import inspect
from typing import TYPE_CHECKING

import pytest

from passmuster.cli.arguments import parser
from passmuster.cli.main import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize("command", COMMANDS)
def test_it_takes_the_options_and_gives_a_status(command: str) -> None:
    module, _, name = COMMANDS[command].partition(":")
    function = getattr(importlib.import_module(module), name)
    assert [each.strip("_") for each in inspect.signature(function).parameters] == ["options"]


def test_every_command_of_the_parser_is_in_the_table() -> None:
    assert set(_commands(parser())) - {"collect"} == set(COMMANDS)


def _commands(top: argparse.ArgumentParser, before: tuple[str, ...] = ()) -> Iterator[str]:
    actions = [each for each in top._actions if isinstance(each, argparse._SubParsersAction)]
    if not actions:
        yield " ".join(before)
    for action in actions:
        for name, below in action.choices.items():
            yield from _commands(below, (*before, name))
