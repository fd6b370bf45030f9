"""Waivers as values."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from passmuster.model.verdict import WaiverHeader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class ByName:
    """Nodes whose whole name fits a glob; upper and lower case differ."""

    glob: str

    def covers(self, name: str, _labels: Mapping[str, str]) -> bool:
        """Whether a node is meant."""
        return fnmatch.fnmatchcase(name, self.glob)

    @property
    def everything(self) -> bool:
        """Whether any name fits: nothing but stars and question marks, at least one star."""
        return bool(re.fullmatch(r"\?*\*[*?]*", self.glob))

    def __str__(self) -> str:
        return f"name {self.glob}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLabel:
    """Nodes that have all of these labels, each with its value."""

    labels: Mapping[str, str]

    def covers(self, _name: str, labels: Mapping[str, str]) -> bool:
        """Whether a node is meant."""
        return all(labels.get(key) == value for key, value in self.labels.items())

    @property
    def everything(self) -> bool:
        """Whether any node fits; labels always choose."""
        return False

    def __str__(self) -> str:
        return "label " + ", ".join(f"{key}={value}" for key, value in sorted(self.labels.items()))


Selector: TypeAlias = ByName | ByLabel


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One exception."""

    id: str
    """As the file gives it, or `#N` for the Nth."""
    node: Selector
    rule: str
    """PACK/ID, or ID alone for any pack."""
    reason: str
    owner: str
    ticket: str
    expires: date
    """The last day on which it holds, in UTC."""

    def names(self, rule: str) -> bool:
        """Whether it is about this rule, given as PACK/ID."""
        return self.rule in {rule, rule.partition("/")[2]}

    @property
    def header(self) -> WaiverHeader:
        """What a report says of it."""
        return WaiverHeader(
            id=self.id,
            node=str(self.node),
            rule=self.rule,
            reason=self.reason,
            owner=self.owner,
            ticket=self.ticket,
            expires=self.expires.isoformat(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waivers:
    """All waivers of one file, in its order; never empty."""

    digest: str
    """`sha256:` and hexadecimal digits, of the file's bytes."""
    waivers: tuple[Waiver, ...]
