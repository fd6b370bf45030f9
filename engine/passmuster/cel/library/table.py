"""The functions and macros of the language as a table for people: each form with what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.library import ALL
from passmuster.cel.values.types import show

if TYPE_CHECKING:
    from passmuster.cel.library import Overload

_MACROS = (
    ("has(e.f) -> bool", "Whether a field or key is there; looks at that member only."),
    ("list(A).all(x, bool) -> bool", "Whether it holds for each element, or each key of a map."),
    ("list(A).all(i, x, bool) -> bool", "The same with the index or the key, and the value."),
    ("list(A).exists(x, bool) -> bool", "Whether it holds for some element, or some key of a map."),
    ("list(A).exists(i, x, bool) -> bool", "The same with the index or the key, and the value."),
    ("list(A).exists_one(x, bool) -> bool", "Whether it holds for exactly one; also written existsOne."),
    ("list(A).exists_one(i, x, bool) -> bool", "The same with the index or the key, and the value."),
    ("list(A).filter(x, bool) -> list(A)", "The elements, or the keys of a map, for which it holds."),
    ("list(A).map(x, B) -> list(B)", "What becomes of each element, or of each key of a map."),
    ("list(A).map(x, bool, B) -> list(B)", "The same for those for which the condition holds."),
    ("list(A).sortBy(x, B) -> list(A)", "The elements in the order of what is made of them."),
    ("list(A).transformList(i, x, B) -> list(B)", "As map, with the index or the key, and the value."),
    ("list(A).transformList(i, x, bool, B) -> list(B)", "The same for those for which the condition holds."),
    ("map(K, A).transformMap(k, x, B) -> map(K, B)", "The map with what becomes of each value."),
    ("map(K, A).transformMap(k, x, bool, B) -> map(K, B)", "The same for those for which the condition holds."),
    ("list(A).transformMapEntry(i, x, map(K, B)) -> map(K, B)", "A map of the entries that are made, keys once."),
    ("list(A).transformMapEntry(i, x, bool, map(K, B)) -> map(K, B)", "The same where the condition holds."),
    ("cel.bind(x, A, B) -> B", "An expression with a name for a value that it needs more than once."),
    ("optional(A).optMap(x, B) -> optional(B)", "What becomes of the value, if there is one."),
    ("optional(A).optFlatMap(x, optional(B)) -> optional(B)", "The same where that is an optional itself."),
)


def functions_table() -> tuple[tuple[str, str], ...]:
    """Each form of each function and macro, such as ``string.charAt(int) -> string``, with a sentence about it."""
    functions = ((_signature(function.name, form), function.about) for function in ALL for form in function.overloads)
    return (*functions, *_MACROS)


def _signature(name: str, form: Overload) -> str:
    kinds = [show(kind) for kind in form.parameters]
    if form.member:
        return f"{kinds[0]}.{name}({', '.join(kinds[1:])}) -> {show(form.result)}"
    return f"{name}({', '.join(kinds)}) -> {show(form.result)}"
