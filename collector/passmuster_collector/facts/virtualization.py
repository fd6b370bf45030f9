"""Whether the node is a guest, and what it can offer to guests."""

import re
from typing import Dict, Iterator, NamedTuple, Optional, Tuple, Union

from passmuster_collector.facts import boot, cpu
from passmuster_collector.facts.security import parse_switch
from passmuster_collector.fields import FLAG, Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.reading import (
    Absent,
    Known,
    Node,
    Result,
    Sourced,
    Text,
    Unknown,
    interpret,
)
from passmuster_collector.section import Fact, fact, open_map, sourced
from passmuster_collector.source import LONG_LIMIT

PARAMETERS = (
    "kvm.halt_poll_ns",
    "kvm.nested",
    "kvm_amd.avic",
    "kvm_amd.nested",
    "kvm_amd.npt",
    "kvm_amd.sev",
    "kvm_amd.sev_es",
    "kvm_amd.sev_snp",
    "kvm_hv.nested",
    "kvm_intel.enable_apicv",
    "kvm_intel.ept",
    "kvm_intel.nested",
    "kvm_intel.tdx",
    "kvm_intel.unrestricted_guest",
)
FIELDS: Fields = {
    ("hypervisor",): Limit(length=16),
    ("kvm", "nested"): FLAG,
    ("secure_guest", "uv"): FLAG,
    ("secure_guest", "prot_virt_host"): Limit(length=256),
    ("secure_guest", "prot_virt"): Limit(length=256),
    ("secure_guest", "qgs_socket"): FLAG,
}
FIELDS.update({("kvm", "parameters", key): Limit(length=256) for key in PARAMETERS})

_NESTED = ("kvm_intel", "kvm_amd", "kvm", "kvm_hv")
_UV = "/sys/firmware/uv"
_QUOTES = "/var/run/tdx-qgs/qgs.socket"
_CLOCKS = "/sys/devices/system/clocksource/clocksource0/available_clocksource"
_DMI = ("/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name")
_XEN = "/sys/hypervisor/type"
_SYSINFO = "/proc/sysinfo"
_BOARD = "/sys/firmware/devicetree/base/compatible"
_VIRTUAL_BOARD = re.compile(r"linux,dummy-virt|riscv-virtio")
_PRODUCTS = (
    (r"OpenStack", "openstack"),
    (r"Amazon EC2", "amazon"),
    (r"Google", "google"),
    (r"VMware", "vmware"),
    (r"innotek GmbH|VirtualBox", "virtualbox"),
    (r"Microsoft Corporation.*Virtual Machine", "microsoft"),
    (r"Parallels", "parallels"),
    (r"BHYVE", "bhyve"),
    (r"Xen", "xen"),
    (r"KVM", "kvm"),
    (r"QEMU", "qemu"),
)


class Clues(NamedTuple):
    """What the host says about what it runs under; None where there is no such file."""

    xen: Optional[str] = None
    product: Optional[str] = None
    clocks: Optional[str] = None


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    yield sourced("hypervisor", _hypervisor(host))
    yield from _kvm(host)
    yield fact("secure_guest.uv", _there(host.node(_UV)), _UV)
    path = _UV + "/prot_virt_host"
    yield fact("secure_guest.prot_virt_host", interpret(host.read(path), str.strip, absent=Known(None)), path)
    prot_virt = interpret(host.read(boot.SOURCE), lambda text: boot.last_value(text, "prot_virt"))
    yield fact("secure_guest.prot_virt", prot_virt, boot.SOURCE)
    yield fact("secure_guest.qgs_socket", _socket(host.node(_QUOTES)), _QUOTES)


def named(clues: Clues) -> Tuple[str, Tuple[str, ...]]:
    """The name of the hypervisor of a machine that has one, and the files that told; QEMU's guests may use KVM."""
    product = next((name for pattern, name in _PRODUCTS if re.search(pattern, clues.product or "")), "other")
    if clues.xen is not None:
        return "xen", (_XEN,)
    if product in ("other", "qemu") and "kvm-clock" in (clues.clocks or "").split():
        return "kvm", (_CLOCKS,)
    return product, _DMI


