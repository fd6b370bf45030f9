"""Reports: a verdict in, text out. Formats return text; only the command line writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.report.csv import render as csv
from passmuster.report.format import Evidence, Reporter, Style
from passmuster.report.json_v1 import render as json
from passmuster.report.markdown import render as markdown
from passmuster.report.matrix import render as matrix
from passmuster.report.statement import render as attestation
from passmuster.report.stream import render as ndjson
from passmuster.report.summary import render as summary
from passmuster.report.table import render as table

if TYPE_CHECKING:
    from passmuster.model.verdict import Verdict

__all__ = ["REPORTERS", "Evidence", "Reporter", "Style"]


def html(verdict: Verdict, style: Style) -> str:
    """See `passmuster.report.html`."""
    from passmuster.report.html import render  # noqa: PLC0415 - a tenth of what a command imports, for one format

    return render(verdict, style)


REPORTERS: tuple[Reporter, ...] = (
    Reporter(name="table", render=table, description="for a person at a terminal (the default)"),
    Reporter(name="html", render=html, description="one page for a browser or paper, with the evidence"),
    Reporter(name="json", render=json, description="everything, in the form of schemas/report/1.json"),
    Reporter(name="ndjson", render=ndjson, description="the same a line for each node, as they come, and a last line"),
    Reporter(name="csv", render=csv, description="a line for each node and rule, for a spreadsheet"),
    Reporter(name="markdown", render=markdown, description="for a ticket or a page"),
    Reporter(name="attestation", render=attestation, description="an in-toto statement of test results, to be signed"),
    Reporter(name="matrix", render=matrix, description="the counts of each rule, worst first, at a terminal"),
    Reporter(name="summary", render=summary, description="the counts alone, as JSON"),
)
