"""A simulated host: a folder filled from a table of paths, and the collector's view of it."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING, Any, TypeAlias

from passmuster_collector.budget import budget
from passmuster_collector.context import Context
from passmuster_collector.facts import SECTIONS
from passmuster_collector.host import Host
from passmuster_collector.recorded import Recorded
from passmuster_collector.root import Root
from passmuster_collector.section import gather, rendered
from passmuster_collector.source import Kind, Uname

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from passmuster_collector.mounts import Mount


class Link(str):
    """A symbolic link to this target."""

    __slots__ = ()


class Folder:
    """An empty folder."""


class Fifo:
    """A pipe that nobody writes to."""


class Socket:
    """A socket that nobody listens on."""


Entry: TypeAlias = str | bytes | Link | Folder | Fifo | Socket

FOLDER = Folder()
FIFO = Fifo()
SOCKET = Socket()

MOUNTED: dict[str, Entry] = {
    "/proc/version": "Linux version 6.1.0-13-amd64 (b@d) (gcc) #1 SMP Debian\n",
    "/sys/kernel": FOLDER,
}
"""What proves that /proc and /sys are there."""

INTEL = """\
processor\t: 0
vendor_id\t: GenuineIntel
model name\t: A processor
flags\t\t: fpu lm vmx sse2

processor\t: 1
vendor_id\t: GenuineIntel
model name\t: A processor
flags\t\t: fpu lm vmx sse2 avx
vmx flags\t: ept vpid

"""

UNAME = Uname("worker-1", "6.1.0-13-amd64", "#1 SMP Debian 6.1.55-1", "x86_64")


def plant(folder: Path, tree: Mapping[str, Entry]) -> Path:
    """Fill a folder with the entries of a table whose paths are absolute within it."""
    for path, entry in tree.items():
        place = folder / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        _plant(place, entry)
    return folder


def _plant(place: Path, entry: Entry) -> None:
    if isinstance(entry, Link):
        place.symlink_to(entry)
    elif isinstance(entry, Folder):
        place.mkdir(exist_ok=True)
    elif isinstance(entry, Fifo):
        os.mkfifo(place)
    elif isinstance(entry, Socket):
        os.mknod(place, stat.S_IFSOCK | 0o600)
    elif isinstance(entry, bytes):
        place.write_bytes(entry)
    else:
        place.write_text(entry, encoding="utf-8")


def root_of(folder: Path, kind: Kind = Kind.LIVE, seconds: float = 20) -> Root:
    """The collector's root at a folder."""
    return Root.open(str(folder), kind, budget(time.monotonic, seconds))


def host_of(  # noqa: PLR0913 - each is a case of some test
    folder: Path,
    kind: Kind = Kind.LIVE,
    *,
    context: Context = Context.HOST,
    uname: Uname | None = UNAME,
    recorded: Recorded | None = None,
    uid: int | None = 0,
    own_mounts: tuple[Mount, ...] = (),
) -> Host:
    """The collector's view of a folder as a host, live by default."""
    return Host(
        root=root_of(folder, kind),
        kind=kind,
        context=context,
        recorded=recorded or Recorded(),
        uname=uname,
        uid=uid,
        gid=uid,
        own_mounts=own_mounts,
    )


def section(host: Host, name: str) -> dict[str, Any]:
    """A section as the snapshot would hold it."""
    wanted = next(one for one in SECTIONS if one.name == name)
    return rendered(wanted, gather(wanted, host))
