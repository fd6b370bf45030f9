"""One section, pruned to what is read: the rest is marked as redacted, so that the section stays total.

What is left depends on nothing but what is read and stays: two sections that agree there become the same bytes. The
exception are the names of the keys of a closed map that is read in part, where the schema lists not every key that is
read. They remain, marked, for a key that vanished there would say that the host has none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, assert_never

from passmuster.exchange.redaction.fields import FieldClass, Keyed, Leaf, Record, origins
from passmuster.model.fieldpath import FieldPath
from passmuster.model.unknown import ALL, OTHERS, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from passmuster.exchange.redaction.fields import Field
    from passmuster.exchange.redaction.reads import Reads
    from passmuster.snapshot import Section

_GONE = object()
_PROCESS = re.compile(r"^/proc/[0-9]+/")
_PLACEHOLDER = re.compile(r"PID|RELEASE|MODULE|NAME")


def section(
    name: str, field: Field, given: Section | None, read: Reads | None, removed: frozenset[FieldClass]
) -> dict[str, Any] | None:
    """The section as JSON; None where the snapshot does not have it and something in it is read."""
    if read is None or classes(field) & removed:
        return _whole()
    if given is None:
        return None
    reasons = {path: fact.reason for path, fact in given.unknown.items()}
    if given.reason is not None:
        kept = {str(path): reason for path, reason in reasons.items() if _stays(field, path, read, removed)}
        return _written({}, {}, given.reason.value, kept)
    pruner = _Pruner(reasons, removed)
    facts = pruner.value(field, given.facts, FieldPath((name,)), read)
    status = "partial" if pruner.unknown else "ok"
    return _written(facts, _sources(field, given.sources, facts, read), status, pruner.unknown)


def _whole() -> dict[str, Any]:
    return _written({}, {}, Reason.REDACTED.value, {})


def _written(
    facts: dict[str, Any], sources: dict[str, list[str]], status: str, unknown: Mapping[str, Reason]
) -> dict[str, Any]:
    # A detail is free text: no field of it can be told to be harmless, so none is kept.
    why = {path: {"detail": "", "reason": reason.value} for path, reason in unknown.items()}
    return {"facts": facts, "sources": sources, "status": status, "unknown": why}


class _Pruner:
    """Keeps what is read, and notes what could not be looked at or is taken out."""

    def __init__(self, reasons: Mapping[FieldPath, Reason], removed: frozenset[FieldClass]) -> None:
        self._reasons, self._removed = reasons, removed
        self.unknown: dict[str, Reason] = {}

    def value(self, field: Field, value: Any, path: FieldPath, read: Reads) -> Any:
        """What stays of a value that is there, or of one of whose members something is known."""
        if value is None:
            return None
        match field:
            case Leaf():
                return value
            case Record():
                names = {name: child for name, child in field.fields.items() if read.child(name) is not None}
                absent: dict[str, None] = {}
                self._others(path, some=len(names) < len(field.fields))
            case Keyed():
                names = dict.fromkeys(self._keys(field, value, path, read), field.value)
                self._others(path, some=field.open and not read.whole)
                self._withheld(field, path, read)
                if field.open:
                    self._uncollected(names, value, path)
                absent = dict.fromkeys(self._absent(field, value, path, read))
            case _:
                assert_never(field)
        members = {
            name: self._member(child, value, path.child(name), read.child(name)) for name, child in names.items()
        }
        return absent | {name: member for name, member in members.items() if member is not _GONE}

    def _absent(self, field: Keyed, value: Mapping[str, Any], path: FieldPath, read: Reads) -> Iterator[str]:
        """Keys that are read and are not there, of a map whose other names go: of these alone it stays known."""
        if not field.names_go(read):
            return
        below = self._below(path)
        patterns = sorted(key for key in below if key.endswith(OTHERS) and key != OTHERS)
        for key in sorted(read.below.keys() - value.keys() - below):
            if patterns:
                self.unknown[str(path.child(key))] = self._reasons[path.child(patterns[0])]
            else:
                yield key

    def _below(self, path: FieldPath) -> set[str]:
        """Keys of a map of which something is unknown."""
        return {reason.parts[len(path.parts)] for reason in self._reasons if path.covers(reason) and reason != path}

    def _others(self, path: FieldPath, *, some: bool) -> None:
        if some:
            self.unknown[str(FieldPath((path.parts[0], OTHERS)))] = Reason.REDACTED

    def _withheld(self, field: Keyed, path: FieldPath, read: Reads) -> None:
        """A map that does not name all its keys says so, now or as before: one that is missing may be there."""
        others = path.child(OTHERS)
        if field.names_go(read):
            self.unknown[str(path.child(ALL))] = Reason.REDACTED
        elif others in self._reasons:
            self.unknown[str(others)] = self._reasons[others]

    def _uncollected(self, names: Iterable[str], value: Mapping[str, Any], path: FieldPath) -> None:
        """Keys that are read and that nobody collected say so: else the mark of all others would speak for them."""
        taken = self._reasons.get(FieldPath((path.parts[0], OTHERS)), Reason.NOT_COLLECTED)
        for child in map(path.child, names):
            if child.parts[-1] not in value and not any(child.covers(known) for known in self._reasons):
                self.unknown[str(child)] = taken

    def _keys(self, field: Keyed, value: Mapping[str, Any], path: FieldPath, read: Reads) -> Iterator[str]:
        """The keys of which something is said: all that are there, or those that are read where that is enough."""
        below = self._below(path)
        asked = read.below.keys() if field.open else set()
        for key in sorted((value.keys() | below | asked) - {OTHERS}):
            if read.child(key) is not None or not (field.open or field.names_go(read)):
                yield key

    def _member(self, field: Field, holder: Mapping[str, Any], path: FieldPath, read: Reads | None) -> Any:
        name = path.parts[-1]
        if read is None or classes(field) & self._removed:
            self.unknown[str(path)] = Reason.REDACTED
        elif name in holder:
            return self.value(field, holder[name], path, read)
        elif path in self._reasons:
            self.unknown[str(path)] = self._reasons[path]
        elif any(path.covers(reason) for reason in self._reasons):
            noted = len(self.unknown)
            self.value(field, {}, path, read)
            if len(self.unknown) == noted:  # all that was known of it has a name that this engine does not know
                self.unknown[str(path)] = Reason.REDACTED
        return _GONE


def classes(field: Field) -> frozenset[FieldClass]:
    """The classes for which a field goes as a whole."""
    match field:
        case Leaf():
            return frozenset({field.of})
        case Keyed():
            # Without its values a map says its keys alone, and that of them that they were worth hiding.
            return frozenset({field.keys}) | classes(field.value)
        case Record():
            return frozenset()
        case _:
            assert_never(field)


def _stays(field: Field, path: FieldPath, read: Reads, removed: frozenset[FieldClass]) -> bool:
    """Whether a path that could not be looked at may be named."""
    at: Reads | None = read
    within: Field | None = field
    for part in path.parts[1:]:
        at = None if at is None else at.child(part)
        if isinstance(within, Leaf) or within is None or at is None:
            return False
        within = within.fields.get(part) if isinstance(within, Record) else within.value
        if within is None or classes(within) & removed:
            return False
    return True


def _sources(
    field: Field, given: Mapping[str, tuple[str, ...]], facts: Mapping[str, Any], read: Reads
) -> dict[str, list[str]]:
    """Where the facts that stay came from, in the words of the schema: a path of the host may say anything."""
    by_source: dict[str, set[str]] = {}
    for source, names in given.items():
        for name in names:
            if name in facts:
                word = _word(source, _origins(field, name, read))
                if isinstance(field, Keyed) and source in facts:
                    word = source
                if word is not None:
                    by_source.setdefault(word, set()).add(name)
    return {source: sorted(names) for source, names in sorted(by_source.items())}


def _origins(field: Field, name: str, read: Reads) -> frozenset[str]:
    """What the schema names as the sources of what is read of a fact."""
    at = read.child(name)
    own = field.fields[name] if isinstance(field, Record) else field
    return frozenset() if at is None else origins(own, at)


def _word(source: str, known: frozenset[str]) -> str | None:
    """What the schema calls a source; None where it names none like it."""
    fitting = [source_name for source_name in known if _fits(source, source_name)]
    return max(fitting, key=lambda source_name: (len(source_name), source_name), default=None)


def _fits(source: str, known: str) -> bool:
    plain = _PROCESS.sub("/proc/", source)
    if (
        known in {source, plain}
        or source.startswith(f"{known}/")
        or (known[:1] != "/" and source.endswith(f"/{known}"))
    ):
        return True
    pattern = _PLACEHOLDER.sub("[^/]+", re.escape(known))
    return pattern != re.escape(known) and re.fullmatch(pattern, source) is not None