def on_s390(sysinfo: Optional[str]) -> Optional[str]:
    """The hypervisor that s390x names at the highest level of /proc/sysinfo."""
    match = re.search(r"^VM00 Control Program:\s*(\S.*)$", sysinfo or "", re.MULTILINE)
    if match is None:
        return None
    program = match.group(1)
    return "kvm" if "KVM" in program else "zvm" if "z/VM" in program else "other"


def on_power(values: Dict[str, str]) -> Optional[str]:
    """The hypervisor by the platform that ppc's cpuinfo names: pSeries is always one's guest."""
    if values.get("platform") != "pSeries":
        return None
    return "kvm" if "qemu" in values.get("model", "") else "powervm"


def _hypervisor(host: Host) -> Sourced:
    info = interpret(host.read(cpu.SOURCE, LONG_LIMIT), cpu.parse_cpuinfo)
    if isinstance(info, Unknown):
        return Sourced(info, ())
    values = info.value.values
    if "platform" in values:
        return Sourced(Known(on_power(values)), (cpu.SOURCE,))
    if values.get("vendor_id") == "IBM/S390":
        return Sourced(interpret(host.read(_SYSINFO), on_s390), (_SYSINFO,))
    if "flags" in values:
        return _on_x86(host, guest="hypervisor" in info.value.flags_any)
    return _by_firmware(host)


def _on_x86(host: Host, *, guest: bool) -> Sourced:
    """The flag is the proof, and the rest gives it a name; only Xen may hide the flag."""
    clues, missing = _clues(host)
    if not guest and clues.xen is None:
        return Sourced(Known(None), (cpu.SOURCE,))
    name, sources = named(clues)
    if name == "other" and missing is not None:
        return Sourced(missing, ())
    return Sourced(Known(name), (cpu.SOURCE, *sources))


def _by_firmware(host: Host) -> Sourced:
    """Without a flag, only a product or a board that is always virtual proves a guest."""
    clues, missing = _clues(host)
    name, sources = named(clues)
    if name != "other":
        metal = (clues.product or "").endswith(".metal")
        return Sourced(Known(None if metal else name), sources)
    board = host.read(_BOARD)
    if isinstance(board, Text) and _VIRTUAL_BOARD.search(board.text):
        return Sourced(Known("qemu"), (_BOARD,))
    if missing is not None:
        return Sourced(missing, ())
    return Sourced(board, ()) if isinstance(board, Unknown) else Sourced(Known(None), (*_DMI, _BOARD))


def _clues(host: Host) -> Tuple[Clues, Optional[Unknown]]:
    looks = [host.read(path) for path in (_XEN, *_DMI, _CLOCKS)]
    texts = [look.text.strip() if isinstance(look, Text) else None for look in looks]
    product = " ".join(filter(None, texts[1:3])) or None
    missing = next((look for look in looks[1:3] if isinstance(look, Unknown)), None)
    return Clues(texts[0], product, texts[3]), missing


def _kvm(host: Host) -> Iterator[Fact]:
    found: Dict[str, Result] = {}
    for key in PARAMETERS:
        found[key] = interpret(host.read(_parameter(key)), str.strip, absent=Known(None))
    yield sourced("kvm.nested", _nested(found))
    entries = (Fact(("kvm", "parameters", key), result, (_parameter(key),)) for key, result in found.items())
    yield from open_map(("kvm", "parameters"), entries)


def _parameter(key: str) -> str:
    return "/sys/module/{}/parameters/{}".format(*key.split("."))


def _nested(found: Dict[str, Result]) -> Sourced:
    """The first module that says; unknown where one could not be asked."""
    keys = [module + ".nested" for module in _NESTED]
    for key in keys:
        result = found[key]
        if isinstance(result, Known) and result.value is not None:
            return Sourced(interpret(Text(result.value), parse_switch), (_parameter(key),))
    trouble = next((found[key] for key in keys if isinstance(found[key], Unknown)), Known(None))
    return Sourced(trouble, tuple(_parameter(key) for key in keys))


def _there(look: Union[Node, Absent, Unknown]) -> Result:
    return look if isinstance(look, Unknown) else Known(isinstance(look, Node))


def _socket(look: Union[Node, Absent, Unknown]) -> Result:
    return look if isinstance(look, Unknown) else Known(isinstance(look, Node) and look.kind == "socket")
