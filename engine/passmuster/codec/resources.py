"""Where the data that ships with the engine lies: in the wheel, or beside the code in a checkout."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

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
    for folder, pattern in ((_PACKAGE, "*.py"), (schemas(), "*.json")):
        for path in sorted(f"./{file.relative_to(folder).as_posix()}" for file in folder.rglob(pattern)):
            digest = hashlib.sha256((folder / path).read_bytes()).hexdigest()
            hashed.update(f"{digest}  {path}\n".encode())
    return "sha256:" + hashed.hexdigest()


def policies() -> Path:
    """The folder of the shipped packs: ``<pack>/<version>/policy.yaml``, and ``policies.lock``."""
    return _home() / "policies"
