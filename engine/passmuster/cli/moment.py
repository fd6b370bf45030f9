"""The moment to judge at: as it is given, or the clock's; SOURCE_DATE_EPOCH stands for the clock where it is set."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from passmuster.age import parse_moment
from passmuster.errors import UsageError


def moment(text: str | None, option: str = "--now") -> datetime:
    """Read a moment, or look at the clock where there is no text; raises UsageError."""
    if text is None:
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
        return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC).replace(microsecond=0)
    try:
        return parse_moment(text)
    except ValueError as error:
        raise UsageError.at(option, str(error), code="usage-now") from None
