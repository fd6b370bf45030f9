"""The processors that are online, from /proc/cpuinfo, which looks different on every architecture."""

import re
from collections import Counter
from typing import Any, Dict, FrozenSet, Iterator, NamedTuple, Optional, Tuple

from passmuster_collector import identity
from passmuster_collector.budget import asking
from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.reading import (
    Known,
    Reason,
    Result,
    Sourced,
    Unknown,
    UnreadableError,
    each_line,
    interpret,
    quoted,
)
from passmuster_collector.section import Fact, fact, sourced
from passmuster_collector.source import LONG_LIMIT, Kind

SOURCE = "/proc/cpuinfo"
FIELDS: Fields = {
    ("architecture",): Limit(length=16),
    ("vendor",): Limit(length=256),
    ("model_name",): Limit(length=256),
    ("logical_count",): Limit(high=65536),
    ("flags",): Limit(items=1024, length=64),
    ("flags_any",): Limit(items=1024, length=64),
    ("flags_partial",): Limit(items=1024, high=65536),
    ("vmx_flags",): Limit(items=1024, length=64),
    ("facilities",): Limit(items=1024, high=65535),
}
X86 = ("i686", "x86_64")
_ONLINE = "/sys/devices/system/cpu/online"
_RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?\Z")
_NUMBERED = re.compile(r"processor [0-9]+\Z")
_WORDS = ("flags", "Features", "features")
_VMX = "vmx flags"
_VENDORS = ("vendor_id", "vendor", "CPU implementer", "mvendorid")
_MODELS = ("model name", "Model Name", "cpu model", "cpu", "Processor", "family", "uarch")
_MACHINES = (
    (r"x86_64|amd64", "x86_64"),
    (r"i[3-6]86", "i686"),
    (r"aarch64|aarch64_be|arm64", "aarch64"),
    (r"arm.*", "arm"),
    (r"mips.*", "mips"),
    (r"ia64|loongarch64|ppc|ppc64|ppc64le|riscv32|riscv64|s390|s390x|sparc64", r"\g<0>"),
)
_MOST = 1 << 17
"""Different lines, or words, that are read: twice as many as the processors that are counted at most."""
_POWER = re.compile(r"(?i)POWER([0-9]+)")


class CpuInfo(NamedTuple):
    """What /proc/cpuinfo says."""

    processors: int
    values: Dict[str, str]
    """The first value of each key."""
    flags: Optional[FrozenSet[str]]
    """Words that every processor has; None where some processors' lines are missing."""
    flags_any: FrozenSet[str]
    has_flags: bool
    """Whether there is a line of words at all."""
    flags_partial: Dict[str, int]
    """Words that some processors lack, to the number of those that have them."""
    vmx_flags: Optional[FrozenSet[str]]
    """Words of the lines about VMX that every processor has; None where there is no such line."""
    short: bool
    """Whether a package of x86 lists fewer processors than it says to have."""


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    info = read(host)
    kernel = architecture(host, info)
    yield sourced("architecture", kernel)
    yield fact("vendor", _value(info, _VENDORS), SOURCE)
    yield fact("model_name", _value(info, _MODELS), SOURCE)
    yield fact("logical_count", Known(info.value.processors) if isinstance(info, Known) else info, SOURCE)
    yield fact("flags", _flags(info, kernel.result, every=True), SOURCE)
    yield fact("flags_any", _flags(info, kernel.result, every=False), SOURCE)
    yield fact("flags_partial", _partial(info, kernel.result), SOURCE)
    yield fact("vmx_flags", _vmx_flags(info), SOURCE)
    yield fact("facilities", _facilities(info), SOURCE)


def read(host: Host) -> Result:
    """What /proc/cpuinfo says; of a copy, only where no other file and no line of it tells of more processors."""
    info = interpret(host.read(SOURCE, LONG_LIMIT), parse_cpuinfo)
    if host.kind is not Kind.DUMP or isinstance(info, Unknown):
        return info
    online = interpret(host.read(_ONLINE), parse_online)
    more = isinstance(online, Known) and online.value > info.value.processors
    if more or ("flags" in info.value.values and info.value.short):
        return Unknown(Reason.UNREADABLE, f"{SOURCE} is cut in the dump (processors are missing)")
    return info


