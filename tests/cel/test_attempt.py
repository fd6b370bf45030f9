"""What the command line needs: an expression tried in one go, and the table of functions."""

from __future__ import annotations

import pytest

from cel.world import ENVIRONMENT, roots, unknown
from passmuster.cel import CelProblems, Unknown, attempt, functions_table
from passmuster.cel.library import FUNCTIONS


def test_an_expression_is_tried_in_one_go() -> None:
    found = attempt("cpu.flags.filter(f, f.startsWith('s'))", ENVIRONMENT, roots())
    assert (found.type, found.value) == ("list(string)", ["sse4_2", "ssse3"])
    assert [str(read.path) for read in found.reads] == ["cpu.flags"]
    assert 0 < found.steps < found.most


def test_what_is_unknown_is_told_in_words_and_as_it_is() -> None:
    section = {"count": unknown("cpu.count"), "flags": [], "architecture": "x86_64"}
    found = attempt("cpu.count + 1", ENVIRONMENT, roots(cpu=section))
    assert found.value == "unknown: cpu.count (denied)"
    assert isinstance(found.outcome, Unknown)


def test_what_is_wrong_is_raised() -> None:
    with pytest.raises(CelProblems, match="there is no field 'flgs'"):
        attempt("cpu.flgs", ENVIRONMENT, roots())


def test_every_form_of_every_function_is_in_the_table_with_a_sentence() -> None:
    table = functions_table()
    signatures = [signature for signature, _ in table]
    assert len(signatures) == len(set(signatures))
    assert "string.charAt(int) -> string" in signatures
    assert "list(A).all(x, bool) -> bool" in signatures
    assert all(about.endswith(".") for _, about in table)
    for name in FUNCTIONS:
        assert any(f"{name}(" in signature for signature in signatures), name
