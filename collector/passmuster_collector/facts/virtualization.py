"""Whether the node is a guest, and what it can offer to guests."""

from typing import Dict, Iterator, Union

from passmuster_collector.facts import boot, hypervisor
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
    ("kvm", "parameters"): Limit(items=256, length=256),
}

_NESTED = ("kvm_intel", "kvm_amd", "kvm", "kvm_hv")
_UV = "/sys/firmware/uv"
_QUOTES = "/var/run/tdx-qgs/qgs.socket"


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    yield sourced("hypervisor", hypervisor.find(host))
    yield from _kvm(host)
    yield fact("secure_guest.uv", _there(host.node(_UV)), _UV)
    path = _UV + "/prot_virt_host"
    yield fact("secure_guest.prot_virt_host", interpret(host.read(path), str.strip, absent=Known(None)), path)
    prot_virt = interpret(host.read(boot.SOURCE), lambda text: boot.last_value(text, "prot_virt"))
    yield fact("secure_guest.prot_virt", prot_virt, boot.SOURCE)
    yield fact("secure_guest.qgs_socket", _socket(host.node(_QUOTES)), _QUOTES)


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
