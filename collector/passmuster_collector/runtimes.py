"""Which container runtime the kubelet uses, by the strongest evidence.

A socket or a package of a runtime proves nothing about which one is used: what the kubelet is told does, then what
distributions with a runtime of their own have running, then the default of the kubelet's version, then that the host is
seen to have one runtime alone.
"""

import re
from typing import Callable, Dict, List, NamedTuple, Optional, Set, Tuple, Union

from passmuster_collector import kubelet, packages, processes, programs, systemd
from passmuster_collector.host import Host
from passmuster_collector.kubelet import Told
from passmuster_collector.processes import Processes
from passmuster_collector.programs import Installed
from passmuster_collector.reading import Known, Node, Reason, Result, Sourced, Text, Unknown, quoted
from passmuster_collector.source import Kind

RUNTIMES = (
    ("containerd", "containerd", programs.CONTAINERD),
    ("crio", "cri-o", programs.CRIO),
    ("docker", "docker", programs.DOCKER),
)
OTHER = "other"
"""A runtime that is none of the three, whatever it is."""
_DOCKERSHIM = "dockershim.sock"
_SOCKETS = (
    (r"(cri-dockerd(-mke)?|dockershim|docker)\.sock", "docker"),
    (r"containerd\.sock", "containerd"),
    (r"crio\.sock", "cri-o"),
    (r"(isulad|frakti|pouchcri|pouchd|sycri|rktlet)\.sock", OTHER),
)
_OTHERS = ("isulad", "frakti", "pouch", "rkt", "singularity")
"""What other runtimes call themselves."""
_BROUGHT = (
    "/run/k3s/cri-dockerd/cri-dockerd.sock",
    "/run/cri-dockerd-mke.sock",
    "/run/k3s/containerd/containerd.sock",
    "/run/k0s/containerd.sock",
    "/var/snap/microk8s/common/run/containerd.sock",
)
_TRACES = (
    "/var/lib/kubelet/config.yaml",
    "/var/lib/kubelet/kubeadm-flags.env",
    "/var/lib/kubelet/cpu_manager_state",
    "/usr/local/bin/k3s",
    "/usr/bin/k3s",
    "/opt/bin/k3s",
    "/usr/local/bin/rke2",
    "/usr/bin/rke2",
    "/opt/rke2/bin/rke2",
    "/usr/local/bin/k0s",
    "/usr/bin/k0s",
    "/snap/microk8s/current/kubelite",
)
"""What a kubelet leaves, and programs that have one built in."""
_CARRIERS = (
    *("k3s.service", "k3s-agent.service", "rke2-server.service", "rke2-agent.service", "k0scontroller.service"),
    *("k0sworker.service", "snap.microk8s.daemon-kubelite.service"),
)
_REPORTED_KEY = "status.nodeInfo.containerRuntimeVersion"
_DEFAULT_KEY = "default of kubelet"
_ALONE_KEY = "the only runtime that is installed"


class Evidence(NamedTuple):
    """What shows the runtime: the place, the option or field, and what it says."""

    source: str
    key: str
    value: str


class Seen(NamedTuple):
    """All that the section looks at."""

    told: Told
    processes: Union[Processes, Unknown, None]
    runtimes: Dict[str, Installed]
    kubelet: Installed


def look(host: Host) -> Seen:
    """Look at the host."""
    listing = packages.listing(host)
    running = processes.scan(host)
    found = {name: programs.find(host, program, listing, running) for name, _, program in RUNTIMES}
    agent = programs.find(host, programs.KUBELET, listing, running)
    return Seen(kubelet.told(host, running), running, found, agent)


def evidence(host: Host, seen: Seen) -> Result:
    """The strongest evidence, null where no runtime can be in use, or why that cannot be said.

    What is stronger and could not be looked at makes it unknown.
    """
    cluster = reported(host)
    if cluster is not None:
        return Known(cluster)
    carrier = seen.processes.carrier() if isinstance(seen.processes, Processes) else _carrier(host)
    if carrier and not seen.told.running:
        return _brought(host) or _none(f"{carrier} runs, which may have a kubelet built in")
    decided, unseen = _told(seen.told)
    if decided is not None:
        return decided
    brought = _brought(host)
    if brought is not None:
        return brought
    if unseen is not None:
        return _none(unseen.detail)
    if host.kind is Kind.DUMP:
        return _none("a dump does not show that the kubelet is told nothing else")
    default = _default(seen)
    return default if isinstance(default, Known) else _alone(host, seen) or default


def _told(told: Told) -> Tuple[Optional[Result], Optional[Unknown]]:
    """What the strongest place says of the runtime, or why no weaker one counts; then a place that a dump lacks."""
    unseen: Optional[Unknown] = None
    for layer in told.layers:
        if isinstance(layer.options, Unknown):
            if layer.hides() is not None:
                return layer.options, None
            unseen = unseen or layer.options
            continue
        for option in (kubelet.RUNTIME, kubelet.ENDPOINT):
            word = layer.options.get(option)
            if word is None or not word.text or (option == kubelet.RUNTIME and word.text == "remote"):
                continue
            if isinstance(word.text, Unknown):
                return word.text, None
            return Known(Evidence(word.source, layer.key(option), word.text)), None
    return None, unseen


