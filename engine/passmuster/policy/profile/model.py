"""An assessment as a value: what its file says, with the places where it says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from passmuster.codec.yaml import Document
    from passmuster.model.outcome import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that belongs to an assessment."""

    file: str
    """Its path, relative to the folder of the assessment."""
    digest: str | None
    """`sha256:` and the digits, over its bytes; None where any bytes will do, which only a roster's may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What nodes are judged by."""

    digest: str
    """`sha256:` and the digits, over the bytes of the file."""
    title: str
    policies: tuple[str, ...]
    """Each as PACK@VERSION#sha256:DIGEST; never empty."""
    parameters: Mapping[str, Any]
    """Values by PACK.NAME, as the file has them."""
    levels: Mapping[str, Level]
    """Levels by PACK/ID, as the file has them."""
    waivers: Attached | None
    roster: Attached | None
    max_age: tuple[str, timedelta] | None
    """As the file has it, and how long that is."""
    now: datetime | None
    fail_on: str | None
    """`required`, `recommended` or `never`; None where the file does not say."""
    document: Document = field(repr=False)
    """The file, for diagnostics."""