def parse_online(text: str) -> int:
    """How many processors a list of ranges has, such as ``0-3,5``; raises UnreadableError."""
    count = 0
    for part in text.strip().split(","):
        match = _RANGE.match(part)
        if match is None:
            raise UnreadableError(f"not a list of processors (got {quoted(text)})")
        count += int(match.group(2) or match.group(1)) - int(match.group(1)) + 1
    return count


def parse_cpuinfo(text: str) -> CpuInfo:
    """Read all layouts; raises UnreadableError where no processor is listed."""
    values: Dict[str, str] = {}
    counts: Dict[str, int] = {}
    vmx: Dict[str, int] = {}
    count = 0
    siblings: Dict[str, int] = {}
    packages: Dict[str, int] = {}
    package = ""
    for line in each_line(text):
        left, colon, right = line.partition(":")
        key, value = left.rstrip(" \t"), right.strip(" \t")
        if not colon:
            continue
        if key == "physical id":
            package = value
            packages[package] = packages.get(package, 0) + 1
        if key == "siblings" and value.isdigit() and len(value) < 8:
            siblings[package] = int(value)
        if key == "processor" or _NUMBERED.match(key):
            count += 1
        if key in _WORDS:
            counts[value] = counts.get(value, 0) + 1
        if key == _VMX:
            vmx[value] = vmx.get(value, 0) + 1
        values.setdefault(key, value)
        if len(values) + len(counts) + len(vmx) + len(packages) > _MOST:
            raise UnreadableError(f"more than processors have (limit {_MOST} different lines)")
    count = count or _counted(values)
    if not count:
        raise UnreadableError(f"no processor is listed (got {quoted(text)})")
    having = _having(counts)
    rows = sum(counts.values())
    whole = rows in (0, count) or (rows == 1 and "flags" not in values)
    return CpuInfo(
        processors=count,
        values=values,
        flags=_everywhere(having, rows) if whole else None,
        flags_any=frozenset(having),
        has_flags=bool(counts),
        flags_partial={word: number for word, number in having.items() if number < rows},
        vmx_flags=_everywhere(_having(vmx), count) if vmx else None,
        short=_is_short(siblings, packages),
    )


def _is_short(siblings: Dict[str, int], listed: Dict[str, int]) -> bool:
    """By packages: the number of processors that their lines give them, and the number of those that are listed.

    In guests whose every package shows one processor, what the hypervisor says of siblings is wrong.
    """
    if len(listed) > 1 and set(listed.values()) == {1}:
        return False
    return any(listed.get(package, number) < number for package, number in siblings.items())


def _having(lines: Dict[str, int]) -> Dict[str, int]:
    """Words to how many processors have them, of different lines and how many processors have each."""
    found: "Counter[str]" = Counter()
    for line, number in asking(lines.items()):
        found.update(dict.fromkeys(line.split(), number))
        if len(found) > _MOST:
            raise UnreadableError(f"more than processors have (limit {_MOST} different words)")
    return found


def _everywhere(having: Dict[str, int], processors: int) -> FrozenSet[str]:
    """Words that all processors have; none where some lack the line: the kernel prints no line where VMX is off."""
    return frozenset(word for word, number in having.items() if number == processors)


def architecture_of(machine: str) -> str:
    """The schema's word for what uname -m prints."""
    for pattern, name in _MACHINES:
        match = re.match(f"(?:{pattern})\\Z", machine)
        if match is not None:
            return match.expand(name)
    return "other"


def inferred(info: CpuInfo) -> Result:
    """The architecture by the layout alone; POWER of both byte orders looks the same from its seventh generation."""
    for guess in (_x86, _arm, _power, _others):
        name = guess(info)
        if name == "ppc64?":
            return Unknown(Reason.NOT_COLLECTED, "/proc/cpuinfo does not tell ppc64 from ppc64le")
        if name:
            return Known(name)
    return Unknown(Reason.UNREADABLE, "the layout of /proc/cpuinfo is of no known architecture")


def architecture(host: Host, info: Result) -> Sourced:
    """From uname -m, else from the end of the release where distributions put it, else from the layout."""
    machine = identity.machine(host)
    if isinstance(machine.result, Known):
        return Sourced(Known(architecture_of(machine.result.value)), machine.sources)
    release = identity.release(host)
    if isinstance(release.result, Known):
        last = release.result.value.rpartition(".")[2]
        if identity.is_machine(last):
            return Sourced(Known(architecture_of(last)), release.sources)
    return Sourced(inferred(info.value) if isinstance(info, Known) else info, (SOURCE,))


