"""Hostile YAML: refused with a place, at once and in little memory."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hostile_yaml import FILES
from hypothesis import given
from hypothesis import strategies as st

import passmuster
from passmuster import _yaml, policy, policytest
from passmuster.errors import Location, PolicyError, Problem

HERE = Path(__file__).resolve().parent
SECONDS, KIB = 0.05, 20 * 1024


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
    for load in (policy.load, policytest.load):
        with pytest.raises(PolicyError) as caught:
            load(text.encode(), "f")
        assert all(problem.location.line for problem in caught.value.problems)


def test_no_more_is_reported_than_anyone_reads() -> None:
    with pytest.raises(_yaml.YAMLProblems) as caught:
        _yaml.load(b"- !a x\n" * 1000, "f")
    assert len(caught.value.problems) == _yaml.MAX_PROBLEMS
    with pytest.raises(_yaml.YAMLProblems) as caught:
        _yaml.load(b"a: 1\n" * 1000, "f")
    assert len(caught.value.problems) == _yaml.MAX_PROBLEMS
    with pytest.raises(_yaml.YAMLProblems) as caught:
        _yaml.load(b"- !a x\n" * (_yaml.MAX_PROBLEMS - 1) + b"- [\n", "f")
    assert len(caught.value.problems) == _yaml.MAX_PROBLEMS


@given(st.lists(st.text("ab\n", max_size=3000), max_size=6))
def test_lines_that_are_looked_for_are_those_that_there_are(parts: list[str]) -> None:
    text = ("\n" * 1500).join(parts)
    lines, looked = text.split("\n"), _yaml._ManyLines(text)
    assert len(looked) == len(lines)
    for at in {0, 1, len(lines) // 3, len(lines) // 2, len(lines) - 2, len(lines) - 1} & set(range(len(lines))):
        assert looked[at] == lines[at]
    assert list(looked[:3]) == lines[:3]
    with pytest.raises(IndexError):
        looked[len(lines)]


def test_a_place_in_a_file_of_many_lines_has_its_line() -> None:
    with pytest.raises(_yaml.YAMLProblems) as caught:
        _yaml.load(b"# so\r\n" * 30_000 + b"a: &b c\n", "f")
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
