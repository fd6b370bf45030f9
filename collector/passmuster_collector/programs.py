"""Which daemons are installed, and in what version: by what runs, by units, by files, by packages, and by asking them.

A daemon may lie anywhere. That it is not where this looks shows nothing; that it is not there takes a witness: all
processes of a running host, or all units of one whose disk is mounted.
"""

import re
from typing import List, NamedTuple, Optional, Tuple, Union

from passmuster_collector import systemd
from passmuster_collector.dpkg import STATUS, Packages
from passmuster_collector.host import Host
from passmuster_collector.packages import Listing
from passmuster_collector.processes import Processes
from passmuster_collector.reading import (
    Absent,
    Known,
    Node,
    Reason,
    Result,
    Sourced,
    Unknown,
    UnreadableError,
    interpret,
    quoted,
)
from passmuster_collector.source import Kind

_PACKAGED = ("/usr/bin", "/usr/sbin", "/bin", "/sbin")
"""Where packages put programs."""
_FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/bin", "/bin", "/sbin")


class Program(NamedTuple):
    """A daemon: its file, paths of distributions that bring their own, its socket, units, packages, what it prints."""

    file: str
    others: Tuple[str, ...]
    socket: str
    units: Tuple[str, ...]
    debs: str
    rpms: str
    prints: str


DOCKER = Program(
    "dockerd",
    (
        "/usr/bin/dockerd-current",
        "/usr/bin/dockerd-latest",
        "/snap/docker/current/bin/dockerd",
        "/opt/kube/bin/dockerd",
    ),
    "/run/docker.sock",
    ("docker.service", "snap.docker.dockerd.service"),
    r"docker-ce|docker-ee|docker-engine|docker\.io|moby-engine",
    r"docker|docker-ce|docker-ee|docker-engine|docker-latest|docker-stable|moby-engine",
    r"\bversion ([^\s,]+)",
)
CONTAINERD = Program(
    "containerd",
    (
        "/var/lib/rancher/k3s/data/current/bin/containerd",
        "/var/lib/rancher/rke2/bin/containerd",
        "/var/lib/k0s/bin/containerd",
        "/snap/microk8s/current/bin/containerd",
        "/opt/kube/bin/containerd",
    ),
    "/run/containerd/containerd.sock",
    ("containerd.service",),
    r"containerd|containerd\.io|moby-containerd",
    r"containerd2?|containerd\.io|moby-containerd",
    r"^containerd \S+ (\S+)",
)
CRIO = Program(
    "crio",
    (),
    "/run/crio/crio.sock",
    ("crio.service", "cri-o.service"),
    r"cri-o(-[0-9.]+)?",
    r"cri-o([0-9.-]+)?",
    r"^crio version (\S+)",
)
KUBELET = Program(
    "kubelet",
    ("/var/lib/rancher/rke2/bin/kubelet", "/var/lib/k0s/bin/kubelet", "/opt/kube/bin/kubelet"),
    "/var/lib/kubelet/pod-resources/kubelet.sock",
    ("kubelet.service", "snap.kubelet.daemon.service"),
    r"kubelet",
    r"kubelet|kubernetes-node|kubernetes[0-9.]*-kubelet",
    r"^Kubernetes (\S+)",
)


class Installed(NamedTuple):
    """Whether a program is there, and which version."""

    there: Sourced
    version: Sourced


def find(host: Host, program: Program, listing: Listing, processes: Union[Processes, Unknown, None]) -> Installed:
    """Look for a program in all ways."""
    package = _package(program, listing)
    path = _path(host, program, processes)
    if isinstance(path, str) and not (package is not None and path.startswith(_of_packages())):
        return Installed(Sourced(Known(value=True), (path,)), _asked(host, program, path, listing.packages.result))
    if package is not None:
        version = path if isinstance(path, Unknown) and path.reason is Reason.FAILED else package
        sources = listing.packages.sources
        return Installed(Sourced(Known(value=True), sources), Sourced(version, sources))
    nothing = _nothing(host, program, listing.packages, path, processes)
    return Installed(nothing, nothing)


