"""Variables of a policy: what uses one reads its facts, and an unknown names the fact and not the variable."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from limits import allowance

from cel.world import ENVIRONMENT, roots, unknown
from passmuster.cel import Basic, CelProblems, Environment, Unknown, compile_expression, show
from passmuster.model.unknown import Reason

if TYPE_CHECKING:
    from passmuster.cel import Program


def _environment(**variables: str) -> Environment:
    """This world with variables, each of which may use those before it."""
    programs: dict[str, Program] = {}
    for name, text in variables.items():
        programs[name] = compile_expression(text, replace(ENVIRONMENT, variables=dict(programs)))
    return replace(ENVIRONMENT, variables=programs)


_VARIABLES = _environment(
    release="kernel.release",
    version="'v' + variables.release",
    maybe="has(runtime.docker)",
    two="2",
    many="cpu.flags + cpu.flags",
    sure="variables.maybe && cpu.count > 1",
)


def _program(text: str) -> Program:
    return compile_expression(text, _VARIABLES)


def test_a_variable_has_the_type_of_its_expression() -> None:
    assert show(_program("variables.release").type) == "string"
    assert show(_program("variables.many").type) == "list(string)"


def test_the_reads_of_a_variable_are_read_by_what_uses_it() -> None:
    found = _program("variables.version == 'v6' && variables.maybe && variables.two == cpu.count")
    assert [str(read.path) for read in found.reads] == ["cpu.count", "kernel.release", "runtime.docker"]
    assert [read.presence_only for read in found.reads] == [False, False, True]
    assert found.variables == ("maybe", "two", "version")


def test_a_fact_that_is_read_in_full_somewhere_is_read_in_full() -> None:
    text = "has(runtime.docker) && has(runtime.docker.version) && variables.maybe && runtime.docker == {'version': ''}"
    assert [(str(read.path), read.presence_only) for read in _program(text).reads] == [
        ("runtime.docker", False),
        ("runtime.docker.version", True),
    ]


def test_a_text_that_cannot_be_read_names_the_fact_behind_the_variable() -> None:
    over = {**roots(), "variables": {"release": "dummy", "version": "vdummy"}}
    found = _program("kernelVersion(variables.version).major() > 4").run(over).value
    assert isinstance(found, Unknown)
    assert [(str(fact.path), fact.reason) for fact in found.facts] == [("kernel.release", Reason.UNREADABLE)]


def test_an_unknown_behind_a_variable_is_named_by_its_own_path() -> None:
    found = _program("variables.release == 'x'").run({"variables": {"release": unknown("kernel.release")}}).value
    assert isinstance(found, Unknown)
    assert [str(fact.path) for fact in found.facts] == ["kernel.release"]


def test_a_variable_can_be_as_large_as_its_expression_says() -> None:
    one, two = _program("cpu.flags.all(f, f != 'x')"), _program("variables.many.all(f, f != 'x')")
    assert two.most > one.most + 512 * 3 - 10


@pytest.mark.parametrize(
    "text",
    [
        "variables.maybe && runtime.docker == {'version': ''}",
        "!variables.sure || runtime.docker == {'version': ''}",
        "variables.sure ? runtime.docker == {'version': ''} : true",
    ],
)
def test_what_a_variable_asks_for_needs_no_guard(text: str) -> None:
    assert _program(text).type is Basic.BOOL


@pytest.mark.parametrize(
    "text",
    [
        "variables.maybe || runtime.docker == {'version': ''}",
        "[{'maybe': true}].all(variables, variables.maybe && runtime.docker == {'version': ''})",
    ],
)
def test_what_only_looks_like_a_guard_is_none(text: str) -> None:
    with pytest.raises(CelProblems, match=r"runtime\.docker may be unset"):
        _program(text)


def test_variables_upon_variables_cost_no_more_than_their_sum() -> None:
    names = [f"v{number}" for number in range(40)]
    chain = {"v0": "has(runtime.docker)"} | {
        name: f"variables.{before} && variables.{before}" for before, name in itertools.pairwise(names)
    }
    began = time.process_time()
    found = compile_expression("variables.v39 && runtime.docker == {'version': ''}", _environment(**chain))
    assert time.process_time() - began < 5 * allowance()
    assert [str(read.path) for read in found.reads] == ["runtime.docker"]
