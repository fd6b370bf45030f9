"""What ``--from`` may be: copied files, or a support archive, in a folder or packed.

* what capture.sh wrote;
* a folder that mirrors a host, alone or below one folder of any name: sosreport, and most others;
* an OpenShift must-gather: ``nodes/NAME/sysinfo.tgz`` mirrors a host, and below ``cluster-scoped-resources`` lies its
  Node object;
* an Insights archive: the same below its folder ``data``;
* beside a mirrored host, its Node object as ``node.yaml`` or ``node.json``.

What shows none of these is refused, for a snapshot that knows nothing would say no more than that.
"""

import io
import os
import re
import stat
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from passmuster_collector import dates
from passmuster_collector.archive import Archive
from passmuster_collector.budget import Budget, OutOfTimeError
from passmuster_collector.capture import LIST, Capture
from passmuster_collector.nodeobject import LIMIT, NOT_GIVEN, NodeObject, parse_node_object
from passmuster_collector.reading import Data, Known, Names, Node, Reason, Text, Unknown, interpret, quoted
from passmuster_collector.root import Root
from passmuster_collector.source import Kind, Source
from passmuster_collector.usage import NothingKnownError, UsageError

_MIRRORED = frozenset(("proc", "sys", "etc", "sos_commands", "insights_commands", "uname", "node.yaml"))
_NODE_FILES = ("/node.yaml", "/node.json")
_NODES = "/nodes"
_OBJECTS = "/cluster-scoped-resources/core/nodes"
_SYSINFO = "sysinfo.tgz"
_NESTED = 16 << 20
_INSIGHTS = "data"
_EXPECTED = (
    "proc/, sys/, etc/ or sos_commands/, at the top or below one folder; nodes/NAME/sysinfo.tgz of a must-gather; or"
    " what capture.sh wrote"
)
_OTHERS = (
    (re.compile(r"scc_|basic-environment\.txt\Z"), "a SUSE supportconfig"),
    (
        re.compile(r"support-?bundle|(host-collectors|cluster-resources)\Z"),
        "a support bundle of a cluster",
    ),
)
_INNER = re.compile(r".+\.(?:tar(?:\.[a-z0-9]+)?|t[gbx]z2?|zip)\Z")
_PACKINGS = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd"),
    (b"\x1f\x9d", "packed with compress"),
    (b"Rar!", "a RAR archive"),
)
_LEVELS = 2
_FOLDERS = 256
_HOST = _MIRRORED | {"boot", "dev", "installed-rpms", "lib", "run", "usr", "var"}
_SHOWN = 20


class Dump(NamedTuple):
    """A host as a dump has it."""

    source: Source
    node_object: Union[NodeObject, Unknown]
    name: Optional[str]
    """What the dump calls the node, where its folders are named after nodes."""
    folder: str
    """The folder that mirrors the host; empty for the top."""
    taken_at: Optional[str]
    """When it was taken, as the dump itself says."""


def open_dump(path: str, name: Optional[str], budget: Budget, *, bare: bool = True) -> Dump:
    """Find the host in a folder or an archive; raises OSError where there is neither, else UsageError.

    Raises OutOfTimeError where the budget is spent before the host is found.
    `bare`: nothing else is known of the host, so that a dump that shows none is refused.
    """
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        return _shown(_found(Root.open(path, Kind.DUMP, budget), name), path, bare=bare)
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{quoted(path)}: neither a folder nor an archive")
    try:
        _demand_tar(path)
        return _shown(_found(Archive.open(lambda: io.open(path, "rb"), budget), name), path, bare=bare)
    except UsageError as error:
        if str(error).startswith(quoted(path)):
            raise
        raise type(error)(f"{quoted(path)}: {error}") from None


def _demand_tar(path: str) -> None:
    with io.open(path, "rb") as file:
        start = file.read(8)
    for magic, name in _PACKINGS:
        if start.startswith(magic):
            raise NothingKnownError(f"{name}, which is not read: unpack it, and give the folder")


def _shown(dump: Dump, path: str, *, bare: bool) -> Dump:
    """The dump, if it shows a host."""
    source = dump.source
    if not bare or isinstance(source, Capture) or isinstance(dump.node_object, NodeObject) or dump.name is not None:
        return dump
    names = _listing(source, "/")
    if _HOST & set(names):
        return dump
    names += tuple(below for name in names[:_FOLDERS] for below in _listing(source, "/" + name))
    kind = next((word for pattern, word in _OTHERS if any(map(pattern.match, names))), None)
    inner = [name for name in names if _INNER.match(name)]
    what = f"no files of a host in it: {kind} has none" if kind else "no files of a host in it"
    if inner:
        what += f"; it holds archives (got {_listed(inner)}): unpack it, and give one of them"
    raise NothingKnownError(f"{quoted(path)}: {what} (expected {_EXPECTED})")


