"""Time as a value: how long a section may look, and a watch that no stuck read can outlast.

Reads ask their budget between steps. A read that never returns (a dead network mount) cannot ask, so each section runs
in a thread of its own that is left behind when its time is over.
"""

import threading
from typing import Callable, List, NamedTuple, Optional, TypeVar

Clock = Callable[[], float]
T = TypeVar("T")


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


def watched(work: Callable[[], T], seconds: float) -> Optional[T]:
    """What `work` returns, or None where it did not return in time; its exceptions are its own to catch."""
    done: List[T] = []
    thread = threading.Thread(target=lambda: done.append(work()), daemon=True)
    thread.start()
    thread.join(seconds)
    return done[0] if done else None
