"""A support archive as a view of a host: read in place, nothing is extracted.

Packed archives are gone through once for the index. What the collector is likely to ask for is kept on the way, up to a
limit; for the rest the archive is gone through again. Links are followed here, and never lead out.
"""

import errno
import io
import os
import re
from collections import deque
from typing import BinaryIO, Callable, Deque, Dict, List, NamedTuple, Set, TypeVar, Union

from passmuster_collector.budget import Budget, OutOfTimeError
from passmuster_collector.reading import Absent, Data, Names, Node, Reason, Text, Unknown, quoted
from passmuster_collector.source import LONG_LIMIT, NAMES_LIMIT, TEXT_LIMIT, Kind, Source
from passmuster_collector.tarindex import Member, checked, members
from passmuster_collector.unpacking import Stream
from passmuster_collector.usage import UsageError

_MEMBER = 16 << 20
_KEPT = 32 << 20
_NAMES = 48 << 20
"""Characters that the names of members and folders may have together: an index must fit into memory."""
_LINKS = 40
_LIKELY = re.compile(
    r"(?:.*/)?(?:proc|sys|etc|boot|sos_commands|lib/modules|kubelet|dpkg|names|run)/"
    r"|(?:.*/)?(?:uname|lsmod|hostname|ps|installed-(?:rpms|debs)|os-release|sysinfo\.tgz|passmuster-capture\.tsv|[^/]+\.yaml)\Z"
)

T = TypeVar("T")


class _Index(NamedTuple):
    members: Dict[str, Member]
    folders: Dict[str, Set[str]]
    """Folders, also those that only their contents show, to the names in them."""
    kept: Dict[int, bytes]
    """Contents by their place."""


class Archive(Source):
    """The files of an archive below one of its folders."""

    def __init__(self, opened: Callable[[], BinaryIO], index: _Index, base: str, budget: Budget) -> None:
        super().__init__(Kind.DUMP, budget)
        self._opened = opened
        self._index = index
        self._base = base

    @classmethod
    def open(cls, opened: Callable[[], BinaryIO], budget: Budget) -> "Archive":
        """The archive in a file that can be opened again.

        Raises OSError, UsageError where it is refused, and OutOfTimeError where it is not gone through in time.
        """
        with opened() as file:
            return cls(opened, _indexed(file, budget), "", budget)

    @classmethod
    def empty(cls, budget: Budget) -> "Archive":
        """A view without a file."""
        return cls(lambda: io.BytesIO(b""), _Index({}, {"": set()}, {}), "", budget)

    def below(self, path: str) -> "Archive":
        """The view from one of its folders; links stay below it."""
        other = self.within(self._budget)
        other._base = self._joined(path)  # noqa: SLF001 - a copy of its own
        return other

    def read_data(self, path: str, limit: int = TEXT_LIMIT) -> Union[Data, Absent, Unknown]:
        """A regular file's bytes."""
        return self._look(path, lambda member: self._contents(member, path, limit))

    def names(self, path: str, limit: int = NAMES_LIMIT) -> Union[Names, Absent, Unknown]:
        """The names in a folder."""
        return self._look(path, lambda member: self._listed(member, path, limit))

    def node(self, path: str, *, follow: bool = True) -> Union[Node, Absent, Unknown]:
        """What the archive says of a path."""
        return self._look(path, _node, follow=follow)

    def link(self, path: str) -> Union[Text, Absent, Unknown]:
        """The text of a symbolic link."""
        return self._look(path, _target, follow=False)

    def changed_at(self, folder: str) -> int:
        """When the youngest regular file below a folder was written, in seconds since 1970; 0 where there is none."""
        start = self._joined(folder) + "/"
        ages = (one.changed_at for name, one in self._index.members.items() if name.startswith(start))
        return max(ages, default=0)

    def _look(
        self, path: str, work: Callable[[Member], Union[T, Absent, Unknown]], *, follow: bool = True
    ) -> Union[T, Absent, Unknown]:
        if self._budget.spent():
            return Unknown(Reason.TIMEOUT, f"no time was left for {path}")
        try:
            return work(self._found(path, follow=follow))
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                return self.missing(path)
            return Unknown(Reason.FAILED, f"{path}: {os.strerror(error.errno or errno.EIO)}")
        except UsageError as error:
            return Unknown(Reason.FAILED, f"{path}: {error}")
        except OutOfTimeError:
            return Unknown(Reason.TIMEOUT, f"no time was left to read {path}")

    def _joined(self, path: str) -> str:
        return "/".join(filter(None, (self._base, path.strip("/"))))

    def _found(self, path: str, *, follow: bool) -> Member:
        """The member at the end of a path, as a file system would find it; raises OSError."""
        pending: Deque[str] = deque(_steps(path))
        walked: List[str] = []
        links = 0
        while pending:
            step = pending.popleft()
            if step == "..":
                del walked[-1:]
                continue
            member = self._at([*walked, step])
            if member.kind != "symlink" or not (pending or follow):
                walked.append(step)
                if pending and member.kind != "directory":
                    raise OSError(errno.ENOTDIR, path)
                continue
            links += 1
            if links > _LINKS:
                raise OSError(errno.ELOOP, path)
            if member.target.startswith("/"):
                walked = []
            pending.extendleft(reversed(_steps(member.target)))
        return self._at(walked)

    def _at(self, walked: List[str]) -> Member:
        name = self._joined("/".join(walked))
        member = self._index.members.get(name)
        if name in self._index.folders and (member is None or member.kind != "directory"):
            return _folder(name)
        if member is None:
            raise OSError(errno.ENOENT, name)
        return member

    def _contents(self, member: Member, path: str, limit: int) -> Union[Data, Unknown]:
        if member.kind != "regular":
            return Unknown(Reason.FAILED, f"{path} is no regular file")
        if member.size > min(limit, _MEMBER):
            return Unknown(Reason.FAILED, f"too large: {path} (limit {min(limit, _MEMBER)} bytes)")
        kept = self._index.kept.get(member.offset)
        return self._fetched(member) if kept is None else Data(kept)

    def _fetched(self, member: Member) -> Data:
        """Go through the archive again up to a member."""
        with self._opened() as file:
            stream = Stream(file, self._budget)
            stream.skip(member.offset)
            return Data(stream.read(member.size))

    def _listed(self, member: Member, path: str, limit: int) -> Union[Names, Unknown]:
        if member.kind != "directory":
            raise OSError(errno.ENOTDIR, path)
        names = self._index.folders.get(member.name, set())
        if len(names) > limit:
            return Unknown(Reason.FAILED, f"too large: {path} (limit {limit} names)")
        return Names(tuple(sorted(names)))


