"""Where the collector runs, and what that hides.

The kernel's first namespaces have fixed numbers (include/linux/proc_ns.h), so a process can tell that it is in them.
Files that container tools leave in images prove nothing where the namespaces are the first ones.
"""

import enum
import re
from typing import Callable, Optional, Sequence, Union

from passmuster_collector.mounts import Mount, at_root, covering, parse_mountinfo, parse_mounts
from passmuster_collector.reading import Absent, Known, Node, Text, Unknown, interpret
from passmuster_collector.source import TABLE_LIMIT, TEXT_LIMIT

INSIDE = "seen from inside a container"
OTHER_NETWORK = "seen from another network namespace"

_FIRST_PID = "pid:[4026531836]"
_FIRST_NET = "net:[4026531833]"  # fixed since Linux 6.17; any other number says nothing
_MARKS = ("/.dockerenv", "/run/.containerenv", "/run/systemd/container")
_DUMPED_TABLES = {
    "/proc/1/mounts": parse_mounts,
    "/proc/1/mountinfo": parse_mountinfo,
    "/proc/mounts": parse_mounts,
    "/proc/self/mounts": parse_mounts,
    "/proc/self/mountinfo": parse_mountinfo,
}
_ENGINES = ("/docker/", "/containerd/", "/containers/storage/", "/io.containerd.", "/overlay2/", "/overlay/l/")
"""Folders of engines' images, the last of Docker and Podman wherever their storage lies."""
_OF_GUESTS = ("simfs", "vzfs")
"""File systems of OpenVZ, which only its containers have for a root."""
_HOSTNAMECTL = tuple(f"/sos_commands/host/hostnamectl{word}" for word in ("", "_status"))
_CHASSIS = re.compile(r"^[ \t]*Chassis: container\b", re.MULTILINE)
"""What systemd says of itself inside LXC, systemd-nspawn and others that leave no other trace in a dump."""
_OF_THE_KERNEL = ("proc", "sysfs", "securityfs", "selinuxfs")
_OF_ONE_KERNEL = re.compile(r"/((sos_commands/kernel/|insights_commands/)(uname_-a|lsmod)|uname|lsmod)\Z")
"""What commands of a dump printed that say the same in every container of a node."""
_MOUNTED_BY_THE_NODE = ("/sys/kernel/security", "/sys/fs/selinux")

Link = Callable[[str], Union[Text, Absent, Unknown]]
Read = Callable[[str, int], Union[Text, Absent, Unknown]]
Stat = Callable[[str], Union[Node, Absent, Unknown]]


class Context(enum.Enum):
    """Where the collector runs; the values are the schema's words."""

    HOST = "host"
    CONTAINER = "container"
    ELSEWHERE = "elsewhere"


def find_context(link: Link, read: Read, stat: Stat) -> Context:
    """Tell a host from a container of it, through the running kernel's /proc."""
    pid = _text(link("/proc/self/ns/pid"))
    if pid is not None and pid != _FIRST_PID:
        return Context.CONTAINER
    same_root = _same_root(read)
    if same_root is not None:
        return Context.HOST if same_root else Context.CONTAINER
    if pid is not None:
        return Context.HOST
    return Context.CONTAINER if any(isinstance(stat(mark), Node) for mark in _MARKS) else Context.HOST


def _same_root(read: Read) -> Optional[bool]:
    """Whether the first process and this one have one root file system; None where that cannot be told.

    Below a chroot(2) a table does not show what is mounted at its root: that is another root, too.
    """
    first = interpret(read("/proc/1/mountinfo", TABLE_LIMIT), parse_mountinfo)
    own = interpret(read("/proc/self/mountinfo", TABLE_LIMIT), parse_mountinfo)
    if isinstance(first, Known) and isinstance(own, Known):
        return _root_identity(first.value) == _root_identity(own.value)
    return None


def _root_identity(table: Sequence[Mount]) -> Optional[str]:
    root = at_root(table)
    return None if root is None else root.identity


def dumped_inside(read: Read, stat: Stat) -> bool:
    """Whether a dump was taken inside a container: by its own mount table, and by what container tools leave.

    Tools that collect from a container of their own copy the host's files and their own ``/proc/mounts``, so the root
    of a container's engine counts in the table of the first process alone.
    """
    for path, parser in _DUMPED_TABLES.items():
        table = interpret(read(path, TABLE_LIMIT), parser)
        for mount in table.value if isinstance(table, Known) else ():
            if "lxcfs" in mount.type and mount.point.startswith(("/proc/", "/sys/")):
                return True
            root = path.startswith("/proc/1/") and mount.point == "/" and mount.type in ("overlay", "aufs")
            if root and any(of_an_engine(option) for option in mount.options):
                return True
            if mount.point == "/" and mount.type in _OF_GUESTS:
                return True
    looks = (read(path, TEXT_LIMIT) for path in _HOSTNAMECTL)
    if any(isinstance(look, Text) and _CHASSIS.search(look.text) for look in looks):
        return True
    return any(isinstance(stat(mark), Node) for mark in _MARKS)


def of_an_engine(option: str) -> bool:
    """Whether an option of an overlay names a folder of a container's engine."""
    return option.startswith(("lowerdir", "upperdir", "br=", "br:")) and any(name in option for name in _ENGINES)


def in_nodes_network(link: Link, stat: Stat) -> bool:
    """Whether this process shows to be in the network namespace of the node.

    Its number may be the fixed one. Else it is compared with the first process's, if that is the node's; where the
    number may not be read, files below /proc/PID/net tell: each namespace has its own.
    """
    own = _text(link("/proc/self/ns/net"))
    if own == _FIRST_NET:
        return True
    if _text(link("/proc/self/ns/pid")) != _FIRST_PID:
        return False
    first = _text(link("/proc/1/ns/net"))
    if own is not None and first is not None:
        return own == first
    mine, its = stat("/proc/self/net/dev"), stat("/proc/1/net/dev")
    return isinstance(mine, Node) and isinstance(its, Node) and mine.inode == its.inode


def belongs_to_container(path: str, own: Sequence[Mount]) -> bool:
    """Whether what a process in a container sees at a path is the container's, not the node's."""
    top = path.split("/")[1]
    if top == "dev" or _OF_ONE_KERNEL.match(path):
        return False
    mount = covering(own, path)
    return top not in ("proc", "sys") or mount is None or mount.type not in _OF_THE_KERNEL


def absence_belongs_to_container(path: str, own: Sequence[Mount]) -> bool:
    """Whether the node may have what is missing at a path that `belongs_to_container` leaves to the node."""
    mount = covering(own, path)
    if path.startswith("/dev/"):
        return mount is None or mount.type != "devtmpfs"
    return path.startswith(_MOUNTED_BY_THE_NODE) and (mount is None or mount.type == "sysfs")


def _text(look: Union[Text, Absent, Unknown]) -> Optional[str]:
    return look.text if isinstance(look, Text) else None
