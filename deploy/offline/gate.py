"""The single file's first step: is this the Python that it was built for, and can it unpack itself.

It runs on whatever Python somebody starts the file with, so it is written for Python 3.6 and newer and imports little.
"""

import importlib.machinery
import os
import stat
import sys
from typing import Optional, Tuple

_SAFE = "set SHIV_ROOT to a folder of yours that can be written to"


def main(suffix: str, libc: Tuple[int, int]) -> int:
    """Leave with status 2 and one line, or unpack where that was not done yet, and run the command."""
    reason = misfit(suffix, libc, importlib.machinery.EXTENSION_SUFFIXES[0], _libc()) or _unpack()
    if reason:
        sys.stderr.write(f"passmuster: {reason}\n")
        return 2
    import _bootstrap  # noqa: PLC0415 - part of the single file

    _bootstrap.bootstrap()
    return 0


def misfit(suffix: str, libc: Tuple[int, int], found: str, found_libc: Optional[Tuple[int, int]]) -> Optional[str]:
    """Why the compiled libraries inside cannot be loaded here, if they cannot.

    Suffixes are those of extension modules, as `.cpython-311-x86_64-linux-gnu.so`; versions of glibc are pairs.
    """
    if suffix != found:
        return f"this file is for {_told(suffix)} (got {_told(found)}): build another with `make offline`"
    if found_libc is not None and found_libc < libc:
        return f"this file needs glibc {libc[0]}.{libc[1]} or newer (got {found_libc[0]}.{found_libc[1]})"
    return None


def unsafe(status: os.stat_result, uid: int) -> Optional[str]:
    """Why a folder with this status holds no code that this user should run, if it does not."""
    if not stat.S_ISDIR(status.st_mode):
        return "is no folder"
    if status.st_uid not in {0, uid} or status.st_mode & stat.S_IWOTH:
        return "belongs to somebody else, or everybody may write to it"
    return None


def _told(suffix: str) -> str:
    parts = suffix.strip(".").split(".")[0].split("-", 2)
    if parts[0] != "cpython" or len(parts) < 3:
        return suffix
    return f"Python {parts[1][:1]}.{parts[1][1:]} on {parts[2]}"


def _libc() -> Optional[Tuple[int, int]]:
    try:
        major, minor = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()[1].split(".")[:2]
    except (IndexError, OSError, ValueError):
        return None
    return int(major), int(minor)


def _unpack() -> Optional[str]:
    """Why it cannot be unpacked, if it cannot."""
    from _bootstrap import Environment, cache_path, current_zipfile, extract_site_packages  # noqa: PLC0415 - as above

    try:
        with current_zipfile() as archive:
            asked = Environment.from_json(archive.read("environment.json").decode())
            target = cache_path(archive, asked.root, asked.build_id)
            if not (target / "site-packages").exists() or asked.force_extract:
                extract_site_packages(archive, target, asked.compile_pyc, asked.compile_workers, asked.force_extract)
                os.environ.pop(Environment.FORCE_EXTRACT, None)
            for folder in (target.parent, target):
                reason = unsafe(folder.stat(), os.geteuid())
                if reason:
                    return f"{folder} {reason}: {_SAFE}"
    except OSError as error:
        return f"cannot unpack itself into {target.parent} ({error.strerror or error}): {_SAFE}"
    except RuntimeError:
        return f"there is no home to unpack into: {_SAFE}"
    return None
