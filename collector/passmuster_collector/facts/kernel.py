"""The running kernel: its release, modules, registered drivers, parameters and configuration."""

import re
import zlib
from typing import Dict, Iterator, List, Optional, Sequence, Tuple, Union

from passmuster_collector import identity
from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.reading import (
    Absent,
    Data,
    Known,
    Node,
    Reason,
    Result,
    Sourced,
    Text,
    Unknown,
    UnreadableError,
    each_line,
    graver,
    interpret,
    lines,
    not_there,
    quoted,
)
from passmuster_collector.section import OTHERS, Fact, fact, open_map, sourced
from passmuster_collector.source import Kind

SYSCTLS = (
    "fs.inotify.max_user_instances",
    "fs.inotify.max_user_watches",
    "kernel.sched_rt_runtime_us",
    "net.bridge.bridge-nf-call-iptables",
    "net.ipv4.conf.all.rp_filter",
    "net.ipv4.ip_forward",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv6.conf.all.disable_ipv6",
    "net.ipv6.conf.all.forwarding",
    "vm.max_map_count",
    "vm.nr_hugepages",
    "vm.overcommit_memory",
    "vm.unprivileged_userfaultfd",
)
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
}
FIELDS.update({("sysctl", key): Limit(length=256) for key in SYSCTLS})
FIELDS.update({("config", key): Limit(length=256) for key in OPTIONS})

_MISC = "/proc/misc"
_FIRST_MISC = "vga_arbiter"
"""The list is newest first, and the kernel registers this one before any driver: all others stand above it."""
_CLOCK = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
_MODULES = "/proc/modules"
_LSMOD = ("/sos_commands/kernel/lsmod", "/lsmod")
_SYSCTL_A = "/sos_commands/kernel/sysctl_-a"
_CONFIG_GZ = "/proc/config.gz"
_CONFIG_LIMIT = 4 << 20
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
    yield from open_map(("sysctl",), _sysctls(host))
    yield from open_map(("config",), _options(config(host)))


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


def parse_config(text: str) -> Dict[str, str]:
    """The options that are set, as written after the ``=``."""
    pairs = (line.partition("=") for line in lines(text) if line.startswith("CONFIG_"))
    found = {name: value.strip() for name, equals, value in pairs if equals}
    if not found:
        raise UnreadableError(f"not a kernel configuration (got {quoted(text)})")
    return found


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


def config(host: Host) -> Sourced:
    """The kernel's configuration, options to values as text; from the first place that has one."""
    packed = _unpacked(host.read_data(_CONFIG_GZ))
    places: List[Tuple[str, Union[Text, Absent, Unknown]]] = [(_CONFIG_GZ, packed)]
    folder = identity.release_folder(host).result
    if isinstance(folder, Known):
        for pattern in ("/boot/config-{}", "/lib/modules/{}/config", "/usr/lib/modules/{}/config"):
            path = pattern.format(folder.value)
            places.append((path, host.read(path)))
    return _first_config(places)


def _first_config(places: Sequence[Tuple[str, Union[Text, Absent, Unknown]]]) -> Sourced:
    trouble: Optional[Unknown] = None
    for path, look in places:
        if isinstance(look, Absent):
            continue
        result = interpret(look, parse_config)
        if isinstance(result, Known):
            return Sourced(result, (path,))
        trouble = graver(trouble, result)
    return Sourced(trouble or not_there(*(path for path, _ in places)), ())


def _unpacked(look: Union[Data, Absent, Unknown]) -> Union[Text, Absent, Unknown]:
    """What gzip packed, up to a limit."""
    if not isinstance(look, Data):
        return look
    try:
        engine = zlib.decompressobj(zlib.MAX_WBITS | 16)
        text = engine.decompress(look.data, _CONFIG_LIMIT)
    except zlib.error as error:
        return Unknown(Reason.UNREADABLE, f"{_CONFIG_GZ}: {error}")
    if engine.unconsumed_tail or not engine.eof:
        return Unknown(Reason.FAILED, f"{_CONFIG_GZ}: too large or cut off")
    return Text(text.decode("utf-8", "surrogateescape"))


def _number(release: Result, place: int) -> Result:
    if isinstance(release, Unknown):
        return release
    try:
        return Known(parse_release(release.value)[place])
    except UnreadableError as error:
        return Unknown(Reason.UNREADABLE, str(error))


def _sysctls(host: Host) -> Iterator[Fact]:
    elsewhere = host.other_network()
    for key in SYSCTLS:
        path = "/proc/sys/" + key.replace(".", "/")
        if key.startswith("net.") and elsewhere is not None:
            yield Fact(("sysctl", key), elsewhere, ())
        else:
            found = _sysctl(host, key, path)
            yield Fact(("sysctl", key), found.result, found.sources)


def _sysctl(host: Host, key: str, path: str) -> Sourced:
    """A missing file is a missing parameter only where its family is there at all."""
    look = host.read(path)
    if isinstance(look, Unknown) and look.reason is Reason.NOT_COLLECTED and host.kind is Kind.DUMP:
        return _printed(host, key, look)
    if isinstance(look, Absent):
        family = host.node("/proc/sys/" + key.split(".", maxsplit=1)[0])
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


def _options(found: Sourced) -> Iterator[Fact]:
    for key in OPTIONS:
        value: Result = Known(found.result.value.get(key)) if isinstance(found.result, Known) else found.result
        yield Fact(("config", key), value, found.sources)
