"""Several processes over one input: parts of it are judged by workers, and put together in the order of the input.

A part is some small files, or a piece of a long one that ends with a line. A document that goes over several lines is
nothing that can be cut: from the piece that holds one on, its file is read by one process, as without workers.
"""

from __future__ import annotations

import itertools
import multiprocessing
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from passmuster import _json
from passmuster.cli import inputs, sealed
from passmuster.errors import Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from passmuster.fleet import Remembered
    from passmuster.report.onepass import OnePass, Passed

_PIECE = 4 * 1024 * 1024
_LARGE = 4 * _PIECE
"""A piece where nobody asks for numbers of lines: the fewer pieces, the less goes from one process to another."""
_FILES = 256
"""So many small files, or nodes, make a part, or fewer that are longer together than a piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Workers, and what each of them does."""

    workers: int
    make: Callable[[], OnePass]
    judge: Callable[[Iterable[inputs.Met[Remembered]], OnePass], Iterator[tuple[int, bytes]]]
    numbered: bool
    """Whether it matters on which line of its file a node is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Whole files; `named` says whether a user named them, or they lie in a folder."""

    paths: tuple[str, ...]
    named: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Lines of a file."""

    path: str
    line: int
    """The number of the first."""
    start: int
    size: int
    """Bytes of the file."""
    data: bytes | None
    """Those bytes, where nobody else can read them."""
    whole: bool
    """Whether there are no more pieces of this file."""

    def read(self) -> bytes:
        """The lines."""
        if self.data is not None:
            return self.data
        with open(self.path, "rb", buffering=0) as handle:  # noqa: PTH123 - at a place in it
            handle.seek(self.start)
            return handle.read(self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncut:
    """A file that cannot be cut: it is packed."""

    path: str
    named: bool


Part: TypeAlias = Files | Piece
Found: TypeAlias = "tuple[int, Passed] | list[Problem] | None"
"""What came of a part: its bytes and nodes; problems where a file cannot be opened; None where a document in it goes
over several lines."""


class _SpanningError(Exception):
    """A document goes over several lines."""


class _Lines(BytesIO):
    """Lines of a piece; whoever wants the rest in one go has met what goes over several of them."""

    def read(self, _size: int | None = -1, /) -> bytes:
        raise _SpanningError


def fresh() -> BinaryIO:
    """An empty journal in memory."""
    return BytesIO()


def passed(paths: Sequence[str], crew: Crew) -> Iterator[tuple[int, Passed]]:
    """Judge everything; gives the bytes of each part and what came of it, in the order of the input."""
    global _made  # noqa: PLW0603 - a forked worker finds there what it is to do; policies as programs cannot be sent
    _made = _Worker(crew)
    context = multiprocessing.get_context("fork")
    try:
        with ProcessPoolExecutor(crew.workers, mp_context=context) as pool:
            for run in _runs(paths, numbered=crew.numbered):
                yield from _made.uncut(run) if isinstance(run, Uncut) else _in_order(pool, run, crew)
    except BrokenProcessPool:
        raise UsageError.at("--jobs", "a worker process was killed", code="usage-jobs") from None


def _in_order(pool: ProcessPoolExecutor, parts: Iterator[Part], crew: Crew) -> Iterator[tuple[int, Passed]]:
    """The results of parts that make a whole, for as long as their documents are lines."""
    waiting: deque[tuple[Part, Future[Found]]] = deque()
    for part in itertools.chain(parts, itertools.repeat(None)):
        if part is not None:
            waiting.append((part, pool.submit(_work, part)))
            if len(waiting) <= 2 * crew.workers:
                continue
        if not waiting:
            return
        first, future = waiting.popleft()
        found = future.result()
        if found is None:
            yield from _made.rest(itertools.chain((first,), (each for each, _ in waiting), parts))
            return
        if isinstance(found, list):
            raise UsageError(found)
        yield found


def _work(part: Part) -> Found:
    return _made.work(part)


class _Worker:
    """One pass, a part at a time; what was learned of one part serves the next."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._pass: OnePass | None = None

    @property
    def _onepass(self) -> OnePass:
        """Made when it is first needed: in each process by itself."""
        if self._pass is None:
            self._pass = self._crew.make()
        return self._pass

    def work(self, part: Part) -> Found:
        """What came of a part."""
        try:
            met = self._piece(part) if isinstance(part, Piece) else self._files(part)
            return self._through(met)
        except _SpanningError:
            self._onepass.hand_over([])
            return None
        except UsageError as error:
            self._onepass.hand_over([])
            return list(error.problems)

    def _piece(self, part: Piece) -> Iterator[inputs.Met[Remembered]]:
        if part.whole:
            return inputs.documents(BytesIO(part.read()), part.path, self._onepass.known)
        found = _json.stream(_Lines(part.read()), self._onepass.known)
        return inputs.lines(((part.line - 1 + at, each) for at, each in found), part.path)

    def _files(self, part: Files) -> Iterator[inputs.Met[Remembered]]:
        read = inputs.one_file if part.named else inputs.within
        return itertools.chain.from_iterable(read(path, self._onepass.known) for path in part.paths)

    def uncut(self, run: Uncut) -> Iterator[tuple[int, Passed]]:
        """A file that is read by one process."""
        read = inputs.one_file if run.named else inputs.within
        return self._in_batches(read(run.path, self._onepass.known))

    def rest(self, parts: Iterator[Part]) -> Iterator[tuple[int, Passed]]:
        """The rest of a file, from a piece on that cannot be read by itself."""
        pieces = [each for each in parts if isinstance(each, Piece)]
        start = pieces[0].line - 1
        found = _json.stream(BytesIO(b"".join(each.read() for each in pieces)), self._onepass.known)
        return self._in_batches(inputs.lines(((start + at, each) for at, each in found), pieces[0].path))

    def _in_batches(self, met: Iterator[inputs.Met[Remembered]]) -> Iterator[tuple[int, Passed]]:
        while some := list(itertools.islice(met, _FILES)):
            yield self._through(some)

    def _through(self, met: Iterable[inputs.Met[Remembered]]) -> tuple[int, Passed]:
        """Judge what was met, and hand it over."""
        size, written = 0, []
        for length, node in self._crew.judge(met, self._onepass):
            size += length
            if node:
                written.append(node)
        return size, self._onepass.hand_over(written)


