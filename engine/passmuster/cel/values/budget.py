"""One run of a program: the values it is given, its macro variables and the steps it has left."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

STEP_BUDGET = 100_000
"""Steps of one evaluation: nodes, rounds of macros, and work on strings and lists by their size."""
MAX_STRING = 65_536
"""Length of a string or of bytes that an expression makes."""
MAX_LIST = 10_000
"""Length of a list that an expression makes."""
CHARACTERS_A_STEP = 64
"""How many characters may be looked at for one step."""
ELEMENTS_A_STEP = 64
"""How many strings of a list may be looked at for one step."""


class OutOfStepsError(Exception):
    """The budget is used up; nothing in an expression can absorb this."""


class Frame:
    """What the closures of a program share during one run; never shared between runs."""

    __slots__ = ("locals", "roots", "steps")

    def __init__(self, roots: Mapping[str, object], slots: int, steps: int = STEP_BUDGET) -> None:
        self.roots = roots
        self.locals: list[object] = [None] * slots
        self.steps = steps

    def charge(self, steps: int) -> None:
        """Take steps from the budget."""
        self.steps -= steps
        if self.steps < 0:
            raise OutOfStepsError

    def charge_text(self, *lengths: int) -> None:
        """Take the steps for work on texts of these lengths."""
        self.charge(sum(lengths) // CHARACTERS_A_STEP)


Run: TypeAlias = Callable[[Frame], object]
"""A compiled node."""
