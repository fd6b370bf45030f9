"""AppArmor's profile for libvirtd, which applies inside containers too and keeps KubeVirt's QEMU from starting.

A profile is in force where its file is there, no file of its name lies in the folder ``disable`` or ``force-complain``,
and its own flags do not say that it only complains or confines nothing. It lets QEMU run where a file rule for
/usr/libexec/qemu-kvm has an execute mode (apparmor.d(5)) and none denies it, there or in the local addition that it
includes.
"""

import re
from typing import Iterable, List, Set, Tuple

from passmuster_collector import sosreport
from passmuster_collector.host import Host
from passmuster_collector.reading import Absent, Known, Node, Reason, Result, Sourced, Unknown, each_line, interpret

_FOLDER = "/etc/apparmor.d"
_NAME = "usr.sbin.libvirtd"
PROFILE = f"{_FOLDER}/{_NAME}"
DISABLED = f"{_FOLDER}/disable/{_NAME}"
COMPLAINS = f"{_FOLDER}/force-complain/{_NAME}"
LOCAL = f"{_FOLDER}/local/{_NAME}"
QEMU = "/usr/libexec/qemu-kvm"
_RULE = re.compile(
    r'[ \t]*((?:(?:audit|owner|allow|deny|file)[ \t]+)*)(?:([a-zA-Z]+)[ \t]+)?"?(/[^ \t"]*)"?(?:[ \t]+([a-zA-Z]+))?'
)
"""A file rule: its qualifiers, and a path with the modes before or behind it."""
_HEADER = re.compile(r'[ \t]*(?:profile[ \t]|"?/)[^#]*\{[ \t]*(?:#.*)?\Z')
_FLAGS = re.compile(r"\(([^()]*)\)[ \t]*\{")
_INCLUDE = re.compile(rf'[ \t]*#?include[ \t]+(?:if[ \t]+exists[ \t]+)?[<"](?:{_FOLDER}/)?local/{_NAME}[>"]')
_LENIENT = {"complain", "unconfined"}


def in_force(host: Host) -> Sourced:
    """Whether a profile for libvirtd is in force."""
    there = host.node(PROFILE)
    if isinstance(there, Unknown):
        return sosreport.instead(host, Sourced(there, ()), sosreport.APPARMOR, sosreport.parse_libvirtd_profile)
    strict = interpret(host.read(PROFILE), confines, absent=Known(value=False))
    if not isinstance(strict, Known) or strict.value is False:
        return Sourced(strict, (PROFILE,))
    for switch in (DISABLED, COMPLAINS):
        node = host.node(switch, follow=False)
        if not isinstance(node, Absent):
            return Sourced(Known(value=False) if isinstance(node, Node) else node, (PROFILE, switch))
    return Sourced(Known(value=True), (PROFILE, DISABLED, COMPLAINS))


def confines(text: str) -> bool:
    """Whether the flags of a file's first profile leave it in force."""
    header = next((line for line in text.split("\n") if _HEADER.match(line)), "")
    flags = _FLAGS.search(header)
    return flags is None or not _LENIENT & set(re.split(r"[ \t,]+", flags.group(1)))


def lets_qemu_run(host: Host) -> Sourced:
    """Whether the profile has a rule that lets QEMU run; null where there is no profile."""
    look = host.read(PROFILE)
    main = interpret(look, allows, absent=Known(None))
    if main != Known(value=False) or interpret(look, _asks_local) == Known(value=False):
        return Sourced(main, (PROFILE,))
    local: Result = interpret(host.read(LOCAL), allows, absent=Known(value=False))
    if isinstance(local, Unknown) and local.reason is Reason.NOT_COLLECTED:
        local = Unknown(Reason.NOT_COLLECTED, f"{LOCAL} may add a rule, and is not here")
    return Sourced(local, (PROFILE, LOCAL))


def allows(text: str) -> bool:
    """Whether a line is a rule that lets ``QEMU`` run, and none is a rule that denies it."""
    said = set(map(_said, each_line(text)))
    return "allow" in said and "deny" not in said


def _asks_local(text: str) -> bool:
    """Whether the profile puts its local addition in, and has no denial, which no addition takes back."""
    rows = list(each_line(text))
    return any(map(_INCLUDE.match, rows)) and "deny" not in map(_said, rows)


def _said(line: str) -> str:
    """``allow`` or ``deny`` where a line is a rule about QEMU's start; else nothing."""
    match = _RULE.match(line)
    if match is None:
        return ""
    qualifiers, before, path, behind = match.groups()
    if "x" not in (behind or before or "").lower() or not _means(path.rstrip(","), QEMU):
        return ""
    return "deny" if "deny" in qualifiers else "allow"


def _means(path: str, file: str) -> bool:
    """Whether a path of AppArmor names a file: ``**`` crosses slashes, ``*`` and ``?`` do not, braces hold choices.

    All ends of what was matched are kept at once, so that the time grows as the path does, whatever is in it.
    """
    here: Set[int] = {0}
    choices: List[Tuple[Set[int], Set[int]]] = []
    for part in re.findall(r"\*\*|[*?{},]|[^*?{},]+", path):
        if part == "{":
            choices.append((here, set()))
        elif part == "," and choices:
            choices[-1][1].update(here)
            here = choices[-1][0]
        elif part == "}" and choices:
            here = choices.pop()[1] | here
        else:
            here = {end for start in here for end in _ends(part, file, start)}
    return not choices and len(file) in here


def _ends(part: str, file: str, start: int) -> Iterable[int]:
    if part in ("*", "**", "?"):
        slash = file.find("/", start)
        end = len(file) if part == "**" or slash < 0 else slash
        return range(start, end + 1) if part != "?" else range(start + 1, min(start + 2, end + 1))
    return (start + len(part),) if file.startswith(part, start) else ()
