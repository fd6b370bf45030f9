"""What a sosreport has of commands, where it lacks the files that the commands read.

Each reading gives way to the file: it is asked only for what was not collected.
"""

import re
from typing import Any, Callable, Dict

from passmuster_collector.host import Host
from passmuster_collector.reading import Known, Reason, Sourced, Unknown, UnreadableError, interpret, lines, quoted
from passmuster_collector.source import Kind

_FOLDER = "/sos_commands"
SESTATUS = _FOLDER + "/selinux/sestatus"
APPARMOR = _FOLDER + "/apparmor/apparmor_status"
_PROFILES = re.compile(r"[0-9]+ profiles? (?:is|are) in (\w+) mode\.")
PROCESSES = ("/ps", _FOLDER + "/process/ps_auxwww", _FOLDER + "/process/ps_auxwwwm")


def instead(host: Host, found: Sourced, path: str, parser: Callable[[str], Any]) -> Sourced:
    """What a command printed, where a dump did not carry the file; else what the file came to."""
    missing = isinstance(found.result, Unknown) and found.result.reason is Reason.NOT_COLLECTED
    if host.kind is not Kind.DUMP or not missing:
        return found
    printed = interpret(host.read(path), parser)
    return Sourced(printed, (path,)) if isinstance(printed, Known) else found


def parse_sestatus(text: str) -> str:
    """The mode that sestatus prints, or `disabled`; raises UnreadableError."""
    fields: Dict[str, str] = dict(re.findall(r"^([^:\n]+):[ \t]+(\S+)$", text, re.MULTILINE))
    status = fields.get("SELinux status", "")
    mode = fields.get("Current mode", "") if status == "enabled" else status
    if mode not in ("enforcing", "permissive", "disabled"):
        raise UnreadableError(f"not from sestatus (got {quoted(text)})")
    return mode


def parse_apparmor(text: str) -> bool:
    """Whether AppArmor is on, by the first line of apparmor_status; raises UnreadableError."""
    match = re.match(r"apparmor module is (not )?loaded\.", text)
    if match is None:
        raise UnreadableError(f"not from apparmor_status (got {quoted(text)})")
    return match.group(1) is None


def parse_libvirtd_profile(text: str) -> bool:
    """True where a profile for libvirtd is enforced, false where it is loaded and only complains.

    That none is loaded says nothing of files, so it raises UnreadableError.
    """
    mode = ""
    for line in lines(text):
        heading = _PROFILES.match(line)
        mode = heading.group(1) if heading is not None else mode if line[:1].isspace() else ""
        if mode and line.strip() in ("libvirtd", "/usr/sbin/libvirtd"):
            return mode not in ("complain", "unconfined")
    raise UnreadableError("no profile for libvirtd is loaded")
