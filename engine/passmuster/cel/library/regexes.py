"""Regular expressions: ``matches``, and ``find`` and ``findAll`` of Kubernetes' regex library.

RE2 and nothing else, so that no pattern can take more than linear time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from passmuster.cel.library.signature import Function, Overload
from passmuster.cel.values import sizes
from passmuster.cel.values.budget import MAX_LIST
from passmuster.cel.values.types import Basic, ListType
from passmuster.cel.values.values import CelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.cel.values.budget import Frame
    from passmuster.cel.values.sizes import Bound

MAX_PATTERN = 1000
"""Length of a pattern."""
_MAX_MEMORY = 1 << 20
CHARACTERS_A_STEP = 16
"""How many characters a pattern may look at for one step."""


class BadPatternError(Exception):
    """A pattern that RE2 refuses."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """Compile a pattern; raises BadPatternError with RE2's own words."""
    import re2  # noqa: PLC0415 - a library of C++, loaded when the first pattern needs it

    if len(pattern) > MAX_PATTERN:
        msg = f"the pattern is too long (got {len(pattern)} characters, expected {MAX_PATTERN})"
        raise BadPatternError(msg)
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        detail = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        msg = f"not a regular expression of RE2: {detail}"
        raise BadPatternError(msg) from None


REGEX_COMPILE_STEPS = 1000
"""What compiling a pattern is charged that was not known before the run."""
_REGEX_STEPS_A_CHARACTER = 10


def _matches(frame: Frame, regex: Any, text: str) -> bool:
    frame.charge(len(text) // CHARACTERS_A_STEP)
    return regex.search(text) is not None


def _find(frame: Frame, regex: Any, text: str) -> str:
    frame.charge(len(text) // CHARACTERS_A_STEP)
    match = regex.search(text)
    return "" if match is None else str(match[0])


def _find_all(frame: Frame, regex: Any, text: str, most: int = -1) -> object:
    """Each search is charged for all that is left of the text: it may have to look at all of it."""
    matches: list[object] = []
    if most == 0:
        return matches
    frame.charge(1 + len(text) // CHARACTERS_A_STEP)
    for match in regex.finditer(text):
        if len(matches) == MAX_LIST:
            return CelError(f"the list is too long (got more than {MAX_LIST}, max {MAX_LIST})")
        matches.append(match[0])
        if len(matches) == most:
            break
        frame.charge(1 + (len(text) - match.end()) // CHARACTERS_A_STEP)
    return matches


SEARCHES: dict[str, Callable[..., object]] = {"matches": _matches, "find": _find, "findAll": _find_all}
"""For each function, what it does with a pattern that is compiled."""


def _by_text(search: Callable[..., object]) -> Callable[..., object]:
    """The function with a pattern that is text, and is compiled first."""

    def run(frame: Frame, text: str, pattern: str, *more: object) -> object:
        frame.charge(REGEX_COMPILE_STEPS + _REGEX_STEPS_A_CHARACTER * min(len(pattern), MAX_PATTERN))
        try:
            regex = compiled(pattern)
        except BadPatternError as error:
            return CelError(str(error))
        return search(frame, regex, text, *more)

    return run


def compile_steps(pattern: Bound) -> int:
    """The most that compiling a pattern is charged."""
    return REGEX_COMPILE_STEPS + _REGEX_STEPS_A_CHARACTER * min(pattern.length, MAX_PATTERN)


def search_steps(function: str, text: Bound) -> int:
    """The most that searching a text is charged."""
    once = 1 + text.length // CHARACTERS_A_STEP
    return once if function != "findAll" else once * (2 + min(text.length, MAX_LIST))


def _spends(name: str) -> Callable[..., int]:
    return lambda text, pattern, *_: compile_steps(pattern) + search_steps(name, text)


_TWO = (Basic.STRING, Basic.STRING)
_RUNS = {name: _by_text(search) for name, search in SEARCHES.items()}


def _texts(text: Bound, *_: Bound) -> Bound:
    return sizes.items(text.length + 1, text)


FUNCTIONS = (
    Function(
        name="matches",
        overloads=tuple(
            Overload(parameters=_TWO, result=Basic.BOOL, run=_RUNS["matches"], member=member, spends=_spends("matches"))
            for member in (True, False)
        ),
        about="Whether a regular expression of RE2 fits anywhere in a string.",
    ),
    Function(
        name="find",
        overloads=(
            Overload(
                parameters=_TWO,
                result=Basic.STRING,
                run=_RUNS["find"],
                member=True,
                spends=_spends("find"),
                grows=lambda text, _: text,
            ),
        ),
        about="The first part of a string that a regular expression fits; '' if there is none.",
    ),
    Function(
        name="findAll",
        overloads=tuple(
            Overload(
                parameters=parameters,
                result=ListType(Basic.STRING),
                run=_RUNS["findAll"],
                member=True,
                spends=_spends("findAll"),
                grows=_texts,
            )
            for parameters in (_TWO, (*_TWO, Basic.INT))
        ),
        about="The parts of a string that a regular expression fits, all or at most so many.",
    ),
)
