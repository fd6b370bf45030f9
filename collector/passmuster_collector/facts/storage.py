"""How the node's file systems are mounted."""

from typing import Iterator, List

from passmuster_collector.context import INSIDE
from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.mounts import Mount, covering, has_root, parse_mountinfo
from passmuster_collector.reading import Known, Reason, Result, Unknown, interpret, not_there, quoted
from passmuster_collector.section import Fact, open_map
from passmuster_collector.source import TABLE_LIMIT

PATHS = ("/", "/run", "/var/lib/kubelet")
FIELDS: Fields = {("propagation", path): Limit(length=16) for path in PATHS}
_TABLE = "/proc/1/mountinfo"
"""Of the first process alone: services and containers have tables of their own, which pass on other mounts."""


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    table: Result = Unknown(Reason.NOT_COLLECTED, INSIDE)
    if not host.inside:
        table = interpret(host.read(_TABLE, TABLE_LIMIT), parse_mountinfo, absent=not_there(_TABLE))
    yield from open_map(("propagation",), (_propagation(table, path) for path in PATHS))


def propagation(mounts: List[Mount], path: str) -> Result:
    """That of the mount that a path lies in, whether or not the path is there."""
    mount = covering(mounts, path)
    if mount is None or not has_root(mounts):
        return Unknown(Reason.UNREADABLE, f"the table has no mount for {quoted(path)}")
    return Known(mount.propagation)


def _propagation(table: Result, path: str) -> Fact:
    found = propagation(table.value, path) if isinstance(table, Known) else table
    return Fact(("propagation", path), found, (_TABLE,))
