"""A line for each node and rule; cells are made safe for spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from passmuster.report import harmless, origin, scope

if TYPE_CHECKING:
    from passmuster.model.verdict import FleetResult, NodeVerdict, Result, Verdict
    from passmuster.report.format import Style

HEADER = (
    "node",
    "node_outcome",
    "reason",
    "rule",
    "level",
    "outcome",
    "message",
    "unknown",
    "snapshot",
    "waiver",
    "pool",
    "rules_judged",
    "parameters_changed",
    "bundle",
    "assurance",
    "site",
)


def render(verdict: Verdict, _style: Style) -> str:
    """RFC 4180 text with a header line; a node that was not judged has one line without a rule.

    After the nodes come the results of fleet rules, a line for each pool, without a node; then the files that were not
    judged, a line each, without a node, whose outcome is `skipped`. Two columns are the same on each line: how many of
    the policies' rules were judged, and which parameters are not at their defaults (empty: none). The last three say in
    which bundle a node's snapshot came, what is known of that (empty: a loose file), and the node's site (empty: none).
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    counted = verdict.scope
    asked = (f"{counted.judged} of {counted.total}", harmless.csv(scope.parameters(counted)))
    came = origin.by_snapshot(verdict)
    for node in verdict.nodes:
        bundle = came.get(node.snapshot.digest) if node.snapshot else None
        delivery = (bundle.digest, bundle.assurance) if bundle else ("", "")
        for row in _rows(node):
            writer.writerow([*map(harmless.csv, row), *asked, *delivery, harmless.csv(node.site or "")])
    for result in verdict.fleet:
        writer.writerow([*map(harmless.csv, _of_fleet(result)), *asked, "", "", ""])
    for path in verdict.skipped:
        cells = ("", "skipped", f"{path.path}: {path.why}", *[""] * 8)
        writer.writerow([*map(harmless.csv, cells), *asked, "", "", ""])
    return out.getvalue()


def _rows(node: NodeVerdict) -> list[tuple[str, ...]]:
    digest = node.snapshot.digest if node.snapshot else ""
    head = (node.node, node.outcome.value, node.reason or "")
    if not node.results:
        return [(*head, "", "", "", "", "", digest, "", "")]
    return [
        (
            *head,
            result.rule.name,
            result.rule.level.value,
            result.outcome.value,
            result.message or "",
            " ".join(str(fact.path) for fact in result.unknown),
            digest,
            _waiver(result),
            "",
        )
        for result in node.results
    ]


def _of_fleet(result: FleetResult) -> tuple[str, ...]:
    unknown = dict.fromkeys(str(fact.path) for part in result.undecided for fact in part.facts)
    cells = (result.rule.name, result.rule.level.value, result.outcome.value, result.message or "", " ".join(unknown))
    return ("", "", "", *cells, "", "", result.pool or "")


def _waiver(result: Result) -> str:
    if result.waived is None:
        return ""
    header = result.waived.waiver
    cells = (header.id, header.reason, header.owner, header.ticket, f"until {header.expires}")
    return f"{result.waived.outcome.value} waived: " + "; ".join(cells)
