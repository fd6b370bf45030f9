"""How the collector ends: one line on stderr and a documented status, whatever happens.

A status of 1 is never given: for `passmuster` it means that a rule fails, and Python gives it for a traceback.
"""

import contextlib
import io
import os
import sys
from typing import Callable

from passmuster_collector import __version__
from passmuster_collector.usage import UsageError

PROGRAM = "passmuster-collector"
UNUSABLE, DEFECT, INTERRUPTED = 2, 70, 130


def ended(work: Callable[[], None], program: str = PROGRAM) -> int:
    """Do the work; returns the exit status. Lines on stderr begin with the program's name."""
    _open_streams()
    try:
        try:
            work()
        except SystemExit:
            sys.stdout.flush()  # argparse has printed its help; what cannot be printed is told while that is possible
            raise
    except UsageError as error:
        _say(program, str(error))
        return error.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        _say(program, "{}: {}".format(error.filename or "standard output", error.strerror or error))
        _write_no_more()
        return UNUSABLE
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not end with Python's status 1
        told = f"{type(error).__name__} at {_place(error)}: {error}"[:300]
        _say(
            program,
            f"{__version__}: a defect in the collector, please report it with this line and your command: {told}",
        )
        return DEFECT
    return 0


def _place(error: Exception) -> str:
    """The file and the line that raised it."""
    deepest = error.__traceback__
    while deepest is not None and deepest.tb_next is not None:
        deepest = deepest.tb_next
    return "?" if deepest is None else f"{os.path.basename(deepest.tb_frame.f_code.co_filename)}:{deepest.tb_lineno}"


def _open_streams() -> None:
    """Give closed standard streams a descriptor that nothing else can get, and that fails when it is used."""
    for descriptor, name, mode in ((0, "stdin", os.O_WRONLY), (1, "stdout", os.O_RDONLY), (2, "stderr", os.O_RDWR)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.dup2(os.open(os.devnull, mode), descriptor)
        if getattr(sys, name) is None:
            setattr(sys, name, io.open(descriptor, "w" if descriptor else "r", closefd=False))  # noqa: SIM115 - it stays


def _write_no_more() -> None:
    """Drop what standard output still holds: Python would flush it again, and fail again."""
    with contextlib.suppress(OSError, ValueError):  # where there is no such descriptor, nothing is flushed to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(program: str, text: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # nobody may listen; the status says it all the same
        sys.stderr.write(f"{program}: {_one_line(text)}\n")
        sys.stderr.flush()


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
