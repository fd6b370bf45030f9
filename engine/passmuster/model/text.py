"""Text that others wrote: out of bytes (UTF-8, with or without the mark before it), and shown harmless."""

from __future__ import annotations

import codecs
import re

BOM = codecs.BOM_UTF8
"""It says nothing, and is dropped, in every file that is read."""

INVISIBLE = (
    "\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f"
    "\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb"
    "\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff"
)
"""What nobody sees, or what turns text round, as the inside of a class of a regular expression.

Unicode's Default_Ignorable_Code_Point, its categories Cf, Zl and Zp, and the blank of Braille. Written down, for what
is shown is the same under every version of Python.
"""
BLANKS = "\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000"
"""What looks like a space and is none (category Zs), in the same way."""
_SHOWN_AS_ESCAPES = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff{INVISIBLE}]")
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


def visible(text: str) -> str:
    """One line in which nothing drives a terminal, turns text round or is unseen: each such character as its escape."""
    if text.isascii() and text.isprintable():
        return text  # nearly every text, in a fifth of the time
    return _SHOWN_AS_ESCAPES.sub(lambda match: escape(match.group()), text)


def escape(character: str) -> str:
    r"""A character as ``\xNN``, ``\uNNNN`` or ``\UNNNNNNNN``."""
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
