"""How the node's file systems are mounted."""

from typing import Iterator, List

from passmuster_collector.context import INSIDE
from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.mounts import Mount, covering, has_root, parse_mountinfo, settled
from passmuster_collector.reading import Known, Reason, Result, Unknown, interpret, not_there, quoted
from passmuster_collector.section import Fact, open_map
from passmuster_collector.source import TABLE_LIMIT, Kind

PATHS = ("/", "/run", "/var/lib/kubelet")
FIELDS: Fields = {("propagation",): Limit(items=64, length=16)}
_TABLE = "/proc/1/mountinfo"
"""Of the first process alone: services and containers have tables of their own, which pass on other mounts."""


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    table: Result = Unknown(Reason.NOT_COLLECTED, INSIDE)
    if not host.inside:
        table = interpret(host.read(_TABLE, TABLE_LIMIT), parse_mountinfo, absent=not_there(_TABLE))
    yield from open_map(("propagation",), (_propagation(host, table, path) for path in PATHS))


def propagation(mounts: List[Mount], path: str) -> Result:
    """That of the mount that a path lies in, whether or not the path is there."""
    mount = covering(mounts, path)
    if mount is None or not has_root(mounts):
        return Unknown(Reason.UNREADABLE, f"the table has no mount for {quoted(path)}")
    return Known(mount.propagation)


def _propagation(host: Host, table: Result, path: str) -> Fact:
    found = propagation(table.value, path) if isinstance(table, Known) else table
    if host.kind is Kind.DUMP and isinstance(table, Known) and isinstance(found, Known):
        found = found if settled(table.value, path) or _ends_alike(host, table.value) else _lost(path)
    return Fact(("propagation", path), found, (_TABLE,))


def _ends_alike(host: Host, mounts: List[Mount]) -> bool:
    """Whether a second copy of the node's mounts ends with the same one: two copies are not cut at one place."""
    other = host.mounts()
    return (
        isinstance(other.result, Known)
        and other.sources != (_TABLE,)
        and other.result.value[-1].point == mounts[-1].point
    )


def _lost(path: str) -> Unknown:
    return Unknown(Reason.UNREADABLE, f"{_TABLE} does not show that no other mount holds {path} (it may be cut)")
