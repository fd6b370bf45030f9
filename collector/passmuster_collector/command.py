"""Ask a program of the host for its version, where no file tells it.

Never through a shell; without the caller's environment; with a limit of time and of output. A program that others than
root could have written is not run.
"""

import os
import select
import stat
import subprocess
import time
from typing import List, Sequence, Union

from passmuster_collector.budget import Budget, budget
from passmuster_collector.reading import Reason, Text, Unknown

_SECONDS = 3.0
_OUTPUT = 1 << 16
_ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def run(argv: Sequence[str], limit: Budget) -> Union[Text, Unknown]:
    """What a program prints; its path is absolute."""
    distrust = _distrusted(argv[0])
    if distrust:
        return Unknown(Reason.NOT_COLLECTED, distrust)
    mine = budget(time.monotonic, min(_SECONDS, limit.left()))
    if mine.spent():
        return Unknown(Reason.TIMEOUT, f"no time was left to run {argv[0]}")
    try:
        process = subprocess.Popen(  # noqa: S603 - an absolute path that only root can have written, and no shell
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        return Unknown(Reason.FAILED, f"{argv[0]}: {error.strerror}")
    return _finished(process, argv[0], mine)


def _distrusted(program: str) -> str:
    try:
        status = os.stat(program)
    except OSError as error:
        return f"{program}: {error.strerror}"
    return distrusted(program, status.st_uid, status.st_mode)


def distrusted(program: str, uid: int, mode: int) -> str:
    """Why a program of this owner and mode is not run; empty where it may be."""
    if uid != 0 or mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"{program} was not run: others than root may have written it"
    return ""


def _finished(process: "subprocess.Popen[bytes]", program: str, limit: Budget) -> Union[Text, Unknown]:
    assert process.stdout is not None
    try:
        output = _output(process.stdout.fileno(), limit)
    finally:
        process.kill()
        process.stdout.close()
    try:
        status = process.wait(1)
    except subprocess.TimeoutExpired:
        status = -1
    if output is None:
        return Unknown(Reason.TIMEOUT, f"{program} did not end in time")
    if not output:
        return Unknown(Reason.FAILED, f"{program} printed nothing (status {status})")
    return Text(output.decode("utf-8", "surrogateescape"))


def _output(handle: int, limit: Budget) -> Union[bytes, None]:
    """All that comes until the end, cut at a limit; None where time runs out first."""
    chunks: List[bytes] = []
    size = 0
    while size < _OUTPUT:
        ready, _, _ = select.select([handle], [], [], max(0.0, limit.left()))
        if not ready:
            return None
        chunk = os.read(handle, _OUTPUT - size)
        if not chunk:
            break
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)
