"""Below the command line nothing looks at the clock, the environment or the standard streams, nor keeps state."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ENGINE = Path(__file__).resolve().parents[2] / "engine" / "passmuster"
FORBIDDEN = {
    "os": {"environ", "environb", "getenv", "getenvb", "putenv"},
    "sys": {"stdin", "stdout", "stderr", "argv"},
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "getpass": {"getpass"},
}
"""Attributes of modules and of classes that are called so."""
MUTABLE = {"dict", "list", "set", "deque", "defaultdict", "Counter", "ContextVar", "SimpleQueue"}
MODULES = [
    each for each in sorted(ENGINE.rglob("*.py")) if each.relative_to(ENGINE).parts[0] not in {"cli", "__main__.py"}
]


def looked_at(source: str) -> Iterator[str]:
    """What of its surroundings a module looks at, and what it keeps, by line."""
    tree = ast.parse(source)
    real = dict(_renamed(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=base), attr=name) if name in FORBIDDEN.get(real.get(base, base), ()):
                yield f"{node.lineno}: {real.get(base, base)}.{name}"
            case ast.Attribute(value=ast.Attribute(attr=base), attr=name) if name in FORBIDDEN.get(base, ()):
                yield f"{node.lineno}: {base}.{name}"
            case ast.ImportFrom(module=str(base), names=names):
                yield from (
                    f"{node.lineno}: {base}.{each.name}" for each in names if each.name in FORBIDDEN.get(base, ())
                )
            case ast.Global():
                yield f"{node.lineno}: global {', '.join(node.names)}"
            case ast.Call(func=ast.Name(id="input" | "print" | "breakpoint" as name)):
                yield f"{node.lineno}: {name}"
            case _:
                pass
    for statement in tree.body:
        match statement:
            case ast.AnnAssign(annotation=ast.Subscript(value=ast.Name(id="Mapping"))):
                pass  # nobody can fill it
            case ast.Assign(value=value) | ast.AnnAssign(value=value) if _starts_empty(value):
                yield f"{statement.lineno}: {ast.unparse(statement)}"
            case _:
                pass


def _renamed(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """What is imported under another name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((each.asname, each.name) for each in node.names if each.asname)


def _starts_empty(value: ast.expr | None) -> bool:
    """Whether a module's variable begins with nothing in it: somebody is to fill it."""
    match value:
        case ast.Dict(keys=[]) | ast.List(elts=[]) | ast.Call(func=ast.Name(id="ContextVar")):
            return True
        case ast.Call(func=ast.Name(id=name), args=[], keywords=[]) if name in MUTABLE:
            return True
        case _:
            return False


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ENGINE)))
def test_a_module_below_the_command_line_takes_everything_as_an_argument(module: Path) -> None:
    assert list(looked_at(module.read_text())) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import os\nhome = os.environ['HOME']", "2: os.environ"),
        ("import os as _os\nhome = _os.environ", "2: os.environ"),
        ("from datetime import datetime as d\nat = d.now()", "2: datetime.now"),
        ("from os import environ", "1: os.environ"),
        ("def f():\n    return os.getenv('HOME')", "2: os.getenv"),
        ("data = sys.stdin.buffer.read()", "1: sys.stdin"),
        ("sys.stderr.write('x')", "1: sys.stderr"),
        ("print('x')", "1: print"),
        ("at = datetime.now(UTC)", "1: datetime.now"),
        ("at = datetime.datetime.now()", "1: datetime.now"),
        ("at = time.time()", "1: time.time"),
        ("def f():\n    global made", "2: global made"),
        ("_noted: set[str] = set()", "1: _noted: set[str] = set()"),
        ("_noted = {}", "1: _noted = {}"),
        ("_noted: dict[str, int] = {}", "1: _noted: dict[str, int] = {}"),
        ('_terms = ContextVar("terms", default=1)', "1: _terms = ContextVar('terms', default=1)"),
    ],
)
def test_what_is_looked_for_is_found(source: str, found: str) -> None:
    assert list(looked_at(source)) == [found]
