"""What ``--from`` may be: copied files, or a support archive, in a folder or packed.

* what capture.sh wrote;
* a folder that mirrors a host, alone or below one folder of any name: sosreport, and most others;
* an OpenShift must-gather: ``nodes/NAME/sysinfo.tgz`` mirrors a host, and below ``cluster-scoped-resources`` lies its
  Node object;
* beside a mirrored host, its Node object as ``node.yaml`` or ``node.json``.
"""

import io
import os
import stat
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from passmuster_collector.archive import Archive
from passmuster_collector.budget import Budget
from passmuster_collector.capture import LIST, Capture
from passmuster_collector.nodeobject import LIMIT, NOT_GIVEN, NodeObject, parse_node_object
from passmuster_collector.reading import Data, Known, Names, Node, Text, Unknown, interpret, quoted
from passmuster_collector.root import Root
from passmuster_collector.source import Kind, Source
from passmuster_collector.usage import UsageError

_MIRRORED = frozenset(("proc", "sys", "etc", "sos_commands", "uname", "node.yaml"))
_NODE_FILES = ("/node.yaml", "/node.json")
_NODES = "/nodes"
_OBJECTS = "/cluster-scoped-resources/core/nodes"
_SYSINFO = "sysinfo.tgz"
_NESTED = 16 << 20
_LEVELS = 2
_FOLDERS = 256
_SHOWN = 20


class Dump(NamedTuple):
    """A host as a dump has it."""

    source: Source
    node_object: Union[NodeObject, Unknown]
    name: Optional[str]
    """What the dump calls the node, where its folders are named after nodes."""
    folder: str
    """The folder that mirrors the host; empty for the top."""


def open_dump(path: str, name: Optional[str], budget: Budget) -> Dump:
    """Find the host in a folder or an archive; raises OSError where there is neither, else UsageError."""
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        return _found(Root.open(path, Kind.DUMP, budget), name)
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{quoted(path)}: neither a folder nor an archive")
    try:
        return _found(Archive.open(lambda: io.open(path, "rb"), budget), name)
    except UsageError as error:
        raise UsageError(f"{quoted(path)}: {error}") from None


def _found(top: Source, name: Optional[str]) -> Dump:
    """A capture, a mirrored host at the top, else a must-gather, else a mirrored host below."""
    if isinstance(top, Archive) and isinstance(top.node(LIST), Node):
        capture = Capture.open(top)
        return Dump(capture, NOT_GIVEN, None, capture.folder)
    if not _mirrors(top, ""):
        places = [place for level in _levels(top) for place in level]
        nodes = _nodes(top, places)
        if nodes:
            return _node(top, nodes, name)
    place = _mirrored(top)
    source = top.below(place) if place else top
    return Dump(source, _object(source, _NODE_FILES), None, place.rpartition("/")[2])


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
    return Dump(source, _object(top, objects), chosen, chosen)


def _unpacked(top: Source, path: str) -> Source:
    look = top.read_data(path, _NESTED)
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
