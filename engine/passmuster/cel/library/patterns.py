"""Regular expressions: RE2 and nothing else, so that no pattern can take more than linear time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

MAX_PATTERN = 1000
"""Length of a pattern."""
_MAX_MEMORY = 1 << 20
CHARACTERS_A_STEP = 16
"""How many characters a pattern may look at for one step."""


class BadPatternError(Exception):
    """A pattern that RE2 refuses."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """Compile a pattern; raises BadPatternError with RE2's own words."""
    import re2  # noqa: PLC0415 - a library of C++, loaded when the first pattern needs it

    if len(pattern) > MAX_PATTERN:
        msg = f"the pattern is too long (got {len(pattern)} characters, expected {MAX_PATTERN})"
        raise BadPatternError(msg)
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        detail = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        msg = f"not a regular expression of RE2: {detail}"
        raise BadPatternError(msg) from None
