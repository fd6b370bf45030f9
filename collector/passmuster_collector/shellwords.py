"""Words as a POSIX shell parts them, in time that grows as the text does; the standard library's takes its square."""

import re
from itertools import count
from typing import List, Match, Optional

from passmuster_collector.budget import asking
from passmuster_collector.reading import UnreadableError

_PIECE = re.compile(
    r"""(?P<blanks>[ \t\r\n]+)
    | (?P<plain>[^ \t\r\n'"\\]+)
    | '(?P<single>[^']*)'
    | "(?P<double>[^"\\]*(?:\\.[^"\\]*)*)"
    | \\(?P<escaped>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r'\\([$`"\\\n])')
"""What a backslash keeps from its meaning between double quotes; before all else it stands for itself."""


def split(text: str) -> List[str]:
    """Words without their quotes; ``#`` where a word would begin starts a comment. Raises UnreadableError."""
    words: List[str] = []
    word: Optional[List[str]] = None
    place, steps = 0, asking(count())
    while place < len(text):
        next(steps)
        if word is None and text[place] == "#":
            end = text.find("\n", place)
            place = len(text) if end < 0 else end
            continue
        match = _PIECE.match(text, place)
        if match is None:
            trouble = "nothing behind the last backslash" if text[place] == "\\" else "a quotation without an end"
            raise UnreadableError(f"not assignments as a shell has them ({trouble})")
        place = match.end()
        if match.lastgroup == "blanks":
            if word is not None:
                words.append("".join(word))
            word = None
        elif match.group("escaped") != "\n":  # a backslash at the end of a line: the word goes on
            word = [] if word is None else word
            found = match.group(match.lastgroup or 0)
            word.append(_ESCAPED.sub(_kept, found) if match.lastgroup == "double" else found)
    return words if word is None else [*words, "".join(word)]


def _kept(match: Match[str]) -> str:
    return str(match.group(1)).replace("\n", "")
