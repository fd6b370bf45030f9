"""Testing policies: the examples of `tests.yaml`, what they reach, and what they would notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.testing.cases import Case, FleetCase, Suite, load
from passmuster.authoring.testing.json_v1 import render as json
from passmuster.authoring.testing.junit import render as junit
from passmuster.authoring.testing.run import Mismatch, Outcome, Tested, examine, run
from passmuster.authoring.testing.table import render as table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["FORMATS", "Case", "FleetCase", "Mismatch", "Outcome", "Suite", "Tested", "examine", "load", "run"]

FORMATS: tuple[tuple[str, Callable[[Sequence[Tested]], str]], ...] = (
    ("table", table),
    ("junit", junit),
    ("json", json),
)
"""How results can be written: name, and what writes them."""
