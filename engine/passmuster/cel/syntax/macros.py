"""The macros of CEL: calls that are forms of their own, recognized by name and number of arguments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from passmuster.cel.syntax.problems import Code
from passmuster.cel.syntax.tree import Bind, Broken, Fold, FoldKind, Has, ListLiteral, Name, OptionalMap, Select

if TYPE_CHECKING:
    from passmuster.cel.syntax.problems import Findings
    from passmuster.cel.syntax.tree import Call, Node

# name -> (kind, numbers of arguments with one variable, with two variables); the last argument is the body.
_FOLDS: dict[str, tuple[FoldKind, tuple[int, ...], tuple[int, ...]]] = {
    "all": (FoldKind.ALL, (2,), (3,)),
    "exists": (FoldKind.EXISTS, (2,), (3,)),
    "exists_one": (FoldKind.EXISTS_ONE, (2,), (3,)),
    "existsOne": (FoldKind.EXISTS_ONE, (2,), (3,)),
    "filter": (FoldKind.FILTER, (2,), ()),
    "map": (FoldKind.MAP, (2, 3), ()),
    "transformList": (FoldKind.MAP, (), (3, 4)),
    "transformMap": (FoldKind.TRANSFORM_MAP, (), (3, 4)),
    "transformMapEntry": (FoldKind.TRANSFORM_MAP_ENTRY, (), (3, 4)),
    "sortBy": (FoldKind.SORT_BY, (2,), ()),
}
NAMESPACES = frozenset(("base64", "cel", "lists", "math", "optional", "sets", "strings"))
"""Names before a dot that belong to a function's name."""
MACROS = ("has", "optMap", "optFlatMap", *_FOLDS)
"""Their names."""
_VARIADIC = frozenset(("math.greatest", "math.least"))
"""Functions whose arguments, if there are several, are the elements of one list."""
_OPTIONAL_MAPS = {"optMap": False, "optFlatMap": True}


def expand(call: Call, findings: Findings) -> Node:
    """The node that a call stands for: a macro's own, or the call as it is."""
    if call.receiver is None:
        return _has(call, findings) if call.function == "has" else call
    if isinstance(call.receiver, Name) and call.receiver.name in NAMESPACES and call.function not in _FOLDS:
        name = f"{call.receiver.name}.{call.function}"
        named = replace(call, function=name, receiver=None, at=call.receiver.start)
        if name == "cel.bind":
            return _bind(named, findings)
        if name in _VARIADIC and len(call.arguments) > 1:
            return replace(named, arguments=(ListLiteral(items=call.arguments, start=call.start, end=call.end),))
        return named
    if call.function in _OPTIONAL_MAPS:
        return _optional_map(call, findings)
    if call.function not in _FOLDS:
        return call
    kind, one, two = _FOLDS[call.function]
    count = len(call.arguments)
    if count not in one + two:
        wanted = " or ".join(str(number) for number in one + two)
        message = f"{call.function}() takes a variable and an expression (got {count} arguments, expected {wanted})"
        return _broken(call, findings, message, call.at)
    return _fold(call, kind, 1 if count in one else 2, findings)


def _has(call: Call, findings: Findings) -> Node:
    if len(call.arguments) != 1:
        return _broken(call, findings, f"has() takes one selection (got {len(call.arguments)} arguments)", call.start)
    selection = call.arguments[0]
    if isinstance(selection, Broken):
        return selection
    if not isinstance(selection, Select):
        message = "the argument of has() must be a selection such as x.f"
        return _broken(call, findings, message, selection.start, "for a key of a map: 'key' in map")
    return Has(operand=selection.operand, field=selection.field, at=selection.at, start=call.start, end=call.end)


def _bind(call: Call, findings: Findings) -> Node:
    if len(call.arguments) != 3:
        message = f"cel.bind() takes a variable, its value and an expression (got {len(call.arguments)} arguments)"
        return _broken(call, findings, message, call.at)
    name, value, body = call.arguments
    if not isinstance(name, Name) or name.rooted:
        return _broken(call, findings, "the variable of cel.bind() must be a simple name", name.start)
    return Bind(variable=name.name, value=value, body=body, start=call.start, end=call.end)


def _optional_map(call: Call, findings: Findings) -> Node:
    if len(call.arguments) != 2:
        message = f"{call.function}() takes a variable and an expression (got {len(call.arguments)} arguments)"
        return _broken(call, findings, message, call.at)
    name, body = call.arguments
    if not isinstance(name, Name) or name.rooted:
        return _broken(call, findings, f"the variable of {call.function}() must be a simple name", name.start)
    assert call.receiver is not None
    return OptionalMap(
        operand=call.receiver,
        variable=name.name,
        body=body,
        flat=_OPTIONAL_MAPS[call.function],
        at=call.at,
        start=call.start,
        end=call.end,
    )


def _fold(call: Call, kind: FoldKind, variables: int, findings: Findings) -> Node:
    names: list[str] = []
    for argument in call.arguments[:variables]:
        if not isinstance(argument, Name) or argument.rooted:
            message = f"the variable of {call.function}() must be a simple name"
            return _broken(call, findings, message, argument.start)
        if argument.name in names:
            message = f"the two variables of {call.function}() have one name ({argument.name!r})"
            return _broken(call, findings, message, argument.start)
        names.append(argument.name)
    *rest, body = call.arguments[variables:]
    assert call.receiver is not None
    return Fold(
        kind=kind,
        range=call.receiver,
        variables=tuple(names),
        condition=rest[0] if rest else None,
        body=body,
        at=call.at,
        start=call.start,
        end=call.end,
    )


def _broken(call: Call, findings: Findings, message: str, at: int, hint: str | None = None) -> Broken:
    findings.add(Code.MACRO, message, at, hint)
    return Broken(start=call.start, end=call.end)
