"""The reading edition of a policy: what it says, on what grounds, from which facts, and how it is tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.docs.gather import gather
from passmuster.authoring.docs.html import render as html
from passmuster.authoring.docs.markdown import render as markdown
from passmuster.authoring.docs.model import Edition

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FORMATS", "Edition", "gather"]

FORMATS: tuple[tuple[str, Callable[[Edition], str]], ...] = (("markdown", markdown), ("html", html))
"""How an edition can be written: name, and what writes it."""
