"""The report for a person at a terminal: the verdict, what to do about it, the rest folded."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from passmuster.evaluation.node import ONLY_FLEET
from passmuster.model.outcome import Level, RuleOutcome
from passmuster.report import advice, counting, exceptions, harmless, origin, pools, scope
from passmuster.report.groups import Finding, Group, groups, missing
from passmuster.report.names import fold, with_sites

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from passmuster.model.verdict import FleetResult, NodeVerdict, PolicyHeader, Result, Verdict
    from passmuster.report.format import Style

_COLORS = {"PASS": "32", "FAIL": "31", "WARN": "33", "NOTE": "36", "UNKNOWN": "35", "ERROR": "35", "WAIVED": "36"}
_INDENT = "         "


def render(verdict: Verdict, style: Style) -> str:
    """Text of at most `style.width` columns a line, as far as words allow."""
    page = _Page(with_sites(verdict), style)
    return "\n".join(page.lines()) + "\n"


class _Page:
    """One report, laid out for one terminal."""

    def __init__(self, verdict: Verdict, style: Style) -> None:
        self.verdict, self.style = verdict, style
        self.single = len(verdict.nodes) == 1

    def lines(self) -> Iterator[str]:
        """The whole report."""
        yield from self._headline()
        failures = [
            group for outcome in (RuleOutcome.FAIL, RuleOutcome.ERROR) for group in groups(self.verdict, outcome)
        ]
        yield from self._groups(group for group in failures if group.level is not Level.INFORMATIONAL)
        yield from self._missing()
        yield from self._nodes_with_reasons()
        yield from self._waived()
        yield from self._fleet()
        yield from self._duplicates()
        yield from self._superseded()
        yield from self._remarks()
        yield from self._groups(group for group in failures if group.level is Level.INFORMATIONAL)
        yield from self._folded()
        yield ""
        yield from self._wrap(advice.next_step(self.verdict), first="Next:    ")

    def _headline(self) -> Iterator[str]:
        policies = ", ".join(f"{policy.pack} {policy.version}{_unreleased(policy)}" for policy in self.verdict.policies)
        if self.single:
            node = self.verdict.nodes[0]
            decisive = _decisive(node)
            outcome = self.verdict.outcome
            text = f"{node.node} {scope.verdict(self.verdict)}{f': {decisive}' if decisive else ''} ({policies})"
            yield from self._wrap(text, first=self._word(outcome.name))
            if node.snapshot is not None:
                how = f"{_KINDS[node.snapshot.kind]}, collected {node.snapshot.when}"
                yield from self._wrap(how, first=_INDENT)
            yield from self._asked()
            return
        yield from self._wrap(f"{self._total()} ({policies})", first=self._word(self.verdict.outcome.name))
        yield from self._asked()
        if self.verdict.fleet:
            yield from self._wrap(f"fleet rules: {pools.tally(self.verdict)}", first=_INDENT)
        roster = self.verdict.roster
        if roster is not None:
            text = f"{len(roster.missing)} without a snapshot, {len(roster.unlisted)} not listed"
            yield from self._wrap(f"{origin.roster(roster)}: {roster.listed} listed, {text}", first=_INDENT)
            if roster.unlisted:
                yield from self._wrap("not listed: " + ", ".join(fold(roster.unlisted)), first=_INDENT)

    def _asked(self) -> Iterator[str]:
        """In which way this is not the policies' own verdict."""
        for line in scope.headline(self.verdict.scope, self.verdict.levels, self.verdict.skipped):
            yield from self._wrap(line, first=_INDENT)
        for line in origin.headline(self.verdict):
            yield from self._wrap(line, first=_INDENT)

    def _total(self) -> str:
        """How many nodes there are, and what became of them."""
        if not self.verdict.nodes:
            return "no snapshot was given"
        total = f"{len(self.verdict.nodes)} nodes"
        if any(node.reason == ONLY_FLEET for node in self.verdict.nodes):
            return f"{total}, {ONLY_FLEET}"
        counts = counting.nodes(self.verdict)
        text = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)
        return f"{total}: {text}"

    def _groups(self, groups_: Iterable[Group]) -> Iterator[str]:
        for group in groups_:
            yield ""
            yield from self._group(group)

    def _group(self, group: Group) -> Iterator[str]:
        word = "ERROR" if group.outcome is RuleOutcome.ERROR else _GROUP_WORDS[group.level]
        for finding in group.findings:
            tail = "" if self.single else f", {_count(sum(len(names) for names in finding.nodes.values()), 'node')}"
            title = f"{finding.rule.title} [{finding.rule.id}], {group.level.value}{tail}"
            yield from self._wrap(title, first=self._word(word))
            yield from self._found(finding)
            word = ""
        if group.level is not Level.INFORMATIONAL or self.style.verbose:
            yield from self._wrap(f"do: {group.remediation}", first=_INDENT)

    def _found(self, finding: Finding) -> Iterator[str]:
        for message, names in finding.nodes.items():
            yield from self._wrap(f"found: {message}" if message else "found: no message", first=_INDENT)
            if not self.single:
                yield from self._wrap("on: " + ", ".join(fold(names)), first=_INDENT + "  ")

    def _missing(self) -> Iterator[str]:
        for fact in missing(self.verdict):
            yield ""
            sentence = f"{_count(len(fact.facts), 'fact')} {advice.met(fact.reason)}: {fact.action}"
            yield from self._wrap(sentence, first=self._word("UNKNOWN"))
            for path, detail in fact.facts.items():
                yield from self._wrap(f"{path}{f' - {detail}' if detail else ''}", first=_INDENT)
            yield from self._wrap("needed by: " + ", ".join(fact.rules), first=_INDENT)
            if not self.single:
                yield from self._wrap("on: " + ", ".join(fold(dict.fromkeys(fact.nodes))), first=_INDENT)

    def _nodes_with_reasons(self) -> Iterator[str]:
        reasons: dict[str, list[str]] = {}
        for node in self.verdict.nodes:
            if node.reason is not None and node.reason != ONLY_FLEET:
                reasons.setdefault(node.reason, []).append(node.node)
        for reason, names in sorted(reasons.items()):
            yield ""
            text = reason if self.single else f"{_count(len(names), 'node')}: {reason}"
            yield from self._wrap(text, first=self._word("UNKNOWN"))
            if not self.single:
                yield from self._wrap("on: " + ", ".join(fold(names)), first=_INDENT)

    def _duplicates(self) -> Iterator[str]:
        for duplicate in self.verdict.duplicates:
            yield ""
            yield from self._wrap(
                f"{advice.DUPLICATES[duplicate.kind]}: {duplicate.name or duplicate.machine_id}",
                first=self._word("NOTE"),
            )
            for path in duplicate.inputs:
                yield from self._wrap(path, first=_INDENT)

    def _superseded(self) -> Iterator[str]:
        older = self.verdict.superseded
        if older:
            yield ""
            text = f"{_count(older, 'snapshot')} not judged: older than the newest of its node"
            yield from self._wrap(text, first=self._word("NOTE"))

    def _waived(self) -> Iterator[str]:
        for exemption in exceptions.exempted(self.verdict):
            tail = "" if self.single else f", {_count(sum(len(names) for names in exemption.nodes.values()), 'node')}"
            rule, outcome = exemption.rule, exemption.outcome
            title = f"{rule.title} [{rule.id}], {rule.level.value}, would be {outcome.value}{tail}"
            yield ""
            yield from self._wrap(title, first=self._word("WAIVED"))
            for message, names in exemption.nodes.items():
                yield from self._wrap(f"found: {message}" if message else "found: no message", first=_INDENT)
                if not self.single:
                    yield from self._wrap("on: " + ", ".join(fold(names)), first=_INDENT + "  ")
            yield from self._wrap(f"because: {exemption.waiver.reason}", first=_INDENT)
            yield from self._wrap(exceptions.grant(exemption.waiver), first=_INDENT)

    def _fleet(self) -> Iterator[str]:
        """What the rules about pools of nodes say, where there is something to do."""
        for result in pools.urgent_first(self.verdict):
            if result.outcome in pools.GOOD and not self.style.verbose:
                continue
            yield ""
            title = f"{result.rule.title} [{result.rule.id}], {result.rule.level.value}, {pools.where(result)}"
            yield from self._wrap(title, first=self._word(_fleet_word(result)))
            if result.message:
                yield from self._wrap(f"found: {result.message}", first=_INDENT)
            for line in pools.told(result):
                yield from self._wrap(line, first=_INDENT + "  ")
            if result.outcome is RuleOutcome.FAIL and (
                result.rule.level is not Level.INFORMATIONAL or self.style.verbose
            ):
                yield from self._wrap(f"do: {result.rule.remediation}", first=_INDENT)

    def _remarks(self) -> Iterator[str]:
        for remark in exceptions.remarks(self.verdict):
            yield ""
            yield from self._wrap(f"{exceptions.target(remark.waiver)} {remark.text}", first=self._word("NOTE"))

    def _folded(self) -> Iterator[str]:
        results = [result for node in self.verdict.nodes for result in node.results]
        tallies = [self._tally(results, outcome) for outcome in (RuleOutcome.PASS, RuleOutcome.NOT_APPLICABLE)]
        if any(tallies):
            yield ""
        word = "PASS"
        for text in filter(None, tallies):
            yield from self._wrap(text, first=self._word(word))
            word = ""
        if self.style.verbose and self.single:
            yield from self._passes(self.verdict.nodes[0])

    def _tally(self, results: list[Result], outcome: RuleOutcome) -> str:
        fitting = [result for result in results if result.outcome is outcome]
        word = "passed" if outcome is RuleOutcome.PASS else "not applicable"
        if not fitting:
            return ""
        if not self.single:
            return f"{len(fitting)} of {len(results)} results {word}"
        rules = ", ".join(result.rule.id for result in fitting)
        return f"{_count(len(fitting), 'rule')} {word}: {rules}"

    def _passes(self, node: NodeVerdict) -> Iterator[str]:
        yield ""
        for result in node.results:
            if result.outcome is RuleOutcome.PASS:
                yield from self._wrap(
                    f"{result.rule.title} [{result.rule.id}] - {result.rule.level.value}", first=self._word("PASS")
                )

    def _word(self, word: str) -> str:
        padded = word.ljust(len(_INDENT))
        if self.style.color and word:
            return f"\x1b[1;{_COLORS[word]}m{padded}\x1b[0m"
        return padded

    def _wrap(self, text: str, first: str = "") -> Iterator[str]:
        """Lines of harmless text; `first` leads, and what follows stands under the text."""
        lead = " " * len(_INDENT) if first.startswith("\x1b") else " " * len(first)
        width = max(self.style.width - len(lead), 24)
        head = first
        for paragraph in _paragraphs(text):
            for line in textwrap.wrap(paragraph, width, break_on_hyphens=False, break_long_words=False) or [""]:
                yield (head + line).rstrip()
                head = lead


