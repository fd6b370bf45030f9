"""Short forms of what is kept: lists of ids as bytes, texts compressed."""

from __future__ import annotations

import hashlib
import re
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


MOST = 16 * 1024 * 1024
"""Bytes of a document, and so of each of its parts."""


class DamageError(Exception):
    """What is kept cannot be read again."""


def pack(ids: Iterable[int]) -> bytes:
    """Positive numbers as bytes: seven bits a byte, the low ones first, the eighth where more follow."""
    packed = bytearray()
    for number in ids:
        rest = number
        while rest > 127:
            packed.append(rest & 127 | 128)
            rest >>= 7
        packed.append(rest)
    return bytes(packed)


def unpack(packed: bytes) -> tuple[int, ...]:
    """The numbers again."""
    ids: list[int] = []
    number = shift = 0
    for byte in packed:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            ids.append(number)
            number = shift = 0
    return tuple(ids)


_NUMBER = re.compile(rb"[\x80-\xff]*[\x00-\x7f]")


def apart(packed: bytes) -> list[bytes]:
    """The numbers, each still packed: where only their names count, a quarter of the time of `unpack`."""
    return _NUMBER.findall(packed)


def compress(content: bytes) -> bytes:
    """The same bytes, shorter."""
    return zlib.compress(content, 9)


def decompress(packed: bytes) -> bytes:
    """The bytes again, at most MOST of them; raises DamageError where they are damaged, or more."""
    inner = zlib.decompressobj()
    try:
        content = inner.decompress(packed, MOST + 1)
    except zlib.error as error:
        raise DamageError(f"not a compressed text ({error})") from None
    if len(content) > MOST:
        raise DamageError(f"longer than a document may be (expected at most {MOST} bytes)")
    if not inner.eof:
        raise DamageError("not a compressed text (it ends too early)")
    return content


def checksum(text: bytes) -> int:
    """A checksum of what was stored: damage stays hidden with a chance of one in four thousand million."""
    return zlib.crc32(text)


def fingerprint(*parts: bytes) -> bytes:
    """The sha256 of several texts, each with its end marked."""
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(len(part).to_bytes(8))
        hashed.update(part)
    return hashed.digest()
