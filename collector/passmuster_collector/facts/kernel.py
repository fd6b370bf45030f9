"""The running kernel: its release, modules, registered drivers, parameters and configuration."""

import re
from typing import Dict, Iterable, Iterator, List, Tuple

from passmuster_collector import identity
from passmuster_collector.facts import kernel_config
from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.reading import (
    Absent,
    Known,
    Node,
    Reason,
    Result,
    Sourced,
    Unknown,
    UnreadableError,
    each_line,
    interpret,
    lines,
    not_there,
    quoted,
)
from passmuster_collector.section import OTHERS, Fact, fact, open_map, sourced
from passmuster_collector.source import Kind
from passmuster_collector.sysctls import LISTED

OPTIONS = (
    "CONFIG_AMD_IOMMU",
    "CONFIG_BLK_CGROUP",
    "CONFIG_CGROUPS",
    "CONFIG_CGROUP_BPF",
    "CONFIG_CGROUP_CPUACCT",
    "CONFIG_CGROUP_DEVICE",
    "CONFIG_CGROUP_SCHED",
    "CONFIG_CPUSETS",
    "CONFIG_HUGETLBFS",
    "CONFIG_INTEL_IOMMU",
    "CONFIG_INTEL_IOMMU_DEFAULT_ON",
    "CONFIG_IOMMUFD",
    "CONFIG_KVM",
    "CONFIG_KVM_AMD",
    "CONFIG_KVM_INTEL",
    "CONFIG_MEMCG",
    "CONFIG_NF_TABLES",
    "CONFIG_TUN",
    "CONFIG_USERFAULTFD",
    "CONFIG_VFIO",
    "CONFIG_VFIO_PCI",
    "CONFIG_VHOST_NET",
    "CONFIG_VHOST_VSOCK",
)
FIELDS: Fields = {
    ("release",): Limit(length=256),
    ("major",): Limit(),
    ("minor",): Limit(),
    ("patch",): Limit(),
    ("version",): Limit(length=256),
    ("machine",): Limit(length=256),
    ("modules",): Limit(items=2048, length=128),
    ("misc_devices",): Limit(items=256, high=1048575),
    ("clocksource",): Limit(length=64),
    ("sysctl",): Limit(items=512, length=256),
    ("config",): Limit(items=256, length=256),
}

_MISC = "/proc/misc"
_FIRST_MISC = "vga_arbiter"
"""The list is newest first, and the kernel registers this one before any driver: all others stand above it."""
_CLOCK = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
_MODULES = "/proc/modules"
_LSMOD = ("/sos_commands/kernel/lsmod", "/lsmod")
_FAMILIES = ("fs", "kernel", "net", "vm")
"""Those that every kernel has."""
_SYSCTL_A = "/sos_commands/kernel/sysctl_-a"
_RELEASE = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})(?:\.([0-9]{1,18}))?(?![0-9])")


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    release = identity.release(host)
    yield sourced("release", release)
    for place, name in enumerate(("major", "minor", "patch")):
        yield sourced(name, Sourced(_number(release.result, place), release.sources))
    yield sourced("version", identity.version(host))
    yield sourced("machine", identity.machine(host))
    yield sourced("modules", modules(host))
    misc = misc_devices(host)
    yield fact("misc_devices", misc, _MISC)
    yield from _unlisted(host, misc)
    yield fact("clocksource", interpret(host.read(_CLOCK), parse_clocksource, absent=Known(None)), _CLOCK)
    yield from open_map(("sysctl",), parameters(host, "sysctl", LISTED))
    yield from open_map(
        ("config",), (Fact(("config", key), *found) for key, found in kernel_config.some(host, OPTIONS))
    )


def parse_release(text: str) -> Tuple[int, int, int]:
    """The three numbers that a release starts with, the third 0 where it has two; whatever follows is ignored."""
    match = _RELEASE.match(text)
    if match is None:
        raise UnreadableError(f"does not start with two numbers (got {quoted(text)})")
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch or 0)


def parse_modules(text: str) -> List[str]:
    """Names, sorted: the form of /proc/modules, and of lsmod below its heading; raises UnreadableError."""
    found = set()
    for place, line in enumerate(each_line(text)):
        row = line.split()
        if place == 0 and row[:2] == ["Module", "Size"]:
            continue
        if len(row) < 2 or not row[1].isdigit() or not (row[2:3] in ([], ["-"]) or row[2].isdigit()):
            raise UnreadableError(f"not a module (got {quoted(' '.join(row))})")
        found.add(row[0])
    return sorted(found)


def parse_misc(text: str) -> Dict[str, int]:
    """Lines of a minor number and a name."""
    found = {}
    for line in lines(text):
        match = re.match(r" *([0-9]{1,7}) (\S.*)\Z", line)
        if match is None:
            raise UnreadableError(f"not a misc driver (got {quoted(line)})")
        found[match.group(2).strip()] = int(match.group(1))
    return found


