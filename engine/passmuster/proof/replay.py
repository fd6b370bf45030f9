"""Making a verdict again: its policies found by digest, its snapshots read, and the whole compared.

A verdict is a function of what it names, so whoever has the same inputs gets the same bytes. What nobody gave again is
taken from the verdict, and a note says so.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from passmuster import proof
from passmuster.codec import json, resources
from passmuster.errors import UsageError
from passmuster.evaluation.criteria import CALLER
from passmuster.fleet import judging
from passmuster.fleet.runner import OnePass
from passmuster.fleet.scratch import Scratch
from passmuster.fleet.source import of_terms
from passmuster.intake import catalog, inputs
from passmuster.intake import profile as intake_profile
from passmuster.model.durations import format_moment
from passmuster.policy import waivers
from passmuster.policy.compile import compile_policy
from passmuster.policy.parameters import effective
from passmuster.proof import Kind, Remade, consistent, provenance, restore_paths
from passmuster.proof.terms import terms as claimed_terms
from passmuster.report import Evidence, Style, attestation
from passmuster.report.names import fold
from passmuster.snapshot import roster
from passmuster.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.fleet import Remembered
    from passmuster.fleet.conclusion import Conclusion
    from passmuster.fleet.source import Source
    from passmuster.policy import Policy
    from passmuster.policy.profile import Assessment
    from passmuster.policy.waivers import Waivers
    from passmuster.proof import Claim
    from passmuster.proof.celcpp import Opinion, Oracle

_IN_MEMORY = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """The content of a file, and its name in messages."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayInput:
    """The inputs for judging again."""

    source: Source
    """The snapshots; its record has the trust."""
    now: datetime
    """The time for signatures and ages, if the verdict has none."""
    homes: catalog.Homes
    """Folders of packs to search for the verdict's policies."""
    policies: Sequence[Policy] = ()
    """Policies outside of these folders."""
    waivers: File | None = None
    roster: File | None = None
    assessment: Assessment | None = None
    unsigned: bool = False
    """Whether the trust is for what was judged alone, as the verdict itself is not signed."""
    second: bool = False
    """Whether a second evaluator also judges (cel-cpp, an extra)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The result of judging again."""

    differences: tuple[str, ...]
    compared: str
    """What was compared, in words."""
    notes: tuple[str, ...] = ()
    opinion: Opinion | None = None
    """The result of the second evaluator; None without one."""
    outcome: str = ""
    snapshots: int = 0
    texts: bool = True
    """Whether texts were compared, too."""

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not self.differences and not (self.opinion is not None and self.opinion.differing)


def replay(claim: Claim, given: ReplayInput) -> Replayed:
    """Judge again and compare; raises UsageError if an input is missing."""
    policies, resolved, notes = _policies(claim, given)
    if resolved:
        return Replayed(differences=tuple(resolved), compared="nothing: it was not judged again", notes=tuple(notes))
    held, texts = _waivers(claim, given)
    compiled = [compile_policy(policy) for policy in policies]
    terms, impossible = claimed_terms(claim, policies, compiled, held, given.now)
    before = [*texts, *impossible, *_roster(claim, given.roster), *_assessment(claim, terms, given)]
    oracle = _oracle(terms) if given.second else None
    again = _again(claim, terms, given.source, oracle)
    same_engine = claim.engine == __version__ and claim.engine_digest in {None, resources.engine_digest()}
    if not (same_engine and again.data == claim.data):
        before += consistent.changed_parameters(claim, terms, effective(policies, ()))
        before += proof.differences(claim, again.remade(claim, terms), whole=same_engine)
        if same_engine and not before:
            before.append("bytes: every value is the same, but not the bytes")
    before += provenance.differences(claim, given.source.record)
    return Replayed(
        differences=tuple(before),
        compared=_compared(claim, same_engine=same_engine),
        notes=(*notes, *_notes(claim, given)),
        texts=same_engine,
        opinion=None if oracle is None else oracle.opinion(),
        outcome=again.conclusion.verdict.outcome.value,
        snapshots=again.snapshots,
    )