def _decisive(node: NodeVerdict) -> str:
    """What a single node's verdict hangs on, in numbers; nothing for a pass."""
    sentences = []
    for level in (Level.REQUIRED, Level.RECOMMENDED):
        outcomes = [result.outcome for result in node.results if result.rule.level is level]
        for outcome, word in _DECISIVE:
            count = outcomes.count(outcome)
            sentences += [f"{_count(count, f'{level.value} rule')} {word}"] if count else []
    return ", ".join(sentences)


def _fleet_word(result: FleetResult) -> str:
    """The word that stands before a result of a fleet rule; by its level where it fails."""
    return _GROUP_WORDS[result.rule.level] if result.outcome is RuleOutcome.FAIL else _WORDS[result.outcome]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


_KINDS = {"live": "the live system", "root": "a mounted host", "dump": "copied files"}
_WORDS = {
    RuleOutcome.PASS: "PASS",
    RuleOutcome.UNKNOWN: "UNKNOWN",
    RuleOutcome.ERROR: "ERROR",
    RuleOutcome.NOT_APPLICABLE: "NOTE",
}
_DECISIVE = ((RuleOutcome.FAIL, "failed"), (RuleOutcome.UNKNOWN, "unknown"), (RuleOutcome.ERROR, "in error"))
_GROUP_WORDS = {Level.REQUIRED: "FAIL", Level.RECOMMENDED: "WARN", Level.INFORMATIONAL: "NOTE"}


def _paragraphs(text: str) -> Iterable[str]:
    return harmless.lines(text).split("\n")


def _unreleased(policy: PolicyHeader) -> str:
    """What is said of a policy that the lock of the engine does not vouch for."""
    text = origin.release(policy)
    return "" if text == "released" else f" ({text})"
