"""Which daemons are installed, and in what version: by their files, by the package manager's, and by asking them."""

import re
from typing import Dict, List, NamedTuple, Optional, Tuple

from passmuster_collector.dpkg import STATUS
from passmuster_collector.host import Host
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

_FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/bin", "/bin", "/sbin")


class Program(NamedTuple):
    """A daemon: its file, further paths of distributions that bring their own, packages, and what it prints."""

    file: str
    others: Tuple[str, ...]
    packages: str
    prints: str


DOCKER = Program(
    "dockerd",
    ("/snap/docker/current/bin/dockerd",),
    r"docker-ce|docker-ee|docker-engine|docker\.io|moby-engine",
    r"\bversion ([^\s,]+)",
)
CONTAINERD = Program(
    "containerd",
    (
        "/var/lib/rancher/k3s/data/current/bin/containerd",
        "/var/lib/rancher/rke2/bin/containerd",
        "/snap/microk8s/current/bin/containerd",
    ),
    r"containerd|containerd\.io|moby-containerd",
    r"^containerd \S+ (\S+)",
)
CRIO = Program("crio", (), r"cri-o(-[0-9.]+)?", r"^crio version (\S+)")
KUBELET = Program("kubelet", ("/var/lib/rancher/rke2/bin/kubelet",), r"kubelet", r"^Kubernetes (\S+)")


class Installed(NamedTuple):
    """Whether a program is there, and which version."""

    there: Sourced
    version: Sourced


def find(host: Host, program: Program, listed: Sourced) -> Installed:
    """Look for a program; `listed` are the packages. Only Debian's own list shows that something is not there."""
    packages = listed.result
    package = _package(program, packages)
    path = _path(host, program)
    if package is not None:
        return Installed(Sourced(Known(value=True), listed.sources), Sourced(Known(package), listed.sources))
    if isinstance(path, Known) and path.value is not None:
        return Installed(Sourced(Known(value=True), (path.value,)), _asked(host, program, path.value, packages))
    nothing = Sourced(Known(value=False), (*_FOLDERS, STATUS))
    if host.kind is Kind.DUMP and isinstance(packages, Known) and listed.sources == (STATUS,):
        nothing = Sourced(Known(value=False), (STATUS,))
    elif isinstance(path, Unknown):
        nothing = Sourced(path, ())
    elif isinstance(packages, Unknown):
        nothing = Sourced(packages, ())
    return Installed(nothing, nothing)


def parse_version(program: Program, text: str) -> str:
    """The version in what a program prints; raises UnreadableError."""
    match = re.search(program.prints, text, re.MULTILINE)
    if match is None:
        raise UnreadableError(f"no version of {program.file} (got {quoted(text)})")
    return match.group(1)


def _package(program: Program, packages: Result) -> Optional[str]:
    if isinstance(packages, Unknown):
        return None
    found: Dict[str, str] = packages.value
    names = [name for name in sorted(found) if re.match(f"(?:{program.packages})\\Z", name)]
    return found[names[0]] if names else None


def _path(host: Host, program: Program) -> Result:
    """The program's path, or null; unknown where a folder could not be looked at."""
    trouble: Optional[Unknown] = None
    paths: List[str] = [f"{folder}/{program.file}" for folder in _FOLDERS]
    for path in (*paths, *program.others):
        node = host.node(path)
        if isinstance(node, Node):
            return Known(path)
        if not isinstance(node, Absent):
            trouble = trouble or node
    return trouble or Known(None)


def _asked(host: Host, program: Program, path: str, packages: Result) -> Sourced:
    if isinstance(packages, Unknown) and packages.reason is not Reason.NOT_COLLECTED:
        return Sourced(packages, ())
    command = path + " --version"
    return Sourced(interpret(host.run((path, "--version")), lambda text: parse_version(program, text)), (command,))
