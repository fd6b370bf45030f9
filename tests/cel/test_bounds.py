"""The static bound: what compiles never runs out, and what could is refused at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cel.expressions import Maker
from cel.unchecked import unchecked
from cel.world import problems, program, roots
from passmuster.cel import Basic, CelError, CelProblems, Environment, ListType, MapType, TextType, compile_expression
from passmuster.cel.run.program import OUT_OF_STEPS
from passmuster.cel.values.budget import STEP_BUDGET
from passmuster.cel.values.sizes import SMALL, Bound, element

if TYPE_CHECKING:
    from random import Random

_LONG, _MANY = 90, 12
_ENVIRONMENT = Environment(
    roots={
        "b": Basic.BOOL,
        "i": Basic.INT,
        "d": Basic.DOUBLE,
        "s": TextType(_LONG),
        "y": Basic.BYTES,
        "li": ListType(Basic.INT, _MANY),
        "ls": ListType(TextType(_LONG), _MANY),
        "m": MapType(TextType(_LONG), Basic.INT, max_entries=_MANY),
        "any": Basic.DYN,
    }
)
_FULL = {
    "b": True,
    "i": 7,
    "d": 1.5,
    "s": "aé" * (_LONG // 2),
    "y": b"a" * 256,
    "li": list(range(_MANY)),
    "ls": [str(number) * (_LONG // len(str(number))) for number in range(_MANY)],
    "m": {f"{number:090}": number for number in range(_MANY - 2)} | {"a": 1, "b": 2},
    "any": {"a": [1] * 128, "t": "x" * 256},
}
"""Every fact as large as its type admits."""


def _within(value: object, bound: Bound) -> bool:
    if isinstance(value, str | bytes):
        return len(value) <= bound.length
    if isinstance(value, list):
        return len(value) <= bound.length and all(_within(item, element(bound)) for item in value)
    if isinstance(value, dict):
        known = bound.fields or {}
        return len(value) <= max(bound.length, len(known)) and all(
            _within(key, bound.key or SMALL) and _within(member, known.get(str(key), element(bound)))
            for key, member in value.items()
        )
    return True


@pytest.mark.long
@settings(max_examples=1500, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_no_run_takes_more_steps_nor_makes_more_than_was_said(chance: Random) -> None:
    text = Maker(chance, own=True).expression(5)
    found = unchecked(text, _ENVIRONMENT)
    evaluation = found.run(_FULL)
    assert evaluation.steps <= min(found.most, STEP_BUDGET), text
    if not isinstance(evaluation.value, CelError):
        assert _within(evaluation.value, found.bound), (text, evaluation.value, found.bound)
    try:
        compile_expression(text, _ENVIRONMENT)
    except CelProblems:
        return
    assert evaluation.value != OUT_OF_STEPS
    assert "is too long" not in str(evaluation.value), text


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        pytest.param("true", 1, id="a literal"),
        pytest.param("cpu.count > 1", 4, id="a comparison"),
        pytest.param("cpu.flags.all(f, f != '')", 6 + 512 * 3, id="a macro: its body for each element"),
        pytest.param("'vmx' in cpu.flags", 4 + 512 // 64, id="membership: a step for 64 strings"),
        pytest.param("['vmx', 'svm'].all(f, f in cpu.flags)", 8 + 2 * (4 + 8), id="membership in each round"),
        pytest.param("kernel.release.matches('^6')", 4 + 1 + 64 // 16, id="a pattern: a step for 16 characters"),
        pytest.param("kernel.release.contains('-')", 4 + 64 // 64, id="a text: a step for 64 characters"),
        pytest.param(
            "sets.contains(cpu.flags, constants.v2)", 5 + 2 * (514 // 16), id="sets: by the sum of their sizes"
        ),
        pytest.param("runtime.installed == []", 4 + 1 + 128 * 2 + 1, id="equality of lists: by all that is in them"),
        pytest.param("true ? cpu.flags.all(f, true) : true", 7 + 512, id="a condition: the dearer branch"),
    ],
)
def test_the_bound_is_what_the_document_says(text: str, steps: int) -> None:
    assert program(text).most == steps
    assert program(text).run(roots()).steps <= steps


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(
            "cpu.flags.all(f, cpu.flags.all(g, f == g))",
            "1:1: the expression can need too many steps (got up to 789513, expected 100000) [cel-cost]"
            "; narrow what the macros go through",
            id="a macro within a macro over long lists",
        ),
        pytest.param(
            "cpu.count > 1 && lists.range(cpu.count).all(x, [1, 2, 3, 4].all(y, x < y))",
            "1:18: the expression can need too many steps (got up to 220018, expected 100000) [cel-cost]"
            "; narrow what the macros go through",
            id="a range of a length that nobody knows",
        ),
        pytest.param(
            "lists.range(10001).size() == 1",
            "1:1: the list can become too long (got up to 10001 elements, expected 10000) [cel-cost]",
            id="a range that is too long",
        ),
        pytest.param(
            "(cpu.flags + cpu.flags).join(', ') == ''",
            "1:25: the string can become too long (got up to 67584 characters, expected 65536) [cel-cost]",
            id="a list joined",
        ),
        pytest.param(
            "cpu.flags.map(f, cpu.flags).flatten().size() == 0",
            "1:29: the list can become too long (got up to 262144 elements, expected 10000) [cel-cost]",
            id="a list of lists flattened",
        ),
        pytest.param(
            "[kernel.release].map(f, f + f + f).map(f, f + f + f).map(f, f + f + f).map(f, f + f + f).map(f, f + f + f)"
            ".map(f, f + f + f).map(f, f + f + f).size() == 0",
            "1:135: the string can become too long (got up to 93312 characters, expected 65536) [cel-cost]",
            id="strings that grow in each macro",
        ),
    ],
)
def test_what_could_run_out_is_refused(text: str, line: str) -> None:
    assert line in problems(text)
