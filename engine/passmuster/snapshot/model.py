"""A snapshot as a value. Facts stay JSON; the schema says what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from passmuster.model.fieldpath import FieldPath
    from passmuster.model.unknown import Reason, UnknownFact


_SOURCES = 4
"""Files that are named for one fact; of the others, how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a host that was, or could not be, looked at."""

    facts: Mapping[str, Any]
    """What was found; empty where the whole section is unknown."""
    unknown: Mapping[FieldPath, UnknownFact]
    """What could not be looked at; empty where everything was. A path stands for all below it."""
    sources: Mapping[str, tuple[str, ...]]
    """Path of the host or system call -> names of the facts from it; empty where nothing was read."""
    reason: Reason | None = None
    """Why everything in it is unknown that `unknown` does not name; None where it was looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one collection saw of one node."""

    digest: str
    """`sha256:` and hexadecimal digits, of the bytes as received."""
    schema: str
    node: Mapping[str, Any]
    collection: Mapping[str, Any]
    sections: Mapping[str, Section]
    """By name, also those that this engine does not know."""

    @property
    def name(self) -> str:
        """Name of the node."""
        name: str = self.node["name"]
        return name

    @property
    def machine_id(self) -> str | None:
        """Digest of the machine's id; None where it was not collected."""
        machine_id: str | None = self.node["machine_id"]
        return machine_id

    def source(self, path: FieldPath) -> str | None:
        """Where the host keeps a fact, as the collector recorded it; None where it did not say.

        Collectors record sources by the first step below the section. Of a member of a map (`kernel.sysctl['net.x']`),
        only the files that are named for it count, where there are any.
        """
        section = self.sections.get(path.parts[0])
        if section is None or len(path.parts) == 1:
            return None
        read_from = [source for source, names in section.sources.items() if path.parts[1] in names]
        if len(path.parts) > 2:
            ends = tuple(f"/{name}" for name in (path.parts[-1], path.parts[-1].replace(".", "/")))
            read_from = [source for source in read_from if source.endswith(ends)] or read_from
        rest = f" and {len(read_from) - _SOURCES} more" if len(read_from) > _SOURCES else ""
        return ", ".join(sorted(read_from)[:_SOURCES]) + rest or None

    def value(self, path: FieldPath) -> Any:
        """The fact at a path; None where there is none, for whatever reason."""
        section = self.sections.get(path.parts[0])
        value: Any = section.facts if section is not None else None
        for part in path.parts[1:]:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value
