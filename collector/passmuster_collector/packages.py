"""Installed packages: from Debian's status file, from the lists in support archives, or by asking rpm."""

import re
from typing import List, NamedTuple, Tuple

from passmuster_collector import copied
from passmuster_collector.dpkg import STATUS, Packages, installed_packages, parse_list
from passmuster_collector.host import Host
from passmuster_collector.identity import Parser, first
from passmuster_collector.reading import (
    Known,
    Node,
    Reason,
    Sourced,
    Unknown,
    UnreadableError,
    each_line,
    interpret,
    quoted,
)
from passmuster_collector.source import Kind

_DATABASES = ("/var/lib/rpm", "/usr/lib/sysimage/rpm")
_RPM = "/usr/bin/rpm"
_NEVRA = re.compile(r"(\S+)-([^-\s]+-[^-\s]+)\.[^.\s-]+\Z")


class Listing(NamedTuple):
    """All packages of a host: their names to their versions, and whose names those are."""

    packages: Sourced
    rpm: bool
    """Whether they are RPM's: the same name is another program elsewhere."""


def listing(host: Host) -> Listing:
    """All packages, from where that can be read; none on hosts with another package manager."""
    found = installed_packages(host)
    if isinstance(found, Known) or host.kind is not Kind.DUMP:
        return Listing(Sourced(found, (STATUS,)), rpm=False)
    printed = first(host, _LISTS)
    if not isinstance(printed.result, Known):
        return Listing(Sourced(found, ()), rpm=False)
    return Listing(printed, rpm=printed.sources[0].endswith("rpms"))


def version(host: Host, name: str) -> Sourced:
    """A package's version, or null where it is not installed.

    Without a database of packages it is unknown: image-based systems have the files, and no list of them.
    """
    found = listing(host).packages
    if isinstance(found.result, Unknown):
        return found
    if found.result.value or host.kind is Kind.DUMP:
        installed: Packages = found.result.value
        if host.kind is Kind.DUMP and name not in installed and not copied.goes_past(list(installed), name):
            detail = f"{found.sources[0]} lacks {name}, but nothing shows that the list is whole"
            return Sourced(Unknown(Reason.NOT_COLLECTED, detail), ())
        if name in installed and installed[name] is None:
            return Sourced(Unknown(Reason.UNREADABLE, f"the list lacks the version of {name}"), ())
        return Sourced(Known(installed.get(name)), found.sources)
    for database in _DATABASES:
        node = host.node(database)
        if isinstance(node, Unknown):
            return Sourced(node, ())
        if isinstance(node, Node):
            return _asked(host, name)
    return Sourced(Unknown(Reason.NOT_COLLECTED, "no package manager is known here (an image-based system?)"), ())


def parse_installed_rpms(text: str) -> Packages:
    """Lines that begin with NAME-VERSION-RELEASE.ARCHITECTURE, to version and release; raises UnreadableError."""
    found: Packages = {}
    for line in each_line(text):
        words = line.split(None, 1)
        if words[:1] == ["error:"]:
            raise UnreadableError(f"the list of packages is not whole (got {quoted(line)})")
        match = _NEVRA.match(words[0]) if words else None
        if match is not None:
            name, version = match.groups()
            found[name] = None if found.get(name, version) != version else version
    if not found:
        raise UnreadableError(f"no list of packages (got {quoted(text)})")
    return found


def parse_query(text: str, name: str) -> object:
    """What ``rpm -q NAME`` prints: version and release, or null where it is not installed; raises UnreadableError."""
    line = text.strip().split("\n")[0]
    if line == f"package {name} is not installed":
        return None
    match = _NEVRA.match(line)
    if match is None or match.group(1) != name:
        raise UnreadableError(f"not from rpm -q {name} (got {quoted(text)})")
    return match.group(2)


_LISTS: List[Tuple[str, Parser]] = [
    ("/installed-rpms", parse_installed_rpms),
    ("/sos_commands/rpm/installed-rpms", parse_installed_rpms),
    ("/installed-debs", parse_list),
    ("/sos_commands/dpkg/dpkg_-l", parse_list),
]


def _asked(host: Host, name: str) -> Sourced:
    if host.kind is not Kind.LIVE:
        return Sourced(Unknown(Reason.NOT_COLLECTED, "only rpm reads its own database"), ())
    command = (_RPM, "-q", name)
    return Sourced(interpret(host.run(command), lambda text: parse_query(text, name)), (" ".join(command),))
