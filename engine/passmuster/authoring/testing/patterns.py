"""Regular expressions with one small mistake: an anchor, an alternative or a character of a class left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def mistaken(pattern: str) -> Iterator[str]:
    """The pattern with each thing left out that can be, in the order of the text."""
    if pattern.startswith("^"):
        yield pattern[1:]
    for start, end in _removable(pattern):
        yield pattern[:start] + pattern[end:]
    if pattern.endswith("$") and not pattern.endswith(r"\$"):
        yield pattern[:-1]


def _removable(pattern: str) -> Iterator[tuple[int, int]]:
    """Where each alternative stands, with one bar beside it, and each letter of a plain class."""
    at, opened = 0, [_first(pattern)]
    bars: list[list[int]] = [[]]
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\":
            at += 1
        elif letter == "[":
            end = _class_end(pattern, at)
            yield from _letters(pattern, at, end)
            at = end
        elif letter == "(":
            opened.append(at + 1 + 2 * pattern.startswith("(?:", at))
            bars.append([])
        elif letter == "|":
            bars[-1].append(at)
        elif letter == ")" and len(opened) > 1:
            yield from _alternatives(opened.pop(), bars.pop(), at)
        at += 1
    yield from _alternatives(opened[0], bars[0], len(pattern))


def _first(pattern: str) -> int:
    return 1 if pattern.startswith("^") else 0


def _class_end(pattern: str, start: int) -> int:
    """Where the bracket of a class closes; one right after its opening is a letter of it."""
    at = start + 1 + pattern.startswith("^", start + 1)
    at += pattern.startswith("]", at)
    while at < len(pattern) and pattern[at] != "]":
        at += 1 + (pattern[at] == "\\")
    return at


def _letters(pattern: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    letters = pattern[start + 1 : end]
    if len(letters) > 1 and not set(letters) & set("^-\\[:"):
        yield from ((at, at + 1) for at in range(start + 1, end))


def _alternatives(start: int, bars: list[int], end: int) -> Iterator[tuple[int, int]]:
    if bars:
        yield start, bars[0] + 1
        yield from zip(bars, [*bars[1:], end], strict=True)
