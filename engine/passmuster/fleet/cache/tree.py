"""Finding which of many known texts begins at a place of a line, by looking at no more than tells them apart.

A tree of forks: each names one place, and texts below it are the same in front of that place and differ there. A few
single bytes lead to the only text that it can be, and one comparison says whether it is. So nothing is hashed, and the
end of the text need not be looked for. It is a PATRICIA trie over bytes (Morrison 1968, doi:10.1145/321479.321481).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Leaf(Generic[T]):
    """A known text, and what is known of it."""

    text: bytes
    value: T
    height: int = 0


@dataclass(eq=False, slots=True)
class _Fork(Generic[T]):
    """Texts that are the same in front of a place, by the byte that they have there."""

    at: int
    branches: dict[int, _Node[T]]
    height: int
    """How many forks there are from here to the farthest text."""


_Node: TypeAlias = "_Fork[T] | _Leaf[T]"
HIGHEST = 100
"""So many forks at most stand before a text: whoever makes texts up cannot make finding them slow."""


class Tree(Generic[T]):
    """Known texts, none of which begins with another one."""

    __slots__ = ("_root",)

    def __init__(self) -> None:
        self._root: _Node[T] | None = None

    def find(self, line: bytes, begin: int) -> T | None:
        """What is known of the text that begins there; None where none of the known ones does."""
        node = self._root
        if node is None:
            return None
        try:
            while type(node) is _Fork:
                node = node.branches[line[begin + node.at]]
        except (IndexError, KeyError):
            return None
        return node.value if line.startswith(node.text, begin) else None  # type: ignore[union-attr]

    def add(self, text: bytes, value: T) -> bool:
        """Know one more text, and say whether.

        Not one that begins with a known one, or a known one with it; nor one that would make the tree too high.
        """
        new: _Leaf[T] = _Leaf(text, value)
        if self._root is None:
            self._root = new
            return True
        other = self._nearest(text)
        at = first_difference(text, other)
        if at < 0:
            return False
        path: list[_Fork[T]] = []
        node = self._root
        while isinstance(node, _Fork) and node.at < at:
            path.append(node)
            node = node.branches[text[node.at]]
        if isinstance(node, _Fork) and node.at == at:
            node.branches[text[at]] = new
            return True
        if len(path) + node.height >= HIGHEST:
            return False
        self._insert(path, _Fork(at, {other[at]: node, text[at]: new}, node.height + 1), text)
        return True

    def _insert(self, path: list[_Fork[T]], fork: _Fork[T], text: bytes) -> None:
        """Put a fork behind others, in the place of what stood there on the way to a text."""
        if path:
            path[-1].branches[text[path[-1].at]] = fork
        else:
            self._root = fork
        height = fork.height
        for above in reversed(path):
            height += 1
            above.height = max(above.height, height)

    def _nearest(self, text: bytes) -> bytes:
        """A known text that has as much in common with this one as any has."""
        node = self._root
        while isinstance(node, _Fork):
            ours = text[node.at] if node.at < len(text) else -1
            node = node.branches.get(ours) or next(iter(node.branches.values()))
        assert node is not None
        return node.text


def first_difference(one: bytes, other: bytes) -> int:
    """The first place at which two texts differ; below 0 where one begins with the other."""
    size = min(len(one), len(other))
    # As numbers: the highest bit in which they differ is found without a loop.
    differ = int.from_bytes(one[:size]) ^ int.from_bytes(other[:size])
    return size - (differ.bit_length() + 7) // 8 if differ else -1