def parse_clocksource(text: str) -> str:
    """A name alone on its line; raises UnreadableError."""
    words = text.split()
    if len(words) != 1:
        raise UnreadableError(f"not a clock source (got {quoted(text)})")
    return words[0]


def parse_sysctls(text: str) -> Dict[str, str]:
    """Lines of ``key = value`` as sysctl -a prints them; raises UnreadableError where there is none."""
    pairs = (line.partition(" = ") for line in lines(text))
    found = {key: value.strip() for key, equals, value in pairs if equals}
    if not found:
        raise UnreadableError(f"not from sysctl -a (got {quoted(text)})")
    return found


def listed_past(values: Dict[str, str], family: str) -> bool:
    """Whether a list in the order of folders goes on behind a family of names, and so has all of it."""
    places = [place for place, name in enumerate(values) if name.startswith(family)]
    return bool(places) and places[-1] + 1 < len(values)


def modules(host: Host) -> Sourced:
    """Names of all loaded modules, a list.

    A list of modules has no mark at its end, and in a dump it may be cut between two lines. It is the newest first, so
    two lists that end with the same module both go on to the oldest.
    """
    found = listed_modules(host)
    if host.kind is not Kind.DUMP or isinstance(found.result, Unknown) or _both_end_alike(host):
        return found
    lost = f"nothing shows that {found.sources[0]} is whole in the dump: no second list ends with the same module"
    return Sourced(Unknown(Reason.NOT_COLLECTED, lost), ())


def _both_end_alike(host: Host) -> bool:
    copy = interpret(host.read(_MODULES), _oldest)
    printed = identity.first(host, [(path, _oldest) for path in _LSMOD]).result
    return isinstance(copy, Known) and copy == printed


def _oldest(text: str) -> str:
    parse_modules(text)
    return text.rstrip("\n").rpartition("\n")[2].split()[0]


def listed_modules(host: Host) -> Sourced:
    """Names that a list of loaded modules shows; a copied list may lack others."""
    found = interpret(host.read(_MODULES), parse_modules, absent=Known([]))
    if isinstance(found, Known) or host.kind is not Kind.DUMP:
        return Sourced(found, (_MODULES,))
    printed = identity.first(host, [(path, parse_modules) for path in _LSMOD])
    return printed if isinstance(printed.result, Known) else Sourced(found, ())


def misc_devices(host: Host) -> Result:
    """Registered misc drivers, name to minor; every kernel has the file, so its absence says nothing."""
    return interpret(host.read(_MISC), parse_misc)


def _unlisted(host: Host, misc: Result) -> Iterator[Fact]:
    """Drivers that a copy of the list lacks, and that its lost end may have named."""
    if host.kind is Kind.DUMP and isinstance(misc, Known) and _FIRST_MISC not in misc.value:
        lost = Unknown(Reason.NOT_COLLECTED, f"not listed, but nothing shows that {_MISC} is whole in the dump")
        yield Fact(("misc_devices", OTHERS), lost, ())


def _number(release: Result, place: int) -> Result:
    if isinstance(release, Unknown):
        return release
    try:
        return Known(parse_release(release.value)[place])
    except UnreadableError as error:
        return Unknown(Reason.UNREADABLE, str(error))


def parameters(host: Host, field: str, keys: Iterable[str]) -> Iterator[Fact]:
    """Values of kernel parameters as text, None where this kernel lacks one, as members of a field."""
    elsewhere = host.other_network()
    for key in keys:
        path = "/proc/sys/" + key.replace(".", "/")
        if key.startswith("net.") and elsewhere is not None:
            yield Fact((field, key), elsewhere, ())
        else:
            found = _sysctl(host, key, path)
            yield Fact((field, key), found.result, found.sources)


def _sysctl(host: Host, key: str, path: str) -> Sourced:
    """A missing file is a missing parameter only where others are there."""
    look = host.read(path)
    if isinstance(look, Unknown) and look.reason is Reason.NOT_COLLECTED and host.kind is Kind.DUMP:
        return _printed(host, key, look)
    if isinstance(look, Absent):
        first = key.split(".", maxsplit=1)[0]
        family = host.node("/proc/sys/" + (first if first in _FAMILIES else "kernel"))
        if not isinstance(family, Node):
            return Sourced(family if isinstance(family, Unknown) else not_there(family.path), ())
    return Sourced(interpret(look, str.strip, absent=Known(None)), (path,))


def _printed(host: Host, key: str, otherwise: Unknown) -> Sourced:
    """A parameter in what sysctl -a printed; it is missing only where the list goes on behind its neighbours."""
    found = interpret(host.read(_SYSCTL_A), parse_sysctls)
    if isinstance(found, Unknown):
        return Sourced(otherwise, ())
    values: Dict[str, str] = found.value
    if key not in values and not listed_past(values, key.rpartition(".")[0] + "."):
        return Sourced(otherwise, ())
    return Sourced(Known(values.get(key)), (_SYSCTL_A,))
