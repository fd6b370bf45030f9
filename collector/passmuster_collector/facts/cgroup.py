"""Control groups, as mounted at the root of the host."""

from typing import AbstractSet, Callable, Dict, Iterator, List, Optional, Set

from passmuster_collector.fields import FLAG, Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.mounts import Mount, gone_past, has_root
from passmuster_collector.reading import (
    Absent,
    Known,
    Reason,
    Result,
    Sourced,
    Text,
    Unknown,
    UnreadableError,
    interpret,
    lines,
    not_there,
    quoted,
)
from passmuster_collector.section import OTHERS, Fact, fact, sourced
from passmuster_collector.source import Kind

FIELDS: Fields = {
    ("mode",): Limit(length=16),
    ("v1",): Limit(items=64, length=4096),
    ("v2", "mount_point"): Limit(length=4096),
    ("v2", "controllers"): Limit(items=64, length=64),
    ("v2", "subtree_control"): Limit(items=64, length=64),
    ("devices_bpf",): FLAG,
    ("misc_capacity",): Limit(items=64, length=32),
}
_CGROUPS = "/proc/cgroups"
_USUAL = "/sys/fs/cgroup"
CONTROLLERS_V2 = frozenset(("cpu", "cpuset", "dmem", "hugetlb", "io", "memory", "misc", "perf_event", "pids", "rdma"))
"""Of the unified hierarchy; later kernels may add some, but never have these no more."""
CONTROLLERS = frozenset(
    (
        *("blkio", "cpu", "cpuacct", "cpuset", "debug", "devices", "freezer", "hugetlb", "memory", "misc", "net_cls"),
        *("net_prio", "ns", "perf_event", "pids", "rdma"),
    )
)
_FLAGS = frozenset(
    (
        *("ro", "rw", "nosuid", "nodev", "noexec", "noatime", "nodiratime", "relatime", "strictatime", "lazytime"),
        *("sync", "async", "dirsync", "mand", "nomand", "seclabel", "nosymfollow", "iversion", "silent"),
        *("all", "none", "clone_children", "cpuset_v2_mode", "noprefix", "xattr", "favordynmods", "nofavordynmods"),
    )
)
"""Options of a mount of version 1 that are no controllers; those with a value are none either."""


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    table, names = host.mounts(), _names(host)
    doubt = _doubt(host, table)
    first, point = _of(table, lambda mounts: version1(mounts, names)), _point(host, table)
    yield sourced("mode", _mode(first, point, doubt))
    yield from _first(first, doubt)
    if doubt is not None and point.result == Known(None):
        point = Sourced(doubt, ())
    if isinstance(point.result, Known) and point.result.value is not None:
        yield sourced("v2.mount_point", point)
        for name in ("controllers", "subtree_control"):
            path = "{}/cgroup.{}".format(point.result.value.rstrip("/"), name)
            yield fact("v2." + name, interpret(host.read(path), parse_controllers), path)
    else:
        yield sourced("v2", point)
    yield sourced("devices_bpf", _devices_bpf(host, point))
    capacity = _misc_capacity(host, point)
    yield sourced("misc_capacity", capacity)
    if host.kind is Kind.DUMP and isinstance(capacity.result, Known) and capacity.result.value:
        lost = f"not listed, but nothing shows that {capacity.sources[0]} is whole in the dump"
        yield Fact(("misc_capacity", OTHERS), Unknown(Reason.NOT_COLLECTED, lost), ())


def version1(mounts: List[Mount], names: AbstractSet[str]) -> Dict[str, str]:
    """Controllers of version 1 to their mount points; of several the last. Named hierarchies are none.

    An option that nobody knows is a controller: what is left out of the map would count as not mounted.
    """
    found = {}
    for mount in mounts:
        if mount.type == "cgroup":
            found.update({option: mount.point for option in mount.options if option in names or _new(option)})
    return found


def _new(option: str) -> bool:
    return bool(option) and "=" not in option and option not in _FLAGS


def version2(mounts: List[Mount]) -> Optional[str]:
    """Mount point of the unified hierarchy; of several the usual one, else the last."""
    return next(iter(_points(mounts)), None)


def _points(mounts: List[Mount]) -> List[str]:
    """All mount points of the unified hierarchy: each shows the same one."""
    points = [mount.point for mount in reversed(mounts) if mount.type == "cgroup2"]
    return sorted(points, key=lambda point: point != _USUAL)


