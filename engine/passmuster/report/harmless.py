"""Making text from hosts harmless, for each place that it goes to.

A node name or a file of a host can hold anything: terminal escapes, controls that turn the
direction of text, spreadsheet formulas, markup.
"""

from __future__ import annotations

import re

# C0 and C1 controls and DEL drive terminals; U+202A-E and U+2066-9 turn text round, U+200E/F and
# U+061C mark its direction, U+2028/9 break lines where nobody expects it (Unicode UAX #9, #14).
_HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_JSON_HARMFUL = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~<>&])")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(text: str) -> str:
    """Text for one line of a terminal: what would drive it becomes a visible escape."""
    return _HARMFUL.sub(_escape, text)


def lines(text: str) -> str:
    """Text for several lines of a terminal: as `plain`, but line breaks stay."""
    return "\n".join(plain(line) for line in text.split("\n"))


def json(text: str) -> str:
    """JSON text in which nothing drives a terminal; it means the same."""
    return _JSON_HARMFUL.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def csv(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    clean = plain(text)
    return "'" + clean if text.startswith(_FORMULA) else clean


def markdown(text: str) -> str:
    """Text for one line of Markdown: no markup, no HTML, no table cell broken."""
    return _MARKDOWN.sub(
        lambda match: "&" + _ENTITIES[match[1]] if match[1] in _ENTITIES else "\\" + match[1], plain(text)
    )


_ENTITIES = {"<": "lt;", ">": "gt;", "&": "amp;"}


def _escape(match: re.Match[str]) -> str:
    number = ord(match.group())
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