def runs_shim(seen: Seen) -> bool:
    """Whether the kubelet may have Docker's shim in it: not from 1.24 on, and not where it is told to go without."""
    version = seen.kubelet.version.result
    old = isinstance(version, Known) and default_of(version.value) == "docker"
    return old and seen.told.value(kubelet.RUNTIME).result in (Known(None), Known("docker"))


def scheme_of(value: str) -> Optional[str]:
    """The runtime that a Node object's containerRuntimeVersion names; None for another."""
    scheme = value.partition("://")[0]
    if scheme.lower() in _OTHERS:
        return OTHER
    return scheme if scheme in [name for _, name, _ in RUNTIMES] else None


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


def _carrier(host: Host) -> str:
    """A unit that runs a program with a kubelet built in, where no processes tell; empty where none is seen."""
    for name in () if host.running else _CARRIERS:
        for folder in systemd.FOLDERS:
            look = host.read(f"{folder}/{name}")
            if isinstance(look, Text) and look.text.strip():
                return name
    return ""


def _brought(host: Host) -> Optional[Result]:
    """What distributions have running that bring a runtime; unknown where that is several."""
    found = [path for path in _BROUGHT if getattr(host.node(path), "kind", None) == "socket"]
    if len({runtime_of(path) for path in found}) > 1:
        return _none(f"several sockets are there: {', '.join(found)}")
    return Known(Evidence(found[0], "socket", found[0])) if found else None


def _default(seen: Seen) -> Result:
    agent = seen.kubelet
    if not isinstance(agent.there.result, Known) or not agent.there.result.value:
        return _none("no kubelet was found")
    version = agent.version.result
    if isinstance(version, Unknown):
        return _none(f"version of the kubelet: {version.detail}")
    if seen.told.value(kubelet.RUNTIME).result != Known(None) or default_of(version.value) is None:
        return _none(f"kubelet {quoted(version.value)}")
    return Known(Evidence(agent.version.sources[0], _DEFAULT_KEY, version.value))


def _alone(host: Host, seen: Seen) -> Optional[Known]:
    """The one runtime of a host that is seen to have no other; null where there is none, and no kubelet either."""
    whole = installed(seen.runtimes).result
    if isinstance(whole, Unknown) or len(whole.value) > 1:
        return None
    if whole.value:
        (key,) = (key for key, name, _ in RUNTIMES if name == whole.value[0])
        source = seen.runtimes[key].there.sources[0]
        return Known(Evidence(source, _ALONE_KEY, whole.value[0]))
    return Known(None) if no_kubelet(host, seen) else None


def _none(detail: str) -> Unknown:
    return Unknown(Reason.NOT_COLLECTED, f"no evidence of the runtime in use ({detail})")


def name_of(shown: Result, seen: Optional[Seen]) -> Sourced:
    """The runtime that the evidence names."""
    if isinstance(shown, Unknown):
        return Sourced(shown, ())
    if shown.value is None:
        looks = seen.runtimes.values() if seen is not None else ()
        return Sourced(shown, tuple(sorted({place for found in looks for place in found.there.sources})))
    one: Evidence = shown.value
    name = _READINGS.get(one.key, runtime_of)(one.value)
    if one.value.endswith("/" + _DOCKERSHIM) and not (seen is not None and runs_shim(seen)):
        detail = f"another runtime may listen at {_DOCKERSHIM} of a kubelet that is not seen to have Docker's shim"
        return Sourced(_none(detail), ())
    unread = Unknown(Reason.UNREADABLE, f"no known runtime (got {quoted(one.value)})")
    return Sourced(unread if name is None else Known(name), (one.source,))


def installed(found: Dict[str, Installed]) -> Sourced:
    """The runtimes of the host, a list of names; unknown where one of them is."""
    names: List[str] = []
    sources: Set[str] = set()
    for key, name, _ in RUNTIMES:
        there = found[key].there
        if isinstance(there.result, Unknown):
            return there
        sources.update(there.sources)
        if there.result.value:
            names.append(name)
    return Sourced(Known(names), tuple(sorted(sources)))


def no_kubelet(host: Host, seen: Seen) -> bool:
    """Whether there is no kubelet, nor a trace of one; distributions build it into programs of other names."""
    carrier = seen.processes.carrier() if isinstance(seen.processes, Processes) else ""
    traces = seen.told.command or carrier or any(isinstance(host.node(path), Node) for path in _TRACES)
    return seen.kubelet.there.result == Known(value=False) and not traces


def reported(host: Host) -> Optional[Evidence]:
    """What the kubelet reported to the cluster of the runtime that it uses: the strongest evidence."""
    given = host.node_object
    told = given if isinstance(given, Unknown) else given.info[_REPORTED]
    if isinstance(given, Unknown) or isinstance(told, Unknown):
        return None
    return Evidence(given.source, _REPORTED_KEY, told.value)


_REPORTED = "container_runtime_version"
_READINGS: Dict[str, Callable[[str], Optional[str]]] = {
    _ALONE_KEY: str,
    _DEFAULT_KEY: default_of,
    _REPORTED_KEY: scheme_of,
}
"""How evidence of a key names a runtime; other evidence is an endpoint or a flag."""