def _compared(claim: Claim, *, same_engine: bool) -> str:
    if same_engine:
        extent = "every byte of every line" if claim.kind is Kind.STREAM else "every byte"
        return f"{extent}, made again by the same engine (passmuster {__version__}); not compared: skipped"
    digest = claim.engine_digest
    if claim.engine == __version__ and digest is not None:
        files = f"{digest[:19]} then, {resources.engine_digest()[:19]} now"
        engines = f"passmuster {__version__} with other files: {files}"
    else:
        engines = f"passmuster {claim.engine} then, {__version__} now"
    return (
        "verdict_digest, the inputs, the outcome of each rule and the values of facts; not compared: skipped, "
        "evidence, "
        f"{', '.join(proof.WORDED)}: another engine ({engines})"
    )


def _notes(claim: Claim, given: ReplayInput) -> Iterator[str]:
    asked = given.assessment
    rostered = given.roster is not None or (asked is not None and asked.roster is not None)
    yield from provenance.notes(claim, given.source.record, roster_given=rostered, unsigned=given.unsigned)
    doubted = restore_paths.doubted(claim)
    if doubted:
        yield f"note: {doubted} of its nodes are unknown because of other snapshots in a store, which were not compared"
    if claim.assessment is not None and asked is None:
        yield f"note: judged with the assessment {claim.assessment}, which was not given (use -f)"


# Policies


def _policies(claim: Claim, given: ReplayInput) -> tuple[list[Policy], list[str], list[str]]:
    """The policies, by digest; their differences, and notes."""
    by_digest = {policy.digest: policy for policy in given.policies}
    claimed = {policy.digest for policy in claim.policies}
    candidates = [
        f"policy: the report does not use {policy.pack}@{policy.version} ({policy.digest})"
        for policy in given.policies
        if policy.digest not in claimed
    ]
    policies, notes = [], []
    for listed in claim.policies:
        policy = by_digest.get(listed.digest) or _from_catalogue(listed.name, listed.digest, given.homes)
        if policy.digest != listed.digest:
            digests = f"judged: {listed.digest}, here: {policy.digest}"
            candidates.append(f"policy: {listed.name} has another digest here ({digests})")
        elif (policy.pack, str(policy.version)) != (listed.pack, listed.version):
            candidates.append(f"policy: {listed.name} names itself {policy.pack}@{policy.version}")
        elif listed.released and not policy.released and catalog.has_lock(policy):
            candidates.append(f"policy: {listed.name} is released in the report, but the lock here does not list it")
        elif listed.released != policy.released:
            said, here = ("released", "no lock here vouches for that")
            if policy.released:
                said, here = "a draft", "it was released since"
            notes.append(f"note: {listed.name} is called {said}; {here}")
        elif listed.lock != policy.lock:
            notes.append(
                f"note: policies: {listed.name} is released by the lock {listed.lock}, and here by {policy.lock}"
            )
        policies.append(policy)
    return policies, candidates, notes


def _from_catalogue(name: str, digest: str, homes: catalog.Homes) -> Policy:
    """The policy of that name; raises UsageError where there is none."""
    if name not in {entry.name for entry in catalog.catalogue(homes)}:
        message = "this policy is not here, so the report cannot be verified (give its file with -p)"
        raise UsageError.at(f"{name}#{digest}", message, code="policy-not-found")
    return catalog.one(name, homes)


# Waivers, rosters, assessments


def _waivers(claim: Claim, given: ReplayInput) -> tuple[Waivers | None, list[str]]:
    file, asked = given.waivers, given.assessment
    if file is None and asked is not None and asked.waivers is not None:
        data, name = intake_profile.attached(asked, "waivers", asked.waivers)
        file = File(name=name, data=data)
    if claim.waivers is None:
        return None, [f"waivers: {file.name} is given, but the report has none"] if file is not None else []
    if file is None:
        message = (
            f"judged with the waivers {claim.waivers}, which are needed to verify it (give their file with --waivers)"
        )
        raise UsageError.at(claim.file, message, code="report-waivers")
    digest = "sha256:" + hashlib.sha256(file.data).hexdigest()
    differs = [f"waivers: {file.name} is not the judged file (judged: {claim.waivers}, given: {digest})"]
    return waivers.load(file.data, file.name), [] if digest == claim.waivers else differs


def _roster(claim: Claim, file: File | None) -> Iterator[str]:
    if claim.roster is not None and len(claim.roster) != claim.listed:
        yield f"roster: the report counts {claim.listed} names, its nodes show {len(claim.roster)}"
    if file is None:
        return
    names = roster.parse(file.data, file.name)
    if claim.roster is None:
        yield f"roster: {file.name} is given, but the report has none"
        return
    labels = claim.roster if claim.roster_source == CALLER else {roster.parted(label).name for label in claim.roster}
    for on, off, strays in (
        (file.name, "that of the report", names - labels),
        ("that of the report", file.name, labels - names),
    ):
        if strays:
            yield f"roster: on {on}, but not on {off}: {', '.join(fold(strays))}"


