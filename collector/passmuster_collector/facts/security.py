"""Security modules of the kernel."""

import re
from typing import Iterator, List

from passmuster_collector import apparmor, packages, sosreport
from passmuster_collector.fields import FLAG, Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.mounts import has_root
from passmuster_collector.reading import (
    Absent,
    Known,
    Node,
    Reason,
    Result,
    Sourced,
    Unknown,
    UnreadableError,
    interpret,
    quoted,
)
from passmuster_collector.section import Fact, fact, sourced

FIELDS: Fields = {
    ("lsm",): Limit(items=32, length=64),
    ("selinux",): Limit(length=16),
    ("apparmor",): FLAG,
    ("lockdown",): Limit(length=16),
    ("libvirtd_profile",): FLAG,
    ("libvirtd_qemu",): FLAG,
    ("container_selinux",): Limit(length=128),
}
_LSM = "/sys/kernel/security/lsm"
_SELINUX = "/sys/fs/selinux"
_APPARMOR = "/sys/module/apparmor/parameters/enabled"
_LOCKDOWN = "/sys/kernel/security/lockdown"
_PACKAGE = "container-selinux"
_MODES = {"0": "permissive", "1": "enforcing"}


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    yield fact("lsm", interpret(host.read(_LSM), parse_lsm, absent=Known(None)), _LSM)
    selinux = Sourced(_selinux(host), (_SELINUX + "/enforce",))
    yield sourced("selinux", sosreport.instead(host, selinux, sosreport.SESTATUS, sosreport.parse_sestatus))
    switch = interpret(host.read(_APPARMOR), parse_switch, absent=Known(value=False))
    enabled = Sourced(switch, (_APPARMOR,))
    yield sourced("apparmor", sosreport.instead(host, enabled, sosreport.APPARMOR, sosreport.parse_apparmor))
    yield fact("lockdown", interpret(host.read(_LOCKDOWN), parse_lockdown, absent=Known(None)), _LOCKDOWN)
    yield sourced("libvirtd_profile", apparmor.in_force(host))
    yield sourced("libvirtd_qemu", apparmor.lets_qemu_run(host))
    yield sourced("container_selinux", packages.version(host, _PACKAGE))


def parse_lsm(text: str) -> List[str]:
    """Names with commas between them."""
    return [name for name in text.strip().split(",") if name]


def parse_enforce(text: str) -> str:
    """SELinux's mode from its number."""
    mode = _MODES.get(text.strip())
    if mode is None:
        raise UnreadableError(f"not a mode of SELinux (got {quoted(text)})")
    return mode


def parse_switch(text: str) -> bool:
    """A parameter that is on or off: ``Y`` or ``1``, ``N`` or ``0``."""
    word = text.strip()
    if word not in ("Y", "y", "1", "N", "n", "0"):
        raise UnreadableError(f"neither on nor off (got {quoted(word)})")
    return word in ("Y", "y", "1")


def parse_lockdown(text: str) -> str:
    """The word in brackets."""
    match = re.search(r"\[(none|integrity|confidentiality)\]", text)
    if match is None:
        raise UnreadableError(f"no level of lockdown in brackets (got {quoted(text)})")
    return match.group(1)


def _selinux(host: Host) -> Result:
    """A folder without the file is a kernel with SELinux whose file system is not mounted: there, or below this root.

    Since Linux cannot be told at run time to forget SELinux, SELINUX=disabled in its configuration comes to that: no
    policy is loaded and the file system is unmounted, so that nothing is checked. The node's mount table tells.
    """
    look = host.read(_SELINUX + "/enforce")
    if not isinstance(look, Absent):
        return interpret(look, parse_enforce)
    folder = host.node(_SELINUX)
    if not isinstance(folder, Node):
        return folder if isinstance(folder, Unknown) else Known("disabled")
    table = host.mounts().result
    if isinstance(table, Known) and has_root(table.value) and all(one.type != "selinuxfs" for one in table.value):
        return Known("disabled")
    return Unknown(Reason.NOT_COLLECTED, f"{_SELINUX} is not mounted")
