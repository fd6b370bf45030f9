"""Judging one input in several processes: workers judge parts, and the results are joined in input order.

A part is a few small files, or a piece of a long file that ends with a line. A document of several lines cannot be cut:
from the piece with such a document on, one process reads the file, as without workers.
"""

from __future__ import annotations

import io
import itertools
import multiprocessing
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeAlias, cast

from passmuster.codec import json
from passmuster.errors import Problem, UsageError
from passmuster.intake import inputs, packed, reading, recognize
from passmuster.intake.bundle_input import is_bundle
from passmuster.intake.folder import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from multiprocessing.connection import Connection
    from typing import BinaryIO

    from _typeshed import WriteableBuffer

    from passmuster.fleet import Remembered
    from passmuster.fleet.runner import OnePass, Passed
    from passmuster.fleet.source import Found, Source
    from passmuster.intake.bundle_input import InputRecord
    from passmuster.model.verdict import Skipped

_PIECE = 4 * 1024 * 1024
_LARGE = 4 * _PIECE
"""A piece where nobody asks for numbers of lines: the fewer pieces, the less goes from one process to another."""
_BUFFER = 256 * 1024
_FILES = 256
"""So many small files, or nodes, make a part, or fewer that are longer together than a piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The work of each worker."""

    make: Callable[[], OnePass]
    judge: Callable[[Iterable[Found], OnePass], Iterator[tuple[int, bytes]]]
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
    """Whether this is the last piece of its file."""

    def opened(self) -> BinaryIO:
        """The lines, as an open file."""
        if self.data is not None:
            return BytesIO(self.data)
        return cast("BinaryIO", io.BufferedReader(_Window(self.path, self.start, self.size), _BUFFER))


class _Window(io.RawIOBase):
    """Bytes of a file from a place on."""

    def __init__(self, path: str, start: int, size: int) -> None:
        self._file, self._left = reading.opened(path, 0), size
        self._file.seek(start)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        read: int = self._file.readinto(view[: self._left])  # type: ignore[attr-defined]
        self._left -= read
        return read

    def close(self) -> None:
        self._file.close()
        super().close()


