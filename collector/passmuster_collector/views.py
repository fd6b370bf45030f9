"""From what the caller names to a view of a host: the running system, a mounted root, copied files or an archive.

Opening may hang where a file system does, so it is watched, and what it takes is gone from the time for the sections.
"""

import io
import os
import re
from typing import Callable, NamedTuple, Optional, TypeVar, Union

from passmuster_collector.budget import Budget, OutOfTimeError, in_time, watched
from passmuster_collector.host import Host, open_host, unseen
from passmuster_collector.nodeobject import LIMIT, MACHINE_ID, NOT_GIVEN, NodeObject, parse_node_object
from passmuster_collector.reading import Text, Unknown, UnreadableError, quoted
from passmuster_collector.recorded import Recorded
from passmuster_collector.root import Root
from passmuster_collector.source import Kind, Source
from passmuster_collector.usage import UsageError

_PACKED = re.compile(r"\.(tar|tgz|tar\.(gz|bz2|xz))\Z")

T = TypeVar("T")


class Asked(NamedTuple):
    """What the caller names; None where nothing."""

    root: Optional[str]
    dump: Optional[str]
    name: Optional[str]
    node_object: Optional[str]


class View(NamedTuple):
    """A host that is ready to be looked at."""

    host: Host
    name: Optional[str]
    """What the caller or the dump calls it."""
    folder: str
    """The last resort for a name."""
    is_dump: bool = False
    taken_at: Optional[str] = None
    """When a dump was taken, if it says; other views are taken now."""


def open_view(asked: Asked, recorded: Recorded, limit: Budget) -> View:
    """Open what was asked for; raises UsageError."""
    given = NOT_GIVEN if asked.node_object is None else _node_object(asked.node_object)
    if asked.dump is None:
        return _mounted(asked, recorded, given, limit)
    from passmuster_collector import dates  # noqa: PLC0415 - where no dump is read, a quarter of the code is not compiled
    from passmuster_collector.dump import open_dump  # noqa: PLC0415 - as above

    path = asked.dump
    bare = isinstance(given, Unknown)
    dump = _in_time(lambda: open_dump(path, asked.name, limit, bare=bare), path, limit, "a folder or an archive")
    node_object = dump.node_object if isinstance(given, Unknown) else given
    host = _host(dump.source, recorded, node_object, path)
    outer = _PACKED.sub("", _last(path)) or "unnamed"
    taken_at = dump.taken_at or dates.of_name(outer)
    return View(host, asked.name or dump.name, dump.folder or outer, is_dump=True, taken_at=taken_at)


def _mounted(asked: Asked, recorded: Recorded, given: Union[NodeObject, Unknown], limit: Budget) -> View:
    path = "/" if asked.root is None else asked.root
    kind = Kind.LIVE if asked.root is None else Kind.ROOT
    root = _in_time(lambda: Root.open(path, kind, limit), path, limit, "a folder", least=_LEAST)
    return View(_host(root, recorded, given, path), asked.name, _last(path))


def _host(source: Source, recorded: Recorded, node_object: Union[NodeObject, Unknown], path: str) -> Host:
    """The host; where there is no time to find out what kind of view this is, one of which nothing is known."""
    try:
        return _in_time(lambda: _checked(open_host(source, recorded, node_object)), path, source.budget, "a host")
    except _LateError:
        if source.kind is Kind.LIVE:
            raise
        return unseen(source, recorded)


def _checked(host: Host) -> Host:
    """The host; raises UsageError where its Node object is that of another machine."""
    given = host.node_object
    if isinstance(given, NodeObject) and given.machine_id is not None:
        look = host.read("/etc/machine-id")
        if isinstance(look, Text) and MACHINE_ID.match(look.text) and look.text.strip() != given.machine_id:
            raise UsageError(f"{given.source} {quoted(given.name)}: another machine of the cluster (its id differs)")
    return host


class _LateError(UsageError):
    pass


_LEAST = 0.5
"""Seconds in which a folder may be opened when the time is over: a snapshot that says so needs one."""


def _in_time(work: Callable[[], T], path: str, limit: Budget, expected: str, *, least: float = 0) -> T:
    found = watched(lambda: _tried(work, limit), max(limit.left(), least))
    if found is None or isinstance(found, OutOfTimeError):
        raise _LateError(f"{quoted(path)}: was not opened in time (--timeout gives it more)")
    if isinstance(found, UsageError):
        raise found
    if isinstance(found, Exception):
        reason = getattr(found, "strerror", None) or str(found)
        raise UsageError(f"{quoted(path)}: {reason} (expected {expected})")
    return found


def _tried(work: Callable[[], T], limit: Budget) -> Union[T, Exception]:
    try:
        return in_time(limit, work)
    except (OSError, ValueError, OutOfTimeError) as error:
        return error


def _last(path: str) -> str:
    return os.path.basename(os.path.realpath(path)) or "unnamed"


def _node_object(path: str) -> NodeObject:
    try:
        with io.open(path, "rb") as stream:
            data = stream.read(LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"--node-object {quoted(path)}: {reason}") from None
    if len(data) > LIMIT:
        raise UsageError(f"--node-object {quoted(path)}: too large (limit {LIMIT} bytes)")
    try:
        return parse_node_object(data.decode("utf-8", "surrogateescape"))
    except UnreadableError as error:
        raise UsageError(f"--node-object {quoted(path)}: {error}") from None
