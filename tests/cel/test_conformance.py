"""CEL's own conformance suite: what passes stays passing, what does not is listed with its reason."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cel.conformance import run
from cel.data import data_file
from cel.unchecked import unchecked
from passmuster.cel import CelError, CelProblems, Environment, compile_expression
from passmuster.model.semver import SemVer

_KNOWN = {
    "fields/map_field_select": "a variable whose name has a dot: roots are simple names",
    "fields/qualified_identifier_resolution_unchecked": "a variable whose name has a dot",
    "namespace/self_eval_qualified_lookup": "a variable whose name has a dot",
    "namespace/self_eval_container_lookup_unchecked": "containers: an expression has no package",
    "namespace/basic": "containers: an expression has no package",
    "parse/triple_single_quoted_unescaped_punctuation": "it expects a backslash that it does not write",
    "type_deduction/function_result_type": "functions that the suite's host adds",
    "type_deduction/multiple_parameters_parameterized_ovl": "functions that the suite's host adds",
}


def _cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in data_file("cel", "cel_spec.jsonl").read_text("utf-8").splitlines()]


def test_every_case_passes_but_those_that_are_listed() -> None:
    cases = _cases()
    failing = [case for case in cases if run(case)]
    assert sorted({f"{case['file']}/{case['name']}" for case in failing}) == sorted(_KNOWN)
    assert len(failing) == len(_KNOWN) <= len(cases) / 100


def test_the_command_counts_what_passed_and_what_failed(tmp_path: Path) -> None:
    right = {"file": "f", "section": "s", "name": "n", "expr": "1 + 1", "bindings": {}, "value": {"int": "2"}}
    wrong = {**right, "name": "m", "value": {"int": "3"}}
    strange = {**right, "name": "o", "value": {"strange": 1}}
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, (right, wrong, strange))))
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("conformance.py")), str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.returncode == 1
    assert done.stdout == (
        "f/s/m: 1 + 1: got 2, expected {'int': '3'}\n"
        "f/s/o: 1 + 1: crashed: NotImplementedError: strange\n"
        "1 passed, 2 failed\n"
    )


_TRUTH = {"trueVal": True, "falseVal": False}


def _expected_of_go(source: str) -> object:
    """What a Go expression of the semver tests stands for."""
    if found := re.fullmatch(r"types\.Int\((-?\d+)\)", source):
        return int(found[1])
    if found := re.fullmatch(r'apiservercel\.Semver\{Version: semver\.MustParse\("(.*)"\)\}', source):
        return SemVer.parse(found[1])
    return _TRUTH[source]


def test_semver_is_as_kubernetes_has_it() -> None:
    cases = [json.loads(line) for line in data_file("cel", "kubernetes_semver.jsonl").read_text("utf-8").splitlines()]
    assert len(cases) == 33
    for case in cases:
        if case["compile_err"]:
            with pytest.raises(CelProblems):
                compile_expression(case["expr"], Environment(roots={}))
        elif case["runtime_err"]:
            assert type(unchecked(case["expr"]).run({}).value) is CelError, case
        else:
            found = compile_expression(case["expr"], Environment(roots={})).run({}).value
            expected = _expected_of_go(case["expect"])
            assert (type(found), found) == (type(expected), expected), case
