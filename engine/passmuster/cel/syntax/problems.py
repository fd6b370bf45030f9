"""What is wrong with an expression before it ever runs: every mistake at once, each with a place.

Lines and columns count from 1, and a column counts characters; both are relative to the
expression's own text. The codes are stable: tests, documents and editors refer to them.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Code(enum.StrEnum):
    """The stable codes of what can be wrong with an expression."""

    SYNTAX = "cel-syntax"
    """The text is not an expression."""
    LIMIT = "cel-limit"
    """The text is longer, deeper or larger than the language admits."""
    RESERVED = "cel-reserved"
    """A name that the language keeps for itself."""
    NOT_SUPPORTED = "cel-not-supported"
    """Something of CEL that this version of the language does not have."""
    UNDECLARED = "cel-undeclared"
    """A variable or a function that nobody declared."""
    UNKNOWN_FIELD = "cel-unknown-field"
    """A field or a key that the schema does not have."""
    NO_OVERLOAD = "cel-no-overload"
    """An operator or a function that does not take operands of these types."""
    NOT_BOOLEAN = "cel-not-boolean"
    """Something other than a boolean where only a boolean has a meaning."""
    TYPE = "cel-type"
    """The result is not of the type that is wanted here."""
    ENUM = "cel-enum"
    """A literal that is none of the values its counterpart can have."""
    MACRO = "cel-macro"
    """A macro whose arguments do not have the form that it needs."""
    OPEN_MAP = "cel-open-map"
    """Something that has no meaning for a map of which only some keys were asked for."""
    UNGUARDED = "cel-unguarded"
    """A field or key that may be unset is read without looking whether it is there."""
    REGEX = "cel-regex"
    """A regular expression that RE2 refuses."""
    VERSION = "cel-version"
    """A literal version that cannot be read."""
    TIME = "cel-time"
    """A literal timestamp, duration or time zone that cannot be read."""
    COST = "cel-cost"
    """What could need more steps, or make a longer string or list, than the language allows."""
    KEY = "cel-key"
    """A map literal with a key twice, or with a key that cannot be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CelProblem:
    """One mistake in an expression."""

    code: Code
    message: str
    line: int
    column: int
    hint: str | None = None
    """What to do about it, where that is not plain from the message."""

    def __str__(self) -> str:
        text = f"{self.line}:{self.column}: {self.message} [{self.code}]"
        return text if self.hint is None else f"{text}; {self.hint}"


class CelProblems(Exception):  # noqa: N818 - it carries problems, it is not one error
    """An expression that cannot be used, with all the mistakes found in it."""

    def __init__(self, problems: Iterable[CelProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Findings:
    """Collects the mistakes in one expression; places are given as offsets into its text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: dict[tuple[int, int, str], CelProblem] = {}

    def add(self, code: Code, message: str, offset: int, hint: str | None = None) -> None:
        """Note a mistake; the same one at the same place is noted once."""
        line, column = position(self._text, offset)
        problem = CelProblem(code=code, message=message, line=line, column=column, hint=hint)
        self._found.setdefault((line, column, message), problem)

    def __bool__(self) -> bool:
        return bool(self._found)

    def raised(self) -> CelProblems:
        """All the mistakes as an exception, in the order of the text."""
        return CelProblems(self._found[key] for key in sorted(self._found))


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of an offset into the text."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1
