"""What a kind of input is: the seeds are in fuzz_seeds and fuzz_more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = "2026-11-23T00:00:00Z"
AT = ("--now", NOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of input: its file, a valid content, and the commands that read it.

    In a command F stands for the file, and W for the content itself.
    """

    name: str
    file: str
    content: bytes
    commands: tuple[tuple[str, ...], ...]
    wrap: Callable[[bytes], bytes] | None = None
    """What the file holds, made of the content."""

    def written(self, content: bytes) -> bytes:
        """What the file holds."""
        return content if self.wrap is None else self.wrap(content)

    def words(self, command: tuple[str, ...], content: bytes) -> list[str]:
        """The words of a command; none has a NUL in it, for no system would hand it over."""
        word = content.decode("utf-8", "surrogateescape").replace("\0", "")[: 1 << 16]
        return [
            self.file if each == "F" else word if each == "W" else each.replace("=F", f"={self.file}")
            for each in command
        ]
