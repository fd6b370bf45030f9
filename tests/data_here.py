"""Where the third-party test data lies: the folder that PASSMUSTER_DATA names, else one beside the checkout.

The project ships none of it. Tests that need it call :func:`data` or :func:`unpacked`, which skip, saying so, where it
is not there.
"""

from __future__ import annotations

import functools
import os
import tarfile
import tempfile
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def find() -> Path | None:
    """The folder, if it is there."""
    named = os.environ.get("PASSMUSTER_DATA")
    folder = Path(named) if named else _BESIDE
    return folder if folder.is_dir() else None


def data(name: str) -> Path:
    """A file of the data; skips the test where it is not there."""
    folder = find()
    if folder is None or not (folder / name).exists():
        pytest.skip(f"third-party data is not here: {name} (set PASSMUSTER_DATA to its folder)")
    return folder / name


def unpacked(name: str) -> Path:
    """The folder ``NAME`` out of ``NAME.tar.gz``, unpacked once a run; skips the test where it is not there."""
    return _unpacked(data(f"{name}.tar.gz")) / name


@functools.cache
def _unpacked(archive: Path) -> Path:
    stamp = archive.stat()
    target = Path(tempfile.gettempdir()) / f"passmuster-data-{os.getuid()}-{stamp.st_mtime_ns:x}-{stamp.st_size:x}"
    done = target / f".{archive.name}.done"
    if not done.exists():
        target.mkdir(mode=0o700, exist_ok=True)
        with tarfile.open(archive) as members:
            members.extractall(target, filter="tar")
        done.touch()
    return target
