"""What every report format is given, and what it is."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.model.outcome import RuleOutcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from passmuster.model.verdict import Result, Verdict


class Evidence(enum.Enum):
    """Which results carry the values that they rest on."""

    NEEDED = "needed"
    """All but pass and not_applicable."""
    FULL = "full"
    NONE = "none"

    def wanted(self, result: Result) -> bool:
        """Whether this result shows its values."""
        if self is Evidence.NEEDED:
            return result.outcome not in {RuleOutcome.PASS, RuleOutcome.NOT_APPLICABLE}
        return self is Evidence.FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a report is to look."""

    width: int = 80
    """Columns, for formats that have lines."""
    color: bool = False
    evidence: Evidence = Evidence.NEEDED
    verbose: bool = False
    """Whether a table names what passes too."""
    engine: str | None = None
    """sha256 over the engine's files, for formats that name it; None where not requested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """One format."""

    name: str
    render: Callable[[Verdict, Style], str]
    description: str
