"""Functions that read a text: what a constant stands for is known, or refused, before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.cel.library.versions import READERS as VERSIONS
from passmuster.cel.values import times

if TYPE_CHECKING:
    from collections.abc import Callable

TIMES: dict[str, Callable[[str], object | None]] = {"timestamp": times.timestamp, "duration": times.duration}
READERS: dict[str, Callable[[str], object | None]] = {**VERSIONS, **TIMES}
"""For each function of one text, what makes a value of it; None where the text means nothing."""
