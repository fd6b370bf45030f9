"""Writing a file so that it is whole, or as it was before."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def replacing(target: Path, buffering: int = -1) -> Iterator[IO[bytes]]:
    """A file beside the target, with a name, that takes its place when all went well; raises OSError."""
    with tempfile.NamedTemporaryFile(
        "wb", buffering=buffering, dir=target.parent, prefix=f".{target.name}.", delete=False
    ) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)
            Path(file.name).replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(file.name).unlink()
            raise
