"""What the single file does before anything else: is this the Python it was built for, and can it unpack itself?

It runs on whatever Python somebody starts the file with, so it is written for every Python 3 and imports little.
"""

import importlib.machinery
import os
import stat
import sys

_SAFE = "set SHIV_ROOT to a folder of yours that can be written to"


def main(suffix, libc):
    """Leave with status 2 and one line, or unpack where that was not done yet, and run the command."""
    reason = misfit(suffix, libc, importlib.machinery.EXTENSION_SUFFIXES[0], _libc()) or _unpack()
    if reason:
        sys.stderr.write("passmuster: %s\n" % reason)
        return 2
    import _bootstrap  # noqa: PLC0415 - part of the single file

    return _bootstrap.bootstrap()


def misfit(suffix, libc, found, found_libc):
    """Why the compiled libraries inside cannot be loaded here, if they cannot.

    Suffixes are those of extension modules, as `.cpython-311-x86_64-linux-gnu.so`; versions of glibc are pairs.
    """
    if suffix != found:
        return "this file is for %s (got %s): build another with `make offline`" % (_told(suffix), _told(found))
    if found_libc is not None and found_libc < libc:
        return "this file needs glibc %d.%d or newer (got %d.%d)" % (libc + found_libc)
    return None


def unsafe(status, uid):
    """Why a folder with this status holds no code that this user should run, if it does not."""
    if not stat.S_ISDIR(status.st_mode):
        return "is no folder"
    if status.st_uid not in {0, uid} or status.st_mode & stat.S_IWOTH:
        return "belongs to somebody else, or everybody may write to it"
    return None


def _told(suffix):
    parts = suffix.strip(".").split(".")[0].split("-", 2)
    if parts[0] != "cpython" or len(parts) < 3:
        return suffix
    return "Python %s.%s on %s" % (parts[1][:1], parts[1][1:], parts[2])


def _libc():
    try:
        words = os.confstr("CS_GNU_LIBC_VERSION").split()
    except (AttributeError, OSError, ValueError):
        return None
    return tuple(int(number) for number in words[1].split(".")[:2])


def _unpack():
    """Why it cannot be unpacked, if it cannot."""
    from _bootstrap import Environment, cache_path, current_zipfile, extract_site_packages  # noqa: PLC0415 - as above

    try:
        with current_zipfile() as archive:
            asked = Environment.from_json(archive.read("environment.json").decode())
            target = cache_path(archive, asked.root, asked.build_id)
            if not (target / "site-packages").exists() or asked.force_extract:
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                extract_site_packages(archive, target, asked.compile_pyc, asked.compile_workers, asked.force_extract)
            for folder in (target.parent, target):
                reason = unsafe(folder.stat(), os.geteuid())
                if reason:
                    return "%s %s: %s" % (folder, reason, _SAFE)
    except OSError as error:
        return "cannot unpack itself into %s (%s): %s" % (target.parent, error.strerror or error, _SAFE)
    except RuntimeError:
        return "there is no home to unpack into: %s" % _SAFE
    return None
