"""The report as one HTML page: no scripts, pictures or external addresses; nodes with identical results are grouped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.report.html.basis import basis
from passmuster.report.html.grid import grid
from passmuster.report.html.overview import header, summary, title, todo
from passmuster.report.html.parts import parts, single
from passmuster.report.html.pools import pools
from passmuster.report.html.style import NARROW, PAPER, RULES
from passmuster.report.names import with_sites
from passmuster.report.node_groups import alike
from passmuster.report.page import css, tag, whole

if TYPE_CHECKING:
    from passmuster.model.verdict import Verdict
    from passmuster.report.format import Style
    from passmuster.report.page import Markup


def render(verdict: Verdict, style: Style) -> str:
    """The whole page; a single node has its part alone, without summary and tables of many."""
    verdict = with_sites(verdict)
    content = _one(verdict, style) if len(verdict.nodes) == 1 else _many(verdict, style)
    main = tag("main", *content, basis(verdict))
    close = f"Passmuster {verdict.engine}. Digest of this verdict, as in its JSON report: {verdict.digest}."
    return whole(
        header(verdict),
        main,
        tag("footer", tag("p", close), class_="close"),
        title=title(verdict),
        style=css(RULES, narrow=NARROW, paper=PAPER),
        skip=("Skip to the nodes", "nodes"),
    )


def _one(verdict: Verdict, style: Style) -> tuple[Markup | None, ...]:
    return single(verdict, style.evidence), pools(verdict.fleet)


def _many(verdict: Verdict, style: Style) -> tuple[Markup | None, ...]:
    groups = alike(verdict)
    shown = parts(groups, style.evidence)
    return summary(verdict), todo(verdict, groups), grid(verdict, groups), pools(verdict.fleet), shown
