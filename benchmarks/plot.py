"""A plot of the benchmark as SVG: a line for each engine, a mark for each size, on a logarithmic axis."""

from __future__ import annotations

import html
import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.timing import Series

_WIDTH, _LEFT, _RIGHT, _TOP, _STEP = 860, 270, 70, 64, 30
_NEAR = 0.05
"""So much of a decade below its end opens no new one."""
_STYLE = """
    text { font: 14px system-ui, sans-serif; fill: #24292f }
    .quiet { fill: #57606a; font-size: 12px }
    .page { fill: #ffffff } .grid { stroke: #d0d7de } .one { stroke: #57606a; stroke-width: 2 }
    .range { stroke: #0969da; stroke-opacity: .35; stroke-width: 4 } .mark { fill: #0969da }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .quiet { fill: #9198a1 } .page { fill: #0d1117 } .grid { stroke: #3d444d }
      .one { stroke: #9198a1 } .range { stroke: #4493f8 } .mark { fill: #4493f8 }
    }"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What one engine took at one size."""

    engine: str
    nodes: int
    ratio: float
    """Times orjson."""


def points(rows: Sequence[Series]) -> list[Point]:
    """The rows that belong into the plot."""
    return [
        Point(engine=series.engine, nodes=series.nodes, ratio=statistics.median(series.ratios()))
        for series in rows
        if series.engine
    ]


def svg(shown: Sequence[Point]) -> str:
    """The plot; marks of one engine grow with the size of the fleet, and the last is written out."""
    engines = list(dict.fromkeys(point.engine for point in shown))
    low = math.floor(math.log10(min(point.ratio for point in shown)) + _NEAR)
    high = math.ceil(math.log10(max(point.ratio for point in shown)))
    height = _TOP + _STEP * len(engines) + 30
    scale = (_WIDTH - _LEFT - _RIGHT) / max(1, high - low)

    def across(ratio: float) -> float:
        return round(_LEFT + (math.log10(ratio) - low) * scale, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        "<title>Time for a node as a multiple of orjson.loads</title>",
        f'<style>{_STYLE}\n</style>\n<rect class="page" width="{_WIDTH}" height="{height}"/>',
        '<text x="16" y="24">Time for a node, times that of orjson.loads (logarithmic; less is better)</text>',
        f'<text class="quiet" x="16" y="44">{_sizes(shown)}</text>',
    ]
    parts += [_grid(across(10.0**power), height, f"{10.0**power:g}", one=power == 0) for power in range(low, high + 1)]
    for place, engine in enumerate(engines):
        parts += _row([point for point in shown if point.engine == engine], across, _TOP + _STEP * place + 18)
    return "\n".join([*parts, "</svg>", ""])


def _sizes(shown: Sequence[Point]) -> str:
    sizes = sorted({each.nodes for each in shown})
    told = ", ".join(f"{nodes:,}" for nodes in sizes)
    return f"A larger mark is a larger fleet ({told}); the figure is that of the largest"


def _grid(x: float, height: int, text: str, *, one: bool) -> str:
    line = f'<line class="{"one" if one else "grid"}" x1="{x}" x2="{x}" y1="{_TOP - 6}" y2="{height - 26}"/>'
    return f'{line}<text class="quiet" x="{x}" y="{height - 10}" text-anchor="middle">{text}</text>'


def _row(of: Sequence[Point], across: Callable[[float], float], y: int) -> list[str]:
    found = sorted(of, key=lambda point: point.nodes)
    xs = [across(point.ratio) for point in found]
    last = found[-1].ratio
    told = f"{last:.2f}" if last < 10 else f"{last:,.0f}"
    return [
        f'<text x="{_LEFT - 14}" y="{y + 5}" text-anchor="end">{html.escape(found[0].engine)}</text>',
        f'<line class="range" x1="{min(xs)}" x2="{max(xs)}" y1="{y}" y2="{y}"/>',
        *[
            f'<circle class="mark" cx="{x}" cy="{y}" r="{2 + math.log10(point.nodes) * 0.9:.1f}"/>'
            for x, point in zip(xs, found, strict=True)
        ],
        f'<text class="quiet" x="{max(xs) + 14}" y="{y + 4}">{told}</text>',
    ]
