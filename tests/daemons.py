"""Daemons that run on a simulated host: what /proc shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host_tree import MOUNTED, Link

if TYPE_CHECKING:
    from host_tree import Entry

ENDPOINT = "container-runtime-endpoint"
CONTAINERD = "unix:///run/containerd/containerd.sock"
CRIO = "unix:///var/run/crio/crio.sock"
PROCESSES: dict[str, Entry] = {
    **MOUNTED,
    "/proc/1/comm": "systemd\n",
    "/proc/1/cmdline": "/sbin/init",
    "/proc/1/ns/mnt": Link("mnt:[4026531841]"),
}


def daemon(
    program: str, *words: str, pid: int = 20, pids: str = "20", uid: int = 0, mounts: str = "mnt:[4026531841]"
) -> dict[str, Entry]:
    """A running daemon."""
    name = program.rpartition("/")[2]
    return {
        f"/proc/{pid}/comm": name + "\n",
        f"/proc/{pid}/cmdline": "\0".join((program, *words)) + "\0",
        f"/proc/{pid}/status": f"Name:\t{name}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nNSpid:\t{pids}\n",
        f"/proc/{pid}/exe": Link(program),
        f"/proc/{pid}/ns/mnt": Link(mounts),
        program: "",
    }


def kubelet(
    *words: str, pid: int = 20, pids: str = "20", uid: int = 0, mounts: str = "mnt:[4026531841]"
) -> dict[str, Entry]:
    """A running kubelet."""
    return daemon("/usr/bin/kubelet", *words, pid=pid, pids=pids, uid=uid, mounts=mounts)
