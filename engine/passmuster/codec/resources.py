"""Where the data that ships with the engine lies: in the wheel, or beside the code in a checkout."""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE = Path(__file__).resolve().parents[1]


@functools.cache
def _home() -> Path:
    packed = _PACKAGE / "_data"
    return packed if packed.is_dir() else _PACKAGE.parent.parent


def schemas() -> Path:
    """The folder of the JSON Schemas: ``<kind>/<version>.json``."""
    return _home() / "schemas"


@functools.cache
def engine_digest() -> str:
    """The digest of this engine: `sha256:` and the digits, over the lines that sha256sum prints of its files.

    First the code, `./**/*.py` below the package, then the schemas, `./**/*.json` below their folder; each sorted by
    the bytes of its path. Policies have digests of their own.
    """
    hashed = hashlib.sha256()
    for folder, ending in ((str(_PACKAGE), ".py"), (str(schemas()), ".json")):
        for path in sorted(_below(folder, ending)):
            with open(f"{folder}/{path}", "rb") as file:  # noqa: PTH123 - a Path for each takes twice the time
                digest = hashlib.sha256(file.read()).hexdigest()
            hashed.update(f"{digest}  {path}\n".encode())
    return "sha256:" + hashed.hexdigest()


def _below(folder: str, ending: str) -> Iterator[str]:
    for at, _, names in os.walk(folder):
        yield from (f".{at.removeprefix(folder)}/{name}" for name in names if name.endswith(ending))


def policies() -> Path:
    """The folder of the shipped packs: ``<pack>/<version>/policy.yaml``, and ``policies.lock``."""
    return _home() / "policies"
