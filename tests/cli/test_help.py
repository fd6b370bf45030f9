"""`--help` of every command: what its exit statuses mean, in lines that a terminal of 80 columns shows whole."""

import argparse
from collections.abc import Iterator

import pytest

from passmuster.cli.arguments import parser
from passmuster.cli.main import main


def every(of: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and all below it, but for `collect`, whose options the collector has."""
    yield of
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                if name != "collect":
                    yield from every(below)


PARSERS = {each.prog: each for each in every(parser())}
COMMANDS = sorted(name for name, each in PARSERS.items() if each.get_default("command"))
JUDGES = {"passmuster check", "passmuster fleet check"}


@pytest.mark.parametrize("command", sorted(PARSERS))
def test_a_terminal_of_80_columns_shows_it_whole(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert [line for line in PARSERS[command].format_help().splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_what_its_statuses_mean(command: str) -> None:
    assert "\nexit status:\n  0  " in PARSERS[command].format_help()


@pytest.mark.parametrize("command", COMMANDS)
def test_only_commands_that_judge_speak_of_a_threshold_and_of_rules_that_fail(command: str) -> None:
    assert ("a rule at the threshold fails" in PARSERS[command].format_help()) == (command in JUDGES)


def test_the_examples_of_check_are_command_lines_that_parse() -> None:
    told = PARSERS["passmuster check"].format_help().split("examples:\n")[1].split("\nexit status")[0]
    lines = [line.strip().split("   ")[0].split() for line in told.splitlines() if line.startswith("  passmuster ")]
    assert len(lines) == 4
    for words in lines:
        assert parser().parse_args(words[1:]).command == "check"


def test_help_itself_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["policy", "test", "--help"])
    assert (ended.value.code, "a mutant is not noticed" in capsys.readouterr().out) == (0, True)
