"""Control groups, as mounted at the root of the host."""

from typing import AbstractSet, Callable, Dict, Iterator, List, Optional, Set

from passmuster_collector.fields import FLAG, Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.mounts import Mount
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
    not_there,
    quoted,
)
from passmuster_collector.section import Fact, fact, sourced

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
CONTROLLERS = frozenset(
    (
        "blkio",
        "cpu",
        "cpuacct",
        "cpuset",
        "debug",
        "devices",
        "freezer",
        "hugetlb",
        "memory",
        "misc",
        "net_cls",
        "net_prio",
        "ns",
        "perf_event",
        "pids",
        "rdma",
    )
)


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    table = host.mounts()
    yield sourced("mode", _of(table, lambda mounts: mode(version1(mounts, _names(host)), version2(mounts))))
    yield sourced("v1", _of(table, lambda mounts: version1(mounts, _names(host))))
    point = _of(table, version2)
    if isinstance(point.result, Known) and point.result.value is not None:
        yield sourced("v2.mount_point", point)
        for name in ("controllers", "subtree_control"):
            path = "{}/cgroup.{}".format(point.result.value.rstrip("/"), name)
            yield fact("v2." + name, interpret(host.read(path), parse_controllers), path)
    else:
        yield sourced("v2", point)
    yield sourced("devices_bpf", _devices_bpf(host, point))
    yield sourced("misc_capacity", _misc_capacity(host, point))


def version1(mounts: List[Mount], names: AbstractSet[str]) -> Dict[str, str]:
    """Controllers of version 1 to their mount points; of several the last. Named hierarchies are none."""
    found = {}
    for mount in mounts:
        if mount.type == "cgroup":
            found.update({option: mount.point for option in mount.options if option in names})
    return found


def version2(mounts: List[Mount]) -> Optional[str]:
    """Mount point of the unified hierarchy; of several the last."""
    points = [mount.point for mount in mounts if mount.type == "cgroup2"]
    return points[-1] if points else None


def mode(first: Dict[str, str], second: Optional[str]) -> str:
    """The schema's word for what is mounted."""
    if second is None:
        return "v1" if first else "none"
    return "hybrid" if first else "v2"


def parse_controllers(text: str) -> List[str]:
    """Words with blanks between them, sorted."""
    return sorted(set(text.split()))


def parse_capacity(text: str) -> Dict[str, str]:
    """Lines of a resource and its limit, a number or ``max``; raises UnreadableError."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) != 2:
            raise UnreadableError(f"not a resource and its limit (got {quoted(line)})")
        found[words[0]] = words[1]
    return found


def parse_cgroups(text: str) -> Set[str]:
    """Controllers that the kernel has: first words of /proc/cgroups below its heading."""
    return {line.split()[0] for line in text.splitlines() if line.strip() and not line.startswith("#")}


def _names(host: Host) -> AbstractSet[str]:
    look = host.read(_CGROUPS)
    return CONTROLLERS | (parse_cgroups(look.text) if isinstance(look, Text) else set())


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
        return Unknown(Reason.NOT_COLLECTED, "only the running kernel could say")
    found = host.root.devices_bpf(point, host.uname.machine)
    return not_there(point) if isinstance(found, Absent) else found
