"""Small changes to bytes that somebody might make, by accident or on purpose."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_PIECES = (
    *(
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\x1b[31m",
        b"\r\n",
        b"\n",
        b"\t",
        b"\xe2\x80\xa8",
    ),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"'",
        b":",
        b",",
        b"|",
        b"&a",
        b"*a",
        b"!!python/x",
        b"<<",
        b"---\n",
        b"#",
        b"%",
        b"\\",
    ),
    *(
        b"[" * 70,
        b"(" * 40,
        b"{" * 40,
        b"9" * 30,
        b"9" * 5000,
        b"-0",
        b"1e999",
        b"NaN",
        b"null",
        b"true",
        b"\\ud800",
        b"\\u0000",
    ),
    *(
        b"0001-01-01T00:00:00Z",
        b"9999-12-31T23:59:59Z",
        b"999999w",
        b"../",
        b"/dev/zero",
        b"passmuster.snapshot/2",
        b"\xe2\x80\xae",
    ),
    *(b"a" * 70_000, b"schema", b"sections", b"x in [1].map(y, y)", b"%d%s", b"${x}"),
)
_WORDS = re.compile(rb"[A-Za-z0-9_.]+|[-+*/<>=!&|?:]+")
_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        2**63 - 1,
        2**63,
        1e308,
        0.5,
        "",
        "x",
        "\u202e",
        "\ud800",
        "a" * 5000,
        [],
        {},
        [[]],
        {"": 0},
        [None] * 300,
    ),
    *("9999-12-31T23:59:59Z", "sha256:" + "0" * 64, "passmuster.snapshot/1", "6.1.0", {"a": {"b": {"c": []}}}),
)


def mutated(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """A content with one to four changes; `other` is one of another kind."""
    changed = _of_json(content, chance) if chance.random() < 0.6 else None
    if changed is not None and chance.random() < 0.7:
        return changed
    content = changed or content
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        content = chance.choice(_CHANGES)(content, other, chance)
    return content


def _flip(content: bytes, _other: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content)) if content else 0
    return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]


def _insert(content: bytes, _other: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(content))
    return content[:at] + chance.choice(_PIECES) + content[at:]


def _replace(content: bytes, _other: bytes, chance: random.Random) -> bytes:
    at, size = chance.randint(0, len(content)), chance.choice((1, 4, 20))
    return content[:at] + chance.choice(_PIECES) + content[at + size :]


def _drop(content: bytes, _other: bytes, chance: random.Random) -> bytes:
    at, size = chance.randint(0, len(content)), chance.choice((1, 3, 30, 300))
    return content[:at] + content[at + size :]


def _cut(content: bytes, _other: bytes, chance: random.Random) -> bytes:
    return content[: chance.randint(0, len(content))]


def _twice(content: bytes, _other: bytes, chance: random.Random) -> bytes:
    at, size = chance.randint(0, len(content)), chance.choice((1, 10, 100, 1000))
    return content[: at + size] + content[at:]


def _lines(content: bytes, _other: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    if len(lines) < 2:
        return content
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one] if chance.random() < 0.5 else lines[two]
    return b"".join(lines)


def _word(content: bytes, _other: bytes, chance: random.Random) -> bytes:
    """A word in the place of another: what comes out is often nearly right."""
    words = list(_WORDS.finditer(content))
    if len(words) < 2:
        return content
    one, two = chance.choice(words), chance.choice(words)
    return content[: one.start()] + two.group() + content[one.end() :]


def _splice(content: bytes, other: bytes, chance: random.Random) -> bytes:
    at, start = chance.randint(0, len(content)), chance.randint(0, len(other))
    return content[:at] + other[start : start + chance.choice((10, 200, 5000))] + content[at:]


_CHANGES: tuple[Callable[[bytes, bytes, random.Random], bytes], ...] = (
    _flip,
    _insert,
    _insert,
    _replace,
    _replace,
    _drop,
    _cut,
    _twice,
    _lines,
    _splice,
    *(_word,) * 5,
)


def _of_json(content: bytes, chance: random.Random) -> bytes | None:
    """One value of a JSON document changed, its type or its key; None for what is no JSON."""
    try:
        document = json.loads(content)
    except ValueError:
        return None
    places = list(_places(document))
    if not places:
        return None
    holder, key = chance.choice(places)
    if chance.random() < 0.2:
        del holder[key]
    elif isinstance(holder, dict) and chance.random() < 0.2:
        holder[chance.choice(("", "x", key.upper(), "\u202e", "a" * 300))] = holder.pop(key)
    else:
        holder[key] = chance.choice(_VALUES)
    text = json.dumps(document, sort_keys=True, ensure_ascii=chance.random() < 0.5, separators=(",", ":")) + "\n"
    return text.encode(errors="surrogatepass")


def _places(value: Any) -> Any:
    if isinstance(value, dict | list):
        for key, member in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from _places(member)