_made: _Worker


def _runs(paths: Sequence[str], *, numbered: bool) -> Iterator[Iterator[Part] | Uncut]:
    """The input as runs of parts: the pieces of one long file are a run, and so are small files one after another."""
    for folder, some in itertools.groupby(paths, key=lambda path: path != "-" and Path(path).is_dir()):
        if folder:
            for path in some:
                yield from _of_files(inputs.files(path), named=False, numbered=numbered)
        else:
            yield from _of_files(some, named=True, numbered=numbered)


def _of_files(paths: Iterable[str], *, named: bool, numbered: bool) -> Iterator[Iterator[Part] | Uncut]:
    for long, some in itertools.groupby(paths, key=_long):
        if not long:
            yield _files(some, named=named)
            continue
        for path in some:
            if path.endswith(_PACKED):
                yield Uncut(path=path, named=named)
            else:
                yield _pieces(path) if numbered or path == "-" else _unnumbered(path)


_PACKED = (".gz", ".zst", sealed.ENDING)


def _long(path: str) -> bool:
    """Whether a file makes a run of its own."""
    return path == "-" or path.endswith(_PACKED) or _size(path) > _PIECE


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _files(paths: Iterable[str], *, named: bool) -> Iterator[Part]:
    some: list[str] = []
    size = 0
    for path in paths:
        some.append(path)
        size += _size(path)
        if size >= _PIECE or len(some) == _FILES:
            yield Files(paths=tuple(some), named=named)
            some, size = [], 0
    if some:
        yield Files(paths=tuple(some), named=named)


def _pieces(path: str) -> Iterator[Part]:
    """A long file in pieces, each with something in it."""
    start, line, cut = 0, 1, False
    with inputs.opened(path) as handle:
        piece = _lines(handle)
        while data := _lines(handle):
            if piece.isspace() or data.isspace():
                piece += data
                continue
            yield _cut(path, line, start, piece, whole=False)
            cut = True
            line += piece.count(b"\n")
            start += len(piece)
            piece = data
    yield _cut(path, line, start, piece, whole=not cut)


def _unnumbered(path: str) -> Iterator[Part]:
    """The same without a look at what is in them: lines are not counted, and pieces may be blank."""
    with inputs.opened(path) as handle:
        blank = not _lines(handle).strip()
        size, start = _size(path), 0
        while start < size and not blank:
            handle.seek(start + _LARGE)
            handle.readline()
            end = min(handle.tell(), size)
            yield Piece(path=path, line=1, start=start, size=end - start, data=None, whole=False)
            start = end
    if blank:
        yield from _pieces(path)


def _cut(path: str, line: int, start: int, piece: bytes, *, whole: bool) -> Piece:
    stdin = path == "-"
    name = "<stdin>" if stdin else path
    return Piece(path=name, line=line, start=start, size=len(piece), data=piece if stdin else None, whole=whole)


def _lines(handle: BinaryIO) -> bytes:
    data = handle.read(_PIECE)
    return data + handle.readline() if data and not data.endswith(b"\n") else data
