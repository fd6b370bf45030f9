"""What linting finds: a problem with its weight."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from passmuster.errors import Problem


class Severity(enum.Enum):
    """How much a finding weighs."""

    ERROR = "error"
    """The policy cannot be used, or does not do what it says."""
    WARNING = "warning"
    """It works, and someone will stumble over it."""
    NOTE = "note"
    """It can be meant so; an author should know it. It never counts for the status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One mistake, and how much it weighs."""

    problem: Problem
    severity: Severity
    summary: str = ""
    """What is wrong wherever this code stands; empty for what loading and typing find."""

    def order(self) -> tuple[str, int, int, str, str]:
        """What findings are sorted by: file, line, column."""
        where = self.problem.location
        return (where.file, where.line or 0, where.column or 0, self.problem.code, self.problem.message)
