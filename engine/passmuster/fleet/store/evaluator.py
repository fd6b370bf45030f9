"""The evaluator: a digest of everything, beside policies and facts, that an outcome can depend on.

It is part of the key of stored verdicts, so a verdict is never used by other code than that which made it: a fixed
defect is fixed in stores, too.
"""

from __future__ import annotations

import functools
import hashlib
from importlib import metadata

from passmuster.codec import resources

LIBRARIES = ("cel-python", "google-re2", "lark", "tzdata")
"""Those that decide what an expression means: its grammar, regular expressions and time zones."""


@functools.cache
def evaluator() -> str:
    """`sha256:` and the digits, over the engine's files (code and schemas) and the versions of the libraries."""
    told = [resources.engine_digest(), *(f"{name} {_version(name)}" for name in LIBRARIES)]
    return "sha256:" + hashlib.sha256("\n".join(told).encode()).hexdigest()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"
