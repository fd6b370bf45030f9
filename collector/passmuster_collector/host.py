"""One host as a value: its files, what is known about who looks, and what the caller recorded.

Sections read through it. In a container it withholds what is the container's and not the node's.
"""

from typing import Callable, List, NamedTuple, Optional, Sequence, Tuple, TypeVar, Union

from passmuster_collector import copied
from passmuster_collector.budget import Budget
from passmuster_collector.context import (
    INSIDE,
    OTHER_NETWORK,
    Context,
    absence_belongs_to_container,
    belongs_to_container,
    dumped_inside,
    find_context,
    in_nodes_network,
)
from passmuster_collector.mounts import Mount, node_mounts, parse_mounts
from passmuster_collector.nodeobject import NOT_GIVEN, NodeObject
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
from passmuster_collector.source import TABLE_LIMIT, TEXT_LIMIT, Kind, Reader, Source, Uname

T = TypeVar("T")

_PROC_INODE = 1
"""Inode of the root of every procfs (PROC_ROOT_INO)."""


class Host(NamedTuple):
    """What sections are given."""

    root: Source
    kind: Kind
    context: Context
    recorded: Recorded
    uname: Optional[Uname]
    """None where another kernel runs than the host's, or none that is known."""
    uid: Optional[int]
    gid: Optional[int]
    own_mounts: Tuple[Mount, ...]
    """The reader's, in a container."""
    node_object: Union[NodeObject, Unknown] = NOT_GIVEN
    """What the cluster says of it."""
    full: bool = False
    """Whether long lists are told whole."""

    @property
    def running(self) -> bool:
        """Whether the kernel that runs is the host's."""
        return self.uname is not None

    def within(self, budget: Budget) -> "Host":
        """The same host with another budget."""
        return self._replace(root=self.root.within(budget))

    def read(self, path: str, limit: int = TEXT_LIMIT) -> Union[Text, Absent, Unknown]:
        """A file's text; of a copy, only where it shows to be whole."""
        found = self._seen(path, lambda: self.root.read(path, limit))
        return copied.whole(path, found.text) if self.kind is Kind.DUMP and isinstance(found, Text) else found

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

    def link(self, path: str) -> Union[Text, Absent, Unknown]:
        """The text of a symbolic link."""
        return self._seen(path, lambda: self.root.link(path))

    def mounts(self) -> Sourced:
        """The node's mount table: a list of Mount."""
        if self.inside:  # the table is the container's
            return Sourced(Unknown(Reason.NOT_COLLECTED, INSIDE), ())
        return node_mounts(self.read, self.kind, running=self.running)

    @property
    def inside(self) -> bool:
        """Whether paths show a container, not the node."""
        return self.kind is not Kind.ROOT and self.context is Context.CONTAINER

    def run(self, argv: Sequence[str]) -> Union[Text, Unknown]:
        """What a program of the live host prints."""
        if self.kind is not Kind.LIVE or self.inside:
            return Unknown(Reason.NOT_COLLECTED, "known only to the running host")
        return self.root.run(argv)

    def other_network(self) -> Optional[Unknown]:
        """Why network sysctls are not the node's, where they are not."""
        if self.kind is Kind.DUMP and self.inside:
            return Unknown(Reason.NOT_COLLECTED, INSIDE)
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


def open_host(root: Source, recorded: Recorded, node_object: Union[NodeObject, Unknown] = NOT_GIVEN) -> Host:
    """Find out what kind of view this is; reads little, and only through the root."""
    kind = root.kind
    running = kind is not Kind.DUMP and _is_running(root)
    context = find_context(root.link, root.read, root.node) if running else Context.ELSEWHERE
    if kind is Kind.LIVE and not running:
        context = find_context(root.link, root.read, root.node)
    if kind is Kind.DUMP and dumped_inside(root.read, root.node):
        context = Context.CONTAINER
    mounts: List[Mount] = []
    if context is Context.CONTAINER and kind is Kind.DUMP:
        table = node_mounts(root.read, kind, running=False).result
        mounts = table.value if isinstance(table, Known) else []
    elif context is Context.CONTAINER:
        table = interpret(root.read("/proc/self/mounts", TABLE_LIMIT), parse_mounts)
        mounts = table.value if isinstance(table, Known) else []
    reader = _reader(root, recorded)
    return Host(
        root=root,
        kind=kind,
        context=context,
        recorded=recorded,
        uname=reader.uname if running or kind is Kind.LIVE else None,
        uid=reader.uid,
        gid=reader.gid,
        own_mounts=tuple(mounts),
        node_object=node_object,
    )


def unseen(root: Source, recorded: Recorded) -> Host:
    """A mounted host or a dump of which nothing is known, for the time was over before it could be looked at."""
    reader = _reader(root, recorded)
    return Host(root, root.kind, Context.ELSEWHERE, recorded, None, reader.uid, reader.gid, ())


def _reader(root: Source, recorded: Recorded) -> Reader:
    """Who looks: of a dump nobody, but for what the caller recorded."""
    found = root.reader() if root.kind is not Kind.DUMP else Reader(None, None, None)
    uid, gid = (
        (found.uid if recorded.uid is None else recorded.uid),
        (found.gid if recorded.gid is None else recorded.gid),
    )
    return Reader(found.uname, uid, gid)


def _is_running(root: Source) -> bool:
    proc = root.node("/proc")
    return isinstance(proc, Node) and proc.kind == "directory" and proc.inode == _PROC_INODE
