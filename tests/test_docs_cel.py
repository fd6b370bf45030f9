"""The examples of docs/cel.md: what it says is true is true, and what it says is refused is refused with its words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cel.fuzz import KNOWN

from passmuster.cel import Basic, CelProblems, Code, compile_expression, functions_table
from passmuster.cel.library import FUNCTIONS
from passmuster.policy import environments

_TEXT = (Path(__file__).parents[1] / "docs" / "cel.md").read_text("utf-8")
_BLOCKS = re.findall(r"^```cel(?P<mode>[ a-z]*)\n(?P<body>.*?)^```$", _TEXT, re.MULTILINE | re.DOTALL)
_TRUE = [line for mode, body in _BLOCKS if not mode for line in body.splitlines() if line]
_REFUSED = [
    (mode.removeprefix(" refused as ") if " as " in mode else "", *pair.strip().rsplit("\n", 1))
    for mode, body in _BLOCKS
    if mode.startswith(" refused")
    for pair in body.split("\n\n")
]
_ENVIRONMENT = environments.environment()
_ROOTS = {
    "cpu": {"flags": ["cx16", "popcnt", "vmx"], "architecture": "x86_64"},
    "kernel": {"release": "6.1.0-13-amd64", "major": 6},
    "runtime": {"name": "containerd", "docker": {}},
}


@pytest.mark.parametrize("line", _TRUE)
def test_what_is_said_to_be_true_is(line: str) -> None:
    assert compile_expression(line, _ENVIRONMENT, expect=Basic.BOOL).run(_ROOTS).value is True


@pytest.mark.parametrize(("wanted", "text", "line"), _REFUSED, ids=[text for _, text, _ in _REFUSED])
def test_what_is_said_to_be_refused_is_with_those_words(wanted: str, text: str, line: str) -> None:
    with pytest.raises(CelProblems) as refused:
        compile_expression(text, _ENVIRONMENT, expect=Basic.STRING if wanted == "string" else Basic.BOOL)
    assert [str(problem) for problem in refused.value.problems] == [line]


def test_every_code_has_an_example_and_a_sentence() -> None:
    for code in Code:
        assert f"\n`{code}`: " in _TEXT
        assert any(f"[{code}]" in line for *_, line in _REFUSED), code


def test_every_function_and_macro_has_an_example() -> None:
    examples = "\n".join(_TRUE)
    assert [name for name in sorted(FUNCTIONS) if f"{name}(" not in examples] == []
    macros = {found[1] for signature, _ in functions_table() if (found := re.search(r"\.(\w+)\([xik], ", signature))}
    assert len(macros) > 10
    assert [name for name in sorted(macros) if f"{name}(" not in examples] == []


def test_every_known_difference_of_the_fuzzer_is_in_the_table() -> None:
    assert len(KNOWN) == 4
    for words in (
        "an invalid literal timestamp, duration or pattern",
        "elements of `[]` and `{}`",
        "concatenated",
        "substring(0, 1)",
    ):
        assert words in _TEXT
