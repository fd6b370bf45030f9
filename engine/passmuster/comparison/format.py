"""What every format of an impact is given, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from passmuster.comparison.model import Impact


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """How names and texts from hosts are written; given, for reports have their own ways."""

    fold: Callable[[Iterable[str]], list[str]]
    """Makes few words of many names."""
    plain: Callable[[str], str]
    """Makes a text one harmless line."""
    json: Callable[[str], str]
    """Makes JSON text harmless to a terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format."""

    name: str
    render: Callable[[Impact, Hand], str]
    lined: bool = False
    """Whether its lines are for a terminal, and may be broken where that ends."""
