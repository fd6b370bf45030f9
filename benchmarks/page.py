"""The rows of the benchmark as text, and in docs/benchmarks.md with their plot."""

from __future__ import annotations

import platform
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import plot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.timing import Series

BEGIN, END = "<!-- fleets: written by benchmarks/fleet.py --write -->", "<!-- end of fleets -->"
_COLUMNS = ("nodes", "us a node", "x orjson", "lowest to highest", "x in processor time", "peak MB", "goal")


def cells(series: Series) -> list[str]:
    """One row without its title."""
    ratios = series.ratios()
    alone = series.base is None
    return [
        f"{series.nodes:,}",
        _figure(series.wall / series.nodes * 1e6),
        "1" if alone else _figure(statistics.median(ratios)),
        "-" if alone else f"{_figure(min(ratios))} to {_figure(max(ratios))}",
        "-" if alone else _figure(series.work()),
        f"{series.peak / 1e6:.0f}" if series.peak else "-",
        _goal(series),
    ]


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _goal(series: Series) -> str:
    goals = [
        *([f"{series.goal:g} x"] if series.goal is not None else []),
        *([f"{series.peak_goal / 1e6:.0f} MB"] if series.peak_goal is not None else []),
        *([f"{series.wall_goal:g} s"] if series.wall_goal is not None else []),
    ]
    mark = " OVER" if series.broken() else " over in some runs" if series.missed() else ""
    return (", ".join(goals) or "-") + mark


def heading() -> str:
    """The names of the columns, for a terminal."""
    return _aligned("", _COLUMNS)


def line(series: Series) -> str:
    """A row for a terminal."""
    return _aligned(series.title.replace("`", ""), cells(series))


def _aligned(title: str, texts: Sequence[str]) -> str:
    widths = (9, 10, 9, 18, 20, 8, 0)
    return f"{title:<58}" + " ".join(f"{text:>{width}}" for text, width in zip(texts, widths, strict=True))


def write(docs: Path, rows: Sequence[Series], *, date: str) -> None:
    """Put table and plot into the page, between its marks; raises ValueError where the page has none."""
    file = docs / "benchmarks.md"
    before, _, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"no marks in {file}")
    (docs / "benchmarks.svg").write_text(plot.svg(plot.points(rows)), encoding="utf-8")
    file.write_text(f"{before}{BEGIN}\n{_told(rows, date)}{END}{after}", encoding="utf-8")


def _told(rows: Sequence[Series], date: str) -> str:
    head = ["| |", *[f" {name} |" for name in _COLUMNS]]
    table = ["".join(head), "|---|" + "---:|" * len(_COLUMNS)]
    table += ["| " + " | ".join([series.title, *cells(series)]) + " |" for series in rows]
    when = f", {date}" if date else ""
    machine = f"{_processor()}, Python {platform.python_version()} on {sys.platform}{when}."
    picture = "![Time for a node as a multiple of orjson.loads, for each engine and size of the fleet](benchmarks.svg)"
    return f"{machine}\n\n" + "\n".join(table) + f"\n\n{picture}\n"


def _processor() -> str:
    """The name of the processor, and how many of them, without what tells the machine."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    names = [each.partition(":")[2].strip() for each in text.splitlines() if each.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.machine()
