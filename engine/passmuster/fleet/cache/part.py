"""What a section is to rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.snapshot.activation import bind_section, rebound

if TYPE_CHECKING:
    from passmuster.snapshot import Section


@dataclass(eq=False, slots=True, kw_only=True)
class Part:
    """All sections of one name that rules cannot tell apart."""

    name: str
    frame: int
    facts: tuple[int, ...] = ()
    """A number for each fact that rules read, 0 for one that is not there; empty where the frame says all."""
    section: Section | None = None
    """With the facts that rules read at least; None where the section is not there."""
    like: Part | None = None
    """The part that stands for all that differ from this one in facts that are not remembered; None for such a one,
    and where nothing is."""
    lasting: bool = True
    """Whether the same can come again; what a part is like can."""
    _bound: object = None

    def bind(self, value: object) -> None:
        """Say what expressions see."""
        self._bound = value

    def bound(self) -> object:
        """The value that expressions see."""
        if self._bound is None:
            if self.like is None or self.section is None:
                self._bound = bind_section(self.name, self.section)
            else:
                known = self.like.section.facts if self.like.section is not None else {}
                fresh = [each for each in self.section.facts if each not in known]
                self._bound = rebound(self.name, self.like.bound(), self.section, fresh)
        return self._bound
