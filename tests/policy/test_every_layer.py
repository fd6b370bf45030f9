"""Mistakes of every layer are told at once: what breaks the schema hides nothing that is wrong with an expression."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from packs import POLICIES, rule, text

from passmuster.cli import main
from passmuster.errors import PolicyError
from passmuster.intake import catalog
from passmuster.policy.compile import compile_policy

if TYPE_CHECKING:
    from pathlib import Path

NO_FIELD = "there is no field 'nothing'"
PARAMETER = "parameters:\n  least: {type: int, default: 3, description: d}\n"
WRONG = text(rule("one", "kernel.nothing > 3"), rule("two", "network.ipv6"), extra=PARAMETER)
VARIABLE = "variables:\n  one:\n    {}expression: |\n      kernel.nothing > 3\n"

LAYERS: dict[str, tuple[str, list[str]]] = {
    "a key that nobody knows, in the same rule": (
        WRONG.replace("title: one holds", "title: one holds\n    titel: x"),
        ["titel: unknown 'titel'", NO_FIELD],
    ),
    "a rule without a title": (WRONG.replace("title: one holds\n    ", ""), ["rules: missing 'title'", NO_FIELD]),
    "a level that is none": (WRONG.replace("level: required", "level: must", 1), ["level: not one of the values", NO_FIELD]),
    "a head that is cut": (WRONG.replace("title: A demonstration\n", ""), ["missing 'title'", NO_FIELD]),
    "an id twice": (WRONG.replace("id: two", "id: one"), [NO_FIELD, "duplicate rule id 'one'"]),
    "an expression in quotes, beside one in a block": (
        WRONG.replace("expression: |\n      network.ipv6", "expression: 'network.nothing'"),
        [NO_FIELD, "an expression belongs into a literal block scalar"],
    ),
    "an expression in quotes, in a rule that breaks the schema": (
        WRONG.replace("expression: |\n      network.ipv6", "expression: 'network.ipv6'").replace("level: required", "level: must"),
        ["level: not one of the values", NO_FIELD, "level: not one of the values", "an expression belongs into a literal"],
    ),
    "a variable in quotes, and a key twice": (
        text(rule("one", "kernel.nothing > 3"), extra="variables:\n  one: {description: d, description: e, expression: 'true'}\n"),
        ["duplicate key 'description'", "an expression belongs into a literal block scalar", NO_FIELD],
    ),
    "a variable without a description": (
        text(rule("one", "variables.one"), extra=VARIABLE.format("")),
        ["one: missing 'description'", NO_FIELD],
    ),
    "a parameter of no type, and what reads it": (
        WRONG.replace("type: int", "type: number").replace("kernel.nothing > 3", "kernel.nothing > params.least"),
        ["type: not one of the values", NO_FIELD],
    ),
    "a parameter that is sound otherwise": (
        WRONG.replace("default: 3, description: d", "default: 3").replace("nothing > 3", "nothing > params.least"),
        ["least: missing 'description'", NO_FIELD],
    ),
    "a key twice": (
        WRONG.replace("title: one holds", "title: one holds\n    title: again").replace("level: required", "level: must", 1),
        ["duplicate key 'title'", "level: not one of the values", NO_FIELD],
    ),
    "an anchor": (
        WRONG.replace("title: one holds", "title: &a one holds"),
        ["an anchor is not allowed here", NO_FIELD],
    ),
    "a rule that is none, beside another": (
        WRONG.replace("  - id: two", "  - none\n  - id: two"),
        [NO_FIELD, "rules: wrong type"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("policy", "messages"), LAYERS.values(), ids=LAYERS)
def test_all_that_is_wrong_is_told_in_the_order_of_the_file(policy: str, messages: list[str], tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(policy)
    with pytest.raises(PolicyError) as caught:
        catalog.load_file(file)
    told = [problem.message for problem in caught.value.problems]
    assert len(told) == len(messages), told
    for got, wanted in zip(told, messages, strict=True):
        assert got.startswith(wanted)


BLAMED = {
    "a parameter of no type": text(
        rule("one", "kernel.major > params.least"), extra=PARAMETER.replace("int", "number")
    ),
    "a constant that is none": text(rule("one", "kernel.major > constants.c"), extra="constants:\n  c: {value: 1.5}\n"),
    "a variable without an expression": text(rule("one", "variables.v"), extra="variables:\n  v: {description: d}\n"),
    "parameters that are a list": text(rule("one", "params.on"), extra="parameters: [on]\n"),
    "a policy of another version": text(rule("one", "kernel.nothing")).replace("policy/1", "policy/2"),
}


@pytest.mark.parametrize("policy", BLAMED.values(), ids=BLAMED)
def test_what_uses_something_broken_is_not_blamed(policy: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(policy)
    with pytest.raises(PolicyError) as caught:
        catalog.load_file(file)
    assert {problem.code for problem in caught.value.problems} <= {"policy-invalid", "policy-schema"}


def test_the_tests_beside_a_policy_are_read_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy.yaml").write_text(WRONG.replace("title: one holds\n    ", ""))
    (tmp_path / "tests.yaml").write_text("schema: passmuster.tests/1\nbases: {}\ncases: [1]\n")
    assert main(["policy", "lint", str(tmp_path / "policy.yaml")]) == 1
    told = capsys.readouterr().out
    assert all(code in told for code in ("policy-invalid", "cel-unknown-field", "tests-invalid"))


@pytest.mark.long
def test_a_policy_with_lines_left_out_or_doubled_gives_problems_and_no_other_exception(tmp_path: Path) -> None:
    chance = random.Random(1)
    lines = (POLICIES / "virtnest/1.0.0/policy.yaml").read_text().splitlines(keepends=True)
    file = tmp_path / "policy.yaml"
    refused = 0
    for _ in range(30):
        changed = list(lines)
        for _ in range(chance.choice((1, 2, 5))):
            at = chance.randrange(len(changed))
            changed[at : at + 1] = chance.choice(([], [changed[at]] * 2, [changed[at].replace(": ", ": [", 1)]))
        file.write_text("".join(changed))
        try:
            compile_policy(catalog.load_file(file))
        except PolicyError as error:
            refused += 1
            assert all(problem.location.line for problem in error.problems)
    assert refused > 10
