"""The command line, and the one function for programs: :func:`collect_bytes`.

This module alone knows the clock, the environment and where the snapshot goes.
"""

import argparse
import contextlib
import hashlib
import io
import os
import re
import stat
import sys
import time
from typing import Any, Dict, List, NoReturn, Optional, Sequence, Tuple

from passmuster_collector import __version__
from passmuster_collector.budget import budget, watched
from passmuster_collector.ending import PROGRAM, ended
from passmuster_collector.facts import SECTIONS
from passmuster_collector.reading import quoted
from passmuster_collector.recorded import parse_recorded
from passmuster_collector.snapshot import Order, canonical, take
from passmuster_collector.usage import UsageError
from passmuster_collector.views import Asked, open_view

_SECONDS = "10"
_ARCHIVE_SECONDS = "120"
"""An archive is gone through before any section looks."""
_LABELS = 128
_LABEL_LENGTH = 256
_NAME_LENGTH = 253
_COLUMNS = 80
_LATEST = 253402300799  # the last second that four digits of a year can tell


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print; argparse itself drops what cannot be printed, and ends with 0."""
        (file or sys.stderr).write(message)


def main(argv: Optional[Sequence[str]] = None, program: str = PROGRAM) -> int:
    """Collect and write; 0 when a snapshot was written, another status with one line on stderr when not (`ending`)."""
    words = sys.argv[1:] if argv is None else argv

    def work() -> None:
        options = _parsed(words, program)
        _demand_folder(options.output)
        _deliver(options, *_collected(options))

    return ended(work, program)


def collect_bytes(argv: Sequence[str] = ()) -> bytes:
    """The snapshot that these words of the command line ask for, as its file would hold it; raises UsageError."""
    return _collected(_parsed(argv))[0]


def _parsed(argv: Sequence[str], program: str = PROGRAM) -> argparse.Namespace:
    parser = _Parser(
        prog=program,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, width=_columns() - 2),
        description="Collect the facts of this Linux node and write them as one line of JSON.",
        epilog="Exit status: 0 if a snapshot was written, 2 if not, 3 if DUMP holds no host, 70 for a defect.",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--root", metavar="DIR", help="a whole host mounted at DIR; a missing file counts as absent")
    source.add_argument(
        "--from",
        metavar="DUMP",
        dest="dump",
        help="copied files, sosreport or must-gather; a missing file counts as not collected",
    )
    parser.add_argument(
        "--node-object", metavar="FILE", help="the Node object: the output of kubectl get node NAME -o json"
    )
    parser.add_argument("--name", help="name of the node (default: its host name)")
    parser.add_argument("--label", metavar="K=V", action="append", default=[], help="a label of the node (repeatable)")
    parser.add_argument(
        "--recorded",
        metavar="K=V",
        action="append",
        default=[],
        help="what the kernel of that host reported: machine=, uid=, gid=, devices_bpf=ok|eperm|einval, "
        "devices=FILE.tsv (repeatable)",
    )
    parser.add_argument(
        "-o", dest="output", metavar="FILE|DIR/|-", default="-", help="DIR/: DIR/NAME.json (default: -)"
    )
    parser.add_argument("--seal", metavar="KEY", help="also sign it with this OpenSSH key, into FILE.sig")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--only", metavar="SECTION", action="append", default=[], help="only this section (repeatable)")
    chosen.add_argument(
        "--skip", metavar="SECTION", action="append", default=[], help="all sections except this (repeatable)"
    )
    parser.add_argument(
        "--full", action="store_true", help="all options and modules of the kernel, not only those of public lists"
    )
    parser.add_argument(
        "--timeout", metavar="S", help=f"total seconds (default: {_SECONDS}, for an archive {_ARCHIVE_SECONDS})"
    )
    parser.add_argument("--version", action="version", version=f"{program} {__version__}")
    options = parser.parse_args(list(argv))
    if options.seal is not None and options.output == "-":
        raise UsageError("--seal: standard output has no place beside it (expected -o FILE or -o DIR/)")
    return options


def _columns() -> int:
    """The width of help, as argparse finds it; it would load a module for that which loads all kinds of archives."""
    with contextlib.suppress(KeyError, ValueError):
        if int(os.environ["COLUMNS"]) > 0:
            return int(os.environ["COLUMNS"])
    try:
        return os.get_terminal_size().columns or _COLUMNS
    except OSError:
        return _COLUMNS


def _collected(options: argparse.Namespace) -> Tuple[bytes, str]:
    """The bytes, and the node's name."""
    now = _now()
    seconds = _seconds(options.timeout or _usual(options.dump))
    if options.name is not None and not 0 < len(options.name) <= _NAME_LENGTH:
        raise UsageError(f"--name: 1 to {_NAME_LENGTH} characters are allowed (got {len(options.name)})")
    recorded = parse_recorded(options.recorded)
    labels, sections = _labels(options.label), _sections(options.only, options.skip)
    limit = budget(time.monotonic, seconds)
    view = open_view(Asked(options.root, options.dump, options.name, options.node_object), recorded, limit)
    order = Order(
        name=view.name,
        folder=view.folder,
        labels=labels,
        sections=sections,
        seconds=max(limit.left(), 0),
        collected_at=view.taken_at if view.is_dump else now,
    )
    snapshot = take(view.host._replace(full=options.full), order, time.monotonic)
    return canonical(snapshot), snapshot["node"]["name"]


