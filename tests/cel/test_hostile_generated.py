"""Hundreds of hostile expressions in a process of their own: time, memory, codes and the same cost on every run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from passmuster.cel import Code
from passmuster.cel.values.budget import STEP_BUDGET

_SECONDS, _BYTES = 0.5, 64 * 1024 * 1024


@pytest.fixture(scope="module")
def measured() -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("hostile.py"))],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.long
def test_each_is_refused_or_stopped_within_its_time(measured: list[dict[str, Any]]) -> None:
    assert len(measured) > 410
    slow = [each for each in measured[:-1] if max(each["seconds"], each["unchecked_seconds"]) > _SECONDS]
    assert slow == []


@pytest.mark.long
def test_all_of_them_together_take_little_memory(measured: list[dict[str, Any]]) -> None:
    assert measured[-1]["above_idle"] < _BYTES


def test_each_costs_the_same_on_every_run_and_never_more_than_the_budget(measured: list[dict[str, Any]]) -> None:
    assert all(one == other <= STEP_BUDGET for one, other in (each["steps"] for each in measured[:-1]))


def test_what_is_refused_has_a_code_and_what_compiles_ends_within_the_budget(measured: list[dict[str, Any]]) -> None:
    codes = {code for each in measured[:-1] for code in each["codes"]}
    assert codes <= set(Code)
    assert {Code.SYNTAX, Code.LIMIT, Code.RESERVED, Code.COST, Code.REGEX} <= codes
    compiled = [each for each in measured[:-1] if not each["codes"]]
    assert all("more than" not in each["came"] and "too long" not in each["came"] for each in compiled)
    # Without the checker, the budget is what stops them.
    assert sum("needs more than 100000 steps" in each["came"] for each in measured[:-1]) > 20