class _Chain(io.RawIOBase):
    """Pieces one behind the other, each opened when the one before is read."""

    def __init__(self, pieces: Iterator[Piece]) -> None:
        self._pieces, self._file = pieces, cast("BinaryIO", BytesIO())

    @classmethod
    def of(cls, pieces: Iterator[Piece]) -> BinaryIO:
        """The pieces as one open file."""
        return cast("BinaryIO", io.BufferedReader(cls(pieces), _BUFFER))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        while not (read := self._file.readinto(buffer)):  # type: ignore[attr-defined]
            self._file.close()
            piece = next(self._pieces, None)
            self._file = cast("BinaryIO", BytesIO()) if piece is None else piece.opened()
            if piece is None:
                return 0
        return int(read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncut:
    """A file that cannot be cut: it is packed, a bundle, or holds no snapshots."""

    path: str
    named: bool


Part: TypeAlias = Files | Piece
Result: TypeAlias = "tuple[int, Passed] | list[Problem] | None"
"""What came of a part: its bytes and nodes; problems where a file cannot be opened; None where a document in it goes
over several lines."""
Answer: TypeAlias = "tuple[Result, frozenset[Skipped]] | Exception"
"""What a worker sends back: the result of a part, and what in it was not judged; or what went wrong."""


def fresh() -> BinaryIO:
    """An empty journal in memory."""
    return BytesIO()


def passed(source: Source, crew: Crew) -> Iterator[tuple[int, Passed]]:
    """Judge everything; yields the bytes of each part and its result, in input order."""
    worker = _Worker(source, crew)
    with _workers(worker, source.workers) as ask:
        for run in _runs(source, numbered=crew.numbered):
            yield from worker.uncut(run) if isinstance(run, Uncut) else _in_order(ask, run, worker)


@contextmanager
def _workers(worker: _Worker, count: int) -> Iterator[Callable[[Part], Future[Answer]]]:
    """Processes that each are a copy of the worker, and what hands a part to one that is idle.

    They are forked: policies as programs cannot be sent. A thread waits for each, so that nobody waits for anybody
    while a long answer is on its way.
    """
    context = multiprocessing.get_context("fork")
    idle: SimpleQueue[Connection] = SimpleQueue()
    ours: list[Connection] = []
    processes = []
    for _ in range(count):
        here, there = context.Pipe()
        ours.append(here)
        process = context.Process(target=_serve, args=(worker, there, ours), daemon=True)
        process.start()
        there.close()
        idle.put(here)
        processes.append(process)

    def answer(part: Part) -> Answer:
        connection = idle.get()
        try:
            connection.send(part)
            return cast("Answer", connection.recv())
        except (EOFError, OSError):
            return UsageError.at("--jobs", "a worker process was killed", code="usage-jobs")
        finally:
            idle.put(connection)

    threads = ThreadPoolExecutor(count)
    try:
        yield lambda part: threads.submit(answer, part)
    except BaseException:
        for process in processes:
            process.terminate()  # what was asked before is needed no more
        raise
    finally:
        threads.shutdown(cancel_futures=True)
        for connection in ours:
            connection.close()
        for process in processes:
            process.join()


def _serve(worker: _Worker, connection: Connection, others: Sequence[Connection]) -> None:
    """Answer one part after another until there are no more."""
    for each in others:
        each.close()  # so that a parent that is gone is seen
    try:
        while True:
            connection.send(worker.answer(connection.recv()))
    except (EOFError, OSError, KeyboardInterrupt):
        return


def _in_order(
    ask: Callable[[Part], Future[Answer]], parts: Iterator[Part], worker: _Worker
) -> Iterator[tuple[int, Passed]]:
    """The results of parts that make a whole, for as long as their documents are lines."""
    waiting: deque[tuple[Part, Future[Answer]]] = deque()
    for part in itertools.chain(parts, itertools.repeat(None)):
        if part is not None:
            waiting.append((part, ask(part)))
            if len(waiting) <= 2 * worker.count:
                continue
        if not waiting:
            return
        first, future = waiting.popleft()
        answer = future.result()
        if isinstance(answer, Exception):
            raise answer
        result, skipped = answer
        worker.record.skipped.update(skipped)
        if result is None:
            yield from worker.rest(itertools.chain((first,), (each for each, _ in waiting), parts))
            return
        if isinstance(result, list):
            raise UsageError(result)
        yield result


class _Worker:
    """One pass, part by part, with one cache for all parts."""

    def __init__(self, source: Source, crew: Crew) -> None:
        self._source, self._crew = source, crew
        self.record, self.count = source.record, source.workers
        self._pass: OnePass | None = None

    @property
    def _onepass(self) -> OnePass:
        """Made when it is first needed: in each process by itself."""
        if self._pass is None:
            self._pass = self._crew.make()
        return self._pass

    def answer(self, part: Part) -> Answer:
        """What came of a part, and what was not judged in it; or what went wrong, for whoever asked."""
        try:
            return self._result(part), frozenset(self.record.skipped)
        except Exception as error:  # noqa: BLE001 - raised again by whoever asked
            return error
        finally:
            self.record.skipped.clear()

    def _result(self, part: Part) -> Result:
        try:
            return self._through(self._piece(part) if isinstance(part, Piece) else self._files(part))
        except json.SpanningError:
            self._onepass.hand_over([])
            self.record.skipped.clear()  # whoever reads on meets it again
            return None
        except UsageError as error:
            self._onepass.hand_over([])
            return list(error.problems)

    def _piece(self, part: Piece) -> Iterator[inputs.InputItem[Remembered]]:
        if part.whole:
            return inputs.documents(self.record, part.opened(), part.path, self._onepass.known)
        found = json.stream(part.opened(), self._onepass.known, lines=True)
        return inputs.lines(self.record, ((part.line - 1 + at, each) for at, each in found), part.path)

    def _files(self, part: Files) -> Iterator[inputs.InputItem[Remembered]]:
        read = inputs.one_file if part.named else inputs.within
        return itertools.chain.from_iterable(read(self.record, path, self._onepass.known) for path in part.paths)

    def uncut(self, run: Uncut) -> Iterator[tuple[int, Passed]]:
        """A file that is read by one process."""
        read = inputs.one_file if run.named else inputs.within
        return self._in_batches(read(self.record, run.path, self._onepass.known))

    def rest(self, parts: Iterator[Part]) -> Iterator[tuple[int, Passed]]:
        """The rest of a file, from a piece on that cannot be read by itself."""
        first = next(each for each in parts if isinstance(each, Piece))
        pieces = itertools.chain((first,), (each for each in parts if isinstance(each, Piece)))
        start = first.line - 1
        found = json.stream(_Chain.of(pieces), self._onepass.known)
        return self._in_batches(inputs.lines(self.record, ((start + at, each) for at, each in found), first.path))

    def _in_batches(self, items: Iterator[inputs.InputItem[Remembered]]) -> Iterator[tuple[int, Passed]]:
        while some := list(itertools.islice(items, _FILES)):
            yield self._through(some)

    def _through(self, items: Iterable[inputs.InputItem[Remembered]]) -> tuple[int, Passed]:
        """Judge a document, and pass it on."""
        size, written = 0, []
        for length, node in self._crew.judge(self._source.placed(self._source.only(items)), self._onepass):
            size += length
            if node:
                written.append(node)
        return size, self._onepass.hand_over(written)


def _runs(source: Source, *, numbered: bool) -> Iterator[Iterator[Part] | Uncut]:
    """The input as runs of parts: the pieces of one long file are a run, and so are small files one after another."""
    for folder, some in itertools.groupby(source.paths, key=lambda path: path != "-" and Path(path).is_dir()):
        if folder:
            for path in some:
                yield from _of_files(source.record, files(source.record, path), named=False, numbered=numbered)
        else:
            yield from _of_files(source.record, some, named=True, numbered=numbered)


def _of_files(
    record: InputRecord, paths: Iterable[str], *, named: bool, numbered: bool
) -> Iterator[Iterator[Part] | Uncut]:
    for long, some in itertools.groupby(paths, key=_long):
        if not long:
            yield _files(some, named=named)
            continue
        for path in some:
            if _is_uncut(record, path):
                yield Uncut(path=path, named=named)
            else:
                yield _pieces(record, path) if numbered or path == "-" else _unnumbered(record, path)


def _is_uncut(record: InputRecord, path: str) -> bool:
    """Whether a long file has to be read by one process, which also says what is wrong with it."""
    if is_bundle(path):
        return True
    try:
        if path == "-":
            head = inputs.begin(record.stdin())
        else:
            with reading.opened(path, _BUFFER) as file:
                head = inputs.begin(file)
    except OSError:
        return True
    return packed.is_packed(head) or recognize.foreign(head) is not None


def _long(path: str) -> bool:
    """Whether a file is a run by itself."""
    return path == "-" or is_bundle(path) or _size(path) > _PIECE


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


def _pieces(record: InputRecord, path: str) -> Iterator[Part]:
    """A long file in pieces, each with something in it."""
    start, line, cut = 0, 1, False
    with inputs.opened(path, record.stdin) as handle:
        piece, end = _lines(handle), _place(handle, path)
        while data := _lines(handle):
            if piece.isspace() or data.isspace():
                piece += data
            else:
                yield _cut(path, line, (start, end), piece, whole=False)
                cut = True
                line += piece.count(b"\n")
                start, piece = end, data
            end = _place(handle, path)
    yield _cut(path, line, (start, end), piece, whole=not cut)


def _place(handle: BinaryIO, path: str) -> int:
    """The position in a file; 0 for standard input, whose pieces contain their bytes."""
    return 0 if path == "-" else handle.tell()


def _unnumbered(record: InputRecord, path: str) -> Iterator[Part]:
    """The same without a look at what is in them: lines are not counted, and pieces may be blank."""
    with inputs.opened(path, record.stdin) as handle:
        blank = not _lines(handle).strip()
        size, start = _size(path), 0
        while start < size and not blank:
            handle.seek(start + _LARGE)
            _line(handle)
            end = min(handle.tell(), size)
            yield Piece(path=path, line=1, start=start, size=end - start, data=None, whole=False)
            start = end
    if blank:
        yield from _pieces(record, path)


def _cut(path: str, line: int, at: tuple[int, int], piece: bytes, *, whole: bool) -> Piece:
    stdin = path == "-"
    name = "<stdin>" if stdin else path
    data = piece if stdin else None
    return Piece(path=name, line=line, start=at[0], size=at[1] - at[0], data=data, whole=whole)


def _lines(handle: BinaryIO) -> bytes:
    """Some lines. A line that is longer than a document may be is cut off there: whoever reads it refuses it."""
    data = handle.read(_PIECE)
    return data + _line(handle) if data and not data.endswith(b"\n") else data


def _line(handle: BinaryIO) -> bytes:
    """The rest of a line, or so much of it that it is too long."""
    line = handle.readline(json.MAX_BYTES + 1)
    rest = line
    while rest and not rest.endswith(b"\n"):
        rest = handle.readline(_PIECE)
    return line if line.endswith(b"\n") or not rest else line + b"\n"
