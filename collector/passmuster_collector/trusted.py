"""Read a file that a command line or a unit names, as carefully as root should.

Who can start a process can name any path. Only a regular file of root's in folders of root's is read, through links of
root's alone: nobody else could have put it there. Below /proc, /sys and /dev reading may do something, so nothing is.
"""

import stat
from collections import deque
from typing import Deque, FrozenSet, List, Union

from passmuster_collector.host import Host
from passmuster_collector.reading import Absent, Node, Reason, Text, Unknown, quoted
from passmuster_collector.source import Kind

_LINKS = 40
_ROOT = 0
_NO_FILES = ("proc", "sys", "dev")


def read(host: Host, path: str) -> Union[Text, Absent, Unknown]:
    """The file's text, or why it is not read."""
    refused = distrusted(host, path)
    return host.read(path) if refused is None else refused


def distrusted(host: Host, path: str) -> Union[Absent, Unknown, None]:
    """Why a path is not followed; None where only root could have put there what is there.

    A dump, and a disk that no kernel runs from, belong to who looks at them: of those only the place is looked at.
    """
    if not path.startswith("/"):
        return Unknown(Reason.NOT_COLLECTED, f"relative path {quoted(path)}")
    if _steps(path)[:1] and _steps(path)[0] in _NO_FILES:
        return _no_file(path)
    owners = _owners(host)
    return _walked(host, path, owners) if owners else None


def _walked(host: Host, path: str, owners: FrozenSet[int]) -> Union[Absent, Unknown, None]:
    """Look at each name on the way, and at those that links put in."""
    pending: Deque[str] = deque(_steps(path))
    walked: List[str] = []
    links = 0
    while pending:
        step = pending.popleft()
        if step == "..":
            del walked[-1:]
            continue
        if not walked and step in _NO_FILES:
            return _no_file(path)
        here = "/" + "/".join([*walked, step])
        node = host.node(here, follow=False)
        if not isinstance(node, Node):
            return node
        if node.uid not in owners or _written_by_others(node):
            return Unknown(Reason.NOT_COLLECTED, f"{quoted(path)} was not read: others than root may have written it")
        if node.kind != "symlink":
            walked.append(step)
            continue
        links += 1
        target = host.link(here)
        if not isinstance(target, Text) or links > _LINKS:
            return target if isinstance(target, Unknown) else Unknown(Reason.FAILED, f"too many links: {quoted(path)}")
        walked = [] if target.text.startswith("/") else walked
        pending.extendleft(reversed(_steps(target.text)))
    return None


def _no_file(path: str) -> Unknown:
    return Unknown(Reason.NOT_COLLECTED, f"{quoted(path)} was not read: it is no file on a disk")


def _owners(host: Host) -> FrozenSet[int]:
    """Root, and who owns the root folder, which is root wherever a kernel runs from it; none where nobody is asked."""
    if host.kind is Kind.DUMP or not (host.running or host.kind is Kind.LIVE):
        return frozenset()
    top = host.node("/", follow=False)
    return frozenset((_ROOT, top.uid)) if isinstance(top, Node) else frozenset((_ROOT,))


def _written_by_others(node: Node) -> bool:
    if node.kind == "symlink":
        return False
    return bool(node.mode & stat.S_IWOTH) or (bool(node.mode & stat.S_IWGRP) and node.gid != _ROOT)


def _steps(path: str) -> List[str]:
    return [step for step in path.split("/") if step not in ("", ".")]
