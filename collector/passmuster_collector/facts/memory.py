"""Memory that does not change from minute to minute."""

import re
from typing import Dict, Iterator, Union

from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.reading import (
    Absent,
    Known,
    Names,
    Reason,
    Result,
    Unknown,
    UnreadableError,
    interpret,
    not_there,
    whole_number,
)
from passmuster_collector.section import OTHERS, Fact, fact
from passmuster_collector.source import Kind

FIELDS: Fields = {
    ("total_bytes",): Limit(),
    ("swap_bytes",): Limit(),
    ("hugepages",): Limit(items=32),
    ("ksm_run",): Limit(high=2),
}
_MEMINFO = "/proc/meminfo"
_HUGE = "/sys/kernel/mm/hugepages"
_KSM = "/sys/kernel/mm/ksm/run"
_SIZE = re.compile(r"hugepages-([0-9]+)kB\Z")


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    meminfo = host.read(_MEMINFO)
    yield fact("total_bytes", interpret(meminfo, lambda text: parse_meminfo(text, "MemTotal")), _MEMINFO)
    yield fact("swap_bytes", interpret(meminfo, lambda text: parse_meminfo(text, "SwapTotal")), _MEMINFO)
    pages = _hugepages(host)
    yield fact("hugepages", pages, _HUGE)
    if host.kind is Kind.DUMP and isinstance(pages, Known):
        lost = f"not listed, but nothing shows that {_HUGE} is whole in the dump"
        yield Fact(("hugepages", OTHERS), Unknown(Reason.NOT_COLLECTED, lost), ())
    yield fact("ksm_run", interpret(host.read(_KSM), whole_number, absent=Known(None)), _KSM)


def parse_meminfo(text: str, key: str) -> int:
    """A size of /proc/meminfo, in bytes."""
    match = re.search(rf"^{key}:\s*([0-9]{{1,18}}) kB$", text, re.MULTILINE)
    if match is None:
        raise UnreadableError(f"no {key} in kB")
    return int(match.group(1)) * 1024


def _hugepages(host: Host) -> Result:
    folders: Union[Names, Absent, Unknown] = host.names(_HUGE)
    if isinstance(folders, Unknown):
        return folders
    counts: Dict[str, int] = {}
    for folder in folders.names if isinstance(folders, Names) else ():
        size = _SIZE.match(folder)
        if size is None:
            continue
        path = f"{_HUGE}/{folder}/nr_hugepages"
        count = interpret(host.read(path), whole_number, absent=not_there(path))
        if isinstance(count, Unknown):
            return count
        counts[size.group(1)] = count.value
    return Known(counts)
