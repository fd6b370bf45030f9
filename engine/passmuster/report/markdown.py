"""The report as Markdown, for a ticket or a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.model.outcome import Level, RuleOutcome
from passmuster.report import advice, counting, exceptions, origin, pools, scope
from passmuster.report.groups import groups, missing
from passmuster.report.harmless import markdown as safe
from passmuster.report.names import fold, with_sites

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.model.verdict import PolicyHeader, Verdict
    from passmuster.report.format import Style


def render(verdict: Verdict, _style: Style) -> str:
    """CommonMark with tables; what comes from hosts cannot become markup."""
    return "\n".join(_lines(with_sites(verdict))) + "\n"


def _lines(verdict: Verdict) -> Iterator[str]:
    yield f"# {verdict.outcome.value}: {_nodes(verdict)}"
    yield ""
    yield f"Judged by {', '.join(map(_policy, verdict.policies))}."
    for line in scope.headline(verdict.scope, verdict.levels, verdict.skipped):
        yield f"**{safe(line[:1].upper() + line[1:])}.**"
    for line in origin.headline(verdict):
        yield f"{safe(line[:1].upper() + line[1:])}."
    if verdict.roster is not None:
        roster = verdict.roster
        yield f"{origin.roster(roster).capitalize()}: {len(roster.missing)} of {roster.listed} missing."
    yield f"Verdict digest: `{verdict.digest}`"
    yield ""
    yield "| node | outcome | why |"
    yield "|---|---|---|"
    for node in verdict.nodes:
        weighed = [result for result in node.results if result.rule.level is not Level.INFORMATIONAL]
        standing = [result for result in weighed if result.outcome is not RuleOutcome.WAIVED]
        decisive = [f"{result.rule.id}: {result.message}" for result in standing if result.message]
        why = "; ".join([node.reason] if node.reason else decisive)
        yield f"| {safe(node.node)} | {node.outcome.value} | {safe(why)} |"
    yield from _failures(verdict)
    yield from _unknowns(verdict)
    yield from _fleet(verdict)
    yield from _waivers(verdict)
    yield ""
    yield f"Next: {safe(advice.next_step(verdict))}"


def _policy(header: PolicyHeader) -> str:
    text = origin.release(header)
    return f"{safe(header.pack)} {safe(header.version)}{'' if text == 'released' else f' ({safe(text)})'}"


def _nodes(verdict: Verdict) -> str:
    counts_ = [f"{count} {outcome.value}" for outcome, count in counting.nodes(verdict).items() if count]
    if len(verdict.nodes) == 1:
        return safe(verdict.nodes[0].node)
    return f"{len(verdict.nodes)} nodes ({', '.join(counts_) or 'none'})"


def _failures(verdict: Verdict) -> Iterator[str]:
    for outcome in (RuleOutcome.FAIL, RuleOutcome.ERROR):
        for group in groups(verdict, outcome):
            for finding in group.findings:
                yield ""
                yield f"## {outcome.value}, {group.level.value}: {safe(finding.rule.title)}"
                yield ""
                yield f"Rule {safe(finding.rule.name)}"
                yield ""
                for message, names in finding.nodes.items():
                    yield f"* {safe(message)} ({safe(', '.join(fold(names)))})"
            yield ""
            yield f"To do: {safe(' '.join(group.remediation.split()))}"


def _unknowns(verdict: Verdict) -> Iterator[str]:
    unread = missing(verdict)
    if unread:
        yield ""
        yield "## Unknown"
        yield ""
    for fact in unread:
        paths = ", ".join(fact.facts)
        yield f"* {safe(f'{len(fact.facts)} {advice.met(fact.reason)}')}: {safe(paths)}"
        yield f"  ({safe(', '.join(fact.rules))}); {safe(fact.action)}"


def _fleet(verdict: Verdict) -> Iterator[str]:
    if verdict.fleet:
        yield from ("", "## Fleet rules", "", "| rule | level | pool | nodes | outcome | why |")
        yield "|---|---|---|---|---|---|"
    for result in verdict.fleet:
        cells = (result.rule.name, result.rule.level.value, result.pool or "", str(result.size), result.outcome.value)
        yield "| " + " | ".join(safe(cell) for cell in (*cells, result.message or "")) + " |"
    for result in pools.urgent_first(verdict):
        if result.outcome not in pools.GOOD:
            yield from ("", f"### {result.outcome.value}, {result.rule.level.value}: {safe(result.rule.title)}", "")
            yield f"Rule {safe(result.rule.name)}, {safe(pools.where(result))}"
            yield ""
            yield from (f"* {safe(line)}" for line in pools.told(result))
            if result.outcome is RuleOutcome.FAIL:
                yield from ("", f"To do: {safe(' '.join(result.rule.remediation.split()))}")


def _waivers(verdict: Verdict) -> Iterator[str]:
    exempted, remarks = exceptions.exempted(verdict), list(exceptions.remarks(verdict))
    if exempted:
        yield from ("", "## Waived", "")
        yield "| rule | would be | nodes | reason | owner | ticket | until |"
        yield "|---|---|---|---|---|---|---|"
    for exemption in exempted:
        names = fold(name for names in exemption.nodes.values() for name in names)
        cells = (
            exemption.rule.name,
            exemption.outcome.value,
            ", ".join(names),
            exemption.waiver.reason,
            exemption.waiver.owner,
        )
        yield (
            "| " + " | ".join(safe(cell) for cell in (*cells, exemption.waiver.ticket, exemption.waiver.expires)) + " |"
        )
    if remarks:
        yield from ("", "## Waivers to review", "")
    for remark in remarks:
        yield f"* {safe(exceptions.target(remark.waiver))} {safe(remark.text)}"
