"""Installed packages of Debian's package manager, from its status file."""

import re
from typing import Dict

from passmuster_collector.host import Host
from passmuster_collector.reading import Known, Result, interpret
from passmuster_collector.source import LONG_LIMIT

STATUS = "/var/lib/dpkg/status"


def installed_packages(host: Host) -> Result:
    """Names to versions of all packages that are installed; none on hosts with another package manager."""
    return interpret(host.read(STATUS, LONG_LIMIT), parse_status, absent=Known({}))


def parse_status(text: str) -> Dict[str, str]:
    """Names to versions of the packages whose state is `installed`."""
    found = {}
    for match in re.finditer(r"^Package: (\S+)$((?:\n.+)*)", text, re.MULTILINE):
        fields = dict(re.findall(r"^(Status|Version): (.*)$", match.group(2), re.MULTILINE))
        if fields.get("Status", "").split()[-1:] == ["installed"] and "Version" in fields:
            found[match.group(1)] = fields["Version"].strip()
    return found
