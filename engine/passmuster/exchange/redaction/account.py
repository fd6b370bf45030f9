"""What a plan keeps and takes out, section by section: field paths, and never a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from passmuster.exchange.redaction import fields
from passmuster.exchange.redaction.fields import Keyed, Record
from passmuster.exchange.redaction.prune import classes
from passmuster.model.fieldpath import FieldPath

if TYPE_CHECKING:
    from passmuster.exchange.redaction.fields import Field, FieldClass
    from passmuster.exchange.redaction.reads import Reads
    from passmuster.exchange.redaction.redaction import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionAccount:
    """One section."""

    name: str
    kept: tuple[str, ...]
    """Selectors below the section; empty where the whole section goes."""
    removed: tuple[str, ...]
    """The same of what goes, with `others of X` for the rest of X; empty where nothing does."""


def account(plan: Plan) -> tuple[SectionAccount, ...]:
    """The account of every section that the schema names, by name."""
    entries = []
    for name, field in sorted(fields.sections(1).items()):
        walk = _Walk(plan.removed, [], [])
        read = plan.read.child(name)
        if read is not None:
            walk.below(field, FieldPath((name,)), read)
        entries.append(SectionAccount(name=name, kept=tuple(walk.kept), removed=tuple(walk.removed)))
    return tuple(entries)


@dataclass(frozen=True, slots=True)
class _Walk:
    classes: frozenset[FieldClass]
    kept: list[str]
    removed: list[str]

    def below(self, field: Field, path: FieldPath, read: Reads) -> None:
        """Sort a field that is read, and what is in it, into kept and removed."""
        gone = classes(field) & self.classes
        if gone:
            self.removed.append(f"{_short(path)} ({', '.join(sorted(field_class.value for field_class in gone))})")
            return
        members = _members(field, read)
        if not members:
            self.kept.append(_short(path))
        for name, member, member_field in members:
            if member_field is not None:
                self.below(member, path.child(name), member_field)
            elif len(path.parts) == 1:
                self.removed.append(_short(path.child(name)))
        if isinstance(field, Keyed) and members:
            names_go = field.open or field.names_go(read)
            self.removed.append(f"others of {path}" if names_go else f"others of {path} (their names stay)")
        elif len(path.parts) > 1 and any(member_read is None for *_, member_read in members):
            self.removed.append(f"others of {path}")


def _members(field: Field, read: Reads) -> list[tuple[str, Field, Reads | None]]:
    """The members to be told of one by one; none where the field is kept as it is."""
    if isinstance(field, Record):
        return [(name, child, read.child(name)) for name, child in field.fields.items()]
    if isinstance(field, Keyed) and not read.whole:
        return [(name, field.value, below) for name, below in sorted(read.below.items())]
    return []


def _short(path: FieldPath) -> str:
    """A path without its section, as a selector; the section itself by its name."""
    return str(path)[len(path.parts[0]) :].removeprefix(".") or path.parts[0]
