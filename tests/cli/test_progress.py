"""The progress line: what it says, how seldom it is drawn, and that nothing is left of it."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from dataclasses import dataclass, field

import pytest

from passmuster.cli.progress import Progress, duration, finished, line, wanted
from passmuster.model.outcome import NodeOutcome


class Terminal(io.StringIO):
    """A terminal that remembers what was written to it."""

    def isatty(self) -> bool:
        return True


@dataclass
class Clock:
    """Time that passes when it is told to."""

    now: float = 100.0
    looks: int = field(default=0)

    def __call__(self) -> float:
        self.looks += 1
        return self.now


CLEAR = "\r\x1b[K"


def test_the_line_says_how_far_how_many_how_fast_and_how_long_still() -> None:
    told = line(45_000_000, 100_000_000, 10_000, 4.5, 79)
    assert told == "[#########...........]  45%  10,000 nodes, 2,222 nodes/s, 5.5 s left"


LINES = {
    "nothing yet": ((0, 100, 0, 1.0, 79), "[....................]   0%  0 nodes, 0 nodes/s"),
    "all of it": ((100, 100, 7, 2.0, 79), "[####################] 100%  7 nodes, 4 nodes/s, 0.0 s left"),
    "more than there should be": (
        (200, 100, 7, 2.0, 79),
        "[####################] 100%  7 nodes, 4 nodes/s, 0.0 s left",
    ),
    "nobody knows how much": ((5_000_000, None, 70, 2.0, 79), "70 nodes, 35 nodes/s, 5 MB read"),
    "an empty file": ((0, 0, 0, 2.0, 79), "0 nodes, 0 nodes/s, 0 MB read"),
    "no room for the bar": ((50, 100, 7, 2.0, 40), " 50%  7 nodes, 4 nodes/s, 2.0 s left"),
    "hardly any room": ((50, 100, 7, 2.0, 12), " 50%  7 node"),
}


@pytest.mark.parametrize(("given", "told"), LINES.values(), ids=LINES)
def test_the_line(given: tuple[int, int | None, int, float, int], told: str) -> None:
    assert line(*given) == told


SPANS = {
    0.04: "0.0 s",
    9.94: "9.9 s",
    9.96: "10 s",
    59.4: "59 s",
    59.6: "1 min 00 s",
    3599: "59 min 59 s",
    7800: "2 h 10 min",
}


@pytest.mark.parametrize("seconds", SPANS)
def test_a_span(seconds: float) -> None:
    assert duration(seconds) == SPANS[seconds]


def test_it_is_drawn_at_most_ten_times_a_second_and_gone_at_the_end() -> None:
    terminal, clock = Terminal(), Clock()
    with Progress(1_000_000, terminal, clock=clock, columns=lambda _: 80) as progress:
        for _ in range(1_000):
            clock.now += 0.01
            progress.done(1_000, 10)
    drawn = terminal.getvalue().split(CLEAR)
    assert 90 <= len(drawn) - 2 <= 96  # ten seconds, the first half of one in silence
    assert all("\n" not in each and len(each) < 80 for each in drawn)
    assert re.fullmatch(r"\[#+\.*\] .* nodes/s, .* left", drawn[-2])
    assert drawn[-1] == ""
    assert progress.nodes == 10_000


def test_what_is_quick_is_never_drawn() -> None:
    terminal, clock = Terminal(), Clock()
    with Progress(100, terminal, clock=clock, columns=lambda _: 80) as progress:
        clock.now += 0.4
        progress.done(100, 1)
    assert terminal.getvalue() == ""


def test_a_call_costs_a_look_at_the_clock() -> None:
    clock = Clock()
    progress = Progress(100, Terminal(), clock=clock, columns=lambda _: 80)
    before = clock.looks
    progress.done(1, 1)
    assert clock.looks - before == 1


def test_it_makes_room_for_a_note_and_comes_back() -> None:
    terminal, clock = Terminal(), Clock()
    progress = Progress(100, terminal, clock=clock, columns=lambda _: 80)
    clock.now += 1
    progress.done(10, 1)
    progress.clear()
    progress.clear()
    terminal.write("note: skipped\n")
    clock.now += 1
    progress.done(10, 1)
    progress.clear()
    parts = terminal.getvalue().split(CLEAR)
    assert [bool(each) for each in parts] == [False, True, True, True, False]
    assert parts[2] == "note: skipped\n"


def test_it_is_gone_also_where_the_work_ends_in_an_error() -> None:
    terminal, clock = Terminal(), Clock()

    def work() -> None:
        with Progress(100, terminal, clock=clock, columns=lambda _: 80) as progress:
            clock.now += 1
            progress.done(10, 1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert terminal.getvalue().endswith(CLEAR)


def test_a_terminal_that_went_away_ends_no_work() -> None:
    class Gone(Terminal):
        def write(self, _text: str) -> int:
            raise OSError(5, "Input/output error")

    clock = Clock()
    with Progress(100, Gone(), clock=clock, columns=lambda _: 80) as progress:
        clock.now += 1
        progress.done(10, 1)
    assert progress.nodes == 1


def test_without_a_terminal_nothing_is_drawn() -> None:
    clock = Clock()
    with Progress(100, None, clock=clock) as progress:
        clock.now += 1
        progress.done(10, 1)
    assert (progress.nodes, progress.seconds) == (1, 1.0)


WANTED = {
    "a terminal": ({"TERM": "xterm"}, True),
    "a terminal of CI": ({"TERM": "xterm", "CI": "true"}, False),
    "one that cannot rewrite a line": ({"TERM": "dumb"}, False),
    "one that does not say what it is": ({}, False),
}


@pytest.mark.parametrize(("environment", "expected"), WANTED.values(), ids=WANTED)
def test_it_is_wanted_where_someone_watches(environment: dict[str, str], *, expected: bool) -> None:
    assert wanted(Terminal(), environment) is expected
    assert not wanted(io.StringIO(), environment)


FINISHED = {
    "many": (
        {"pass": 9100, "fail": 800, "unknown": 100},
        3.1,
        "10,000 nodes: 9,100 pass, 800 fail, 100 unknown (3.1 s, 3,226 nodes/s)",
    ),
    "one": ({"warn": 1}, 0.5, "1 node: 1 warn (0.5 s, 2 nodes/s)"),
    "none": ({}, 0.5, "0 nodes: none (0.5 s)"),
    "no time at all": ({"pass": 5}, 0.0, "5 nodes: 5 pass (0.0 s)"),
}


@pytest.mark.parametrize(("counts", "seconds", "told"), FINISHED.values(), ids=FINISHED)
def test_the_line_at_the_end(counts: dict[str, int], seconds: float, told: str) -> None:
    nodes = {outcome: counts.get(outcome.value, 0) for outcome in NodeOutcome}
    assert finished(nodes, seconds) == told


_PROGRAM = """
import os, sys
from passmuster.cli.progress import Progress, wanted
now = [0.0]
with Progress(100, sys.stderr if wanted(sys.stderr, os.environ) else None, clock=lambda: now[0]) as progress:
    for _ in range(100):
        now[0] += 0.05
        progress.done(1, 300)
print("result")
"""


def _run(*, term: str) -> tuple[bytes, bytes]:
    """What a program writes to standard output, and to the terminal that is its standard error."""
    outer, inner = pty.openpty()
    environment = {"PATH": "/usr/bin", "PYTHONPATH": ":".join(sys.path), "TERM": term}
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], stdout=subprocess.PIPE, stderr=inner, env=environment
    ) as run:
        os.close(inner)
        seen = b""
        while True:
            try:
                part = os.read(outer, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            seen += part
        assert run.stdout is not None
        result = run.stdout.read()
    os.close(outer)
    assert run.returncode == 0
    return result, seen


def test_on_a_real_terminal_there_is_the_bar_and_at_the_end_nothing() -> None:
    result, seen = _run(term="xterm")
    assert result == b"result\n"
    *drawn, last = seen.split(CLEAR.encode())
    assert len(drawn) > 10
    assert drawn[0] == last == b""
    assert all(each.startswith(b"[") and b"nodes/s" in each for each in drawn[1:])


def test_a_terminal_that_cannot_rewrite_a_line_sees_nothing() -> None:
    assert _run(term="dumb") == (b"result\n", b"")
