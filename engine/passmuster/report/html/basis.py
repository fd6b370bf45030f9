"""What the verdict rests on: policies, parameters, waivers, roster, age, duplicates; each says what empty means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.report import advice, exceptions, origin
from passmuster.report.html import words
from passmuster.report.page import Markup, join, tag

if TYPE_CHECKING:
    from passmuster.model.verdict import RosterFindings, Verdict, WaiverFindings
    from passmuster.report.exceptions import Exempted


def basis(verdict: Verdict) -> Markup:
    """The section, with a heading for each."""
    return words.section(
        "Basis of the verdict",
        "basis",
        _policies(verdict),
        _parameters(verdict),
        _waivers(verdict),
        _roster(verdict.roster),
        _duplicates(verdict),
        _moment(verdict),
    )


def _part(title: str, *content: Markup | None) -> Markup:
    return join(tag("h3", title), *content)


def _policies(verdict: Verdict) -> Markup:
    rows = [
        words.row(f"{policy.pack} {policy.version}", policy.title, origin.release(policy), policy.digest)
        for policy in verdict.policies
    ]
    return _part("Policies", words.table(("Policy", "Title", "State", "Digest"), rows, kind="digests"))


def _parameters(verdict: Verdict) -> Markup:
    if not verdict.parameters:
        return _part("Parameters", tag("p", "The policies have none."))
    rows = [
        words.row(tag("code", words.name(name)), words.value(parameter))
        for name, parameter in verdict.parameters.items()
    ]
    return _part("Parameters", words.table(("Parameter", "Value"), rows, kind="pairs"))


def _waivers(verdict: Verdict) -> Markup:
    if verdict.waivers is None:
        return _part("Waivers", tag("p", "None were given."))
    exempted = exceptions.exempted(verdict)
    rows = [_exempted(exemption) for exemption in exempted]
    remarks = [tag("li", f"{exceptions.target(remark.waiver)} {remark.text}") for remark in exceptions.remarks(verdict)]
    head = ("Rule", "Would be", "Nodes", "Reason", "Owner", "Ticket", "Until")
    return _part(
        "Waivers",
        tag("p", _applied(verdict.waivers), tag("span", verdict.waivers.digest, class_="mono digest")),
        words.table(head, rows, kind="waivers") if rows else None,
        tag("p", "To review:") if remarks else None,
        tag("ul", *remarks) if remarks else None,
    )


def _applied(findings: WaiverFindings) -> str:
    return f"{words.count(findings.applied, 'result')} waived. Digest of the file: "


def _exempted(exemption: Exempted) -> Markup:
    names = [name for names_ in exemption.nodes.values() for name in names_]
    waiver = exemption.waiver
    return words.row(
        tag("code", exemption.rule.name),
        words.outcome(exemption.outcome),
        words.names(names),
        waiver.reason,
        waiver.owner,
        waiver.ticket,
        waiver.expires,
    )


def _roster(findings: RosterFindings | None) -> Markup:
    if findings is None:
        intro = "None was given, so this report cannot show missing nodes."
        return _part("Roster", tag("p", intro))
    missing = f"Without a snapshot: {words.names(findings.missing) if findings.missing else 'none'}."
    unlisted = f"With a snapshot, but not listed: {words.names(findings.unlisted) if findings.unlisted else 'none'}."
    whose = f"The {origin.roster(findings)}: {words.count(findings.listed, 'node')} listed."
    items = [tag("li", text) for text in (whose, missing, unlisted)]
    return _part("Roster", tag("ul", *items))


def _duplicates(verdict: Verdict) -> Markup:
    older = None
    if verdict.superseded is not None:
        count = words.count(verdict.superseded, "snapshot")
        older = tag("p", f"Only the newest snapshot of each node was judged, without {count} that is older.")
    if not verdict.duplicates:
        return _part("Duplicates", tag("p", "Each snapshot is of a different node."), older)
    rows = [
        words.row(
            advice.DUPLICATES[duplicate.kind],
            words.name(duplicate.name or "several names"),
            words.name(duplicate.machine_id or "several machine ids"),
            join(*(part for path in duplicate.inputs for part in (words.name(path), tag("br")))),
        )
        for duplicate in verdict.duplicates
    ]
    return _part("Duplicates", words.table(("What", "Name", "Machine id", "Given as"), rows, kind="digests"), older)


def _moment(verdict: Verdict) -> Markup:
    if verdict.now is None:
        return _part("Moment", tag("p", "None: no result depends on the time of the check."))
    age = f" A node is unknown if its snapshot is older than {verdict.max_age}." if verdict.max_age else ""
    return _part("Moment", tag("p", f"Judged as of {verdict.now}.{age}"))
