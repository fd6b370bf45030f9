"""Device nodes that virtual machines need.

A node is looked at, and opened only where that changes nothing: the kernel would load a driver for the node of one that
is not there, so drivers must be registered in /proc/misc first.
"""

from typing import Dict, Iterator, NamedTuple, Optional, Tuple, Union

from passmuster_collector.context import INSIDE
from passmuster_collector.facts import kernel
from passmuster_collector.fields import FLAG, Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.reading import Absent, Known, Node, Reason, Result, Unknown
from passmuster_collector.section import Fact
from passmuster_collector.source import Kind

_MISC_MAJOR = 10


class Promise(NamedTuple):
    """What a node's name promises: a misc driver, and its minor number where that is fixed."""

    driver: str
    minor: Optional[int]


PROMISES = {
    "/dev/iommu": Promise("iommu", None),
    "/dev/kvm": Promise("kvm", 232),
    "/dev/net/tun": Promise("tun", 200),
    "/dev/sev": Promise("sev", None),
    "/dev/vfio/vfio": Promise("vfio", 196),
    "/dev/vhost-net": Promise("vhost-net", 238),
    "/dev/vhost-vsock": Promise("vhost-vsock", 241),
}
_LIMITS = {
    "exists": FLAG,
    "type": Limit(length=16),
    "major": Limit(high=4095),
    "minor": Limit(high=1048575),
    "mode": Limit(length=4),
    "uid": Limit(high=2**32 - 1),
    "gid": Limit(high=2**32 - 1),
    "accessible": FLAG,
}
FIELDS: Fields = {(path, name): limit for path in PROMISES for name, limit in _LIMITS.items()}
_NONE = {"exists": False, "type": None, "major": None, "minor": None, "mode": None, "uid": None, "gid": None}
_OWN = ("mode", "uid", "gid")
"""What a container's node need not share with the node of the host."""


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    misc = kernel.misc_devices(host)
    for path, promise in PROMISES.items():
        node = find(host, path)
        source = path if host.recorded.devices is None else "--recorded devices"
        unnumbered: Tuple[str, ...] = ()
        if isinstance(node, Unknown) and host.kind is Kind.DUMP:
            from passmuster_collector import devlisting  # noqa: PLC0415 - where no dump is read it is not compiled

            listed = devlisting.find(host, path)
            if listed is not None:
                source, said = listed
                node, unnumbered = said if isinstance(said, devlisting.Listed) else (said, ())
        if isinstance(node, Unknown):
            yield Fact((path,), node, ())
            continue
        for name, value in described(node).items():
            if name in unnumbered:
                unread = Unknown(Reason.NOT_COLLECTED, f"{source} has names of users, not numbers")
                yield Fact((path, name), unread, ())
                continue
            mine = host.inside and isinstance(node, Node) and name in _OWN and not _shared(host)
            yield Fact((path, name), Unknown(Reason.NOT_COLLECTED, INSIDE) if mine else Known(value), (source,))
        yield Fact((path, "accessible"), accessible(host, path, node, minor_of(promise, misc), misc), (source,))


def find(host: Host, path: str) -> Union[Node, Absent, Unknown]:
    """The node that a name leads to; a link that leads nowhere is itself what is there."""
    if host.recorded.devices is not None:
        return host.recorded.devices.get(path) or Absent(path)
    node = host.node(path)
    if host.kind is Kind.DUMP and isinstance(node, Node) and node.kind == "regular":
        return Unknown(Reason.NOT_COLLECTED, f"{path} is a plain file in the dump: no copy of a device node")
    if isinstance(node, Absent):
        link = host.node(path, follow=False)
        return link if isinstance(link, Node) else node
    return node


def described(node: Union[Node, Absent]) -> Dict[str, object]:
    """The fields of a node, but whether it can be opened."""
    if isinstance(node, Absent):
        return dict(_NONE)
    device = node.kind in ("block", "character")
    return {
        "exists": True,
        "type": node.kind,
        "major": node.major if device else None,
        "minor": node.minor if device else None,
        "mode": f"{node.mode & 0o7777:04o}",
        "uid": node.uid,
        "gid": node.gid,
    }


def minor_of(promise: Promise, misc: Result) -> Optional[int]:
    """The minor number that a name promises; None where the kernel chose it and did not say."""
    if promise.minor is None and isinstance(misc, Known):
        registered: Optional[int] = misc.value.get(promise.driver)
        return registered
    return promise.minor


def accessible(host: Host, path: str, node: Union[Node, Absent], minor: Optional[int], misc: Result) -> Result:
    """Whether it is what it promises, and opens for uid 0: numbers first, then the recorded mode or a real open."""
    if isinstance(node, Absent):
        return Known(None)
    if node.kind != "character" or node.major != _MISC_MAJOR or (minor is not None and node.minor != minor):
        return Known(value=False)
    if host.recorded.devices is not None:
        return by_mode(node, host.uid, host.gid)
    if not host.running or host.kind is Kind.DUMP:
        return Unknown(Reason.NOT_COLLECTED, "known only to the running kernel")
    if not isinstance(misc, Known):
        return Unknown(Reason.NOT_COLLECTED, "not opened: /proc/misc does not say whether the driver is there")
    driver = PROMISES[path].driver
    if driver not in misc.value:
        detail = f"not opened, for that could load a driver: {driver} is not registered in /proc/misc"
        return Unknown(Reason.NOT_COLLECTED, detail)
    tried = host.root.try_device(path, node.major, node.minor)
    return Unknown(Reason.FAILED, f"{path} went away") if isinstance(tried, Absent) else tried


def by_mode(node: Node, uid: Optional[int], gid: Optional[int]) -> Result:
    """What the permission bits allow; uid 0 may always, and another who may not saw a refusal."""
    if uid is None or uid == 0:
        return Known(value=True)
    shift = 6 if uid == node.uid else 3 if gid == node.gid else 0
    if node.mode >> shift & 0o6 == 0o6:
        return Known(value=True)
    return Unknown(Reason.DENIED, f"permission denied to uid {uid} (mode {node.mode:04o})")


def _shared(host: Host) -> bool:
    """Whether /dev in this container is the node's own: of devtmpfs there is only one."""
    return any(mount.point == "/dev" and mount.type == "devtmpfs" for mount in host.own_mounts)
