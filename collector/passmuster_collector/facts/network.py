"""Only what virtual machines need of the network; no addresses."""

from typing import Iterator, List

from passmuster_collector import identity
from passmuster_collector.facts import kernel, kernel_config
from passmuster_collector.fields import FLAG, Fields
from passmuster_collector.host import Host
from passmuster_collector.reading import (
    Absent,
    Known,
    Node,
    Reason,
    Result,
    Sourced,
    Text,
    Unknown,
    lines,
    not_there,
)
from passmuster_collector.section import Fact, fact, sourced

FIELDS: Fields = {("nf_tables",): FLAG, ("ipv6",): FLAG}
_NET = "/proc/sys/net"
_LOADED = "/sys/module/nf_tables"
_BUILT_IN = ("/lib/modules/{}/modules.builtin", "/usr/lib/modules/{}/modules.builtin")


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    yield sourced("nf_tables", _nf_tables(host))
    yield fact("ipv6", _ipv6(host), _NET + "/ipv6")


def parse_builtin(text: str) -> List[str]:
    """Names of the modules that are built in: lines of paths such as kernel/fs/ext4/ext4.ko."""
    return [line.rpartition("/")[2].partition(".ko")[0] for line in lines(text) if line]


def _nf_tables(host: Host) -> Sourced:
    """True by any one proof; false only where both the loaded and the built-in ones are known."""
    listed, loaded = kernel.listed_modules(host), kernel.modules(host)
    if isinstance(listed.result, Known) and "nf_tables" in listed.result.value:
        return Sourced(Known(value=True), listed.sources)
    if isinstance(host.node(_LOADED), Node):
        return Sourced(Known(value=True), (_LOADED,))
    built_in = _built_in(host)
    if isinstance(built_in.result, Unknown) or built_in.result.value:
        return built_in
    if isinstance(loaded.result, Unknown):
        return loaded
    return Sourced(Known(value=False), loaded.sources + built_in.sources)


def _built_in(host: Host) -> Sourced:
    folder = identity.release_folder(host)
    if isinstance(folder.result, Known):
        for pattern in _BUILT_IN:
            path = pattern.format(folder.result.value)
            look = host.read(path)
            if isinstance(look, Text):
                return Sourced(Known("nf_tables" in parse_builtin(look.text)), (path,))
    option = kernel_config.option(host, "CONFIG_NF_TABLES")
    if isinstance(option.result, Known):
        return Sourced(Known(option.result.value == "y"), option.sources)
    if option.result.reason is not Reason.NOT_COLLECTED:
        return option
    return Sourced(Unknown(Reason.NOT_COLLECTED, "nothing lists what is built into the kernel"), ())


def _ipv6(host: Host) -> Result:
    family = host.node(_NET + "/ipv6")
    if not isinstance(family, Absent):
        return Known(value=True) if isinstance(family, Node) else family
    return Known(value=False) if isinstance(host.node(_NET), Node) else not_there(_NET)
