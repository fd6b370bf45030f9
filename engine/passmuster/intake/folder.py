"""The files of a folder: a file that may hold snapshots is read, every other file is listed as not judged."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.codec.files import TEMPORARY
from passmuster.errors import UsageError
from passmuster.intake import packed, reading, recognize
from passmuster.intake.bundle_input import is_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.intake.bundle_input import InputRecord

_NAMED = re.compile(r"\.(?:json|ndjson|jsonl)(?:\.(?:gz|zst|xz|bz2))?\Z", re.IGNORECASE)
"""What a file is called that is to hold snapshots: if it does not, its node is unknown."""
_VERSIONS = frozenset((".git", ".hg", ".svn"))
"""Folders of version control, whose files are not those of the folder beside them."""
_DUMP = "copied files of a host, not snapshots: passmuster collect --from it, and judge what that writes"
_MARKS = (".", "_")
"""How files are called that are empty on purpose: .gitkeep, _SUCCESS."""


def readable(path: str) -> str:
    """A path as text that can be written, in every locale: bytes that are no UTF-8 as escapes."""
    return os.fsencode(path).decode(errors="backslashreplace")


def files(record: InputRecord, folder: str) -> list[str]:
    """The files of a folder that may hold snapshots, sorted; raises UsageError where there is none.

    Among them is what might hold some and cannot be read: a folder, a broken link, an archive. Whoever reads it says
    why its node is unknown.
    """
    names = sorted(_found(record, folder))
    if not names:
        others = f": {len(record.skipped)} other files" if record.skipped else ""
        message = f"no snapshot in this folder{others} (expected *.json, *.ndjson, packed or not, or bundles)"
        raise UsageError.at(readable(folder), message, code="usage-input")
    return names


def unread(path: str) -> str:
    """Why a folder was not read."""
    try:
        if _is_dump(path):
            return _DUMP
        if Path(path).is_symlink():
            return "a link to a folder, which is not followed: name its target as an input, too"
        os.scandir(path).close()
    except OSError as error:
        return f"a folder that cannot be read ({error.strerror or error})"
    return "a folder"


def _is_dump(folder: str) -> bool:
    """Whether it holds copied files of a host, such as an unpacked sosreport: one node, and no snapshot yet."""
    sos, proc, etc, sys = (Path(folder, name).is_dir() for name in ("sos_commands", "proc", "etc", "sys"))
    return sos or (proc and (etc or sys))


def _found(record: InputRecord, folder: str) -> Iterator[str]:
    top, waiting = os.path.realpath(folder), [folder]
    while waiting:
        at = waiting.pop()
        try:
            if _is_dump(at):
                yield at
                continue
            with os.scandir(at) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name in _VERSIONS:
                            record.skip(readable(entry.path), "a folder of version control")
                        else:
                            waiting.append(entry.path)
                    elif not entry.name.startswith(TEMPORARY) and _may_hold(record, entry, top):
                        yield entry.path
        except OSError:
            yield at


def _may_hold(record: InputRecord, entry: os.DirEntry[str], top: str) -> bool:
    """Whether a file may hold snapshots; what cannot is noted."""
    if _NAMED.search(entry.name) or is_bundle(entry.name):
        return True
    try:
        mode = entry.stat().st_mode
    except OSError:  # a link to nothing
        return True
    if stat.S_ISDIR(mode):
        within = Path(os.path.realpath(entry.path)).is_relative_to(top)
        why = "a link to a folder that is looked into by itself" if within else None
    else:
        why = reading.kind(mode) or _why_not(entry)
    if why is not None:
        record.skip(readable(entry.path), why)
    return why is None


def _why_not(entry: os.DirEntry[str]) -> str | None:
    """Why a file of another name holds no snapshots, by its first bytes; None where it may hold some."""
    try:
        with reading.opened(entry.path) as file:
            head = file.read(recognize.HEAD)
            file.seek(0)
            inner = packed.unpacked(head, file, entry.path)
            head = head if inner is None else inner.read(recognize.HEAD)
    except (OSError, packed.PackedError, UsageError):
        return None
    if not head.strip():
        return "empty" if entry.name.startswith(_MARKS) else None
    foreign = recognize.foreign(head)
    return None if foreign is None or foreign.nodes else foreign.name
