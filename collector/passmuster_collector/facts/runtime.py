"""The container runtime that the kubelet uses, and what else is installed.

A socket or a package of a runtime proves nothing about which one is used: what the kubelet is told does, then what
distributions with a runtime of their own have running, then the default of the kubelet's version.
"""

import re
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Set

from passmuster_collector import kubelet, packages, programs
from passmuster_collector.context import INSIDE
from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.kubelet import Told
from passmuster_collector.programs import Installed
from passmuster_collector.reading import (
    Known,
    Node,
    Reason,
    Result,
    Sourced,
    Unknown,
    interpret,
    quoted,
)
from passmuster_collector.section import Fact, fact, sourced

FIELDS: Fields = {
    ("installed",): Limit(items=3, length=16),
    ("name",): Limit(length=16),
    ("evidence", "source"): Limit(length=4096),
    ("evidence", "key"): Limit(length=256),
    ("evidence", "value"): Limit(length=1024),
    ("docker", "version"): Limit(length=256),
    ("containerd", "version"): Limit(length=256),
    ("crio", "version"): Limit(length=256),
    ("kubelet", "version"): Limit(length=256),
    ("kubelet", "endpoint"): Limit(length=1024),
    ("kubelet", "cgroup_driver"): Limit(length=256),
    ("kubelet", "cpu_manager_policy"): Limit(length=256),
}
_RUNTIMES = (
    ("containerd", "containerd", programs.CONTAINERD),
    ("crio", "cri-o", programs.CRIO),
    ("docker", "docker", programs.DOCKER),
)
_SOCKETS = (
    (r"(cri-dockerd|dockershim|docker)\.sock", "docker"),
    (r"containerd\.sock", "containerd"),
    (r"crio\.sock", "cri-o"),
)
_BROUGHT = (
    "/run/k3s/cri-dockerd/cri-dockerd.sock",
    "/run/k3s/containerd/containerd.sock",
    "/var/snap/microk8s/common/run/containerd.sock",
)
_CPU_MANAGER = "/var/lib/kubelet/cpu_manager_state"
_TRACES = ("/var/lib/kubelet/config.yaml", "/var/lib/kubelet/kubeadm-flags.env", _CPU_MANAGER)


class Evidence(NamedTuple):
    """What shows the runtime: the place, the option or field, and what it says."""

    source: str
    key: str
    value: str


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    if host.inside:
        yield from _inside(host)
        return
    listed = packages.listing(host)
    told = kubelet.told(host)
    found = {name: programs.find(host, program, listed) for name, _, program in _RUNTIMES}
    agent = programs.find(host, programs.KUBELET, listed)
    yield sourced("installed", _installed(found))
    yield from _named(evidence(host, told, agent))
    for name, installed in found.items():
        yield _version(host, name, installed)
    yield from _kubelet(host, told, agent)


def evidence(host: Host, told: Told, agent: Installed) -> Result:
    """The strongest evidence, or why there is none: what is stronger and could not be looked at makes it unknown."""
    reported = _reported(host)
    if reported is not None:
        return Known(reported)
    unseen: Optional[Unknown] = None
    for layer in told.layers:
        if isinstance(layer.options, Unknown):
            if layer.options.reason is not Reason.NOT_COLLECTED:
                return layer.options
            unseen = unseen or layer.options
            continue
        options: Dict[str, str] = layer.options.value
        if options.get(kubelet.RUNTIME) == "docker":
            return Known(Evidence(layer.source, layer.key(kubelet.RUNTIME), "docker"))
        if options.get(kubelet.ENDPOINT):
            return Known(Evidence(layer.source, layer.key(kubelet.ENDPOINT), options[kubelet.ENDPOINT]))
    for socket in _BROUGHT:
        node = host.node(socket)
        if isinstance(node, Node) and node.kind == "socket":
            return Known(Evidence(socket, "socket", socket))
    return _default(told, agent) if unseen is None else _none(unseen.detail)


def scheme_of(value: str) -> Optional[str]:
    """The runtime that a Node object's containerRuntimeVersion names; None for another."""
    scheme = value.partition("://")[0]
    return scheme if scheme in [name for _, name, _ in _RUNTIMES] else None


def runtime_of(value: str) -> Optional[str]:
    """The runtime that an endpoint's socket, or the old flag's word, names; None for another."""
    if value == "docker":
        return "docker"
    socket = value.rpartition("/")[2]
    return next((name for pattern, name in _SOCKETS if re.match(pattern + r"\Z", socket)), None)


def default_of(version: str) -> Optional[str]:
    """What a kubelet uses that is told nothing: Docker up to 1.23, containerd from 1.24 on; None if not a version."""
    match = re.match(r"(?:[0-9]+:)?v?([0-9]{1,9})\.([0-9]{1,9})", version)
    if match is None:
        return None
    return "docker" if (int(match.group(1)), int(match.group(2))) < (1, 24) else "containerd"


