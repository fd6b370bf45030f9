"""Functions of strings: those of CEL itself, and the strings extension."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.library import format as formatting
from passmuster.cel.library.signature import ANY_LIST, Function, Overload
from passmuster.cel.values import sizes
from passmuster.cel.values.budget import MAX_LIST, MAX_STRING
from passmuster.cel.values.numbers import limited_text
from passmuster.cel.values.types import Basic, CelType, ListType
from passmuster.cel.values.values import CelError, no_overload

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.values.budget import Frame
    from passmuster.cel.values.sizes import Bound

_SPACE = (
    "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Unicode calls White_Space; Python's own strip() takes four control characters more."""
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_QUOTED = str.maketrans(
    {
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\v": "\\v",
        "\\": "\\\\",
        '"': '\\"',
    }
)


def _join(frame: Frame, texts: list[object], separator: str = "") -> object:
    for text in texts:
        if type(text) is not str:
            return no_overload("join", texts, text)
    length = sum(len(text) for text in texts if isinstance(text, str)) + len(separator) * max(0, len(texts) - 1)
    if length > MAX_STRING:
        return _too_long(length)
    frame.charge(len(texts))
    frame.charge_text(length)
    return separator.join(text for text in texts if isinstance(text, str))


def _format(frame: Frame, template: str, values: list[object]) -> object:
    text = formatting.formatted(frame, template, values)
    return limited_text(text) if isinstance(text, str) else text


def _char_at(_: Frame, text: str, at: int) -> object:
    return text[at : at + 1] if 0 <= at <= len(text) else _out_of_range(at)


def _index_of(_: Frame, text: str, part: str, start: int = 0) -> object:
    return text.find(part, start) if 0 <= start <= len(text) else _out_of_range(start)


def _last_index_of(_: Frame, text: str, part: str, start: int | None = None) -> object:
    if start is None:
        return text.rfind(part)
    return text.rfind(part, 0, start + len(part)) if 0 <= start <= len(text) else _out_of_range(start)


def _replace(frame: Frame, text: str, old: str, new: str, most: int = -1) -> object:
    count = text.count(old)
    length = len(text) + (count if most < 0 else min(count, most)) * (len(new) - len(old))
    if length > MAX_STRING:
        return _too_long(length)
    frame.charge_text(max(length, 0))
    return text.replace(old, new, most)


