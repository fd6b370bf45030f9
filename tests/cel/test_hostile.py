"""Hostile expressions: each is refused, or stopped at the same cost everywhere, and quickly."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limits import allowance

from cel.unchecked import run, unchecked
from passmuster.cel import CelError, CelProblems, Environment, compile_expression
from passmuster.cel.run.program import OUT_OF_STEPS
from passmuster.cel.values.budget import STEP_BUDGET

_SECONDS = 5.0
"""Far from hanging, also under a tracer; hostile.py measures without one."""
_WARM = compile_expression("true", Environment(roots={})).run({})


def _codes(text: str) -> list[str]:
    with pytest.raises(CelProblems) as refused:
        compile_expression(text, Environment(roots={}))
    return sorted({str(problem.code) for problem in refused.value.problems})


_NESTED = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("'" + "\\\\" * 40, "cel-syntax", id="an unterminated string of escaped backslashes"),
        pytest.param('"""' + "\\\\" * 1000, "cel-syntax", id="an unterminated triple-quoted string"),
        pytest.param("(" * 2000 + ")" * 2000, "cel-limit", id="nested parentheses"),
        pytest.param("[" * 150 + "]" * 150, "cel-limit", id="nested lists"),
        pytest.param("-" * 3000 + "1", "cel-limit", id="a chain of minus"),
        pytest.param("true ? " * 300 + "1" + " : 1" * 300, "cel-syntax", id="conditions in conditions"),
        pytest.param("true ? 1 : " * 300 + "1", "cel-limit", id="a ladder of conditions"),
        pytest.param("x" + ".x" * 1000, "cel-limit", id="a chain of selections"),
        pytest.param("[" + "1," * 2000 + "1]", "cel-limit", id="a list of thousands of elements"),
        pytest.param("[1] == " * 100 + "[1]", "cel-limit", id="a chain of comparisons"),
        pytest.param("1" * 4000, "cel-syntax", id="a number of thousands of digits"),
        pytest.param("__dict__.functions.size", "cel-reserved", id="the way into cel-python's activation"),
        pytest.param("__dict__.functions.size{a: 1}", "cel-reserved", id="an internal callable as a message"),
        pytest.param("'a'.__class__.__mro__", "cel-reserved", id="an attribute of a Python object"),
        pytest.param("[1, 2].reduce(r, i, 'x', r + r) == ''", "cel-undeclared", id="cel-python's own reduce"),
        pytest.param("lambda + None", "cel-undeclared", id="keywords of Python as names"),
        pytest.param("'a'.matches('(a{1000}){1000}')", "cel-regex", id="a regex that multiplies repetitions"),
        pytest.param("'a'.matches('" + "(a?){900}" * 50 + "')", "cel-regex", id="a regex too large"),
        pytest.param("\ud800", "cel-syntax", id="half a character of UTF-16"),
        pytest.param("\x00", "cel-syntax", id="a NUL"),
    ],
)
def test_it_is_refused_at_once(text: str, code: str) -> None:
    began = time.process_time()
    codes = _codes(text)
    assert time.process_time() - began < _SECONDS * allowance()
    assert code in codes


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "A.all(a, A.all(b, A.all(c, A.all(d, A.all(e, A.all(f, true))))))".replace("A", _NESTED), id="nested macros"
        ),
        pytest.param(
            "A.map(a, A.map(b, A.map(c, a))).map(x, x + x + x + x).all(x, A.all(b, A.all(c, x == x + [])))".replace(
                "A", _NESTED
            ),
            id="comparing large lists again and again",
        ),
        pytest.param(
            "A.all(a, A.all(b, A.all(c, !'x'.matches('(' + string(a * 100 + b * 10 + c) + '|a{500}){2}'))))".replace(
                "A", _NESTED
            ),
            id="many different patterns",
        ),
    ],
)
def test_it_is_stopped_when_the_budget_is_used_up(text: str) -> None:
    program = unchecked(text)
    began = time.process_time()
    found = program.run({})
    assert time.process_time() - began < _SECONDS * allowance()
    assert found.value == OUT_OF_STEPS
    assert found.steps == STEP_BUDGET


def test_the_end_of_the_budget_is_not_absorbed() -> None:
    endless = "A.all(a, A.all(b, A.all(c, A.all(d, A.all(e, true)))))".replace("A", _NESTED)
    for text in (f"{endless} || true", f"!({endless}) && false", f"[1, 2].exists(x, {endless} || x == 2)"):
        assert run(text) == OUT_OF_STEPS


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("'x'" + " + 'x'" * 200 + " == ''", id="a long chain of strings"),
        pytest.param("||".join(["false"] * 499), id="hundreds of terms"),
        pytest.param("&&".join(["true"] * 499), id="hundreds of conditions"),
    ],
)
def test_long_and_flat_is_no_offence(text: str) -> None:
    assert compile_expression(text, Environment(roots={})).run({}).value is not OUT_OF_STEPS


def test_a_string_that_doubles_is_stopped() -> None:
    doubled = "'" + "x" * 1000 + "'"
    text = "[D].map(a, a + a + a + a).map(a, a + a + a + a).map(a, a + a + a + a).map(a, a + a + a + a)".replace(
        "D", doubled
    )
    assert run(text) == CelError("the string is too long (got 128000, max 65536)", 1, 1081)


def test_a_list_that_doubles_is_stopped() -> None:
    grown = "A.map(a, A.map(b, A))".replace("A", _NESTED)
    text = f"[{_NESTED}]" + ".map(a, a + a + a + a + a + a + a + a + a + a)" * 4
    assert isinstance(run(grown), list)
    found = run(text)
    assert isinstance(found, CelError)
    assert found.message == "the list is too long (got 20000, max 10000)"


def test_the_cost_is_the_same_on_every_run() -> None:
    program = unchecked("A.filter(a, A.exists(b, a * b == 42)).map(x, string(x)).join('-') == ''".replace("A", _NESTED))
    assert {program.run({}).steps for _ in range(5)} == {program.run({}).steps}


_PIECES = st.sampled_from(
    [
        *("'", '"', "'''", '"""', "\\", "\\\\", "r'", "b'", "(", ")", "[", "]", "{", "}", ".", "..", "?", ":", "||"),
        *("&&", "!", "-", "1", "1.5", "1u", "0x", "e5", "in", "true", "null", "a", "has(", ".all(", "x, ", "lambda"),
        *("None", "import", " ", "\n", "//", "`", "$", "=", "==", "<", "%", "/", "*", ",", "size(", "matches(", "'('"),
        *("\u2028", "é", "\x00", "{}", "[]"),
    ]
)


@settings(max_examples=400, deadline=None)
@given(pieces=st.lists(_PIECES, max_size=60))
def test_any_text_is_compiled_and_run_or_refused(pieces: list[str]) -> None:
    text = "".join(pieces)
    began = time.process_time()
    with contextlib.suppress(CelProblems):
        unchecked(text).run({"a": {"b": [1, "x"]}})
    assert time.process_time() - began < _SECONDS * allowance()
