"""Passmuster judges snapshots of nodes by versioned policies, and explains each verdict.

`passmuster.api` has what an embedder calls; it is imported when one of these names is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.version import __version__

if TYPE_CHECKING:
    from passmuster.api import check, check_stream, explain, impact, load_policy, load_snapshot, verify

__all__ = [
    "__version__",
    "check",
    "check_stream",
    "explain",
    "impact",
    "load_policy",
    "load_snapshot",
    "verify",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from passmuster import api  # noqa: PLC0415 - whoever asks only for the version loads nothing

    return getattr(api, name)
