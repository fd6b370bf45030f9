"""Comparing one node: our results with the tool's lines, each difference with the row that explains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostvalidate.checks import CHECKS, Status, status_of
from hostvalidate.differences import DIFFERENCES, Row, Side

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from passmuster.model.verdict import Result
    from passmuster.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One check on which the two do not say the same."""

    check: str
    rule: str
    tool: Status
    ours: Status
    row: Row | None
    """Why that is meant; None where nothing explains it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One node, compared."""

    equal: int
    differences: tuple[Difference, ...]
    """Empty where the two say the same everywhere."""

    @property
    def unexplained(self) -> tuple[Difference, ...]:
        """Differences that no row explains; empty where there is parity."""
        return tuple(each for each in self.differences if each.row is None)


def compare(
    results: Sequence[Result], snapshot: Snapshot, tool: Mapping[str, Status], version: tuple[int, int, int]
) -> Comparison:
    """Compare one node; `tool` is what `output.parse` reads, `version` the tool's own."""
    ours = {result.rule.id: result for result in results}
    side = Side(snapshot=snapshot, results=ours, tool=tool, version=version)
    equal, differences = 0, []
    for rule, check in CHECKS.items():
        said, meant = tool.get(check, Status.NO_LINE), status_of(ours[rule])
        if said is meant:
            equal += 1
            continue
        row = next((row for row in DIFFERENCES if row.explains(rule, said, meant, side)), None)
        differences.append(Difference(check=check, rule=rule, tool=said, ours=meant, row=row))
    return Comparison(equal=equal, differences=tuple(differences))
