"""From the bytes of a snapshot to the row that keeps it. Pure."""

from __future__ import annotations

import hashlib

from passmuster import snapshot
from passmuster.fleet.store.cut import Cutter, moment
from passmuster.fleet.store.writing import Row


def row(cutter: Cutter, data: bytes, path: str, line: int) -> Row:
    """What is kept of a snapshot; raises SnapshotError where the bytes are none. Line 0: it is alone in its file."""
    prefix, place = _place(path, line)
    digest = hashlib.sha256(data).digest()
    cut = cutter.cut(data)
    if cut is not None:
        return Row(digest, cut.own.name, cut.own.machine, cut.own.at, cut, prefix, place)
    read = snapshot.load(data, path, abs(line) or 1)
    at = moment(read.collection["collected_at"])
    machine = None if read.machine_id is None else bytes.fromhex(read.machine_id.removeprefix("sha256:"))
    return Row(digest, read.name, machine, at, data, prefix, place)


def _place(path: str, line: int) -> tuple[str, int | str]:
    """A label in two parts, the first of which many snapshots share: the file, or the folder."""
    if line > 0:
        return f"{path}:", line
    folder, slash, name = path.rpartition("/")
    return folder + slash, name
