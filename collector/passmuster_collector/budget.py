"""Time as a value: how long a section may look, and a watch that no stuck read can outlast.

Reads ask their budget between steps, and so do loops over what was read (`ask`): a file as large as is read may take
seconds to parse. A read that never returns (a dead network mount) cannot ask, so each section runs in a thread of its
own that is left behind when its time is over. One that hangs takes little of the others' time: they begin before it is
given up.
"""

import contextlib
import threading
from typing import Any, Callable, Generic, Iterable, Iterator, List, NamedTuple, Optional, Sequence, TypeVar

Clock = Callable[[], float]
T = TypeVar("T")
_OFTEN = 256
"""How many steps of a loop go by between two questions for the time."""


class OutOfTimeError(Exception):
    """The time of this thread's work is over."""


class Budget(NamedTuple):
    """A point in time, in seconds of a monotonic clock."""

    clock: Clock
    until: float

    def left(self) -> float:
        """Seconds that are left; 0 or less when it is spent."""
        return self.until - self.clock()

    def spent(self) -> bool:
        """Whether the time is over."""
        return self.left() <= 0


def budget(clock: Clock, seconds: float) -> Budget:
    """So many seconds from now."""
    return Budget(clock, clock() + seconds)


class _Work(threading.local):
    """What this thread works for."""

    budget = None  # type: Optional[Budget]


_WORK = _Work()


def in_time(limit: Budget, work: Callable[[], T]) -> T:
    """What `work` returns; it raises OutOfTimeError where it asks, and the limit is spent."""
    before, _WORK.budget = _WORK.budget, limit
    try:
        return work()
    finally:
        _WORK.budget = before


def ask() -> None:
    """Raise OutOfTimeError where the time of this thread's work is over; work without a limit has all the time."""
    if _WORK.budget is not None and _WORK.budget.spent():
        raise OutOfTimeError


def asking(items: Iterable[T]) -> Iterator[T]:
    """The same items, for a loop over what somebody else wrote: it ends with the time."""
    for place, item in enumerate(items):
        if place % _OFTEN == 0:
            ask()
        yield item


def watched(work: Callable[[], T], seconds: float) -> Optional[T]:
    """What `work` returns, or None where it did not return in time; its exceptions are its own to catch."""
    done: List[T] = []
    thread = threading.Thread(target=lambda: done.append(work()), daemon=True)
    thread.start()
    thread.join(seconds)
    return done[0] if done else None


class Job(Generic[T]):
    """Work for a thread of its own, and what it returned; None as long as it did not."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self.result = None  # type: Optional[T]

    def start(self) -> threading.Thread:
        """Begin; the work's exceptions are its own to catch."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        with contextlib.suppress(OutOfTimeError):
            self.result = self._work()


def run_all(jobs: "Sequence[Job[Any]]", limit: Budget, grace: float) -> None:
    """Run jobs one after the other, each for its share of the time; those that hang go on beside the next ones.

    Returns when all have ended, or at the latest a grace after the limit.
    """
    share = max(limit.left(), 0) / max(len(jobs), 1)
    threads = []
    for job in jobs:
        threads.append(job.start())
        threads[-1].join(share)
    for thread in threads:
        thread.join(max(limit.left() + grace, 0))