def _steps(path: str) -> List[str]:
    return [step for step in path.split("/") if step not in ("", ".")]


def _folder(name: str) -> Member:
    """A folder that no member stands for."""
    return Member(name, "directory", 0, 0, "", 0o755, 0, 0, 0, 0, 0)


def _node(member: Member) -> Node:
    return Node(member.kind, member.mode, member.uid, member.gid, member.major, member.minor, 0)


def _target(member: Member) -> Text:
    if member.kind != "symlink":
        raise OSError(errno.EINVAL, member.name)
    return Text(member.target)


def _indexed(file: BinaryIO, budget: Budget) -> _Index:
    index = _Index({}, {"": set()}, {})
    stream = Stream(file, budget)
    room = _KEPT if stream.packed else 0
    names = 0
    for member in members(stream):
        if budget.spent():
            raise OutOfTimeError
        found = _same_file(index, member) if member.kind == "hardlink" else member
        index.members[member.name] = found
        names += _enter(index.folders, member)
        if names > _NAMES:
            raise UsageError(f"the archive has too long names (limit {_NAMES} characters in all)")
        if member.kind == "regular" and member.size <= min(room, LONG_LIMIT) and _LIKELY.match(member.name):
            index.kept[member.offset] = stream.read(member.size)
            room -= member.size
    return index


def _same_file(index: _Index, link: Member) -> Member:
    """A hard link is one more name of a member that came before."""
    other = index.members.get(checked(link.target))
    if other is None or other.kind != "regular":
        raise UsageError(f"the archive is damaged (a hard link to nothing: {quoted(link.name)})")
    return other


def _enter(folders: Dict[str, Set[str]], member: Member) -> int:
    """Put a member and the folders above it where they are listed; how many characters that took."""
    name = member.name
    taken = len(name)
    if member.kind == "directory":
        folders.setdefault(name, set())
    while name:
        above, _, last = name.rpartition("/")
        known = folders.setdefault(above, set())
        if last in known:
            break
        known.add(last)
        taken += len(name)
        name = above
    return taken
