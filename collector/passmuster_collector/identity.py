"""Which kernel and machine this is: facts that several sections build on.

Of the running host uname(2) tells; of a tree the files that hold the same words, or what the caller recorded.
"""

import re
from typing import Any, Callable, List, Optional, Sequence, Tuple

from passmuster_collector.host import Host
from passmuster_collector.reading import (
    Absent,
    Known,
    Reason,
    Sourced,
    Text,
    Unknown,
    UnreadableError,
    graver,
    interpret,
    not_there,
    quoted,
)
from passmuster_collector.source import Kind

_UNAME = "uname(2)"
_BANNER = "/proc/version"
_SOS_UNAME = ("/sos_commands/kernel/uname_-a", "/uname", "/insights_commands/uname_-a")
_SOS_NAMES = (
    *("/hostname", "/sos_commands/host/hostname", "/sos_commands/general/hostname"),
    *("/insights_commands/hostname", "/insights_commands/hostname_-f"),
)
_MACHINE = re.compile(
    r"(x86_64|amd64|i[3-6]86|aarch64(_be)?|arm64|armv[0-9]\w*|ppc(64(le)?)?|s390x?|riscv(32|64)|loongarch64"
    r"|mips\w*|ia64|sparc64)\Z"
)

Parser = Callable[[str], Any]


def release(host: Host) -> Sourced:
    """The kernel's release, text."""
    if host.uname is not None:
        return Sourced(Known(host.uname.release), (_UNAME,))
    places: List[Tuple[str, Parser]] = [("/proc/sys/kernel/osrelease", _line), (_BANNER, _banner_release)]
    found = first(host, places + _printed(host, uname_release))
    given = host.node_object
    if isinstance(found.result, Known) or isinstance(given, Unknown):
        return found
    reported = given.info["kernel_version"]
    return Sourced(reported, (given.source,)) if isinstance(reported, Known) else found


def version(host: Host) -> Sourced:
    """The kernel's build, text."""
    if host.uname is not None:
        return Sourced(Known(host.uname.version), (_UNAME,))
    places: List[Tuple[str, Parser]] = [("/proc/sys/kernel/version", _line), (_BANNER, _banner_version)]
    return first(host, places + _printed(host, uname_version))


def machine(host: Host) -> Sourced:
    """What uname -m prints, text."""
    if host.recorded.machine is not None:
        return Sourced(Known(host.recorded.machine), ("--recorded machine",))
    if host.uname is not None:
        return Sourced(Known(host.uname.machine), (_UNAME,))
    found = first(host, _printed(host, uname_machine))
    if isinstance(found.result, Unknown) and found.result.reason is Reason.NOT_COLLECTED:
        return Sourced(Unknown(Reason.NOT_COLLECTED, "known only to the running kernel"), ())
    return found


def release_folder(host: Host) -> Sourced:
    """The release as a name of folders such as /lib/modules/NAME."""
    found = release(host)
    if isinstance(found.result, Known) and ("/" in found.result.value or found.result.value in ("", ".", "..")):
        detail = f"not a release (got {quoted(found.result.value)})"
        return Sourced(Unknown(Reason.UNREADABLE, detail), ())
    return found


def first(host: Host, places: Sequence[Tuple[str, Parser]]) -> Sourced:
    """What the first of several files says that can be read; else what was met, the graver before the missing."""
    trouble: Optional[Unknown] = None
    for path, parser in places:
        look = host.read(path)
        if isinstance(look, Absent):
            continue
        result = interpret(look, parser)
        if isinstance(result, Known):
            return Sourced(result, (path,))
        trouble = graver(trouble, result)
    return Sourced(not_there(*(path for path, _ in places)) if trouble is None else trouble, ())


def dump_name(host: Host) -> str:
    """The host's name as a support archive has it; empty where it has none."""
    for path in _SOS_NAMES:
        look = host.read(path)
        if isinstance(look, Text) and look.text.strip():
            return look.text.split()[0]
    found = first(host, _printed(host, uname_node))
    return str(found.result.value) if isinstance(found.result, Known) else ""


def _printed(host: Host, parser: Parser) -> List[Tuple[str, Parser]]:
    """Where support archives keep what uname -a printed."""
    return [(path, parser) for path in _SOS_UNAME] if host.kind is Kind.DUMP else []


def is_machine(word: str) -> bool:
    """Whether a word is one that uname -m prints."""
    return _MACHINE.match(word) is not None


def uname_node(text: str) -> str:
    """The node's name in the output of uname -a."""
    return _uname_words(text)[1]


def uname_release(text: str) -> str:
    """The release in the output of uname -a."""
    return _uname_words(text)[2]


def uname_version(text: str) -> str:
    """The build in the output of uname -a: between the release and the machine."""
    words = _uname_words(text)
    return " ".join(words[3 : _machine_at(words)])


def uname_machine(text: str) -> str:
    """The machine in the output of uname -a; processor and platform may follow it."""
    words = _uname_words(text)
    return words[_machine_at(words)]


def _uname_words(text: str) -> Sequence[str]:
    words = text.split()
    if len(words) < 5 or words[0] != "Linux":
        raise UnreadableError(f"not from uname -a (got {quoted(text)})")
    return words


def _machine_at(words: Sequence[str]) -> int:
    for place, word in enumerate(words[3:], 3):
        if is_machine(word):
            return place
    line = quoted(" ".join(words))
    raise UnreadableError(f"no machine in uname -a (got {line})")


def _line(text: str) -> str:
    line = text.rstrip("\n")
    if not line:
        raise UnreadableError("empty")
    return line


def _banner_release(text: str) -> str:
    match = re.match(r"Linux version (\S+)", text)
    if match is None:
        raise UnreadableError(f"no Linux version (got {quoted(text)})")
    return match.group(1)


def _banner_version(text: str) -> str:
    match = re.search(r"\) (#[0-9].*)", text)
    if match is None:
        raise UnreadableError(f"no build (got {quoted(text)})")
    return match.group(1)
