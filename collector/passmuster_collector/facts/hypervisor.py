"""What the node runs under: a hypervisor, nothing (null), or unknown where nothing proves either."""

import re
from typing import Dict, NamedTuple, Optional, Tuple

from passmuster_collector.facts import cpu
from passmuster_collector.host import Host
from passmuster_collector.reading import (
    Known,
    Reason,
    Result,
    Sourced,
    Text,
    Unknown,
    UnreadableError,
    interpret,
    not_there,
    quoted,
)

_CLOCKS = "/sys/devices/system/clocksource/clocksource0/available_clocksource"
_GUEST_CLOCKS = ((r"kvm-clock\Z", "kvm"), (r"xen\Z", "xen"), (r"hyperv_clocksource", "microsoft"))
_DMI = ("/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name")
_PAGE = 4096
"""Bytes that a file of sysfs holds at most on x86: searching for products takes the square of what is searched."""
_XEN = "/sys/hypervisor/type"
_SYSINFO = "/proc/sysinfo"
_TREE = "/sys/firmware/devicetree/base"
_BOARD = _TREE + "/compatible"
_HYPERVISOR = _TREE + "/hypervisor/compatible"
_VIRTUAL_BOARDS = (
    (r"xen,", "xen"),
    (r"linux,dummy-virt|riscv-virtio|qemu", "qemu"),
    (r"arm,(fvp|foundation)", "other"),
)
_OTHERS = (
    r"(?i)virtual machine|virtual platform|vserver|\bdroplet\b|\bhetzner\b|\bcloud.hypervisor\b|\bbochs\b"
    r"|\b(alibaba|tencent|huawei|oracle|baidu|yandex|ovh|nutanix) ?cloud|\b(up|ovh)cloud"
    r"|\b(digitalocean|linode|akamai|scaleway|vultr|exoscale|cloudsigma|nutanix ahv)\b"
)
_PRODUCTS = (
    (r"OpenStack", "openstack"),
    (r"Amazon EC2", "amazon"),
    (r"Google", "google"),
    (r"VMware", "vmware"),
    (r"innotek GmbH|VirtualBox", "virtualbox"),
    (r"Microsoft Corporation.*Virtual Machine", "microsoft"),
    (r"Parallels", "parallels"),
    (r"Apple.*Virtual", "apple"),
    (r"BHYVE", "bhyve"),
    (r"Xen", "xen"),
    (r"KVM|KubeVirt|OpenShift Virtualization", "kvm"),
    (r"QEMU", "qemu"),
    (_OTHERS, "other"),
)
_CLOUDS = ("amazon", "google", "openstack", "other")
"""Products of clouds, which also rent out whole machines under the same name."""
_WHOLE = re.compile(r"\.metal(-[0-9a-z]+)?\Z")
"""Instance types of whole machines, which have a size behind the word where there are several."""
_MAKERS = re.compile(
    r"(?i)\b(ampere|asus(tek)?|asrock\w*|bull|cavium|cisco|dell|foxconn|fujitsu|gigabyte|giga computing|hpe?"
    r"|hewlett.packard|honor|huawei|ibm|ieit|inspur|intel|inventec|kontron|lenovo|loongson|marvell|mitac|nec|nvidia"
    r"|phytium|qualcomm|quanta|raspberry pi|solidrun|super ?micro|tyan|wiwynn|zte)\b"
)
"""Makers of machines; that firmware names one, and no hypervisor, proves a machine where no flag of the CPU could."""
_MACHINES = ("PowerNV", "PowerMac")


class Clues(NamedTuple):
    """What the host says about what it runs under; None where there is no such file."""

    xen: Optional[str] = None
    product: Optional[str] = None
    clocks: Optional[str] = None


def named(clues: Clues) -> Optional[Sourced]:
    """The hypervisor that Xen's file, the firmware's product or a clock names; None where none does."""
    if clues.xen is not None:
        return Sourced(Known("xen"), (_XEN,))
    for pattern, name in _PRODUCTS:
        if re.search(pattern, clues.product or ""):
            # QEMU's guests may use KVM, and then have its clock.
            by_clock = _by_clock(clues) if name == "qemu" else None
            return by_clock or Sourced(Known(name), _DMI)
    return _by_clock(clues)


def on_s390(text: str) -> Optional[str]:
    """The hypervisor that s390x names at the highest level of /proc/sysinfo; raises UnreadableError."""
    if not re.search(r"^(Manufacturer|LPAR Name|VM00 Control Program):", text, re.MULTILINE):
        raise UnreadableError(f"neither a machine, a partition nor a guest of s390x (got {quoted(text)})")
    match = re.search(r"^VM00 Control Program:\s*(\S.*)$", text, re.MULTILINE)
    if match is None:
        return None
    program = match.group(1)
    return "kvm" if "KVM" in program else "zvm" if "z/VM" in program else "other"


