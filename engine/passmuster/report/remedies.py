"""What a person does next: about facts that are missing, and about a verdict as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.model.outcome import NodeOutcome, RuleOutcome
from passmuster.model.unknown import Reason

if TYPE_CHECKING:
    from passmuster.model.verdict import Verdict

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
    "same_snapshot": "one snapshot, given more than once",
    "same_name": "one name, several machines",
    "same_machine_id": "one machine id, several names (cloned machines?)",
}
"""What each kind of duplicate is."""


def met(reason: Reason) -> str:
    """The reason as the end of `3 facts ...`."""
    return _MET[reason]


def next_step(verdict: Verdict) -> str:
    """The last line of a report: what the policies say a person does next, else a neutral sentence."""
    drafts = [policy for policy in verdict.policies if not policy.released]
    outcomes = {result.outcome for node in verdict.nodes for result in node.results}
    outcomes |= {result.outcome for result in verdict.fleet}
    if RuleOutcome.ERROR in outcomes and verdict.outcome is not NodeOutcome.FAIL:
        return "an error is a fault of the policy: report it to the policy's author."
    good = verdict.outcome in {NodeOutcome.PASS, NodeOutcome.WARN}
    if good and not verdict.scope.whole:
        return "judge every rule before you rely on this verdict."
    if good and drafts:
        return "the policy is a draft: release it before you rely on this verdict."
    own = dict.fromkeys(policy.next_steps.get(verdict.outcome.value, "") for policy in verdict.policies)
    return " ".join(filter(None, own)) or _NEXT[verdict.outcome]


_NEXT = {
    NodeOutcome.FAIL: "fix the failures, collect again, and rerun the check.",
    NodeOutcome.UNKNOWN: "unknown is not a pass: make the facts above readable, collect again, and rerun the check.",
    NodeOutcome.WARN: "review the warnings; keep the snapshot to judge it by later policy versions.",
    NodeOutcome.PASS: "keep the snapshot to judge it by later policy versions.",
}