def _usual(dump: Optional[str]) -> str:
    """The seconds that a view is given where the caller names none; a path that does not answer is no archive."""
    if dump is None or not watched(lambda: os.path.isfile(dump), float(_SECONDS)):
        return _SECONDS
    return _ARCHIVE_SECONDS


def _now() -> str:
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given is None:
        moment = int(time.time())
    elif re.match(r"[0-9]{1,12}\Z", given) and int(given) <= _LATEST:
        moment = int(given)
    else:
        raise UsageError(f"SOURCE_DATE_EPOCH: not a number of seconds (got {quoted(given)})")
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def _seconds(text: str) -> float:
    if not re.match(r"[0-9]{1,5}(\.[0-9]{1,6})?\Z", text) or float(text) <= 0:
        raise UsageError(f"--timeout: not a time (got {quoted(text)}, expected seconds above 0)")
    return float(text)


def _labels(pairs: Sequence[str]) -> Dict[str, str]:
    labels: Dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals or max(len(key), len(value)) > _LABEL_LENGTH:
            raise UsageError(f"--label: not a label (got {quoted(pair)}, expected KEY=VALUE)")
        if key in labels:
            raise UsageError(f"--label: {quoted(key)} is given twice")
        labels[key] = value
    if len(labels) > _LABELS:
        raise UsageError(f"--label: too many (got {len(labels)}, limit {_LABELS})")
    return labels


def _sections(only: Sequence[str], skip: Sequence[str]) -> List[str]:
    names = [section.name for section in SECTIONS]
    for name in (*only, *skip):
        if name not in names:
            expected = ", ".join(names)
            raise UsageError(f"no such section (got {quoted(name)}, expected one of {expected})")
    return [name for name in names if (not only or name in only) and name not in skip]


def file_name(name: str) -> str:
    """A node's name as a safe file name; where that changes it, a digest keeps two nodes apart."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:200]
    if safe.startswith((".", "-")):
        safe = "_" + safe[1:]
    if safe != name:
        safe += "-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return safe + ".json"


def _demand_folder(output: str) -> None:
    """Tell before anything is collected that there is no folder for it."""
    folder = os.path.dirname(output)
    if output != "-" and folder and not os.path.isdir(folder):
        raise UsageError(f"-o: no such folder (got {quoted(folder)}, expected one that exists: mkdir -p)")


def _deliver(options: argparse.Namespace, data: bytes, name: str) -> None:
    """Write the snapshot, and its seal beside it; what cannot be sealed is not written."""
    output = options.output
    if output.endswith("/") or (output != "-" and os.path.isdir(output)):
        output = os.path.join(output, file_name(name))
    if options.seal is None:
        _write(output, data)
        return
    from passmuster_collector.seal import seal  # noqa: PLC0415 - what seals nothing does not compile it

    signature = seal(data, options.seal)
    _write(output, data)
    _write(output + ".sig", signature)


def _write(output: str, data: bytes) -> None:
    try:
        if output == "-":
            _to_stdout(data)
        else:
            _to_file(output, data)
    except (OSError, ValueError) as error:
        target = "standard output" if output == "-" else output
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{target}: {reason}") from None


def _to_stdout(data: bytes) -> None:
    """Past Python's own buffer, whose last flush would fail too late to be told."""
    sys.stdout.flush()
    with io.open(os.dup(sys.stdout.fileno()), "wb") as stream:
        stream.write(data)


def _to_file(path: str, data: bytes) -> None:
    """Whole or not at all; what is no regular file (a terminal, /dev/null) is written to, not replaced."""
    folder = os.path.realpath(os.path.dirname(path) or ".")
    if folder != "/dev":  # /dev/stdout is a link
        path = os.path.join(folder, os.path.basename(path))
    mode = _mode_of(path)
    if mode is not None and not stat.S_ISREG(mode):
        with io.open(path, "wb") as stream:
            stream.write(data)
        return
    import tempfile  # noqa: PLC0415 - slow to load, and standard output needs none of it

    handle, temporary = tempfile.mkstemp(prefix=".passmuster-", dir=os.path.dirname(path))
    try:
        with io.open(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(stream.fileno(), _new_mode() if mode is None else stat.S_IMODE(mode))
            os.fsync(stream.fileno())
        os.rename(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def _mode_of(path: str) -> Optional[int]:
    """The mode of what is at a path, None where nothing is; a link is refused, for others may have laid it there."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(mode) and os.path.dirname(path) != "/dev":
        raise ValueError("a symbolic link, which is not followed (expected a file or a new name)")
    return os.stat(path).st_mode


def _new_mode() -> int:
    """The mode of a new file, as umask has it."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
