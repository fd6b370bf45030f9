"""Verdicts as values: what became of each rule, each node, and all of them, and on what grounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from passmuster.model.fieldpath import FieldPath
    from passmuster.model.outcome import Level, NodeOutcome, RuleOutcome
    from passmuster.model.unknown import UnknownFact


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHeader:
    """What a report says of a rule itself."""

    pack: str
    id: str
    title: str
    level: Level
    remediation: str

    @property
    def name(self) -> str:
        """The rule's name among all packs: PACK/ID."""
        return f"{self.pack}/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactShown:
    """A fact that a rule read, with its value; null where the host has none."""

    path: FieldPath
    value: Any
    source: str | None
    """The host's file or system call that it came from; None where the snapshot does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """A part of an expression that decided the outcome, and its value."""

    expression: str
    value: Any
    line: int
    """Line of the policy file."""
    column: int
    wanted: str = ""
    """What would change it, in a few words; empty where that cannot be said simply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverHeader:
    """What a report says of a waiver."""

    id: str
    node: str
    """The nodes that it covers, in words: `name worker-*`."""
    rule: str
    reason: str
    owner: str
    ticket: str
    expires: str
    """The last day on which it holds, in UTC: YYYY-MM-DD."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """That a result is waived, and what it would have been: fail or unknown."""

    waiver: WaiverHeader
    outcome: RuleOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one rule on one node."""

    rule: RuleHeader
    outcome: RuleOutcome
    message: str | None
    """Why, in a sentence; None for pass and not_applicable."""
    facts: tuple[FactShown, ...]
    """What the rule read and could look at; empty where it read nothing, or nothing could be looked at."""
    unknown: tuple[UnknownFact, ...]
    """What stood in the way; empty unless the outcome is unknown, or waived and would have been."""
    because: tuple[Because, ...]
    """What decided it; empty for a pass."""
    steps: int
    """Steps of evaluation, the same number on every machine."""
    waived: Waived | None = None
    """The exception that covers it, and what it would have been; None unless the outcome is waived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotHeader:
    """What a report says of a snapshot itself."""

    digest: str
    schema: str
    collected_at: str | None
    """In UTC to the second; None where it is not known, as of a dump without a date."""
    kind: str
    context: str
    uid: int | None
    """Of the collector; None where it is not known."""

    @property
    def when(self) -> str:
        """When it was collected, for a person; it goes behind the word "collected"."""
        return UNDATED if self.collected_at is None else self.collected_at


UNDATED = "at an unknown time"
"""When a snapshot without a moment was collected, for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeVerdict:
    """What became of one node."""

    node: str
    machine_id: str | None
    input: str | None
    """The snapshot's path as it was given; None for a live node, or one that only the roster names."""
    snapshot: SnapshotHeader | None
    """None where there is no snapshot, or none that can be read."""
    site: str | None = None
    """Where it came from; None where nobody named a site."""
    outcome: NodeOutcome
    reason: str | None
    """Why the node as a whole is unknown; None where its rules decided."""
    results: tuple[Result, ...]
    """One for each rule, in the policies' order; empty where the node was not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetValue:
    """One of the values that members of a pool have."""

    value: str | int | bool | tuple[str, ...]
    count: int
    """Members that have it."""
    odd: bool
    """Whether its members are odd ones out: another value is as common, or more."""
    nodes: tuple[str, ...]
    """Names of those members, sorted: all of them, or the first thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetUndecided:
    """Nodes of which nobody knows the value, or even whether they are members, for one reason."""

    facts: tuple[UnknownFact, ...]
    """What stood in the way, sorted; empty where it was no fact."""
    reason: str
    """What else it was: a fault of the policy, or a node that could not be judged; empty where it was facts."""
    count: int
    nodes: tuple[str, ...]
    """Names of those nodes, sorted: all of them, or the first thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetResult:
    """What became of one fleet rule on one pool."""

    rule: RuleHeader
    pool: str | None
    """What `group_by` gives; None where the rule has none, and for the nodes of which nobody knows the pool."""
    outcome: RuleOutcome
    """Never waived."""
    message: str | None
    """Why, in a sentence; None for pass and not_applicable."""
    size: int
    """Nodes that are known to be members."""
    values: tuple[FleetValue, ...]
    """The most common first, then by value; empty where no member's value is known."""
    undecided: tuple[FleetUndecided, ...]
    """Empty where every member's value is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyHeader:
    """What a report says of a policy itself."""

    pack: str
    version: str
    title: str
    digest: str
    released: bool
    lock: str | None = None
    """Which lock that is: `passmuster`, which ships with the engine, or the digest of another; None for a draft."""
    next_steps: Mapping[str, str] = field(default_factory=dict)
    """What a person does next, by a verdict's outcome; empty where the policy leaves that to the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterChange:
    """A parameter whose value is not its policy's default."""

    name: str
    """PACK.NAME."""
    value: Any
    default: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """How much of the policies a verdict is about."""

    judged: int
    """Rules that were judged, about nodes and about pools of nodes."""
    total: int
    """Rules that the policies have."""
    parameters: tuple[ParameterChange, ...]
    """In the order of the policies; empty where every parameter has its default."""

    @property
    def whole(self) -> bool:
        """Whether every rule was judged."""
        return self.judged == self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """Snapshots that claim one identity, or two that contradict each other."""

    kind: str
    """`same_node`: several snapshots of one node (it is unknown); `same_snapshot`: the same bytes more than once (they
    are one snapshot); `same_name`: one name, several machine ids; `same_machine_id`: one machine id, several names
    (cloned machines)."""
    site: str | None
    """None where no site was named, and for one machine id with several names."""
    name: str | None
    machine_id: str | None
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterFindings:
    """How the snapshots compare with the list of nodes that there should be."""

    source: str
    """Whose list it is: `caller`, `bundles` (the sites' own, signed with their snapshots) or `store`."""
    listed: int
    missing: tuple[str, ...]
    """Listed nodes without a snapshot; each is an unknown node of the report."""
    unlisted: tuple[str, ...]
    """Nodes with a snapshot that are not listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverFindings:
    """What the waivers did, and which of them should be looked at; each list in the order of their file."""

    digest: str
    applied: int
    """Results that are waived."""
    expired: tuple[WaiverHeader, ...]
    unused: tuple[WaiverHeader, ...]
    """Nothing that they cover failed or was unknown."""
    wide: tuple[WaiverHeader, ...]
    """They cover any node, or every one of several nodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleHeader:
    """What a report says of a bundle that snapshots came out of."""

    digest: str
    site: str | None
    assurance: str
    """`verified`: every signature holds under a trust file; `unsigned`; `skipped`: nobody looked at the signatures."""
    snapshots: tuple[str, ...]
    """Digests of the snapshots in it, sorted: `sha256:` and the digits; of a store, those that were judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFindings:
    """What signatures cover, where a trust file was given."""

    trust: str
    """Digest of the trust file."""
    unsigned: int
    """Snapshots that no signature covers: their nodes are unknown."""
    allowed: int
    """Snapshots that no signature covers, whose nodes the trust file allows to have none."""
    sealed: int
    """Snapshots outside of bundles that a seal beside their file covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How snapshots came, as far as anybody proved something of it."""

    bundles: tuple[BundleHeader, ...] = ()
    """By digest."""
    signatures: SignatureFindings | None = None
    """None without a trust file."""
    roster: str | None = None
    """Whose list of nodes there is; see `RosterFindings`. None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """What lay in the input and was not judged, for it is no snapshot."""

    path: str
    why: str
    """What it is, in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of all nodes, and everything it depends on."""

    engine: str
    language: str
    policies: tuple[PolicyHeader, ...]
    parameters: Mapping[str, Any]
    """Effective values by PACK.NAME; empty where the policies have none."""
    rules: tuple[str, ...] | None
    """The only rules that were asked, as PACK/ID, sorted; None for all."""
    scope: Scope
    """How much of the policies that is, and which parameters differ from their defaults."""
    levels: Mapping[str, Level]
    """Levels that were raised for this verdict, by PACK/ID; empty where each rule has its policy's."""
    assessment: str | None
    """Digest of the assessment that says all this; None where the caller did."""
    waivers: WaiverFindings | None
    """None where none were given."""
    roster: RosterFindings | None
    max_age: str | None
    now: str | None
    """The moment that ages and waivers were judged at; None where nothing needed one."""
    outcome: NodeOutcome
    nodes: tuple[NodeVerdict, ...]
    """Sorted by name and digest."""
    fleet: tuple[FleetResult, ...]
    """In the policies' order, then by pool; empty where no fleet rule was asked."""
    incomplete: bool
    """Whether a node is unknown as a whole, there is none, or no rule counted."""
    duplicates: tuple[Duplicate, ...]
    superseded: int | None = None
    """Where only the newest snapshot of each node was to be judged: how many older ones were left out."""
    """Empty where every snapshot is of another node."""
    bundles: tuple[BundleHeader, ...] = ()
    """By digest; empty where snapshots came as loose files."""
    signatures: SignatureFindings | None = None
    """None without a trust file."""
    skipped: tuple[Skipped, ...] = ()
    """By path; empty where all of the input was judged. What may hold a node is an unknown node, and not here."""
    digest: str
    """`verdict_digest`: over the inputs and the outcome of each rule; stable while the language is."""
