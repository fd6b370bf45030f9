"""What literals stand for: numbers with their ranges, strings and bytes with their escapes."""

from __future__ import annotations

import re

from passmuster.cel.values.values import INT_MAX, INT_MIN, UINT_MAX, UInt

_PREFIX = re.compile(r"[bB]?(?P<raw>[rR]?)(?P<quote>'''|\"\"\"|'|\")")
_SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34, "`": 96, "?": 63}
_ESCAPE = re.compile(
    r"\\(?:(?P<simple>[abfnrtv\\'\"`?])|[xX](?P<hex>[0-9a-fA-F]{2})|u(?P<four>[0-9a-fA-F]{4})"
    r"|U(?P<eight>[0-9a-fA-F]{8})|(?P<octal>[0-3][0-7]{2})|(?P<other>.?))",
    re.DOTALL,
)


class BadLiteralError(Exception):
    """A literal that stands for nothing; `offset` counts from its first character."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


def integer(text: str) -> int:
    """Read ``-12`` or ``0xff``."""
    value = int(text, 16) if "x" in text else int(text)
    if not INT_MIN <= value <= INT_MAX:
        msg = f"the number does not fit into 64 bits (got {text[:40]})"
        raise BadLiteralError(msg)
    return value


def unsigned(text: str) -> UInt:
    """Read ``12u`` or ``0xffu``."""
    digits = text[:-1]
    value = int(digits, 16) if "x" in digits else int(digits)
    if value > UINT_MAX:
        msg = f"the number does not fit into 64 bits (got {text[:40]})"
        raise BadLiteralError(msg)
    return UInt(value)


def string(text: str) -> str:
    """Read a string, plain, raw or triple-quoted."""
    body, offset, raw = _body(text)
    if raw:
        return body
    return "".join(_character(piece) for piece in _pieces(body, offset))


def byte_string(text: str) -> bytes:
    r"""Read bytes: characters stand for their UTF-8, ``\\x`` and octal escapes for one byte each."""
    body, offset, raw = _body(text)
    if raw:
        return body.encode()
    return b"".join(_bytes(piece) for piece in _pieces(body, offset))


def _body(text: str) -> tuple[str, int, bool]:
    prefix = _PREFIX.match(text)
    if prefix is None:
        msg = "not a string"
        raise BadLiteralError(msg)
    body = text[prefix.end() : len(text) - len(prefix["quote"])]
    if len(prefix["quote"]) == 3:
        body = body.replace("\r\n", "\n").replace("\r", "\n")
    return body, prefix.end(), bool(prefix["raw"])


def _pieces(body: str, offset: int) -> list[str | tuple[str, int, int]]:
    """Cut a body into plain text and escapes as (group, number, offset)."""
    pieces: list[str | tuple[str, int, int]] = []
    at = 0
    for escape in _ESCAPE.finditer(body):
        pieces.append(body[at : escape.start()])
        at = escape.end()
        where = offset + escape.start()
        if escape["other"] is not None:
            msg = f"not an escape of CEL (got {escape[0]!r})"
            raise BadLiteralError(msg, where)
        kind = str(escape.lastgroup)
        digits = escape[kind]
        number = _SIMPLE[digits] if kind == "simple" else int(digits, 8 if kind == "octal" else 16)
        pieces.append((kind, number, where))
    pieces.append(body[at:])
    return pieces


def _character(piece: str | tuple[str, int, int]) -> str:
    if isinstance(piece, str):
        return piece
    _, number, where = piece
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        msg = f"not a character of Unicode (got {number:#x})"
        raise BadLiteralError(msg, where)
    return chr(number)


def _bytes(piece: str | tuple[str, int, int]) -> bytes:
    if isinstance(piece, str):
        return piece.encode()
    kind, number, where = piece
    if kind in {"four", "eight"}:
        msg = "bytes have no Unicode escapes"
        raise BadLiteralError(msg, where)
    return bytes((number,))
