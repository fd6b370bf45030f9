"""Hostile YAML: refused with a place, at once and in little memory."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hostile_yaml import FILES
from hypothesis import given
from hypothesis import strategies as st
from limits import allowance
from packs import rule
from policy_text import GOOD

import passmuster
from passmuster import policy
from passmuster.authoring import testing
from passmuster.codec import yaml
from passmuster.errors import MAX_PROBLEMS, Location, PolicyError, Problem
from passmuster.policy.compile import compile_policy

HERE = Path(__file__).resolve().parent
SECONDS, KIB = 1, 20 * 1024
"""What does harm takes minutes; a quiet machine needs a fiftieth of a second (a busy one, several)."""


@functools.cache
def measured() -> dict[str, dict[str, Any]]:
    """What reading each file took."""
    engine = Path(passmuster.__file__).resolve().parent.parent
    environment = {**os.environ, "PYTHONPATH": str(engine)}
    environment.pop("COVERAGE_PROCESS_START", None)
    command = [sys.executable, str(HERE / "hostile_yaml.py")]
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", FILES)
def test_hostile_yaml_is_refused_with_a_place_in_little_time_and_memory(name: str) -> None:
    taken = measured()[name]
    place = taken["told"].split(": ")[0].split(":")
    assert place[0] == "hostile.yaml"
    assert all(int(number) > 0 for number in place[1:])
    assert len(place) == 3
    assert taken["seconds"] < SECONDS
    assert taken["kib"] < KIB


@given(st.text("-:?,[]{}#&*!|>'\"%@`=~<ab10 \n\t\r\\\u2028", max_size=60))
def test_no_oddity_of_yaml_gives_anything_but_problems(text: str) -> None:
    for load in (policy.load, testing.load):
        with pytest.raises(PolicyError) as caught:
            load(text.encode(), "f")
        assert all(problem.location.line for problem in caught.value.problems)


MANY = {
    "tags": b"- !a x\n" * 1000,
    "keys twice": b"a: 1\n" * 1001,
    "what nobody sees": b"a: " + "\u200b".encode() * 1000,
    "rules that are none": GOOD.encode() + b"  - wrong\n" * 1000,
    "keys that nobody knows": GOOD.encode() + b"  - {}\n" * 1000,
    "expressions that do not compile": GOOD.encode()
    + "".join(rule(f"r{number}", "kernel.nothing") for number in range(200)).encode(),
}


@pytest.mark.parametrize("data", MANY.values(), ids=MANY)
def test_no_more_is_reported_than_anyone_reads(data: bytes) -> None:
    with pytest.raises(PolicyError) as caught:
        compile_policy(policy.load(data, "f"))
    told = caught.value.problems
    assert len(told) == MAX_PROBLEMS + 1
    assert re.fullmatch(r"and at least \d+ more, here and below", told[-1].message)
    assert told[-1].location.line


def test_what_is_repeated_is_found_among_items_of_several_types_in_time() -> None:
    items = ", ".join(f"a{number}" if number % 2 else f"[{number}]" for number in range(8000))
    text = "schema: passmuster.tests/1\nbases: {a: {description: d, sections: {}}}\n"
    text += f"cases: [{{name: a, base: a, expect: {{a: pass}}, delete: [{items}]}}]\n"
    start = time.process_time()
    with pytest.raises(PolicyError):
        testing.load(text.encode(), "f")
    assert time.process_time() - start < 5 * allowance()


def test_bases_may_stand_on_each_other_to_any_depth() -> None:
    bases = "".join(f"  b{at}: {{description: d, extends: b{at - 1}, sections: {{}}}}\n" for at in range(1, 1200))
    cases = "cases: [{name: a, base: b1199, expect: {a: pass}}]\n"
    text = f"schema: passmuster.tests/1\nbases:\n  b0: {{description: d, sections: {{network: {{ipv6: true}}}}}}\n{bases}{cases}"
    assert testing.load(text.encode(), "f").bases["b1199"] == {"network": {"ipv6": True}}


@given(st.lists(st.text("ab\n", max_size=3000), max_size=6))
def test_lines_that_are_looked_for_are_those_that_there_are(parts: list[str]) -> None:
    text = ("\n" * 1500).join(parts)
    lines, looked = text.split("\n"), yaml._ManyLines(text)
    assert len(looked) == len(lines)
    for at in {0, 1, len(lines) // 3, len(lines) // 2, len(lines) - 2, len(lines) - 1} & set(range(len(lines))):
        assert looked[at] == lines[at]
    for first, last in ((0, 3), (1, 9), (len(lines) // 2, len(lines)), (5, 2), (0, len(lines) + 5)):
        assert list(looked[first:last]) == lines[first:last]
    with pytest.raises(IndexError):
        looked[len(lines)]


def test_a_place_in_a_file_of_many_lines_has_its_line() -> None:
    with pytest.raises(yaml.YAMLProblems) as caught:
        yaml.load(b"# so\r\n" * 30_000 + b"a: &b c\n", "f")
    (problem,) = caught.value.problems
    assert (problem.location.line, problem.excerpt) == (30_001, "a: &b c")


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    line = "x" * 5000 + "HERE" + "y" * 5000
    problem = Problem(code="c", message="m", location=Location(file="f", line=1, column=5001), excerpt=line)
    _, excerpt, caret = str(problem).split("\n")
    assert len(excerpt) < 300
    assert excerpt[len(caret) - 1 :].startswith("HERE")
    assert excerpt.strip().startswith("...x")
    assert excerpt.endswith("y...")
