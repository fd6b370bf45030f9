"""How a command ends: errors become one line and a status here, and nowhere else.

Status 1 means that a rule fails. Only a command that returns ExitStatus.FAILED, or an error that carries it, ends with
it: an exception that nobody foresaw ends with 70, never with the 1 of Python's own traceback.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from passmuster.errors import ExitStatus, PassmusterError
from passmuster.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

INTERRUPTED = 130
"""128 and the number of SIGINT, as shells report it."""
READER_GONE = 141
"""128 and the number of SIGPIPE, as shells report it: the reader of standard output went away (`| head`)."""
_STREAMS = ((0, "stdin", os.O_WRONLY), (1, "stdout", os.O_RDONLY), (2, "stderr", os.O_RDWR))


def ended(command: Callable[[], int]) -> int:
    """Run a command to its end; returns the exit status."""
    try:
        status = _status(command)
        sys.stdout.flush()
    except PassmusterError as error:
        from passmuster.report import harmless  # noqa: PLC0415 - only now is it needed

        _say(harmless.lines(str(error)))
        status = int(error.status)
    except BrokenPipeError:
        _write_no_more()
        status = READER_GONE
    except OSError as error:
        # Each reader and writer reports its own file; a full disk behind standard output is left.
        what = f"{error.filename}: cannot be used" if error.filename else "standard output: cannot be written"
        _say(f"{what} ({error.strerror or error})")
        _write_no_more()
        status = int(ExitStatus.UNUSABLE)
    except KeyboardInterrupt:
        _write_no_more()
        status = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not end with Python's status 1
        _say(_unforeseen(error))
        status = int(ExitStatus.DEFECT)
    return status


def _status(command: Callable[[], int]) -> int:
    try:
        return int(command())
    except SystemExit:
        sys.stdout.flush()  # argparse has printed its help; what cannot be printed is told while that is possible
        raise


def prepare_streams() -> None:
    """Make the standard streams UTF-8 whatever the locale says, and closed ones fail when they are used.

    A closed descriptor would be given to the next file that is opened, and output for the terminal would go there.
    """
    for descriptor, name, mode in _STREAMS:
        try:
            os.fstat(descriptor)
        except OSError:
            # Opened the wrong way: what uses it fails with EBADF, and is told. Standard error is dropped.
            os.dup2(os.open(os.devnull, mode), descriptor)
            text = "r" if descriptor == 0 else "w"
            setattr(sys, name, open(descriptor, text, encoding="utf-8", closefd=False))  # noqa: SIM115 - it stays
        stream: TextIO = getattr(sys, name)
        if descriptor and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def _say(line: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # nobody may listen; the status says it all the same
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def _write_no_more() -> None:
    """Drop what standard output still holds: the interpreter would flush it again, and fail again."""
    with contextlib.suppress(OSError, ValueError):  # where there is no such descriptor, nothing is flushed to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unforeseen(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    text = f"{type(error).__name__} at {where}: {error}".encode("unicode_escape").decode()[:300]
    return f"passmuster {__version__}: a defect in passmuster, please report it with this line and your command: {text}"
