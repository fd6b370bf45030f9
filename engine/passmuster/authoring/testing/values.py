"""Values worth trying for a fact: those at which an expression could change its mind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from passmuster.authoring.testing.policy_parts import parts
from passmuster.cel.syntax.tree import Literal, walk
from passmuster.codec import schema
from passmuster.codec.schema.fieldtypes import FieldType, Kind, ListOf, MapOf, Object, Scalar
from passmuster.model.unknown import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.model.fieldpath import FieldPath
    from passmuster.policy.compile import CompiledPolicy

_MAX_TEXTS = 200


def words(policy: CompiledPolicy) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The texts and numbers that a policy's expressions and constants name, and the words in those texts."""
    texts: dict[str, None] = {}
    numbers: dict[int, None] = {0: None, 1: None, 2: None}
    literals = [node.value for part in parts(policy) for node in walk(part.program.tree) if isinstance(node, Literal)]
    for value in [*literals, *_flat(policy.constants)]:
        if isinstance(value, str):
            texts |= dict.fromkeys([value, *_versions(value), *re.findall(r"\w+", value)])
        elif type(value) is int:
            numbers |= dict.fromkeys((value - 1, value, value + 1))
    for word in list(texts):
        if len(word) <= 4:
            texts |= dict.fromkeys([*word, f"x{word}"])
    return tuple(texts)[:_MAX_TEXTS], tuple(numbers)


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list | tuple):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _flat(member)
    else:
        yield value


def _versions(text: str) -> Iterator[str]:
    """What stands right below, at and right above a version."""
    if re.fullmatch(r"\d+(\.\d+)+", text):
        head, _, last = text.rpartition(".")
        yield from (f"{head}.{number}" for number in (max(int(last) - 1, 0), int(last) + 1))
        yield f"{text}.0"
        yield f"{text}.1"


def candidates(path: FieldPath, now: Any, named: tuple[tuple[str, ...], tuple[int, ...]]) -> Iterator[Any]:
    """Values that a fact could have instead, null and unknown among them."""
    kind = _kind(path)
    if kind is None:
        return
    yield from (
        candidate for candidate in _of_kind(kind, now, named) if candidate != now or type(candidate) is not type(now)
    )
    if kind.nullable or len(path.parts) > 2:
        yield None
    yield Reason.DENIED


def _of_kind(kind: FieldType, now: Any, named: tuple[tuple[str, ...], tuple[int, ...]]) -> Iterator[Any]:
    texts, numbers = named
    match kind:
        case Scalar(kind=Kind.BOOL):
            yield from (True, False)
        case Scalar(kind=Kind.INT):
            yield from numbers
        case Scalar():
            yield from texts if kind.enum is None else kind.enum
        case ListOf(element=Scalar(kind=Kind.STRING) | Scalar(kind=Kind.INT) as element):
            held = now if isinstance(now, list) else []
            yield []
            for candidate in texts if element.kind is Kind.STRING else numbers:
                yield sorted({*held, candidate} - ({candidate} if candidate in held else set()))
        case MapOf() | Object() | ListOf():
            return


def _kind(path: FieldPath) -> FieldType | None:
    kind: FieldType | None = schema.sections(1).get(path.parts[0])
    for part in path.parts[1:]:
        match kind:
            case Object():
                kind = kind.fields.get(part)
            case MapOf():
                kind = kind.value
            case _:
                return None
    return kind


def mistaken(pattern: str) -> Iterator[str]:
    """The pattern with each thing left out that can be, in the order of the text."""
    if pattern.startswith("^"):
        yield pattern[1:]
    for start, end in _removable(pattern):
        yield pattern[:start] + pattern[end:]
    if pattern.endswith("$") and not pattern.endswith(r"\$"):
        yield pattern[:-1]


def _removable(pattern: str) -> Iterator[tuple[int, int]]:
    """Where each alternative stands, with one bar beside it, and each letter of a plain class."""
    at, opened = 0, [_first(pattern)]
    bars: list[list[int]] = [[]]
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\":
            at += 1
        elif letter == "[":
            end = _class_end(pattern, at)
            yield from _letters(pattern, at, end)
            at = end
        elif letter == "(":
            opened.append(at + 1 + 2 * pattern.startswith("(?:", at))
            bars.append([])
        elif letter == "|":
            bars[-1].append(at)
        elif letter == ")" and len(opened) > 1:
            yield from _alternatives(opened.pop(), bars.pop(), at)
        at += 1
    yield from _alternatives(opened[0], bars[0], len(pattern))


def _first(pattern: str) -> int:
    return 1 if pattern.startswith("^") else 0


def _class_end(pattern: str, start: int) -> int:
    """Where the bracket of a class closes; one right after its opening is a letter of it."""
    at = start + 1 + pattern.startswith("^", start + 1)
    at += pattern.startswith("]", at)
    while at < len(pattern) and pattern[at] != "]":
        at += 1 + (pattern[at] == "\\")
    return at


def _letters(pattern: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    letters = pattern[start + 1 : end]
    if len(letters) > 1 and not set(letters) & set("^-\\[:"):
        yield from ((at, at + 1) for at in range(start + 1, end))


def _alternatives(start: int, bars: list[int], end: int) -> Iterator[tuple[int, int]]:
    if bars:
        yield start, bars[0] + 1
        yield from zip(bars, [*bars[1:], end], strict=True)
