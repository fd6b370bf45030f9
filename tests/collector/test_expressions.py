"""No regular expression of the collector takes the square of what it searches, whatever that is.

The expressions are found in the code. Each is tried on texts that are made from itself: what stands before a repetition,
then what is repeated, many times, then what cannot follow. A square of their length takes seconds of the processor; a
multiple of it takes thousandths, and the bound lies between.
"""

from __future__ import annotations

import ast
import importlib
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import passmuster_collector
from passmuster_collector import programs, runtimes
from passmuster_collector.facts import cpu, hypervisor

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(passmuster_collector.__file__).parent
MANY = 200_000
ENOUGH = 0.5
"""Seconds of the processor."""
METHODS = {"match", "search", "findall", "sub", "split", "fullmatch"}
LETTERS = " \t\na1A-_./:,=#\"'\\(){}[]|*?;x\x00"
FEW = {"hypervisor": 4096}
"""Modules that search less than others: their files are read to this size."""
INDIRECT = {
    "cpu.architecture_of": [pattern for pattern, _ in cpu._MACHINES],
    "hypervisor.named": [pattern for pattern, _ in hypervisor._PRODUCTS],
    "hypervisor._by_clock": [pattern for pattern, _ in hypervisor._GUEST_CLOCKS],
    "hypervisor._by_tree": [pattern for pattern, _ in hypervisor._VIRTUAL_BOARDS],
    "kubelet._field_of_yaml": [r"^[\"']?cgroupDriver[\"']?[ \t]*:(?![^\s])[ \t]*(.*)$"],
    "memory.parse_meminfo": [r"^MemTotal:\s*([0-9]{1,18}) kB$"],
    "processes._judged": [r" \(deleted\)\Z"],
    "programs._package": [
        pattern
        for each in (programs.DOCKER, programs.CONTAINERD, programs.CRIO, programs.KUBELET)
        for pattern in (each.rpms, each.debs)
    ],
    "programs.parse_version": [
        each.prints for each in (programs.DOCKER, programs.CONTAINERD, programs.CRIO, programs.KUBELET)
    ],
    "runtimes.runtime_of": [pattern + r"\Z" for pattern, _ in runtimes._SOCKETS],
}
"""Where a pattern is put together: what it comes to."""


class Use(NamedTuple):
    """An expression, and one way in which it is used."""

    place: str
    pattern: str
    flags: int
    method: str

    @property
    def expression(self) -> re.Pattern[str]:
        """As it is compiled."""
        return re.compile(self.pattern, self.flags)


def uses() -> Iterator[Use]:
    """All of the collector; where a pattern is put together, what INDIRECT says."""
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text())
        yield from _called(file, tree)
        names = vars(importlib.import_module(_dotted(file)))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                expression = names.get(node.value.id)
                if isinstance(expression, re.Pattern) and node.attr in METHODS:
                    yield Use(f"{file.stem}.{node.value.id}", expression.pattern, expression.flags, node.attr)


def _called(file: Path, tree: ast.Module) -> Iterator[Use]:
    """Where a function of `re` is given a pattern, but for those that have a name of the module."""
    within = _within(tree)
    named = {node.value for node in tree.body if isinstance(node, ast.Assign)}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.")) or node in named:
            continue
        method, place = ast.unparse(node.func)[len("re.") :], f"{file.stem}.{within.get(node, '')}"
        flags = re.MULTILINE if any("MULTILINE" in ast.unparse(each) for each in node.args) else 0
        if method in METHODS | {"compile"}:
            literal = isinstance(node.args[0], ast.Constant)
            for pattern in [ast.literal_eval(node.args[0])] if literal else INDIRECT[place]:
                yield Use(place, pattern, flags, "match" if method == "compile" else method)