def _split(frame: Frame, text: str, separator: str, most: int = -1) -> object:
    if most == 0:
        return []
    count = text.count(separator) + 1 if separator else len(text)
    count = count if most < 0 else min(count, most)
    if count > MAX_LIST:
        return CelError(f"the list is too long (got {count}, max {MAX_LIST})")
    frame.charge(count // 4)
    if separator:
        return text.split(separator, most - 1 if most > 0 else -1)
    head = list(text[: count - 1 if count else 0])
    return [*head, text[count - 1 :]] if count else head


def _substring(_: Frame, text: str, start: int, end: int | None = None) -> object:
    last = len(text) if end is None else end
    for at in (start, last):
        if not 0 <= at <= len(text):
            return _out_of_range(at)
    return text[start:last] if start <= last else CelError(f"substring from {start} to {last}, which is before it")


def _quote(_: Frame, text: str) -> object:
    return limited_text('"' + text.translate(_QUOTED) + '"')


def _out_of_range(at: int) -> CelError:
    return CelError(f"index out of range: {at}")


def _too_long(length: int) -> CelError:
    return CelError(f"the string is too long (got {length}, max {MAX_STRING})")


def _as_it_was(bound: Bound, *_: Bound) -> Bound:
    return bound


def _joined(texts: Bound, separator: Bound = sizes.SMALL) -> Bound:
    return sizes.text(texts.length * (sizes.element(texts).length + separator.length))


def _join_steps(texts: Bound, separator: Bound = sizes.SMALL) -> int:
    return texts.length + _joined(texts, separator).length // 64


def _replaced(text: Bound, _: Bound, new: Bound, *__: Bound) -> Bound:
    return sizes.text(text.length + (text.length + 1) * new.length)


def _parts(text: Bound, *_: Bound) -> Bound:
    return sizes.items(text.length + 1, text)


def _member(result: CelType, run: Callable[..., object], *parameters: CelType, **more: object) -> Overload:
    return Overload(parameters=parameters, result=result, run=run, member=True, **more)  # type: ignore[arg-type]


def _function(name: str, about: str, *overloads: Overload) -> Function:
    return Function(name=name, overloads=overloads, about=about)


_TEXTS = ListType(Basic.STRING)
_ONE = (Basic.STRING,)
_TWO = (Basic.STRING, Basic.STRING)
_THREE = (*_TWO, Basic.STRING)


def _test(name: str, about: str, run: Callable[..., object]) -> Function:
    return _function(name, about, _member(Basic.BOOL, run, *_TWO))


def _rewritten(name: str, about: str, run: Callable[..., object]) -> Function:
    return _function(name, about, _member(Basic.STRING, run, *_ONE, grows=_as_it_was))


FUNCTIONS = (
    _test("contains", "Whether a string has another in it.", lambda _, text, part: part in text),
    _test("startsWith", "Whether a string begins with another.", lambda _, text, part: text.startswith(part)),
    _test("endsWith", "Whether a string ends with another.", lambda _, text, part: text.endswith(part)),
    _function(
        "join",
        "The strings of a list as one, with a separator between them.",
        _member(Basic.STRING, _join, _TEXTS, grows=_joined, spends=_join_steps),
        _member(Basic.STRING, _join, _TEXTS, Basic.STRING, grows=_joined, spends=_join_steps),
    ),
    _function(
        "format",
        "The template with each %s %d %f %e %x %X %o %b replaced by the next value of a list.",
        _member(Basic.STRING, _format, Basic.STRING, ANY_LIST, grows=formatting.grown, spends=formatting.steps),
    ),
    _function(
        "charAt",
        "The character at a place, from 0; '' at the end.",
        _member(Basic.STRING, _char_at, *_ONE, Basic.INT, grows=lambda *_: sizes.text(1)),
    ),
    _function(
        "indexOf",
        "Where a string is first in another, from 0; -1 if it is not.",
        _member(Basic.INT, _index_of, *_TWO),
        _member(Basic.INT, _index_of, *_TWO, Basic.INT),
    ),
    _function(
        "lastIndexOf",
        "Where a string is last in another, from 0; -1 if it is not.",
        _member(Basic.INT, _last_index_of, *_TWO),
        _member(Basic.INT, _last_index_of, *_TWO, Basic.INT),
    ),
    _rewritten("lowerAscii", "The string with A to Z as a to z.", lambda _, text: text.translate(_LOWER)),
    _rewritten("upperAscii", "The string with a to z as A to Z.", lambda _, text: text.translate(_UPPER)),
    _rewritten("trim", "The string without white space at its ends.", lambda _, text: text.strip(_SPACE)),
    _rewritten("reverse", "The characters from the last to the first.", lambda _, text: text[::-1]),
    _function(
        "replace",
        "The string with one part replaced by another, everywhere or at most so many times.",
        *(
            _member(
                Basic.STRING, _replace, *kinds, grows=_replaced, spends=lambda *bounds: _replaced(*bounds).length // 64
            )
            for kinds in (_THREE, (*_THREE, Basic.INT))
        ),
    ),
    _function(
        "split",
        "The parts of a string between separators, all or at most so many.",
        *(
            _member(_TEXTS, _split, *kinds, grows=_parts, spends=lambda text, *_: 1 + text.length // 4)
            for kinds in (_TWO, (*_TWO, Basic.INT))
        ),
    ),
    _function(
        "substring",
        "The part of a string from a place to its end, or up to another place.",
        _member(Basic.STRING, _substring, *_ONE, Basic.INT, grows=_as_it_was),
        _member(Basic.STRING, _substring, *_ONE, Basic.INT, Basic.INT, grows=_as_it_was),
    ),
    _function(
        "strings.quote",
        "The string in double quotes, with escapes where it needs them.",
        Overload(parameters=_ONE, result=Basic.STRING, run=_quote, grows=lambda text: sizes.text(2 * text.length + 2)),
    ),
)
