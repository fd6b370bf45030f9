"""Facts that could not be looked at, and why: data, never silence."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from passmuster.model.fieldpath import FieldPath


OTHERS = "*"
"""As a key in `unknown`: each key of a closed map, or field of a section, that is neither there nor listed."""
ALL = "**"
"""As a key in `unknown`: each key of a closed map that is not there, the listed ones too."""


class Reason(enum.Enum):
    """Why a fact could not be looked at."""

    DENIED = "denied"
    """The collector was refused; another user would have seen it."""
    FAILED = "failed"
    """Reading went wrong on the host."""
    TIMEOUT = "timeout"
    """The section's time ran out."""
    UNREADABLE = "unreadable"
    """It was read, but its text means nothing that is known."""
    UNSUPPORTED = "unsupported"
    """The collector that wrote the snapshot did not know this fact."""
    NOT_COLLECTED = "not_collected"
    """The source does not carry it, or it was not asked for."""
    REDACTED = "redacted"
    """It was taken out before the snapshot was handed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownFact:
    """One fact that stood in the way: its path, why, and what was met."""

    path: FieldPath
    reason: Reason
    detail: str = ""
