"""Where the third-party test data is: nothing of it is part of the project, so it may not be there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def data_file(*parts: str) -> Path:
    """A file of the third-party data; skips the test, saying so, where the data is not there."""
    sibling = Path(__file__).parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("PASSMUSTER_DATA", sibling))
    found = folder.joinpath(*parts)
    if not found.exists():
        pytest.skip(f"the third-party data is not here: {'/'.join(parts)} (set PASSMUSTER_DATA)")
    return found
