"""Modules that the node's kernel has: built in, or there to be loaded.

Whether one is loaded is another question, which `kernel.modules` answers; a module that is needed and not loaded yet is
no fault of a node that can load it.
"""

from typing import Dict, FrozenSet, Iterator, Union

from passmuster_collector import identity
from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.modulenames import LISTED
from passmuster_collector.reading import (
    Known,
    Reason,
    Result,
    Sourced,
    Unknown,
    UnreadableError,
    each_line,
    interpret,
    not_there,
    quoted,
)
from passmuster_collector.section import ALL, OTHERS, Fact, sourced
from passmuster_collector.source import TABLE_LIMIT, Kind

FIELDS: Fields = {("available",): Limit(items=20000, length=16)}
BUILTIN, LOADABLE = "builtin", "loadable"
_FOLDERS = ("/lib/modules/{}", "/usr/lib/modules/{}")
_SUFFIXES = (".ko", ".ko.gz", ".ko.xz", ".ko.zst")
_NOT_LISTED = Unknown(Reason.NOT_COLLECTED, "not a module that every snapshot tells about: collect --full tells all")
_CUT = Unknown(Reason.NOT_COLLECTED, "not listed, but nothing shows that the lists of modules are whole in the dump")


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    found = available(host)
    if isinstance(found.result, Unknown):
        yield sourced("available", found)
        return
    named: Dict[str, str] = found.result.value
    if not host.full:
        named = {name: named[name] for name in LISTED if name in named}
    yield Fact(("available",), Known(named), found.sources)
    if host.kind is Kind.DUMP:
        yield Fact(("available", ALL), _CUT, ())
    elif not host.full:
        yield Fact(("available", OTHERS), _NOT_LISTED, ())


def parse_modules_list(text: str) -> FrozenSet[str]:
    """Names in modules.builtin or modules.dep, a path at the start of each line; raises UnreadableError."""
    return frozenset(map(_name, (line.partition(":")[0] for line in each_line(text) if line.strip())))


def available(host: Host) -> Sourced:
    """Names of modules to `builtin` or `loadable`: of all that the release has; of a dump, of those that it names."""
    folder = identity.release_folder(host)
    if isinstance(folder.result, Unknown):
        return Sourced(folder.result, ())
    trouble: Result = not_there(*(pattern.format(folder.result.value) for pattern in _FOLDERS))
    for pattern in _FOLDERS:
        place = pattern.format(folder.result.value)
        lists = {path: _listed(host, path) for path in (f"{place}/modules.dep", f"{place}/modules.builtin")}
        known = {path: result.value for path, result in lists.items() if isinstance(result, Known)}
        if len(known) == len(lists) or (known and host.kind is Kind.DUMP):
            merged: Dict[str, str] = {}
            for path, names in known.items():
                merged.update(dict.fromkeys(names, BUILTIN if path.endswith("builtin") else LOADABLE))
            return Sourced(Known(merged), tuple(known))
        worse = next(result for result in lists.values() if isinstance(result, Unknown))
        if worse.reason is not Reason.NOT_COLLECTED:
            trouble = worse
    return Sourced(trouble, ())


def _listed(host: Host, path: str) -> Union[Known, Unknown]:
    """The names in a list. A kernel may have nothing to load, but every one has something built in."""
    found = interpret(host.read(path, TABLE_LIMIT), parse_modules_list, absent=not_there(path))
    if isinstance(found, Known) and not found.value and path.endswith("builtin"):
        return Unknown(Reason.UNREADABLE, f"{path} is empty")
    return found


def _name(path: str) -> str:
    file = path.rpartition("/")[2].strip()
    for suffix in _SUFFIXES:
        if file.endswith(suffix) and len(file) > len(suffix):
            return file[: -len(suffix)].replace("-", "_")
    raise UnreadableError(f"not a module (got {quoted(path)})")