def _found(top: Source, name: Optional[str]) -> Dump:
    """A capture, a mirrored host at the top, else a must-gather, else a mirrored host below."""
    capture = _captured(top)
    if capture is not None:
        return Dump(capture, NOT_GIVEN, None, capture.folder, capture.captured_at)
    if not _mirrors(top, ""):
        places = [place for level in _levels(top) for place in level]
        nodes = _nodes(top, places)
        if nodes:
            return _node(top, nodes, name)._replace(taken_at=dates.of_gathering(top, places))
    place = _mirrored(top)
    source = top.below(place) if place else top
    folders = [step for step in place.split("/") if step]
    if folders[-1:] == [_INSIGHTS] and len(folders) > 1:
        del folders[-1]
    folder = folders[-1] if folders else ""
    return Dump(source, _object(source, _NODE_FILES), None, folder, _taken_at(source, folder))


def _captured(top: Source) -> Optional[Capture]:
    """What capture.sh wrote, at the top or in the one folder that has it; a host's own folders are not looked into."""
    places = [""] if isinstance(top.node(LIST), Node) else []
    if not places and not _mirrors(top, ""):
        folders = (f"/{name}" for name in _listing(top, "/")[:_FOLDERS])
        places = [folder for folder in folders if isinstance(top.node(folder + LIST), Node)]
    if len(places) > 1:
        raise UsageError(f"more than one host in it (got {_listed(places)}, expected one)")
    return Capture.open(top.below(places[0]) if places[0] else top) if places else None


def _taken_at(source: Source, folder: str) -> Optional[str]:
    """What the dump's files say; else its name; else when the youngest output of a command was written into it."""
    told = dates.of_host(source) or dates.of_name(folder)
    if told is not None or not isinstance(source, Archive):
        return told
    return dates.of_seconds(max(source.changed_at(place) for place in ("sos_commands", "insights_commands")))


def _mirrored(top: Source) -> str:
    """The one folder that mirrors a host; where none does, the top."""
    for level in _levels(top):
        hosts = [place for place in level if _mirrors(top, place)]
        if len(hosts) > 1:
            raise UsageError(f"more than one host in it (got {_listed(hosts)}, expected one)")
        if hosts:
            return hosts[0]
    return ""


def _levels(top: Source) -> Iterator[List[str]]:
    """The top, the folders in it, those in them; none below a mirrored host."""
    level = [""]
    for _ in range(_LEVELS + 1):
        yield level
        following: List[str] = []
        for place in level:
            paths = [f"{place}/{name}" for name in _listing(top, place or "/") if not _mirrors(top, place)]
            following.extend(path for path in paths[:_FOLDERS] if _is_folder(top, path, follow=False))
        level = following[:_FOLDERS]


def _mirrors(top: Source, place: str) -> bool:
    return bool(_MIRRORED & set(_listing(top, place or "/")))


def _is_folder(top: Source, path: str, *, follow: bool = True) -> bool:
    node = top.node(path, follow=follow)
    return isinstance(node, Node) and node.kind == "directory"


def _nodes(top: Source, places: Sequence[str]) -> Dict[str, List[Tuple[str, str]]]:
    """Names of nodes to what a must-gather has of each: its files and its Node object, by kind and path."""
    found: Dict[str, List[Tuple[str, str]]] = {}
    for place in places:
        for name in _listing(top, place + _NODES):
            path = f"{place}{_NODES}/{name}/{_SYSINFO}"
            if isinstance(top.node(path), Node):
                found.setdefault(name, []).append(("files", path))
        for file in _listing(top, place + _OBJECTS):
            if file.endswith(".yaml"):
                found.setdefault(file[: -len(".yaml")], []).append(("object", f"{place}{_OBJECTS}/{file}"))
    return found


def _listing(top: Source, folder: str) -> Tuple[str, ...]:
    names = top.names(folder)
    if isinstance(names, Unknown) and names.reason is Reason.TIMEOUT:
        raise OutOfTimeError
    return names.names if isinstance(names, Names) else ()


def _node(top: Source, nodes: Dict[str, List[Tuple[str, str]]], name: Optional[str]) -> Dump:
    if name is None and len(nodes) > 1:
        raise UsageError(f"more than one node in it (got {_listed(sorted(nodes))}, expected --name with one of them)")
    chosen = name or next(iter(nodes))
    if chosen not in nodes:
        raise UsageError(f"no such node in it (got {quoted(chosen)}, expected one of {_listed(sorted(nodes))})")
    files = [path for kind, path in nodes[chosen] if kind == "files"]
    objects = [path for kind, path in nodes[chosen] if kind == "object"]
    source = _unpacked(top, files[0]) if files else Archive.empty(top.budget)
    return Dump(source, _object(top, objects), chosen, chosen, None)


def _unpacked(top: Source, path: str) -> Source:
    look = top.read_data(path, _NESTED)
    if isinstance(look, Unknown) and look.reason is Reason.TIMEOUT:
        raise OutOfTimeError
    if not isinstance(look, Data):
        detail = look.detail if isinstance(look, Unknown) else "not there"
        raise UsageError(f"{path}: {detail}")
    data = look.data
    inner = Archive.open(lambda: io.BytesIO(data), top.budget)
    place = _mirrored(inner)
    return inner.below(place) if place else inner


def _object(source: Source, paths: Sequence[str]) -> Union[NodeObject, Unknown]:
    for path in paths:
        look = source.read(path, LIMIT)
        if isinstance(look, Text):
            found = interpret(look, parse_node_object)
            return found.value._replace(source=path) if isinstance(found, Known) else found
    return NOT_GIVEN


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(quoted(name) for name in names[:_SHOWN]) + more
