"""What to do next: about a verdict, and about an unknown fact, by its reason and its source.

Advice that was followed already is no advice: root is not told to run as root, nor a collection on the node itself
to collect there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from passmuster.model.outcome import NodeOutcome, RuleOutcome
from passmuster.model.unknown import Reason

if TYPE_CHECKING:
    from passmuster.model.unknown import UnknownFact
    from passmuster.model.verdict import SnapshotHeader, Verdict

AS_ROOT = "run the collector as root on the host"
ROOT_WAS_REFUSED = (
    "root was refused: check the audit log (SELinux, AppArmor), the device cgroup and the mount options (nodev); "
    "in a pod, run it privileged"
)
ON_THE_HOST = "collect on the host, not inside a container"
ON_THE_NODE = "collect on the node itself, or add what the source lacks"
LOAD_THE_DRIVER = "load the driver that the detail names (modprobe), and collect again"
NODE_OBJECT = "add the Node object (collect --node-object FILE, or snapshot annotate)"
RUNTIME = "add the Node object (collect --node-object FILE, or snapshot annotate), or collect where the kubelet runs"
AS_THE_DETAIL_SAYS = "provide what the detail names, and collect again"


def action(fact: UnknownFact, snapshot: SnapshotHeader | None) -> str:
    """One action in the imperative, without a full stop; `snapshot` None: how it was collected is not known."""
    match fact.reason:
        case Reason.DENIED:
            return _denied(snapshot)
        case Reason.FAILED:
            return "check the node: reading the file failed there"
        case Reason.TIMEOUT:
            return "collect again with a longer --timeout"
        case Reason.UNREADABLE:
            return "check the value on the node: it could not be parsed"
        case Reason.UNSUPPORTED:
            return "collect again with a newer collector"
        case Reason.NOT_COLLECTED:
            return _not_collected(fact, snapshot)
        case Reason.REDACTED:
            return "ask the site to disclose them"
        case _:
            assert_never(fact.reason)


def _denied(snapshot: SnapshotHeader | None) -> str:
    if snapshot is None:
        return f"{AS_ROOT}; where {ROOT_WAS_REFUSED}"
    return ROOT_WAS_REFUSED if snapshot.uid == 0 else AS_ROOT


def _not_collected(fact: UnknownFact, snapshot: SnapshotHeader | None) -> str:
    section = fact.path.parts[0]
    if section == "kubernetes":
        return NODE_OBJECT
    if section == "runtime":
        return RUNTIME
    if snapshot is not None and snapshot.context == "container":
        return ON_THE_HOST
    if snapshot is None or snapshot.kind != "live":
        return ON_THE_NODE
    return LOAD_THE_DRIVER if section == "devices" else AS_THE_DETAIL_SAYS


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
    if not any(node.snapshot for node in verdict.nodes):
        return _NO_SNAPSHOT
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


_NO_SNAPSHOT = "no snapshot was judged: run `passmuster collect` on the nodes, and check the files that it writes."
_NEXT = {
    NodeOutcome.FAIL: "fix the failures, collect again, and rerun the check.",
    NodeOutcome.UNKNOWN: "unknown is not a pass: make the facts above readable, collect again, and rerun the check.",
    NodeOutcome.WARN: "review the warnings; keep the snapshot to judge it by later policy versions.",
    NodeOutcome.PASS: "keep the snapshot to judge it by later policy versions.",
}
