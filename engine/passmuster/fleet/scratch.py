"""Temporary files: small ones in memory, others in TMPDIR."""

from __future__ import annotations

import contextlib
import tempfile
from typing import TYPE_CHECKING, Any

from passmuster.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Scratch(tempfile.SpooledTemporaryFile[bytes]):
    """A file for one command; writing to it, and going to another place, raise UsageError where there is no room."""

    def write(self, data: Any) -> int:
        """Add bytes."""
        with _told():
            return super().write(data)

    def seek(self, *place: int) -> int:
        """Go to another place; what was written before goes to the disk then."""
        with _told():
            return super().seek(*place)

    def __exit__(self, *error: object) -> None:
        # What could not be written was told by now, or nobody needs it any more.
        with contextlib.suppress(OSError):
            super().__exit__(*error)  # type: ignore[arg-type]


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"temporary files cannot be written ({error.strerror or error})"
        hint = "set TMPDIR to a folder with room"
        raise UsageError.at("TMPDIR", message, code="usage-temporary", hint=hint) from None
