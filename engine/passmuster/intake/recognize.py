"""Recognizing files without snapshots by their first bytes: one sentence, and the command that reads them."""

from __future__ import annotations

import re
from typing import NamedTuple

from passmuster.model.text import BOM

HEAD = 64 * 1024
"""The number of bytes that are read for this."""


class Foreign(NamedTuple):
    """What a file is."""

    name: str
    nodes: bool
    """Whether it may hold snapshots after all, so that ignoring it could hide nodes."""


_UNPACK = "unpack it, or collect --from it"
_BEGINNINGS: tuple[tuple[bytes, Foreign], ...] = (
    (b"PK\x03\x04", Foreign(f"a zip archive, not snapshots: {_UNPACK}", nodes=True)),
    (b"PK\x05\x06", Foreign("an empty zip archive", nodes=False)),
    (b"7z\xbc\xaf\x27\x1c", Foreign("a 7z archive, not snapshots: unpack it", nodes=True)),
    (b"Rar!\x1a\x07", Foreign("a rar archive, not snapshots: unpack it", nodes=True)),
    (b"!<arch>\n", Foreign("a Debian package or a static library, not snapshots", nodes=False)),
    (b"\xed\xab\xee\xdb", Foreign("an RPM package, not snapshots", nodes=False)),
    (b"070701", Foreign(f"a cpio archive, not snapshots: {_UNPACK}", nodes=True)),
    (b"PAR1", Foreign("a Parquet file, not snapshots: export it as NDJSON", nodes=True)),
    (b"%PDF-", Foreign("a PDF document, not snapshots", nodes=False)),
    (b"\x7fELF", Foreign("a program or a library (ELF), not snapshots", nodes=False)),
    (b"#!", Foreign("a script, not snapshots", nodes=False)),
    (b"\x89PNG\r\n", Foreign("a picture, not snapshots", nodes=False)),
    (b"\xff\xd8\xff", Foreign("a picture, not snapshots", nodes=False)),
    (b"GIF8", Foreign("a picture, not snapshots", nodes=False)),
    (b"\xff\xfe", Foreign("UTF-16 text: save it as UTF-8", nodes=True)),
    (b"\xfe\xff", Foreign("UTF-16 text: save it as UTF-8", nodes=True)),
    (b"-----BEGIN", Foreign("a key, a certificate or a signature, not snapshots", nodes=False)),
    (b"ssh-", Foreign("a public key of OpenSSH, not snapshots", nodes=False)),
)
_STORE_NAME = "a store: passmuster fleet check judges what it holds, impact --fleet compares it"
_BUNDLE = b"manifest.json\0"
"""The name of a bundle's first member."""
_SQLITE = b"SQLite format 3\0"
_STORE = b"PMST"
_TAR = re.compile(rb"ustar[\0 ]")
_XML = re.compile(rb"<\?xml\b", re.IGNORECASE)
_HTML = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_WIDE = re.compile(rb"(?:[\x09\x0a\x0d\x20-\x7e]\0){4}|(?:\0[\x09\x0a\x0d\x20-\x7e]){4}")
_JSON_LINE = re.compile(rb"^\s*+\{", re.MULTILINE)


def foreign(head: bytes) -> Foreign | None:
    """What a file is that begins like this and holds no snapshots; None where it may hold some, or is empty."""
    if head.startswith(b"{") and b"\0" not in head[:4]:
        return None
    kind = next((name for beginning, name in _BEGINNINGS if head.startswith(beginning)), None) or _binary(head)
    return kind or _text(head.removeprefix(BOM).lstrip(), head)


def _binary(head: bytes) -> Foreign | None:
    if head.startswith(_SQLITE):
        is_store = head[68:72] == _STORE
        return Foreign(_STORE_NAME if is_store else "an SQLite database, not snapshots", nodes=is_store)
    if _TAR.match(head, 257) or _is_old_tar(head):
        name = "a bundle: name it FILE.pmb" if head.startswith(_BUNDLE) else f"a tar archive, not snapshots: {_UNPACK}"
        return Foreign(name, nodes=True)
    return Foreign("UTF-16 text: save it as UTF-8", nodes=True) if _WIDE.match(head) else None


def _text(text: bytes, head: bytes) -> Foreign | None:
    if _HTML.match(text):
        return Foreign("an HTML page, not snapshots", nodes=False)
    if _XML.match(text):
        return Foreign("an XML document, not snapshots", nodes=False)
    if not text or text[:1] in (b"{", b"["):
        return None
    if b"\0" in head:
        return Foreign("binary data, not snapshots", nodes=True)
    return None if _json_among(text) else Foreign("not JSON, but text", nodes=False)


def _is_old_tar(head: bytes) -> bool:
    """A tar without the word ustar has a checksum of its header all the same."""
    if len(head) < 512 or not head[:1].strip(b"\0"):
        return False
    digits = head[148:156].strip(b" \0")
    if not re.fullmatch(rb"[0-7]{1,7}", digits):
        return False
    return sum(head[:148]) + 8 * 32 + sum(head[156:512]) == int(digits, 8)


def _json_among(text: bytes) -> bool:
    """Whether a line begins JSON: a terminal's noise may stand before the first snapshot."""
    return any(b'"schema"' in text[match.start() :] for match in _JSON_LINE.finditer(text))
