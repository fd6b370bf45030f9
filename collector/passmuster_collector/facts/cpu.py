"""The processors that are online, from /proc/cpuinfo, which looks different on every architecture."""

import re
from typing import Any, Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from passmuster_collector import identity
from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.reading import (
    Known,
    Reason,
    Result,
    Sourced,
    Unknown,
    UnreadableError,
    interpret,
    quoted,
)
from passmuster_collector.section import Fact, fact, sourced
from passmuster_collector.source import LONG_LIMIT

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
_LINE = re.compile(r"^([^:\n]*?)[ \t]*:[ \t]*([^\n]*?)[ \t]*$", re.MULTILINE)
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
_POWER = re.compile(r"POWER([0-9]+)")


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


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    info = interpret(host.read(SOURCE, LONG_LIMIT), parse_cpuinfo)
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


def parse_cpuinfo(text: str) -> CpuInfo:
    """Read all layouts; raises UnreadableError where no processor is listed."""
    values: Dict[str, str] = {}
    lines: Dict[str, FrozenSet[str]] = {}
    order: List[str] = []
    vmx: List[str] = []
    count = 0
    for match in _LINE.finditer(text):
        key, value = match.groups()
        if key == "processor" or _NUMBERED.match(key):
            count += 1
        if key in _WORDS:
            order.append(value)
            if value not in lines:
                lines[value] = frozenset(value.split())
        if key == _VMX:
            vmx.append(value)
        values.setdefault(key, value)
    count = count or _counted(values)
    if not count:
        raise UnreadableError(f"no processor is listed (got {quoted(text)})")
    sets = list(lines.values())
    whole = len(order) in (0, count) or (len(order) == 1 and "flags" not in values)
    every: FrozenSet[str] = frozenset.intersection(*sets) if sets else frozenset()
    anywhere: FrozenSet[str] = frozenset().union(*sets)
    return CpuInfo(
        processors=count,
        values=values,
        flags=every if whole else None,
        flags_any=anywhere,
        has_flags=bool(order),
        flags_partial={word: sum(word in lines[line] for line in order) for word in anywhere - every},
        vmx_flags=_common(vmx, count) if vmx else None,
    )


def _common(lines: Sequence[str], processors: int) -> FrozenSet[str]:
    """Words that are in all lines, if every processor has one: the kernel prints none where VMX is off."""
    sets = [frozenset(line.split()) for line in set(lines)]
    return frozenset.intersection(*sets) if len(lines) == processors else frozenset()


def architecture_of(machine: str) -> str:
    """The schema's word for what uname -m prints."""
    for pattern, name in _MACHINES:
        match = re.match(f"(?:{pattern})\\Z", machine)
        if match is not None:
            return match.expand(name)
    return "other"


def inferred(info: CpuInfo) -> Result:
    """The architecture by the layout alone; big and little endian POWER look the same from its eighth generation on."""
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
        return "ppc64?" if int(generation.group(1)) >= 8 else "ppc64"
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
