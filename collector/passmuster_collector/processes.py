"""Daemons that run: which of the host's processes count as a runtime or a kubelet of the node.

Anybody may call a process `kubelet`. One counts only if uid 0 runs it in the node's own namespaces, from an executable
that only root can have written. One of uid 0 that fails this may be the node's all the same, so it leaves open what is
so.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Union

from passmuster_collector import trusted
from passmuster_collector.host import Host
from passmuster_collector.reading import Absent, Names, Reason, Text, Unknown
from passmuster_collector.source import Kind

NAMES = {
    "kubelet": "kubelet",
    "dockerd": "dockerd",
    "dockerd-current": "dockerd",
    "dockerd-latest": "dockerd",
    "containerd": "containerd",
    "crio": "crio",
}
"""Names of processes to programs; EL7 has Docker under names of its own."""
CARRIERS = ("k3s", "k3s-server", "k3s-agent", "rke2", "k0s", "kubelite", "hyperkube")
"""Programs that have a kubelet built in."""
COMMAND_LINE = "/proc/PID/cmdline"
_FIRST = "/proc/1"
_DELETED = r" \(deleted\)"


class Process(NamedTuple):
    """A daemon of the node: what shows it, its executable, and the words behind that."""

    source: str
    program: str
    words: Union[List[str], Unknown]
    """Of the kubelet alone: command lines may hold secrets."""


class Processes(NamedTuple):
    """What runs, by the programs of NAMES and CARRIERS."""

    found: Dict[str, List[Process]]
    doubtful: Dict[str, Unknown]
    """Names to why a process of that name may or may not be the node's."""
    source: str
    """Where they are listed."""

    def carrier(self) -> str:
        """A program that runs and may have a kubelet built in; empty where none does."""
        return next((name for name in CARRIERS if name in self.found or name in self.doubtful), "")

    def program(self, name: str) -> Union[str, Unknown, None]:
        """The one executable that runs under this name; None where none does."""
        programs = sorted({process.program for process in self.found.get(name, [])})
        if len(programs) > 1:
            return Unknown(Reason.FAILED, f"several run: {', '.join(programs)}")
        return self.doubtful.get(name) or (programs[0] if programs else None)


def scan(host: Host) -> Union[Processes, Unknown, None]:
    """All processes of a running host; None for a disk that no kernel runs from, unknown where they are hidden."""
    if not host.running:
        return None if host.kind is Kind.ROOT else _listed(host)
    names = host.names("/proc")
    if not isinstance(names, Names):
        return names if isinstance(names, Unknown) else Unknown(Reason.NOT_COLLECTED, "/proc is not there")
    if not isinstance(host.read(_FIRST + "/comm"), Text):
        return Unknown(Reason.DENIED, "the processes of other users are hidden")
    processes = Processes({}, {}, "/proc")
    for pid in sorted((name for name in names.names if name.isdigit()), key=int):
        comm = host.read(f"/proc/{pid}/comm")
        name = _program(comm.text.strip()) if isinstance(comm, Text) else None
        if name is not None:
            _add(processes, name, _judged(host, f"/proc/{pid}", name))
    return processes


def _program(name: str) -> Optional[str]:
    return name if name in CARRIERS else NAMES.get(name)


def _words(look: Union[Text, Absent, Unknown]) -> Union[List[str], Unknown]:
    if isinstance(look, Text):
        return look.text.rstrip("\0").split("\0")[1:]
    return look if isinstance(look, Unknown) else Unknown(Reason.NOT_COLLECTED, "the process has ended")


def _listed(host: Host) -> Union[Processes, Unknown]:
    """What a support archive lists: its commands and their owners are all that is known."""
    from passmuster_collector import pslist  # noqa: PLC0415 - where no archive is read it is not compiled

    listed = pslist.listed(host)
    if isinstance(listed, Unknown):
        return listed
    processes = Processes({}, {}, listed.source)
    for row in listed.rows:
        name = _program(row.words[0].rpartition("/")[2])
        if name is not None and row.user in ("root", "0"):
            _add(processes, name, Process(listed.source, row.words[0], row.words[1:]))
    return processes


def _add(processes: Processes, name: str, judged: Union[Process, Unknown, None]) -> None:
    if isinstance(judged, Unknown):
        processes.doubtful.setdefault(name, judged)
    elif judged is not None:
        processes.found.setdefault(name, []).append(judged)


def _judged(host: Host, folder: str, name: str) -> Union[Process, Unknown, None]:
    """The process, None where it is none of the node's, unknown where that cannot be told."""
    mine = _of_roots(host.read(folder + "/status"))
    if mine is not True:
        return mine or None
    mounts, program = host.link(folder + "/ns/mnt"), host.link(folder + "/exe")
    for look in (mounts, program):
        if not isinstance(look, Text):
            return look if isinstance(look, Unknown) else None
    if mounts != host.link(_FIRST + "/ns/mnt"):
        return Unknown(Reason.NOT_COLLECTED, "it runs with other mounts than the node")
    assert isinstance(program, Text)
    path = re.sub(_DELETED + r"\Z", "", program.text)
    refused = trusted.distrusted(host, path)
    if refused is None:
        return Process(COMMAND_LINE, path, _words(host.read(folder + "/cmdline")) if name == "kubelet" else [])
    return refused if isinstance(refused, Unknown) else Unknown(Reason.NOT_COLLECTED, f"{path} is not there")


def _of_roots(status: Union[Text, Absent, Unknown]) -> Union[bool, Unknown]:
    """Whether uid 0 runs a process, and in no container of this host (kind, minikube), by its /proc/PID/status."""
    if not isinstance(status, Text):
        return status if isinstance(status, Unknown) else False
    uids = re.search(r"^Uid:\s*([0-9]+)\s+([0-9]+)", status.text, re.MULTILINE)
    pids = re.search(r"^NSpid:(.*)$", status.text, re.MULTILINE)
    if uids is None:
        return Unknown(Reason.UNREADABLE, "the owner of a process is unknown")
    return uids.groups() == ("0", "0") and (pids is None or len(pids.group(1).split()) == 1)
