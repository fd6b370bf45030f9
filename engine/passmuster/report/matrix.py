"""Rules by outcomes, as counts: a line for each rule, worst first, for a terminal. Needs counts alone, no nodes."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from passmuster.model.outcome import Level, NodeOutcome, RuleOutcome
from passmuster.report import counting, harmless, origin
from passmuster.report.scope import headline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from passmuster.model.verdict import RuleHeader, Verdict
    from passmuster.report.format import Style

    Counts: TypeAlias = Mapping[RuleHeader, Mapping[RuleOutcome, int]]

COLUMNS: tuple[tuple[RuleOutcome, str], ...] = (
    (RuleOutcome.FAIL, "fail"),
    (RuleOutcome.UNKNOWN, "unknown"),
    (RuleOutcome.ERROR, "error"),
    (RuleOutcome.WAIVED, "waived"),
    (RuleOutcome.PASS, "pass"),
    (RuleOutcome.NOT_APPLICABLE, "n/a"),
)
"""What is told, worst first, and how a heading says it."""
_COLORS = {RuleOutcome.FAIL: "31", RuleOutcome.UNKNOWN: "35", RuleOutcome.ERROR: "35", RuleOutcome.WAIVED: "36"}
_NOTE = "36"
"""The colour of an informational rule that fails: it needs no action."""
_SHORT = {Level.REQUIRED: "req", Level.RECOMMENDED: "rec", Level.INFORMATIONAL: "info"}
_RANKS = {level: rank for rank, level in enumerate(Level)}
_NAME_MIN = 12
_TOTAL = "total"


def render(verdict: Verdict, style: Style) -> str:
    """The matrix of a verdict."""
    head = [*headline(verdict.scope, verdict.levels, verdict.skipped), *origin.headline(verdict)]
    pools = counting.by_fleet_rule(verdict)
    return text(counting.by_rule(verdict), counting.nodes(verdict), style, head=head, pools=pools)


def text(
    rules: Counts,
    nodes: Mapping[NodeOutcome, int],
    style: Style,
    *,
    head: Iterable[str],
    pools: Counts | None = None,
) -> str:
    """The same of what was only counted; `head` are lines that stand first.

    `rules` counts nodes, and every rule has a result on each node that was judged at all; `pools` counts, for rules
    about the fleet, pools of nodes.
    """
    parts = [line for text in head for line in textwrap.wrap(harmless.plain(text), style.width, break_long_words=False)]
    parts += [""] if parts else []
    parts += [*_table(rules, style, "rule"), ""] if rules else []
    parts += [*_table(pools, style, "fleet rule"), ""] if pools else []
    return "\n".join([*parts, *_total(rules, nodes)]) + "\n"


def worst_first(rules: Counts) -> list[tuple[RuleHeader, Mapping[RuleOutcome, int]]]:
    """Rules that fail somewhere, those undecided somewhere, the rest; the weightier first, informational ones last."""
    return sorted(rules.items(), key=lambda rule_counts: _badness(*rule_counts))


def _badness(rule: RuleHeader, counts: Mapping[RuleOutcome, int]) -> tuple[bool, int, int, int]:
    failing = counts.get(RuleOutcome.FAIL, 0)
    undecided = counts.get(RuleOutcome.UNKNOWN, 0) + counts.get(RuleOutcome.ERROR, 0)
    waived = counts.get(RuleOutcome.WAIVED, 0)
    kind = next((rank for rank, count in enumerate((failing, undecided, waived)) if count), 3)
    return rule.level is Level.INFORMATIONAL, kind, _RANKS[rule.level], -(failing or undecided or waived)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How wide the columns are; the names take what is left."""

    name: int
    levels: Mapping[Level, str]
    counts: tuple[int, ...]
    gap: str

    def line(self, name: str, level: str, cells: Sequence[str]) -> str:
        """A line of the table."""
        padded = [cell.rjust(width) for cell, width in zip(cells, self.counts, strict=True)]
        return self.gap.join([name.ljust(self.name), level.ljust(self._level), *padded])

    @property
    def _level(self) -> int:
        return max(len("level"), *map(len, self.levels.values()))


def _table(rules: Counts, style: Style, head: str) -> Iterator[str]:
    several = len({rule.pack for rule in rules}) > 1
    names = {rule: rule.name if several else rule.id for rule in rules}
    totals = {outcome: sum(counts.get(outcome, 0) for counts in rules.values()) for outcome, _ in COLUMNS}
    counts = tuple(max(len(name), len(str(totals[outcome]))) for outcome, name in COLUMNS)
    layout = _layout(
        max(len(head), len(_TOTAL), *map(len, names.values())), counts, {rule.level for rule in rules}, style.width
    )
    yield layout.line(head, "level", [name for _, name in COLUMNS])
    for rule, rule_counts in worst_first(rules):
        cells = [_cell(rule_counts.get(outcome, 0)) for outcome, _ in COLUMNS]
        line = layout.line(_cut(names[rule], layout.name), layout.levels[rule.level], cells)
        yield _coloured(line, rule.level, rule_counts) if style.color else line
    yield layout.line(_TOTAL, "", [_cell(totals[outcome]) for outcome, _ in COLUMNS])


def _layout(wanted: int, counts: tuple[int, ...], levels: set[Level], width: int) -> _Layout:
    """The roomiest layout that has room for the names; where none has, the tightest one, and the names are cut."""
    for short, gap in ((False, "  "), (True, "  "), (True, " ")):
        words = {level: _SHORT[level] if short else level.value for level in levels}
        made = _Layout(name=wanted, levels=words, counts=counts, gap=gap)
        over = len(made.line("", "", [""] * len(counts))) - width
        if over <= 0:
            return made
    return replace(made, name=max(_NAME_MIN, wanted - over))


def _cell(count: int) -> str:
    return str(count) if count else "-"


def _cut(name: str, width: int) -> str:
    """A name that is too long loses its middle: ids differ at their ends."""
    kept = width - 2
    return name if len(name) <= width else name[: kept - kept // 2] + ".." + name[-(kept // 2) :]


def _coloured(line: str, level: Level, counts: Mapping[RuleOutcome, int]) -> str:
    worst = next((outcome for outcome, _ in COLUMNS if counts.get(outcome)), None)
    if worst not in _COLORS:
        return line
    color = _NOTE if worst is RuleOutcome.FAIL and level is Level.INFORMATIONAL else _COLORS[worst]
    return f"\x1b[{color}m{line}\x1b[0m"


_ORDER = (NodeOutcome.FAIL, NodeOutcome.UNKNOWN, NodeOutcome.WARN, NodeOutcome.PASS)


def _total(rules: Counts, nodes: Mapping[NodeOutcome, int]) -> Iterator[str]:
    total = sum(nodes.values())
    text = ", ".join(f"{nodes[outcome]} {outcome.value}" for outcome in _ORDER if nodes.get(outcome))
    yield f"{total} node{'' if total == 1 else 's'}: {text or 'none'}"
    silent = total - max((sum(counts.values()) for counts in rules.values()), default=0)
    if silent:
        yield f"{silent} unknown as a whole: -o table shows why"
