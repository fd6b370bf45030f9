"""Reports: a verdict in, text out. Formats return text; only the command line writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.report import attestation, csv, json_v1, markdown, matrix, stream, summary, table
from passmuster.report.format import Evidence, Reporter, Style

if TYPE_CHECKING:
    from passmuster.model.verdict import Verdict

__all__ = ["REPORTERS", "Evidence", "Reporter", "Style"]


def html(verdict: Verdict, style: Style) -> str:
    """See `passmuster.report.html`."""
    from passmuster.report.html import render  # noqa: PLC0415 - a tenth of what a command imports, for one format

    return render(verdict, style)


REPORTERS: tuple[Reporter, ...] = (
    Reporter(name="table", render=table.render, description="for a person at a terminal (the default)"),
    Reporter(name="html", render=html, description="one page for a browser or paper, with the evidence"),
    Reporter(name="json", render=json_v1.render, description="everything, as in schemas/report/1.json"),
    Reporter(name="ndjson", render=stream.render, description="as json, a line for each node and a last line"),
    Reporter(name="csv", render=csv.render, description="a line for each node and rule, for a spreadsheet"),
    Reporter(name="markdown", render=markdown.render, description="for a ticket or a page"),
    Reporter(name="attestation", render=attestation.render, description="an in-toto statement of test results"),
    Reporter(name="matrix", render=matrix.render, description="the counts of each rule, worst first, at a terminal"),
    Reporter(name="summary", render=summary.render, description="the counts alone, as JSON"),
)
