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
