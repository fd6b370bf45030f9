"""The top of the page: the verdict in words, how many nodes came to which outcome, and what there is to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.evaluation.node import ONLY_FLEET
from passmuster.model.outcome import Level, NodeOutcome, RuleOutcome
from passmuster.report import advice, counting, leftout, origin, scope
from passmuster.report.groups import groups, missing
from passmuster.report.html import words
from passmuster.report.page import Markup, join, tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from passmuster.model.verdict import RuleHeader, Verdict
    from passmuster.report.groups import Finding, Group, Missing
    from passmuster.report.node_groups import Alike

_MESSAGES_MAX = 5
"""Messages of one rule that are told here; the parts of the nodes tell all."""


def title(verdict: Verdict) -> str:
    """The verdict in one line."""
    if len(verdict.nodes) == 1:
        return f"{words.name(verdict.nodes[0].node)} {scope.verdict(verdict)}"
    counts = [f"{count:,} {outcome.value}" for outcome, count in counting.nodes(verdict).items() if count]
    return f"{words.count(len(verdict.nodes), 'node')}: {', '.join(counts) or 'none was given'}"


def header(verdict: Verdict) -> Markup:
    """The verdict, by which policies, and the digest that names it."""
    policies = [
        join(tag("strong", f"{policy.pack} {policy.version}"), f", {origin.release(policy)}")
        for policy in verdict.policies
    ]
    judged = [part for paragraph in policies for part in (tag("br"), paragraph)][1:]
    asked = list(scope.headline(verdict.scope, verdict.levels)) or [scope.judged(verdict.scope)]
    asked += leftout.headline(verdict.skipped)
    came = list(origin.headline(verdict)) or ["loose files, without a trust file"]
    rows = (
        ("Judged by", join(*judged)),
        ("Scope", join(*[part for line in asked for part in (tag("br"), words.name(line))][1:])),
        ("Received", join(*[part for line in came for part in (tag("br"), words.name(line))][1:])),
        ("Verdict", join(words.outcome(verdict.outcome), tag("span", verdict.digest, class_="mono digest"))),
        ("Engine", f"passmuster {verdict.engine}, {verdict.language}"),
    )
    listed = [part for name, value in rows for part in (tag("dt", name), tag("dd", value))]
    return tag(
        "header",
        tag("p", "Passmuster report", class_="label"),
        tag("h1", title(verdict)),
        tag("dl", *listed, class_="meta"),
    )


def summary(verdict: Verdict) -> Markup:
    """A bar, and the same in words."""
    counts = {outcome: count for outcome, count in counting.nodes(verdict).items() if count}
    total = len(verdict.nodes)
    bar = [
        tag("span", outcome.value, class_=outcome.value, style=f"flex-grow:{count}")
        for outcome, count in counts.items()
    ]
    items = [
        tag(
            "li",
            tag("strong", f"{count:,}"),
            " ",
            words.outcome(outcome),
            f" {_percent(count, total)}: {_MEANING[outcome]}",
        )
        for outcome, count in counts.items()
    ]
    empty = tag("p", "No node was given; an empty fleet never passes.") if not total else None
    drawn = tag("div", *bar, class_="bar", aria_hidden="true") if bar else None
    return words.section("Nodes by outcome", "summary", drawn, tag("ul", *items, class_="tally") if items else empty)


_MEANING = {
    NodeOutcome.FAIL: "a required rule fails",
    NodeOutcome.UNKNOWN: "a required rule is unknown, or the node as a whole",
    NodeOutcome.WARN: "every required rule passes, but not every recommended one",
    NodeOutcome.PASS: "every required and recommended rule that applies passes",
}


def _percent(count: int, total: int) -> str:
    part = 100 * count / total
    return (
        f"({part:.0f} %)" if part in {0, 100} or 1 <= part <= 99 else f"({part:.2g} %)" if part < 1 else "(over 99 %)"
    )


def todo(verdict: Verdict, groups: Sequence[Alike]) -> Markup:
    """What to mend, what to collect again, and what could not be read; each once, however many nodes it concerns."""
    items = [*_mend(verdict), *_split(verdict), *map(_look, missing(verdict)), *_unread(groups)]
    return words.section(
        "What to do", "todo", tag("ol", *items, class_="todo") if items else None, words.next_step(verdict)
    )


def _mend(verdict: Verdict) -> Iterator[Markup]:
    for outcome in (RuleOutcome.FAIL, RuleOutcome.ERROR):
        for group in groups(verdict, outcome):
            if group.level is not Level.INFORMATIONAL:
                yield tag(
                    "li",
                    *(_finding(verdict, group, finding) for finding in group.findings),
                    words.remedy(group.outcome, group.remediation),
                )


def _finding(verdict: Verdict, group: Group, finding: Finding) -> Markup:
    messages = _messages(verdict, finding.rule, group.outcome)
    concerned = sum(len(names) for names in messages.values())
    by_size = sorted(messages.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    items = [
        tag("li", message or "no message", tag("span", words.on(names), class_="sub"))
        for message, names in by_size[:_MESSAGES_MAX]
    ]
    rest = len(by_size) - len(items)
    more = tag("li", f"and {words.count(rest, 'other message')}, with the nodes below") if rest else None
    head = tag("p", words.outcome(group.outcome), " ", tag("strong", finding.rule.title), class_="what")
    text = f"{finding.rule.name}, {finding.rule.level.value}, {words.count(concerned, 'node')}"
    return join(head, tag("p", text, class_="under"), tag("ul", *items, more))


def _messages(verdict: Verdict, rule: RuleHeader, outcome: RuleOutcome) -> dict[str, list[str]]:
    """Message -> names of nodes; a name that two nodes have stands there twice, so that counts are of nodes."""
    by_message: dict[str, list[str]] = {}
    for node in verdict.nodes:
        for result in node.results:
            if result.outcome is outcome and result.rule == rule:
                by_message.setdefault(result.message or "", []).append(node.node)
    return by_message


def _split(verdict: Verdict) -> Iterator[Markup]:
    """Fleet rules that some pool does not meet; their section tells which, and who is odd."""
    for outcome in (RuleOutcome.FAIL, RuleOutcome.ERROR, RuleOutcome.UNKNOWN):
        of_outcome = [result for result in verdict.fleet if result.outcome is outcome]
        for rule in dict.fromkeys(result.rule for result in of_outcome if result.rule.level is not Level.INFORMATIONAL):
            pools = [result for result in of_outcome if result.rule == rule]
            text = f"{rule.name}, {rule.level.value}, {words.count(len(pools), 'pool')} of nodes"
            messages = dict.fromkeys(pool.message or "no message" for pool in pools)
            yield tag(
                "li",
                tag("p", words.outcome(outcome), " ", tag("strong", rule.title), class_="what"),
                tag("p", text, "; see ", tag("a", "the fleet rules", href="#fleet"), class_="under"),
                tag("ul", *(tag("li", message) for message in list(messages)[:_MESSAGES_MAX])),
                words.remedy(outcome, rule.remediation),
            )


def _look(missing_fact: Missing) -> Markup:
    text = f"{words.count(len(missing_fact.facts), 'fact')} {advice.met(missing_fact.reason)}"
    facts = [
        tag("li", tag("code", words.name(path)), f" {detail}" if detail else None)
        for path, detail in missing_fact.facts.items()
    ]
    return tag(
        "li",
        tag("p", words.outcome(RuleOutcome.UNKNOWN), " ", tag("strong", text), class_="what"),
        tag("p", words.on(missing_fact.nodes), class_="under"),
        tag("ul", *facts),
        tag("p", "Rules that need these facts: ", ", ".join(missing_fact.rules), class_="note"),
        words.do(f"{missing_fact.action}."),
    )


def _unread(groups: Sequence[Alike]) -> Iterator[Markup]:
    """Nodes that are unknown as a whole."""
    nodes = [(reason, names) for group in groups for reason, names in group.reasons.items() if reason != ONLY_FLEET]
    if nodes:
        total = sum(len(names) for _, names in nodes)
        text = f"{words.count(total, 'node')} as a whole"
        items = [
            tag("li", reason, tag("span", words.on(names), class_="sub"))
            for reason, names in sorted(nodes, key=lambda pair: (-len(pair[1]), pair[0]))[:_MESSAGES_MAX]
        ]
        rest = len(nodes) - len(items)
        more = tag("li", f"and {words.count(rest, 'other reason')}, with the nodes below") if rest else None
        yield tag(
            "li",
            tag("p", words.outcome(NodeOutcome.UNKNOWN), " ", tag("strong", text), class_="what"),
            tag("ul", *items, more),
        )
