"""What the cluster says of this node: from a Node object that the caller gave, never from the node itself."""

from typing import Iterator

from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.reading import Known, Unknown
from passmuster_collector.section import Fact, fact

FIELDS: Fields = {
    ("node",): Limit(length=253),
    ("kubelet_version",): Limit(length=128),
    ("container_runtime_version",): Limit(length=128),
    ("kernel_version",): Limit(length=256),
    ("os_image",): Limit(length=256),
    ("architecture",): Limit(length=64),
    ("labels",): Limit(items=512, length=256),
}


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    given = host.node_object
    if isinstance(given, Unknown):
        for (name,) in FIELDS:
            yield fact(name, given)
        return
    yield fact("node", Known(given.name), given.source)
    for name, result in given.info.items():
        yield fact(name, result, given.source)
    yield fact("labels", given.labels, given.source)