def _dotted(file: Path) -> str:
    return ".".join(("passmuster_collector", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    )


def _within(tree: ast.Module) -> dict[ast.AST, str]:
    """Nodes to the function that they stand in."""
    return {
        node: function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
    }


class Hard(NamedTuple):
    """What leads to a repetition, and what may be repeated there."""

    before: str
    pieces: tuple[str, ...]


def _hard(parsed: Any, before: str = "") -> Iterator[Hard]:
    """Every repetition without a limit in a parsed expression, also within others."""
    for operator, given in parsed:
        name = str(operator)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            low, high, inner = given
            if int(high) > 1000:
                alone = list(inner)
                letters = tuple(letter for letter in LETTERS if len(alone) == 1 and _takes(alone[0], letter))
                yield Hard(before, (*letters, _least(inner)))
            yield from _hard(inner, before)
            before += _least(inner) * int(low)
            continue
        if name == "SUBPATTERN":
            yield from _hard(given[-1], before)
        elif name == "BRANCH":
            for each in given[1]:
                yield from _hard(each, before)
        before += _least([(operator, given)])


def _least(parsed: Any) -> str:
    """A short text that an expression takes."""
    found = ""
    for operator, given in parsed:
        name = str(operator)
        if name == "LITERAL":
            found += chr(given)
        elif name in ("IN", "NOT_LITERAL", "ANY"):
            found += next((letter for letter in "a1 " + LETTERS if _takes((operator, given), letter)), "")
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            found += _least(given[2]) * int(given[0])
        elif name == "SUBPATTERN":
            found += _least(given[-1])
        elif name == "BRANCH":
            found += _least(given[1][0])
    return found


def _takes(item: Any, letter: str) -> bool:
    """Whether one step of an expression takes a letter."""
    operator, given = str(item[0]), item[1]
    if operator == "LITERAL":
        return bool(chr(given) == letter)
    if operator == "NOT_LITERAL":
        return bool(chr(given) != letter)
    if operator == "ANY":
        return letter != "\n"
    if operator != "IN":
        return False
    negated = str(given[0][0]) == "NEGATE"
    return negated != any(_holds(str(kind), each, letter) for kind, each in given if str(kind) != "NEGATE")


def _holds(kind: str, given: Any, letter: str) -> bool:
    if kind == "LITERAL":
        return bool(chr(given) == letter)
    if kind == "RANGE":
        return bool(given[0] <= ord(letter) <= given[1])
    classes = {"SPACE": r"\s", "DIGIT": r"\d", "WORD": r"\w"}
    name = str(given).removeprefix("CATEGORY_")
    wanted = not name.startswith("NOT_")
    return (re.match(classes[name.removeprefix("NOT_")], letter) is not None) == wanted


def attacks(use: Use, many: int) -> Iterator[str]:
    """Texts that may take an expression long."""
    parsed = importlib.import_module("re._parser").parse(use.pattern, use.flags)
    for before, pieces in _hard(parsed):
        for piece in filter(None, pieces):
            for text in (before + piece * (many // len(piece)), (before + piece) * (many // len(before + piece))):
                yield text
                yield text + "\x00\n"
    yield from (letter * many for letter in LETTERS)


def seconds(use: Use, text: str) -> float:
    """Of the processor; the least of three, where it is long."""
    expression, least = use.expression, ENOUGH
    for _ in range(3):
        began = time.process_time()
        if use.method == "sub":
            expression.sub("", text)
        else:
            getattr(expression, use.method)(text)
        least = min(least, time.process_time() - began)
        if least < ENOUGH:
            break
    return least


USES = sorted(set(uses()))


@pytest.mark.long
@pytest.mark.parametrize("use", USES, ids=[f"{use.place} {use.method} {at}" for at, use in enumerate(USES)])
def test_no_expression_takes_long(use: Use) -> None:
    many = FEW.get(use.place.partition(".")[0], MANY)
    assert next((text[:80] for text in attacks(use, many) if seconds(use, text) >= ENOUGH), None) is None


SQUARES = {
    "a repetition that may begin anywhere": (r"a*b", "search", 30_000),
    "two that take the same": (r"x[ ]*[ \t]*y", "match", 30_000),
    "a beginning and anything": (r"Microsoft.*Machine", "search", MANY // 2),
    "blanks before an end": (r"\s+\Z", "search", 20_000),
}


@pytest.mark.long
@pytest.mark.parametrize("name", SQUARES)
def test_what_takes_long_is_found(name: str) -> None:
    pattern, method, many = SQUARES[name]
    use = Use("x", pattern, 0, method)
    assert any(seconds(use, text) >= ENOUGH for text in attacks(use, many))
