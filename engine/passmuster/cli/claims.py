"""What a command writes, held against what it reads and against itself, before it does either.

A report that replaces the snapshot it was made from destroys the evidence, and of two reports in one file one is lost.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from passmuster.codec.files import followed
from passmuster.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

_FORMATTED, _PLAIN = True, False
_WRITES: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "check": (("output", "-o", _FORMATTED), ("keep", "--keep", _PLAIN)),
    "impact": (("output", "-o", _FORMATTED),),
    "policy show": (("output", "-o", _FORMATTED),),
    "policy test": (("output", "-o", _FORMATTED),),
    "fleet check": (("output", "-o", _FORMATTED),),
    "fleet export": (("output", "-o", _FORMATTED),),
    "bundle create": (("output", "-o", _PLAIN),),
    "bundle sign": (("output", "-o", _PLAIN),),
    "bundle verify": (("output", "-o", _FORMATTED),),
    "report sign": (("output", "-o", _PLAIN),),
    "snapshot redact": (("output", "-o", _PLAIN),),
}
"""Options of commands that name files to write: FORMAT=FILE, or FILE."""
_READS = (
    *("snapshots", "snapshot", "bundle", "report", "store", "fleet", "before"),
    *("policy", "policies", "packs", "old", "new", "assessment", "waivers", "waivers_before", "roster"),
    *("trust", "state", "key", "ssh_key", "map"),
)
"""Options and arguments that name what is read; files that are read and then written anew are among them."""
_BESIDE = (".sig",)
"""Endings of what is read beside a file."""
_OF_PACKS = ("policies.lock", "*/*/policy.yaml", "*/*/tests.yaml")

_Identity: TypeAlias = "tuple[int, int] | Path"
"""A file by device and number; by its path where it is not there yet."""


class _Claim(NamedTuple):
    option: str
    file: str
    identity: _Identity


def demand_apart(options: argparse.Namespace) -> None:
    """Raise UsageError where a file is written twice, or is an input as well."""
    claims = list(_claims(options))
    seen: dict[_Identity, _Claim] = {}
    for claim in claims:
        other = seen.setdefault(claim.identity, claim)
        if other is not claim:
            message = f"the same file as {other.file} (expected a file for each output)"
            raise _refused(claim, message)
    known = {identity: claim for identity, claim in seen.items() if isinstance(identity, tuple)}
    if not known:
        return
    own = Path(options.bundle) if options.command == "bundle sign" else None
    for path in _inputs(options):
        if path == own:
            continue  # signed in its place
        with contextlib.suppress(OSError):
            status = path.stat() if str(path) != "-" else os.fstat(0)
            replaced = known.get((status.st_dev, status.st_ino))
            if replaced is not None:
                raise _refused(replaced, f"an input of this command: {path} (expected another file)")


def _refused(claim: _Claim, message: str) -> UsageError:
    error = UsageError.at(f"{claim.option} {claim.file}", message, code="usage-output")
    assert isinstance(error, UsageError)
    return error


def _claims(options: argparse.Namespace) -> Iterator[_Claim]:
    writes = _WRITES.get(options.command, ())
    for name, option, formatted in writes:
        given = getattr(options, name)
        for text in given if isinstance(given, list) else [given]:
            file = text.partition("=")[2] if formatted and text else text
            if file and file != "-":
                yield from _claim(option, file)
    if writes:
        with contextlib.suppress(OSError):
            status = os.fstat(1)
            if stat.S_ISREG(status.st_mode):
                yield _Claim(">", "standard output", (status.st_dev, status.st_ino))


def _claim(option: str, file: str) -> Iterator[_Claim]:
    """The file that an option names; none where it is a folder, a terminal or the like."""
    try:
        place = followed(file)
    except OSError as error:
        raise UsageError.at(file, f"cannot be written ({error.strerror or error})", code="file") from None
    try:
        status = place.stat()
    except OSError:
        yield _Claim(option, file, Path(os.path.realpath(place.parent), place.name))
        return
    if stat.S_ISREG(status.st_mode):
        yield _Claim(option, file, (status.st_dev, status.st_ino))


def _inputs(options: argparse.Namespace) -> Iterator[Path]:
    """What may be read: the files that options name, all that lie in folders, and policies that are found by name."""
    for name in _READS:
        given = getattr(options, name, None)
        for text in given if isinstance(given, list) else [given]:
            if isinstance(text, str):
                yield from _files(Path(text))
    if getattr(options, "assessment", None):
        yield from _attached(options.assessment)
    from passmuster.cli.surroundings import homes  # noqa: PLC0415 - only where a file would be replaced

    for home in homes():
        for pattern in _OF_PACKS:
            yield from home.glob(pattern)


def _files(path: Path) -> Iterator[Path]:
    yield path
    yield from (Path(f"{path}{ending}") for ending in _BESIDE)
    if path.is_dir():
        for above, _, names in os.walk(path):
            yield from (Path(above, name) for name in names)


def _attached(file: str) -> Iterator[Path]:
    from passmuster.cli.criteria import load_assessment  # noqa: PLC0415 - only where a file would be replaced

    with contextlib.suppress(UsageError):
        asked = load_assessment(file)
        yield from (Path(file).parent / named.file for named in (asked.waivers, asked.roster) if named is not None)
