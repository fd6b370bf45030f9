"""One host as a value: its files, what is known about who looks, and what the caller recorded.

Sections read through it. In a container it withholds what is the container's and not the node's.
"""

import os
from typing import Callable, List, NamedTuple, Optional, Sequence, Tuple, TypeVar, Union

from passmuster_collector import command
from passmuster_collector.budget import Budget
from passmuster_collector.context import (
    INSIDE,
    OTHER_NETWORK,
    Context,
    absence_belongs_to_container,
    belongs_to_container,
    find_context,
    in_nodes_network,
)
from passmuster_collector.mounts import Mount, node_mounts, parse_mounts
from passmuster_collector.nodeobject import NodeObject
from passmuster_collector.reading import (
    Absent,
    Data,
    Known,
    Names,
    Node,
    Reason,
    Sourced,
    Text,
    Unknown,
    interpret,
)
from passmuster_collector.recorded import Recorded
from passmuster_collector.root import TEXT_LIMIT, Kind, Root

T = TypeVar("T")

_PROC_INODE = 1
"""Inode of the root of every procfs (PROC_ROOT_INO)."""


class Uname(NamedTuple):
    """What uname(2) says of the kernel."""

    node: str
    release: str
    version: str
    machine: str


class Host(NamedTuple):
    """What sections are given."""

    root: Root
    kind: Kind
    context: Context
    recorded: Recorded
    uname: Optional[Uname]
    """None where another kernel runs than the host's, or none that is known."""
    uid: Optional[int]
    gid: Optional[int]
    own_mounts: Tuple[Mount, ...]
    """The reader's, in a container."""
    node_object: Optional[NodeObject] = None
    """What the cluster says of it, where the caller gave that."""

    @property
    def running(self) -> bool:
        """Whether the kernel that runs is the host's."""
        return self.uname is not None

    def within(self, budget: Budget) -> "Host":
        """The same host with another budget."""
        return self._replace(root=self.root.within(budget))

    def read(self, path: str, limit: int = TEXT_LIMIT) -> Union[Text, Absent, Unknown]:
        """A file's text."""
        return self._seen(path, lambda: self.root.read(path, limit))

    def read_data(self, path: str, limit: int = TEXT_LIMIT) -> Union[Data, Absent, Unknown]:
        """A file's bytes."""
        return self._seen(path, lambda: self.root.read_data(path, limit))

    def names(self, path: str) -> Union[Names, Absent, Unknown]:
        """The names in a folder; in a dump an empty folder says nothing, for its files may not have been copied."""
        found = self._seen(path, lambda: self.root.names(path))
        if self.kind is Kind.DUMP and isinstance(found, Names) and not found.names:
            return Unknown(Reason.NOT_COLLECTED, f"{path} is empty in the dump")
        return found

    def node(self, path: str, *, follow: bool = True) -> Union[Node, Absent, Unknown]:
        """What stat(2) says."""
        return self._seen(path, lambda: self.root.node(path, follow=follow))

    def mounts(self) -> Sourced:
        """The node's mount table: a list of Mount."""
        if self.inside:
            return Sourced(Unknown(Reason.NOT_COLLECTED, INSIDE), ())
        return node_mounts(self.root.read, self.kind, running=self.running)

    @property
    def inside(self) -> bool:
        """Whether paths show a container, not the node."""
        return self.kind is Kind.LIVE and self.context is Context.CONTAINER

    def run(self, argv: Sequence[str]) -> Union[Text, Unknown]:
        """What a program of the live host prints."""
        if self.kind is not Kind.LIVE or self.inside:
            return Unknown(Reason.NOT_COLLECTED, "only the running host could say")
        return command.run(argv, self.root.budget)

    def other_network(self) -> Optional[Unknown]:
        """Why network sysctls are not the node's, where they are not."""
        if not self.running or in_nodes_network(self.root.link, self.root.node):
            return None
        return Unknown(Reason.NOT_COLLECTED, OTHER_NETWORK)

    def _seen(self, path: str, look: Callable[[], Union[T, Absent, Unknown]]) -> Union[T, Absent, Unknown]:
        if not self.inside:
            return look()
        if belongs_to_container(path, self.own_mounts):
            return Unknown(Reason.NOT_COLLECTED, INSIDE)
        found = look()
        if isinstance(found, Absent) and absence_belongs_to_container(path, self.own_mounts):
            return Unknown(Reason.NOT_COLLECTED, INSIDE)
        return found


def open_host(root: Root, kind: Kind, recorded: Recorded) -> Host:
    """Find out what kind of view this is; reads little, and only through the root."""
    running = kind is not Kind.DUMP and _is_running(root)
    context = find_context(root.link, root.read, root.node) if running else Context.ELSEWHERE
    if kind is Kind.LIVE and not running:
        context = find_context(root.link, root.read, root.node)
    mounts: List[Mount] = []
    if context is Context.CONTAINER:
        table = interpret(root.read("/proc/self/mounts"), parse_mounts)
        mounts = table.value if isinstance(table, Known) else []
    dump = kind is Kind.DUMP
    return Host(
        root=root,
        kind=kind,
        context=context,
        recorded=recorded,
        uname=_uname() if running or kind is Kind.LIVE else None,
        uid=recorded.uid if recorded.uid is not None or dump else os.geteuid(),
        gid=recorded.gid if recorded.gid is not None or dump else os.getegid(),
        own_mounts=tuple(mounts),
    )


def _is_running(root: Root) -> bool:
    proc = root.node("/proc")
    return isinstance(proc, Node) and proc.kind == "directory" and proc.inode == _PROC_INODE


def _uname() -> Uname:
    said = os.uname()
    return Uname(said.nodename, said.release, said.version, said.machine)
