"""Names of sites, as commands are given them."""

from __future__ import annotations

import re

from passmuster.errors import UsageError

_SITE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def named(text: str | None) -> str | None:
    """The name that was given, None for none; raises UsageError for one that no site can have."""
    if text is not None and not _SITE.fullmatch(text):
        message = f"not a name of a site (got {text[:70]!r}, expected letters, digits, . _ -, at most 63)"
        raise UsageError.at("--site", message, code="usage-site")
    return text