def _assessment(claim: Claim, terms: EvaluationCriteria, given: ReplayInput) -> Iterator[str]:
    """Differences between a report and an assessment."""
    asked = given.assessment
    if asked is None:
        return
    if claim.assessment != asked.digest:
        yield f"assessment: not the judged one (judged: {claim.assessment or 'none'}, given: {asked.digest})"
        return
    policies, settled = intake_profile.settle(asked, given.homes)
    levels = replace(terms, policies=settled.policies, parameters=settled.parameters)
    pairs = (
        ("policies", {policy.digest for policy in claim.policies}, {policy.digest for policy in policies}),
        ("parameters", terms.named_parameters, levels.named_parameters),
        ("levels", terms.raised, levels.raised),
        ("rules", claim.rules, None),
        ("waivers", claim.waivers, asked.waivers.digest if asked.waivers else None),
        ("max_age", claim.max_age, asked.max_age[0] if asked.max_age else claim.max_age),
        ("now", claim.now, claim.now if asked.now is None or claim.now is None else format_moment(asked.now)),
    )
    for name, one, other in pairs:
        if one != other:
            yield f"{name}: the report differs from its assessment"


# Judging again


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A verdict, made again."""

    conclusion: Conclusion
    whole: bytes
    """As a report."""
    data: bytes
    """In the form of the claim."""
    snapshots: int

    def remade(self, claim: Claim, terms: EvaluationCriteria) -> Remade:
        """What is compared with the claim."""
        if claim.kind is Kind.STREAM:
            *nodes, last = [json.trusted(line) for line in self.data.splitlines()]
            document = {**last, "nodes": nodes}
        else:
            document = json.trusted(self.data)
        return Remade(
            document=document,
            verdict_digest=self.conclusion.verdict.digest,
            of_claim=consistent.of_claim(claim, terms),
        )


def _again(claim: Claim, terms: EvaluationCriteria, given: Source, oracle: Oracle | None) -> Again:
    style = Style(evidence=Evidence(claim.evidence))
    with contextlib.ExitStack() as stack:
        journal = stack.enter_context(Scratch(_IN_MEMORY))
        onepass = OnePass(terms, style, written=True, journal=journal)  # type: ignore[arg-type]
        names = restore_paths.labels(claim)
        source = stack.enter_context(of_terms(given, terms))
        read = source.read(inputs.nothing if oracle else onepass.known)
        met = restore_paths.sourced((restore_paths.renamed(item, names) for item in _asked(read, oracle)), claim)
        nodes = [node for _, node in judging.judged(met, onepass)]
        conclusion = restore_paths.as_then(onepass.conclude(claim.origin), claim, superseded=source.superseded(terms))
        whole = b"".join(onepass.whole(conclusion, list(nodes)))
        lines = [*(node + b"\n" for node in nodes), *(line + b"\n" for line in onepass.last(conclusion))]
    match claim.kind:
        case Kind.REPORT:
            data = whole
        case Kind.ATTESTATION:
            data = attestation.of(json.trusted(whole), resources.engine_digest()).encode()
        case Kind.STREAM:
            data = _in_order(claim, lines)
    return Again(conclusion=conclusion, whole=whole, data=data, snapshots=len(nodes))


def _in_order(claim: Claim, lines: list[bytes]) -> bytes:
    """A stream in the order of the claim's as far as they have the same lines: files come in any order."""
    places = {line: at for at, line in enumerate(claim.data.splitlines(keepends=True))}
    *nodes, last = lines
    return b"".join([*sorted(nodes, key=lambda node: places.get(node, len(places))), last])


def _oracle(terms: EvaluationCriteria) -> Oracle:
    from passmuster.proof.celcpp import Oracle  # noqa: PLC0415 - the extra

    return Oracle(terms)


def _asked(
    met: Iterator[inputs.InputItem[Remembered]], oracle: Oracle | None
) -> Iterator[inputs.InputItem[Remembered]]:
    """What was met; the second evaluator, where there is one, is asked about each snapshot on the way."""
    for path, number, item in met:
        if oracle is not None and isinstance(item, bytes):
            given = inputs.load(inputs.document(path, number, item))
            if given.snapshot is not None:
                oracle.ask(given.snapshot)
        yield path, number, item
