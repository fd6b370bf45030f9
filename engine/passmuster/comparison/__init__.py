"""Impact: which nodes change outcome with another policy version or snapshot, and why."""

from __future__ import annotations

from passmuster.comparison import html, json_v1, table
from passmuster.comparison.compare import compare
from passmuster.comparison.format import Format, Hand
from passmuster.comparison.model import (
    Cause,
    FactChange,
    Impact,
    NodeChange,
    Origin,
    RuleChange,
    Seen,
    Unread,
    WaiverStep,
    When,
)
from passmuster.comparison.side import Side
from passmuster.comparison.unchanged import Alike, Unchanged

__all__ = [
    "FORMATS",
    "Alike",
    "Cause",
    "FactChange",
    "Format",
    "Hand",
    "Impact",
    "NodeChange",
    "Origin",
    "RuleChange",
    "Seen",
    "Side",
    "Unchanged",
    "Unread",
    "WaiverStep",
    "When",
    "compare",
]

FORMATS: tuple[Format, ...] = (
    Format(name="table", render=table.render, lined=True),
    Format(name="html", render=html.render),
    Format(name="json", render=json_v1.render),
)
"""How an impact can be written."""
