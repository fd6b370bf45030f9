"""From facts to a section of the snapshot.

Rules: every field of a section ends up in `facts` or in `unknown`, never in both and never in neither; what is larger
than the schema allows is unknown; whatever goes wrong in one section stays there.
"""

from collections import Counter
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from passmuster_collector.budget import OutOfTimeError, in_time
from passmuster_collector.fields import Fields, Path, excess, plain, spelled
from passmuster_collector.host import Host
from passmuster_collector.reading import Known, Reason, Result, Sourced, Unknown

_DETAIL = 512
OTHERS = "*"
"""In `unknown`, every key of a closed map that is neither in it nor listed."""
ALL = "**"
"""In `unknown`, every key of a closed map that is not in it, the listed ones too."""


class Fact(NamedTuple):
    """A result for one field, or for all fields below a path."""

    path: Path
    result: Result
    sources: Tuple[str, ...]


class Section(NamedTuple):
    """A part of the host: its fields, and what finds them."""

    name: str
    fields: Fields
    collect: Callable[[Host], Iterator[Fact]]


def fact(path: str, result: Result, *sources: str) -> Fact:
    """A fact at a path of identifiers with dots between them."""
    return Fact(tuple(path.split(".")), result, sources)


def sourced(path: str, found: Sourced) -> Fact:
    """A fact with the sources that its result carries."""
    return Fact(tuple(path.split(".")), found.result, found.sources)


def open_map(path: Path, facts: Iterable[Fact]) -> Iterator[Fact]:
    """The entries of an open map; one entry for all of it where nothing is known, for one reason."""
    entries = list(facts)
    unknown = [entry.result for entry in entries if isinstance(entry.result, Unknown)]
    if len(unknown) < len(entries):
        yield from entries
    elif len({result.reason for result in unknown}) == 1:
        details = {result.detail for result in unknown}
        more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
        yield Fact(path, Unknown(unknown[0].reason, unknown[0].detail + more), ())
    else:
        yield Fact(path, Known({}), ())
        yield from entries


def gather(section: Section, host: Host) -> List[Fact]:
    """All facts of a section; where finding them goes wrong, what is missing says so."""
    facts: List[Fact] = []
    reason = Unknown(Reason.FAILED, "the collector said nothing about it")
    try:
        in_time(host.root.budget, lambda: facts.extend(_bounded(section, one) for one in section.collect(host)))
    except OutOfTimeError:
        reason = Unknown(Reason.TIMEOUT, "no time was left for it")
    except Exception as error:  # noqa: BLE001 - a mistake in one section must not lose the others
        reason = Unknown(Reason.FAILED, f"{type(error).__name__}: {error}")
    seen = {one.path for one in facts}
    begun = {path[:end] for path in seen for end in range(1, len(path))}  # maps of which some members were told
    facts.extend(
        Fact(path, reason, ())
        for path in section.fields
        if path not in begun and not any(path[:end] in seen for end in range(1, len(path) + 1))
    )
    return facts


def nothing(section: Section, reason: Unknown) -> List[Fact]:
    """The facts of a section that was not looked at."""
    return [Fact(path, reason, ()) for path in section.fields]


def rendered(section: Section, facts: Iterable[Fact]) -> Dict[str, Any]:
    """The section as the snapshot holds it."""
    known: Dict[str, Any] = {}
    unknown: Dict[str, Any] = {}
    sources: Dict[str, List[str]] = {}
    reasons: Counter[Reason] = Counter()
    for one in facts:
        if isinstance(one.result, Known):
            _place(known, one.path, one.result.value)
            for source in one.sources:
                sources.setdefault(source, []).append(one.path[0])
        else:
            reasons[one.result.reason] += 1
            detail = plain(one.result.detail)[:_DETAIL]
            unknown[spelled((section.name, *one.path))] = {"detail": detail, "reason": one.result.reason.value}
    return {
        "facts": known,
        "sources": {plain(source): sorted(set(names)) for source, names in sources.items()},
        "status": _status(known, reasons),
        "unknown": unknown,
    }


def _status(known: Dict[str, Any], reasons: "Counter[Reason]") -> str:
    if not reasons:
        return "ok"
    if known:
        return "partial"
    return min(reasons, key=lambda reason: (-reasons[reason], reason.value)).value


def _bounded(section: Section, one: Fact) -> Fact:
    if not isinstance(one.result, Known):
        return one
    value = plain(one.result.value)
    trouble = _excess(section.fields, one.path, value)
    return one._replace(result=Unknown(Reason.FAILED, trouble) if trouble else Known(value))


def _excess(fields: Fields, path: Path, value: Any) -> str:
    limit: Optional[Any] = fields.get(path) or fields.get(path[:-1])
    if limit is not None:
        return excess(value, limit)
    if not value:
        return ""
    return next(filter(None, (_excess(fields, (*path, key), item) for key, item in value.items())), "")


def _place(tree: Dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = value
