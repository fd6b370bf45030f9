"""Functions of strings: those of CEL itself, and of the strings extension what packs need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.frame import MAX_STRING
from passmuster.cel.functions.format import formatted
from passmuster.cel.functions.signature import ANY_LIST, Function, Overload
from passmuster.cel.numbers import limited_text
from passmuster.cel.regex import CHARACTERS_A_STEP, BadPatternError, compiled
from passmuster.cel.types import Basic, CelType, ListType
from passmuster.cel.values import CelError, no_overload

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.frame import Frame

REGEX_COMPILE_STEPS = 1000
"""What compiling a pattern is charged that was not known before the run."""
_REGEX_STEPS_A_CHARACTER = 10


def _matches(frame: Frame, text: str, pattern: str) -> object:
    frame.charge(REGEX_COMPILE_STEPS + _REGEX_STEPS_A_CHARACTER * len(pattern) + len(text) // CHARACTERS_A_STEP)
    try:
        regex = compiled(pattern)
    except BadPatternError as error:
        return CelError(str(error))
    return regex.search(text) is not None


def _join(frame: Frame, texts: list[object], separator: str = "") -> object:
    for text in texts:
        if type(text) is not str:
            return no_overload("join", texts, text)
    length = sum(len(text) for text in texts if isinstance(text, str)) + len(separator) * max(0, len(texts) - 1)
    if length > MAX_STRING:
        return CelError(f"the string is too long (got {length}, max {MAX_STRING})")
    frame.charge(len(texts))
    frame.charge_text(length)
    return separator.join(text for text in texts if isinstance(text, str))


def _format(frame: Frame, template: str, values: list[object]) -> object:
    text = formatted(frame, template, values)
    return limited_text(text) if isinstance(text, str) else text


def _member(run: Callable[..., object], result: CelType, *parameters: CelType) -> Overload:
    return Overload(parameters=parameters, result=result, run=run, member=True)


_TEXTS = ListType(Basic.STRING)
_TWO = (Basic.STRING, Basic.STRING)
FUNCTIONS = (
    Function(name="contains", overloads=(_member(lambda _, text, part: part in text, Basic.BOOL, *_TWO),)),
    Function(name="startsWith", overloads=(_member(lambda _, text, part: text.startswith(part), Basic.BOOL, *_TWO),)),
    Function(name="endsWith", overloads=(_member(lambda _, text, part: text.endswith(part), Basic.BOOL, *_TWO),)),
    Function(
        name="matches",
        overloads=(
            _member(_matches, Basic.BOOL, *_TWO),
            Overload(parameters=_TWO, result=Basic.BOOL, run=_matches),
        ),
    ),
    Function(
        name="join",
        overloads=(
            _member(_join, Basic.STRING, _TEXTS),
            _member(_join, Basic.STRING, _TEXTS, Basic.STRING),
        ),
    ),
    Function(name="format", overloads=(_member(_format, Basic.STRING, Basic.STRING, ANY_LIST),)),
)