def _counted(values: Dict[str, str]) -> int:
    """Where no line a processor is there: a count (sparc64), or the one processor of an old ARM."""
    active = values.get("ncpus active", "")
    if re.match(r"[0-9]{1,6}\Z", active):
        return int(active)
    return 1 if "Processor" in values else 0


def _x86(info: CpuInfo) -> str:
    """Only kernels of 32 bits print lines about the bugs of early processors, whatever the processor could do."""
    if "flags" not in info.values:
        return ""
    return "x86_64" if "lm" in info.flags_any and "coma_bug" not in info.values else "i686"


def _arm(info: CpuInfo) -> str:
    """A kernel of 32 bits shows the words of the older instruction set also on an ARMv8 processor."""
    if "CPU implementer" not in info.values and "CPU architecture" not in info.values:
        return ""
    version = info.values.get("CPU architecture", "")
    if version == "AArch64" or (version in ("8", "9") and not info.flags_any & {"thumb", "swp", "half"}):
        return "aarch64"
    return "arm"


def _power(info: CpuInfo) -> str:
    model = info.values.get("cpu", "")
    if "clock" not in info.values or "SPARC" in model.upper():
        return ""
    generation = _POWER.match(model)
    if generation is not None:
        return "ppc64?" if int(generation.group(1)) >= 7 else "ppc64"
    return "ppc64" if model.startswith(("Cell", "PPC970", "PA6T", "RS64")) else "ppc"


def _others(info: CpuInfo) -> str:
    isa = (info.values.get("isa") or info.values.get("ISA", "")).split()
    first = isa[0] if isa else ""
    if info.values.get("vendor_id") == "IBM/S390":
        return "s390x" if "zarch" in info.flags_any else "s390"
    if info.values.get("arch") == "IA-64":
        return "ia64"
    if first.startswith(("rv32", "rv64")):
        return "riscv" + first[2:4]
    if "loongarch64" in isa or info.values.get("CPU Family") == "Loongson-64bit":
        return "loongarch64"
    if first.startswith("mips") or "MIPS" in info.values.get("cpu model", ""):
        return "mips"
    return "sparc64" if info.values.get("type", "").startswith(("sun4u", "sun4v")) else ""


def _value(info: Result, keys: Tuple[str, ...]) -> Result:
    if isinstance(info, Unknown):
        return info
    values = info.value.values
    return Known(next((values[key] for key in keys if values.get(key)), None))


def _flags(info: Result, kernel: Result, *, every: bool) -> Result:
    if isinstance(info, Unknown):
        return info
    found = info.value
    x86 = isinstance(kernel, Known) and kernel.value in X86
    if found.flags is None or (x86 and not found.has_flags):
        return Unknown(Reason.UNREADABLE, f"some of the {found.processors} processors have no line of flags")
    return Known(sorted(found.flags if every else found.flags_any))


def _partial(info: Result, kernel: Result) -> Result:
    """Counted over the lines that there are: unknown wherever the words of every processor are."""
    every = _flags(info, kernel, every=True)
    return every if isinstance(every, Unknown) or isinstance(info, Unknown) else Known(info.value.flags_partial)


def _vmx_flags(info: Result) -> Result:
    """Null where no processor has the line: another maker's, or a kernel below 5.9."""
    if isinstance(info, Unknown):
        return info
    words = info.value.vmx_flags
    return Known(None if words is None else sorted(words))


def _facilities(info: Result) -> Result:
    if isinstance(info, Unknown):
        return info
    values: Dict[str, Any] = info.value.values
    if values.get("vendor_id") != "IBM/S390":
        return Known(None)
    words = values.get("facilities", "").split()
    if not all(re.match(r"[0-9]{1,9}\Z", word) for word in words):
        shown = quoted(" ".join(words))
        return Unknown(Reason.UNREADABLE, f"not numbers of facilities (got {shown})")
    # No name of a feature is a number: one among them is a facility, and virt-host-validate reads both lines alike.
    words += [word for word in info.value.flags_any if re.match(r"[0-9]{1,5}\Z", word)]
    return Known(sorted({int(word) for word in words}))