def on_power(values: Dict[str, str]) -> Result:
    """The hypervisor by the platform that ppc's cpuinfo names: pSeries is always one's guest, PowerNV never."""
    platform = values.get("platform", "")
    emulated = "qemu" in (platform + values.get("model", "") + values.get("machine", "")).lower()
    if platform == "pSeries":
        return Known("kvm" if emulated else "powervm")
    if emulated or platform == "PS3":
        return Known("qemu" if emulated else "other")
    if platform in _MACHINES:
        return Known(None)
    return Unknown(Reason.NOT_COLLECTED, f"nothing shows whether the platform {quoted(platform)} is a guest")


def find(host: Host) -> Sourced:
    """The fact, and the files that it rests on."""
    info = cpu.read(host)
    if isinstance(info, Unknown):
        return Sourced(info, ())
    values = info.value.values
    if "platform" in values:
        return Sourced(on_power(values), (cpu.SOURCE,))
    if values.get("vendor_id") == "IBM/S390":
        return Sourced(interpret(host.read(_SYSINFO), on_s390), (_SYSINFO,))
    if "flags" in values:
        return _on_x86(host, guest="hypervisor" in info.value.flags_any)
    return _by_firmware(host)


def _on_x86(host: Host, *, guest: bool) -> Sourced:
    """The flag of the CPU proves a guest, and its absence a machine; Xen, VirtualBox and QEMU can hide it."""
    clues, missing, hidden = _clues(host)
    found = named(clues)
    if hidden is not None:
        return Sourced(hidden, ())
    if not guest:
        hides = found is not None and isinstance(found.result, Known) and found.result.value not in _CLOUDS
        return found if found is not None and hides else Sourced(Known(None), (cpu.SOURCE,))
    if found is None:
        return Sourced(missing, ()) if missing is not None else Sourced(Known("other"), (cpu.SOURCE, *_DMI))
    return found._replace(sources=(cpu.SOURCE, *found.sources))


def _by_clock(clues: Clues) -> Optional[Sourced]:
    """The hypervisor whose clock the kernel has; None where it has none of the kind."""
    clocks = (clues.clocks or "").split()
    name = next((name for pattern, name in _GUEST_CLOCKS if any(re.match(pattern, clock) for clock in clocks)), None)
    return Sourced(Known(name), (_CLOCKS,)) if name is not None else None


def _by_firmware(host: Host) -> Sourced:
    """Without a flag only what firmware names proves a guest or a machine; a name that nobody knows proves neither."""
    clues, missing, hidden = _clues(host)
    found = named(clues)
    if hidden is not None:
        return Sourced(hidden, ())
    if found is not None:
        return found._replace(result=Known(None)) if _WHOLE.search(clues.product or "") else found
    for path in (_HYPERVISOR, _BOARD):
        look = host.read(path)
        if isinstance(look, Unknown) and look.reason is not Reason.NOT_COLLECTED:
            return Sourced(look, ())
        if isinstance(look, Text):
            return _by_tree(path, look.text)
    if clues.product is None:
        return Sourced(missing or not_there(*_DMI, _BOARD), ())
    if _MAKERS.search(clues.product):
        return Sourced(Known(None), _DMI)
    detail = f"nothing shows whether {quoted(clues.product)} is a machine or a guest"
    return Sourced(Unknown(Reason.NOT_COLLECTED, detail), ())


def _by_tree(path: str, text: str) -> Sourced:
    """A device tree names its board, and a node of its own for a hypervisor that wants to be known."""
    if path == _HYPERVISOR:
        name = next((word for word in ("xen", "kvm", "vmware") if word in text), "other")
        return Sourced(Known(name), (path,))
    virtual = (name for pattern, name in _VIRTUAL_BOARDS if re.search(pattern, text))
    return Sourced(Known(next(virtual, None)), (path,))


def _clues(host: Host) -> Tuple[Clues, Optional[Unknown], Optional[Unknown]]:
    """The clues, why the firmware's names are missing, and why a clue that may be there could not be looked at."""
    looks = [host.read(path, _PAGE) for path in (_XEN, *_DMI, _CLOCKS)]
    texts = [look.text.strip() or None if isinstance(look, Text) else None for look in looks]
    product = " ".join(filter(None, texts[1:3])) or None
    missing = next((look for look in looks[1:3] if isinstance(look, Unknown)), None)
    unseen = (look for look in looks if isinstance(look, Unknown) and look.reason is not Reason.NOT_COLLECTED)
    return Clues(texts[0], product, texts[3]), missing, next(unseen, None)