def mode(first: Dict[str, str], second: Optional[str]) -> str:
    """The schema's word for what is mounted."""
    if second is None:
        return "v1" if first else "none"
    return "hybrid" if first else "v2"


def parse_controllers(text: str) -> List[str]:
    """Words with blanks between them on one line, sorted; raises UnreadableError."""
    words = text.split()
    if (words and not CONTROLLERS_V2 & set(words)) or len(lines(text)) > 1:
        raise UnreadableError(f"not names of controllers (got {quoted(text)})")
    return sorted(set(words))


def parse_capacity(text: str) -> Dict[str, str]:
    """Lines of a resource and its limit, a number or ``max``; raises UnreadableError."""
    found = {}
    for line in lines(text):
        words = line.split()
        if len(words) != 2:
            raise UnreadableError(f"not a resource and its limit (got {quoted(line)})")
        found[words[0]] = words[1]
    return found


def parse_cgroups(text: str) -> Set[str]:
    """Controllers that the kernel has: first words of /proc/cgroups below its heading."""
    return {line.split()[0] for line in lines(text) if line.strip() and not line.startswith("#")}


def _names(host: Host) -> AbstractSet[str]:
    look = host.read(_CGROUPS)
    return CONTROLLERS | (parse_cgroups(look.text) if isinstance(look, Text) else set())


def _mode(first: Sourced, point: Sourced, doubt: Optional[Unknown]) -> Sourced:
    if isinstance(first.result, Unknown) or isinstance(point.result, Unknown):
        return first
    if doubt is not None and not first.result.value and point.result.value != _USUAL:
        return Sourced(doubt, ())
    return Sourced(Known(mode(first.result.value, point.result.value)), first.sources)


def _first(found: Sourced, doubt: Optional[Unknown]) -> Iterator[Fact]:
    """Controllers of version 1; what a doubtful table does not list is unknown."""
    if isinstance(found.result, Unknown) or doubt is None:
        yield sourced("v1", found)
        return
    mounted: Dict[str, str] = found.result.value
    yield sourced("v1", found if mounted else Sourced(doubt, ()))
    if mounted:
        yield Fact(("v1", OTHERS), doubt, ())


def _point(host: Host, table: Sourced) -> Sourced:
    """The first mount point of the unified hierarchy where its files can be read, else the first."""
    if isinstance(table.result, Unknown):
        return table
    points = _points(table.result.value)
    for point in points:
        if isinstance(host.read(point.rstrip("/") + "/cgroup.controllers"), Text):
            return Sourced(Known(point), table.sources)
    return Sourced(Known(points[0] if points else None), table.sources)


def _doubt(host: Host, table: Sourced) -> Optional[Unknown]:
    """Why what a copied table does not list may be mounted; None where it is not."""
    if host.kind is not Kind.DUMP or isinstance(table.result, Unknown):
        return None
    mounts: List[Mount] = table.result.value
    if gone_past(mounts, ("cgroup", "cgroup2")) or (has_root(mounts) and version2(mounts) == _USUAL):
        return None
    reason = "it may be cut: no later mount follows" if has_root(mounts) else "it has no root"
    return Unknown(Reason.UNREADABLE, f"{table.sources[0]} does not show that nothing more is mounted ({reason})")


def _of(table: Sourced, what: Callable[[List[Mount]], object]) -> Sourced:
    return Sourced(Known(what(table.result.value)), table.sources) if isinstance(table.result, Known) else table


def _devices_bpf(host: Host, point: Sourced) -> Sourced:
    if isinstance(point.result, Unknown) or point.result.value is None:
        return point
    if host.recorded.devices_bpf is not None:
        return Sourced(host.recorded.devices_bpf, ("--recorded devices_bpf",))
    return Sourced(_asked(host, point.result.value), ("bpf(2)",))


def _misc_capacity(host: Host, point: Sourced) -> Sourced:
    """Only the root of the hierarchy has the file, and only in kernels with the misc controller."""
    if isinstance(point.result, Unknown):
        return point
    if point.result.value is None:
        return Sourced(Known({}), point.sources)
    path = "{}/misc.capacity".format(point.result.value.rstrip("/"))
    return Sourced(interpret(host.read(path), parse_capacity, absent=Known({})), (path,))


def _asked(host: Host, point: str) -> Result:
    if host.uname is None:
        return Unknown(Reason.NOT_COLLECTED, "known only to the running kernel")
    found = host.root.devices_bpf(point, host.uname.machine)
    return not_there(point) if isinstance(found, Absent) else found