def _default(told: Told, agent: Installed) -> Result:
    if not isinstance(agent.there.result, Known) or not agent.there.result.value:
        return _none("no kubelet was found")
    version = agent.version.result
    if isinstance(version, Unknown):
        return _none(f"version of the kubelet: {version.detail}")
    if told.value(kubelet.RUNTIME).result != Known(None) or default_of(version.value) is None:
        return _none(f"kubelet {quoted(version.value)}")
    return Known(Evidence(agent.version.sources[0], "default of kubelet", version.value))


def _none(detail: str) -> Unknown:
    return Unknown(Reason.NOT_COLLECTED, f"no evidence of the runtime in use ({detail})")


def _named(found: Result) -> Iterator[Fact]:
    if isinstance(found, Unknown):
        yield fact("name", found)
        yield fact("evidence", found)
        return
    shown: Evidence = found.value
    name = _READINGS.get(shown.key, runtime_of)(shown.value)
    unread = Unknown(Reason.UNREADABLE, f"no known runtime (got {quoted(shown.value)})")
    yield fact("name", unread if name is None else Known(name), shown.source)
    for field, value in shown._asdict().items():
        yield fact("evidence." + field, Known(value), shown.source)


def _installed(found: Dict[str, Installed]) -> Sourced:
    names: List[str] = []
    sources: Set[str] = set()
    for key, name, _ in _RUNTIMES:
        there = found[key].there
        if isinstance(there.result, Unknown):
            return there
        sources.update(there.sources)
        if there.result.value:
            names.append(name)
    return Sourced(Known(names), tuple(sorted(sources)))


def _version(host: Host, name: str, installed: Installed) -> Fact:
    """What the kubelet reports of the runtime in use is the version that runs, whatever is installed."""
    there = installed.there
    reported = _reported(host)
    if reported is not None and _key_of(scheme_of(reported.value)) == name:
        version = reported.value.partition("://")[2]
        unread = Unknown(Reason.UNREADABLE, f"no version (got {quoted(reported.value)})")
        told = Known(version) if re.match(r"v?[0-9]", version) else unread
        return fact(name + ".version", told, reported.source)
    if isinstance(there.result, Known) and there.result.value:
        return sourced(name + ".version", installed.version)
    return sourced(name, there if isinstance(there.result, Unknown) else Sourced(Known(None), there.sources))


def _kubelet(host: Host, told: Told, agent: Installed) -> Iterator[Fact]:
    """Null only where nothing of a kubelet is there; distributions build it into programs of other names."""
    there = agent.there.result
    reported = _kubelet_version(host)
    traces = told.running or any(isinstance(host.node(path), Node) for path in _TRACES)
    if there == Known(value=False) and not traces and reported is None:
        yield sourced("kubelet", Sourced(Known(None), agent.there.sources))
        return
    nowhere = Unknown(Reason.NOT_COLLECTED, "no file tells the version of this kubelet")
    version = Sourced(nowhere, ()) if there == Known(value=False) else agent.version
    yield sourced("kubelet.version", reported or version)
    yield sourced("kubelet.endpoint", told.value(kubelet.ENDPOINT))
    yield sourced("kubelet.cgroup_driver", told.value(kubelet.DRIVER))
    state = interpret(host.read(_CPU_MANAGER), kubelet.parse_cpu_manager, absent=Known(None))
    yield fact("kubelet.cpu_manager_policy", state, _CPU_MANAGER)


def _reported(host: Host) -> Optional[Evidence]:
    """What the kubelet reported to the cluster of the runtime that it uses: the strongest evidence."""
    given = host.node_object
    told = given if isinstance(given, Unknown) else given.info[_REPORTED]
    if isinstance(given, Unknown) or isinstance(told, Unknown):
        return None
    return Evidence(given.source, "status.nodeInfo.containerRuntimeVersion", told.value)


def _kubelet_version(host: Host) -> Optional[Sourced]:
    given = host.node_object
    if isinstance(given, Unknown) or isinstance(given.info["kubelet_version"], Unknown):
        return None
    return Sourced(given.info["kubelet_version"], (given.source,))


def _key_of(runtime: Optional[str]) -> Optional[str]:
    return next((key for key, name, _ in _RUNTIMES if name == runtime), None)


def _inside(host: Host) -> Iterator[Fact]:
    """In a container only the cluster can say."""
    hidden = Unknown(Reason.NOT_COLLECTED, INSIDE)
    yield fact("installed", hidden)
    reported = _reported(host)
    yield from _named(hidden if reported is None else Known(reported))
    nothing = Installed(Sourced(hidden, ()), Sourced(hidden, ()))
    for key, _, _ in _RUNTIMES:
        yield _version(host, key, nothing)
    version = _kubelet_version(host)
    if version is None:
        yield fact("kubelet", hidden)
        return
    yield sourced("kubelet.version", version)
    for name in ("endpoint", "cgroup_driver", "cpu_manager_policy"):
        yield fact("kubelet." + name, hidden)


_REPORTED = "container_runtime_version"
_READINGS: Dict[str, Callable[[str], Optional[str]]] = {
    "default of kubelet": default_of,
    "status.nodeInfo.containerRuntimeVersion": scheme_of,
}
"""How evidence of a key names a runtime; other evidence is an endpoint or a flag."""
