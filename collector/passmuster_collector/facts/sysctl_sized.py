"""Kernel parameters whose defaults follow the amount of memory."""

from typing import Iterator

from passmuster_collector.facts.kernel import parameters
from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.section import Fact, open_map
from passmuster_collector.sysctls import SIZED

FIELDS: Fields = {("values",): Limit(items=512, length=256)}


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    yield from open_map(("values",), parameters(host, "values", SIZED))
