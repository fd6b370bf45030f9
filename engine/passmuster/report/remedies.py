"""What a person does next: about facts that are missing, and about a verdict as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.outcome import NodeOutcome, RuleOutcome
from passmuster.unknown import Reason

if TYPE_CHECKING:
    from passmuster.verdict import Verdict

ACTIONS = {
    Reason.DENIED: "run the collector as root on the host",
    Reason.FAILED: "look at the node; reading went wrong there",
    Reason.TIMEOUT: "collect again with a longer --timeout",
    Reason.UNREADABLE: "look at the value; it means nothing that is known",
    Reason.UNSUPPORTED: "collect again with a newer collector",
    Reason.NOT_COLLECTED: "collect on the node itself, or add what the source lacks",
    Reason.REDACTED: "ask the site to disclose them",
}
"""One action for each reason, in the imperative."""

_MET = {
    Reason.DENIED: "denied",
    Reason.FAILED: "could not be read",
    Reason.TIMEOUT: "took too long",
    Reason.UNREADABLE: "not understood",
    Reason.UNSUPPORTED: "not known to the collector",
    Reason.NOT_COLLECTED: "not collected",
    Reason.REDACTED: "redacted",
}

DUPLICATES = {
    "same_node": "several snapshots of one node",
    "same_name": "one name, several machines",
    "same_machine_id": "one machine id, several names (cloned machines?)",
}
"""What each kind of duplicate is."""


def met(reason: Reason) -> str:
    """The reason as the end of `3 facts ...`."""
    return _MET[reason]


def next_step(verdict: Verdict) -> str:
    """The last line of a report."""
    drafts = [policy for policy in verdict.policies if not policy.released]
    outcomes = {result.outcome for node in verdict.nodes for result in node.results}
    outcomes |= {result.outcome for result in verdict.fleet}
    if verdict.outcome is NodeOutcome.FAIL:
        return "mend what fails, collect again, and run the same check."
    if RuleOutcome.ERROR in outcomes:
        return "an error is a fault of the policy: tell its author."
    if verdict.outcome is NodeOutcome.UNKNOWN:
        return "unknown is not a pass: make the facts above readable, collect again, and run the same check."
    if drafts:
        return "nothing is in the way; the policy is a draft, so release it before you rely on it."
    if verdict.outcome is NodeOutcome.WARN:
        return "virtual machines can be installed; look at the warnings when you can."
    return "nothing is in the way; keep the snapshot to judge it again by later policies."
