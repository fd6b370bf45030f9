"""Text that others wrote, out of bytes: UTF-8, with or without the mark that some programs write before it."""

from __future__ import annotations

import codecs

BOM = codecs.BOM_UTF8
"""It says nothing, and is dropped, in every file that is read."""
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NotTextError(ValueError):
    """The bytes are no UTF-8; `line` and `column` count from 1, the column in bytes."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


def decoded(data: bytes) -> str:
    """The text of a file; raises NotTextError."""
    try:
        return data.removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        if data.startswith(_WIDE):
            raise NotTextError("UTF-16 text (expected UTF-8: save it again)", 1, 1) from None
        before = data.removeprefix(BOM)[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        raise NotTextError("not UTF-8 text", line, column) from None
