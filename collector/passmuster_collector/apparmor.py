"""AppArmor's profile for libvirtd, which applies inside containers too and keeps KubeVirt's QEMU from starting.

A profile is in force where its file is there and no file of its name lies in the folder ``disable``. It lets QEMU run
where a file rule for /usr/libexec/qemu-kvm has an execute mode (apparmor.d(5)), there or in its local addition.
"""

import re
from typing import List

from passmuster_collector import sosreport
from passmuster_collector.host import Host
from passmuster_collector.reading import Absent, Known, Node, Reason, Result, Sourced, Unknown, interpret

_FOLDER = "/etc/apparmor.d"
_NAME = "usr.sbin.libvirtd"
PROFILE = f"{_FOLDER}/{_NAME}"
DISABLED = f"{_FOLDER}/disable/{_NAME}"
LOCAL = f"{_FOLDER}/local/{_NAME}"
QEMU = "/usr/libexec/qemu-kvm"
_RULE = re.compile(r'[ \t]*(?:(?:owner|allow|file)[ \t]+)*"?(/[^ \t"]*)"?[ \t]+([a-zA-Z]+)')
_WILD = 8
"""Wildcards in one path; a path with more is taken for no rule, since matching it could take long."""


def in_force(host: Host) -> Sourced:
    """Whether a profile for libvirtd is in force."""
    there = host.node(PROFILE)
    if isinstance(there, Unknown):
        return sosreport.instead(host, Sourced(there, ()), sosreport.APPARMOR, sosreport.parse_libvirtd_profile)
    if isinstance(there, Absent):
        return Sourced(Known(value=False), (PROFILE,))
    disabled = host.node(DISABLED, follow=False)
    if isinstance(disabled, Unknown):
        return Sourced(disabled, ())
    return Sourced(Known(not isinstance(disabled, Node)), (PROFILE, DISABLED))


def lets_qemu_run(host: Host) -> Sourced:
    """Whether the profile has a rule that lets QEMU run; null where there is no profile."""
    main = interpret(host.read(PROFILE), allows, absent=Known(None))
    if not isinstance(main, Known) or main.value is not False:
        return Sourced(main, (PROFILE,))
    local: Result = interpret(host.read(LOCAL), allows, absent=Known(value=False))
    if isinstance(local, Unknown) and local.reason is Reason.NOT_COLLECTED:
        local = Unknown(Reason.NOT_COLLECTED, f"{LOCAL} may add a rule, and is not here")
    return Sourced(local, (PROFILE, LOCAL))


def allows(text: str) -> bool:
    """Whether a line is a rule that lets ``QEMU`` run."""
    return any(map(_line_allows, text.split("\n")))


def _line_allows(line: str) -> bool:
    match = _RULE.match(line)
    if match is None or "x" not in match.group(2).lower():
        return False
    path = match.group(1)
    return path.count("*") + path.count("?") <= _WILD and re.match(_pattern(path), QEMU) is not None


def _pattern(path: str) -> str:
    """A path of AppArmor as a regular expression: ``**`` crosses slashes, ``*`` and ``?`` do not."""
    parts: List[str] = re.findall(r"\*\*|[*?{},]|[^*?{},]+", path)
    pattern = "".join(_MEANING.get(part, re.escape(part)) for part in parts) + r"\Z"
    try:
        re.compile(pattern)
    except re.error:
        return r"(?!)"
    return pattern


_MEANING = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|"}
