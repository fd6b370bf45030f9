"""Packing archives for tests: trees of a simulated host, folders, and members that no honest tool writes."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

from host_tree import Folder, Link

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from host_tree import Entry

PACKINGS = {"tar": "w", "tar.gz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}


def member(name: str, data: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    """One member; `fields` are those of TarInfo."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    """A symbolic link."""
    return member(name, type=tarfile.SYMTYPE, linkname=target)


def packed(members: Iterable[tuple[tarfile.TarInfo, bytes]], mode: str = "w", form: int = tarfile.PAX_FORMAT) -> bytes:
    """An archive's bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def of_tree(tree: Mapping[str, Entry], top: str = "") -> list[tuple[tarfile.TarInfo, bytes]]:
    """The members of a simulated host below a folder."""
    found = []
    for path, entry in tree.items():
        name = f"{top}/{path.lstrip('/')}".lstrip("/")
        if isinstance(entry, Link):
            found.append(link(name, str(entry)))
        elif isinstance(entry, Folder):
            found.append(member(name, type=tarfile.DIRTYPE))
        else:
            assert isinstance(entry, str | bytes)
            found.append(member(name, entry if isinstance(entry, bytes) else entry.encode()))
    return found


def of_folder(folder: Path, into: Path, top: str, packing: str) -> Path:
    """Pack a folder below another name; the archive's path."""
    target = into / f"{top}.{packing}"
    with tarfile.open(target, PACKINGS[packing]) as archive:  # type: ignore[call-overload]
        archive.add(folder, top)
    return target