def parse_version(program: Program, text: str) -> str:
    """The version in what a program prints; raises UnreadableError."""
    match = re.search(program.prints, text, re.MULTILINE)
    if match is None:
        raise UnreadableError(f"no version of {program.file} (got {quoted(text)})")
    return match.group(1)


def _of_packages() -> Tuple[str, ...]:
    return tuple(folder + "/" for folder in _PACKAGED)


def _package(program: Program, listing: Listing) -> Optional[Result]:
    """The version of its package; None where no list has one, unknown where the list does not tell which."""
    if isinstance(listing.packages.result, Unknown):
        return None
    found: Packages = listing.packages.result.value
    pattern = re.compile(f"(?:{program.rpms if listing.rpm else program.debs})\\Z")
    versions = sorted({found[name] or "" for name in found if pattern.match(name)})
    if not versions:
        return None
    if versions == [""] or len(versions) > 1:
        return Unknown(Reason.UNREADABLE, f"the list of packages lacks the version of {program.file}")
    return Known(versions[0])


def _path(host: Host, program: Program, processes: Union[Processes, Unknown, None]) -> Union[str, Unknown, None]:
    """The program's path: the one that runs, else its unit's, else where it is found; None where it is nowhere."""
    if isinstance(processes, Processes):
        running = processes.program(program.file)
        if running is not None and (isinstance(running, Unknown) or running.startswith("/")):
            return running
    for unit in program.units:
        started = _started(host, program, unit)
        if started is not None:
            return started
    trouble: Optional[Unknown] = None
    found: List[str] = []
    for path in (*(f"{folder}/{program.file}" for folder in _FOLDERS), *program.others):
        node = host.node(path)
        if isinstance(node, Node):
            found.append(path)
        elif isinstance(node, Unknown):
            trouble = trouble or node
    packaged = [path for path in found if path.startswith(_of_packages())]
    if packaged and len(packaged) < len(found):
        return Unknown(Reason.FAILED, f"several are there: {', '.join(found)}")
    return found[0] if found else trouble


def _started(host: Host, program: Program, name: str) -> Optional[str]:
    """The path by which a unit starts the program; None where it starts none of this name."""
    unit = systemd.load(host, name)
    if isinstance(unit, (Absent, Unknown)):
        return None
    try:
        words = systemd.command(host, unit)
    except UnreadableError:
        return None
    texts = (word.text for word in words)
    wanted = "/" + program.file
    return next((text for text in texts if isinstance(text, str) and text[:1] == "/" and text.endswith(wanted)), None)


def _nothing(
    host: Host,
    program: Program,
    packages: Sourced,
    path: Union[str, Unknown, None],
    processes: Union[Processes, Unknown, None],
) -> Sourced:
    """That it is not there, with its witness; else why that cannot be said."""
    if host.kind is Kind.DUMP and not (isinstance(path, Unknown) and path.reason is not Reason.NOT_COLLECTED):
        return Sourced(_unseen(program, "a dump lacks what was not copied"), ())
    if isinstance(path, Unknown):
        return Sourced(path, ())
    if isinstance(packages.result, Unknown):
        return Sourced(packages.result, ())
    if isinstance(host.node(program.socket), Node):
        return Sourced(_unseen(program, f"{program.socket} is there"), ())
    if isinstance(processes, Processes):
        return Sourced(Known(value=False), (*packages.sources, processes.source))
    if isinstance(processes, Unknown) and processes.reason is not Reason.NOT_COLLECTED:
        return Sourced(processes, ())
    if systemd.known(host):
        return Sourced(Known(value=False), (*_FOLDERS, STATUS, *systemd.VENDOR))
    return Sourced(_unseen(program, "nothing shows that there is none"), ())


def _unseen(program: Program, why: str) -> Unknown:
    return Unknown(Reason.NOT_COLLECTED, f"no {program.file} was found, and {why}")


def _asked(host: Host, program: Program, path: str, packages: Result) -> Sourced:
    if isinstance(packages, Unknown) and packages.reason is not Reason.NOT_COLLECTED:
        return Sourced(packages, ())
    command = path + " --version"
    return Sourced(interpret(host.run((path, "--version")), lambda text: parse_version(program, text)), (command,))
