"""Where the data that ships with the engine lies: in the wheel, or beside the code in a checkout."""

from __future__ import annotations

import functools
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@functools.cache
def _home() -> Path:
    packed = _PACKAGE / "_data"
    return packed if packed.is_dir() else _PACKAGE.parent.parent


def schemas() -> Path:
    """The folder of the JSON Schemas: ``<kind>/<version>.json``."""
    return _home() / "schemas"


def policies() -> Path:
    """The folder of the shipped packs: ``<pack>/<version>/policy.yaml``, and ``policies.lock``."""
    return _home() / "policies"
