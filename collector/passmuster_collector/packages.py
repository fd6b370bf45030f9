"""Installed packages: from Debian's status file, from the lists in support archives, or by asking rpm."""

import re
from typing import Dict, List, Tuple

from passmuster_collector import copied
from passmuster_collector.dpkg import STATUS, installed_packages
from passmuster_collector.host import Host
from passmuster_collector.identity import Parser, first
from passmuster_collector.reading import (
    Known,
    Node,
    Reason,
    Sourced,
    Unknown,
    UnreadableError,
    interpret,
    quoted,
)
from passmuster_collector.source import Kind

_DATABASES = ("/var/lib/rpm", "/usr/lib/sysimage/rpm")
_RPM = "/usr/bin/rpm"
_NEVRA = re.compile(r"(\S+)-([^-\s]+-[^-\s]+)\.[^.\s-]+\Z")


def listing(host: Host) -> Sourced:
    """Names to versions of all packages, from where that can be read; none on hosts with another package manager."""
    found = installed_packages(host)
    if isinstance(found, Known) or host.kind is not Kind.DUMP:
        return Sourced(found, (STATUS,))
    printed = first(host, _LISTS)
    return printed if isinstance(printed.result, Known) else Sourced(found, ())


def version(host: Host, name: str) -> Sourced:
    """A package's version, or null where it is not installed.

    Without a database of packages it is unknown: image-based systems have the files, and no list of them.
    """
    found = listing(host)
    if isinstance(found.result, Unknown):
        return found
    if found.result.value or host.kind is Kind.DUMP:
        names: List[str] = list(found.result.value)
        if host.kind is Kind.DUMP and name not in names and not copied.goes_past(names, name):
            detail = f"{found.sources[0]} lacks {name}, but nothing shows that the list is whole"
            return Sourced(Unknown(Reason.NOT_COLLECTED, detail), ())
        return Sourced(Known(found.result.value.get(name)), found.sources)
    for database in _DATABASES:
        node = host.node(database)
        if isinstance(node, Unknown):
            return Sourced(node, ())
        if isinstance(node, Node):
            return _asked(host, name)
    return Sourced(Unknown(Reason.NOT_COLLECTED, "no package manager is known here (an image-based system?)"), ())


def parse_installed_rpms(text: str) -> Dict[str, str]:
    """Lines that begin with NAME-VERSION-RELEASE.ARCHITECTURE, to version and release; raises UnreadableError."""
    matches = (_NEVRA.match(line.split()[0]) for line in text.splitlines() if line.strip())
    return _some({match.group(1): match.group(2) for match in matches if match is not None}, text)


def parse_dpkg_list(text: str) -> Dict[str, str]:
    """The installed ones of what ``dpkg -l`` prints; raises UnreadableError."""
    rows = (line.split() for line in text.splitlines() if line.startswith("ii "))
    return _some({row[1].partition(":")[0]: row[2] for row in rows if len(row) > 2}, text)


def parse_query(text: str, name: str) -> object:
    """What ``rpm -q NAME`` prints: version and release, or null where it is not installed; raises UnreadableError."""
    line = text.strip().splitlines()[0] if text.strip() else ""
    if line == f"package {name} is not installed":
        return None
    match = _NEVRA.match(line)
    if match is None or match.group(1) != name:
        raise UnreadableError(f"not from rpm -q {name} (got {quoted(text)})")
    return match.group(2)


def _some(found: Dict[str, str], text: str) -> Dict[str, str]:
    if not found:
        raise UnreadableError(f"no list of packages (got {quoted(text)})")
    return found


_LISTS: List[Tuple[str, Parser]] = [
    ("/installed-rpms", parse_installed_rpms),
    ("/sos_commands/rpm/installed-rpms", parse_installed_rpms),
    ("/installed-debs", parse_dpkg_list),
    ("/sos_commands/dpkg/dpkg_-l", parse_dpkg_list),
]


def _asked(host: Host, name: str) -> Sourced:
    if host.kind is not Kind.LIVE:
        return Sourced(Unknown(Reason.NOT_COLLECTED, "only rpm reads its own database"), ())
    command = (_RPM, "-q", name)
    return Sourced(interpret(host.run(command), lambda text: parse_query(text, name)), (" ".join(command),))
