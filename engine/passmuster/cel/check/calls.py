"""The checker's part for function calls: which function, which form of it, and literals that it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.check import operators
from passmuster.cel.library import FUNCTIONS, NOT_SUPPORTED
from passmuster.cel.library.regexes import SEARCHES, BadPatternError, compiled
from passmuster.cel.library.times import GETTERS
from passmuster.cel.library.versions import READERS as VERSIONS
from passmuster.cel.syntax import suggestions
from passmuster.cel.syntax.macros import MACROS
from passmuster.cel.syntax.problems import Code
from passmuster.cel.syntax.tree import Name
from passmuster.cel.values import times
from passmuster.cel.values.types import Basic, CelType, ListType, joined, show
from passmuster.cel.values.values import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.check.check import Checker, Scope
    from passmuster.cel.check.narrowing import Places
    from passmuster.cel.library import Function
    from passmuster.cel.syntax.tree import Call, Node

TIMES: dict[str, Callable[[str], object | None]] = {"timestamp": times.timestamp, "duration": times.duration}
READERS: dict[str, Callable[[str], object | None]] = {**VERSIONS, **TIMES}
"""For each function of one text, what makes a value of it; None where the text means nothing."""


_PAIR = 2


def call(checker: Checker, node: Call, scope: Scope, known: Places) -> CelType:
    """The type of a call's result."""
    if node.function not in FUNCTIONS and _like_a_macro(checker, node, scope):
        checker.check(node.operands[0], scope, known)
        _undeclared(checker, node)
        return Basic.BROKEN
    kinds = tuple(checker.check(operand, scope, known) for operand in node.operands)
    for operand, kind in zip(node.operands, kinds, strict=True):
        checker.whole(operand, kind, f"{node.function}()")
    function = FUNCTIONS.get(node.function)
    if function is None:
        _undeclared(checker, node)
        return Basic.BROKEN
    result = _result(function, node, kinds)
    if result is None:
        _no_form(checker, function, node, kinds)
        return Basic.BROKEN
    _literals(checker, node, kinds, scope)
    return result


def _like_a_macro(checker: Checker, node: Call, scope: Scope) -> bool:
    """Whether it is called as `list.any(x, ...)` is: with a name that there is not, which stands for the elements."""
    match node.operands:
        case (_, Name(name=name), _) if node.receiver is not None:
            return name not in scope and checker.environment.root(name) is None
        case _:
            return False


def _result(function: Function, node: Call, kinds: tuple[CelType, ...]) -> CelType | None:
    """What the forms that fit yield; of several, because something is dyn, the narrowest type for all."""
    forms = function.forms(member=node.receiver is not None, arguments=len(kinds))
    results = [result for result in (form.fits(kinds) for form in forms) if result is not None]
    if not results:
        return None
    united = results[0]
    for result in results[1:]:
        united = joined(united, result)
    return united


def _undeclared(checker: Checker, node: Call) -> None:
    if node.function in NOT_SUPPORTED:
        message = f"{node.function}() is not in this version of the language"
        checker.findings.add(Code.NOT_SUPPORTED, message, node.at)
        return
    hint = suggestions.call(node.function) or suggestions.nearest(node.function, (*FUNCTIONS, *MACROS))
    if node.function in MACROS and node.receiver is None:
        hint = f"write: list.{node.function}(x, ...)"
    checker.findings.add(Code.UNDECLARED, f"there is no function {node.function!r}", node.at, hint)


def _no_form(checker: Checker, function: Function, node: Call, kinds: tuple[CelType, ...]) -> None:
    message = f"no such overload: {_form(node.function, kinds, member=node.receiver is not None)}"
    forms = dict.fromkeys(_form(function.name, form.parameters, member=form.member) for form in function.overloads)
    hint = f"there is {', '.join(forms)}"
    if node.receiver is not None and isinstance(kinds[0], ListType):
        hint = suggestions.call(node.function) or hint
    checker.findings.add(Code.NO_OVERLOAD, message, node.at, hint)


def _form(name: str, kinds: tuple[CelType, ...], *, member: bool) -> str:
    shown_kinds = [show(kind) for kind in kinds]
    if member:
        return f"{shown_kinds[0]}.{name}({', '.join(shown_kinds[1:])})"
    return f"{name}({', '.join(shown_kinds)})"


def _literals(checker: Checker, node: Call, kinds: tuple[CelType, ...], scope: Scope) -> None:
    """Note constants that the function refuses in every run."""
    if node.function in SEARCHES:
        _pattern(checker, node.operands[1], scope)
    read = READERS.get(node.function)
    if read is not None and len(kinds) == 1:
        _readable(checker, node, read, scope)
    if node.function in GETTERS and len(kinds) == _PAIR:
        _zone(checker, node.operands[1], scope)
    if len(kinds) == _PAIR and all(isinstance(kind, ListType) for kind in kinds):
        operators.enumerated(checker, kinds[0], node.operands[1], scope)
        operators.enumerated(checker, kinds[1], node.operands[0], scope)


def _text(checker: Checker, node: Node, scope: Scope) -> str | None:
    """A string that is the same in every run."""
    constant = checker.constant(node, scope)
    return constant.value if constant is not None and isinstance(constant.value, str) else None


def _pattern(checker: Checker, node: Node, scope: Scope) -> None:
    if (pattern := _text(checker, node, scope)) is not None:
        try:
            compiled(pattern)
        except BadPatternError as error:
            checker.findings.add(Code.REGEX, str(error), node.start)


def _readable(checker: Checker, node: Call, read: Callable[[str], object | None], scope: Scope) -> None:
    text = _text(checker, node.operands[0], scope)
    if text is not None and read(text) is None:
        code = Code.TIME if node.function in TIMES else Code.VERSION
        checker.findings.add(code, f"{node.function}() cannot read {shown(text)}", node.operands[0].start)


def _zone(checker: Checker, node: Node, scope: Scope) -> None:
    text = _text(checker, node, scope)
    if text is not None and times.zone(text) is None:
        message = f"there is no time zone {shown(text)}"
        checker.findings.add(Code.TIME, message, node.start, "an offset such as +02:00, UTC, or an IANA name")
