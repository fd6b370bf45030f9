"""The snapshot: all sections of one host, in its canonical form of bytes."""

import hashlib
import json
from typing import Any, Dict, Iterable, List, NamedTuple, Optional

from passmuster_collector import __version__, identity
from passmuster_collector.budget import Clock, Job, budget, in_time, run_all
from passmuster_collector.facts import SECTIONS
from passmuster_collector.fields import plain
from passmuster_collector.host import Host
from passmuster_collector.nodeobject import MACHINE_ID
from passmuster_collector.reading import Reason, Text, Unknown, lines
from passmuster_collector.section import Fact, Section, gather, nothing, rendered
from passmuster_collector.source import Kind

_GRACE = 1.5
"""How much longer than the budget sections may hang in one read before they are left behind."""
_NAME_LENGTH = 253
_NOT_ASKED = Unknown(Reason.NOT_COLLECTED, "not asked for")


class Order(NamedTuple):
    """What the caller asks for."""

    name: Optional[str]
    """None: the host's own, or else that of the folder."""
    folder: str
    labels: Dict[str, str]
    sections: Iterable[str]
    seconds: float
    """For all sections together."""
    collected_at: Optional[str]
    """None where a dump does not say."""


def take(host: Host, order: Order, clock: Clock) -> Dict[str, Any]:
    """The snapshot as JSON values."""
    wanted = set(order.sections)
    limit = budget(clock, order.seconds)
    fresh = host.within(limit)
    named = Job(lambda: in_time(limit, lambda: (machine_id(fresh), order.name or node_name(fresh, order.folder))))
    jobs = {section.name: _job(section, fresh) for section in SECTIONS if section.name in wanted}
    run_all((named, *jobs.values()), limit, min(_GRACE, order.seconds / 8))
    sections = {section.name: rendered(section, _looked(section, jobs.get(section.name))) for section in SECTIONS}
    identifier, name = named.result or (None, order.name or order.folder)
    return {
        "collection": {
            "collected_at": order.collected_at,
            "collector": __version__,
            "context": host.context.value,
            "kind": host.kind.value,
            "recorded": host.recorded.keys(),
            "uid": host.uid,
        },
        "node": {
            "labels": plain(order.labels),
            "machine_id": identifier,
            "name": plain(name)[:_NAME_LENGTH],
        },
        "schema": "passmuster.snapshot/1",
        "sections": sections,
    }


def canonical(snapshot: Dict[str, Any]) -> bytes:
    """One line of JSON and a newline, in UTF-8."""
    text = json.dumps(snapshot, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8") + b"\n"


def machine_id(host: Host) -> Optional[str]:
    """Digest of the machine id, so that the id is not disclosed; None where there is none."""
    look = host.read("/etc/machine-id")
    if not isinstance(look, Text) or not MACHINE_ID.match(look.text):
        return None
    return "sha256:" + hashlib.sha256(look.text.strip().encode("ascii")).hexdigest()


def node_name(host: Host, folder: str) -> str:
    """The host's name, else its Node object's, else the folder's; /proc below another root shows the reader's."""
    paths = ["/etc/hostname"]
    if host.kind is Kind.LIVE:
        paths.insert(0, "/proc/sys/kernel/hostname")
    for path in paths:
        look = host.root.read(path)
        found = [line.strip() for line in lines(look.text)] if isinstance(look, Text) else []
        name = next((line for line in found if line and not line.startswith("#")), "")
        if name:
            return name
    if host.kind is Kind.LIVE and host.uname is not None:
        return host.uname.node or folder
    return (identity.dump_name(host) if host.kind is Kind.DUMP else "") or cluster_name(host) or folder


def cluster_name(host: Host) -> str:
    """The name that the Node object has; empty without one."""
    return "" if isinstance(host.node_object, Unknown) else host.node_object.name


def _job(section: Section, host: Host) -> "Job[List[Fact]]":
    return Job(lambda: gather(section, host))


def _looked(section: Section, job: "Optional[Job[List[Fact]]]") -> List[Fact]:
    if job is None:
        return nothing(section, _NOT_ASKED)
    return nothing(section, Unknown(Reason.TIMEOUT, "a read did not return")) if job.result is None else job.result
