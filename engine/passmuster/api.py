"""What an embedder calls, and what the command line judges by: values in, values out.

    from passmuster import check, explain, impact, load_policy, load_snapshot, verify

Nothing here looks at a clock, at the environment or at standard streams: a moment, folders of packs and trust are
arguments. What nodes are judged by is built by `passmuster.intake.criteria`. Errors are `passmuster.errors`: each has
`problems`, with a code, a place and a sentence. docs/api.md has worked examples.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from passmuster.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from passmuster.comparison import Impact, Side, Unchanged
    from passmuster.evaluation.criteria import EvaluationCriteria as EvaluationCriteria  # noqa: PLC0414 - for `cli`
    from passmuster.evaluation.explain import Contributed, Explanation
    from passmuster.evaluation.node import Given as Given  # noqa: PLC0414 - for `cli`
    from passmuster.fleet import Remembered
    from passmuster.fleet.judging import Sinks, Streamed
    from passmuster.fleet.source import Found, Source
    from passmuster.intake.catalog import Homes
    from passmuster.model.verdict import Verdict
    from passmuster.policy import Policy
    from passmuster.proof import Claim
    from passmuster.proof.replay import Replayed, ReplayInput
    from passmuster.report import Style
    from passmuster.snapshot import Snapshot

__all__ = ["check", "check_stream", "explain", "impact", "load_policy", "load_snapshot", "verify"]

_NAME = "snapshot {}"
"""What a snapshot is called that an embedder gives: by its place, from 1."""


def load_policy(name: str, homes: Homes = ()) -> Policy:
    """The policy that PACK, PACK@VERSION or PACK@VERSION#DIGEST names, or the path of its file or folder.

    Packs are looked for among those that ship with the engine, and in `homes`. Raises UsageError where there is none,
    PolicyError with all that is wrong in the file, IntegrityError where it is not the one that its lock or the digest
    names.
    """
    from passmuster.codec import resources  # noqa: PLC0415 - `import passmuster` loads no library
    from passmuster.intake import catalog  # noqa: PLC0415 - as above

    return catalog.one(name, (resources.policies(), *homes))


def load_snapshot(data: bytes, name: str = "<snapshot>") -> Snapshot:
    """Read one snapshot; `name` is what it is called in messages. Raises SnapshotError, with line and column."""
    from passmuster import snapshot  # noqa: PLC0415 - as above

    return snapshot.load(data, name)


def check(
    snapshots: Source | Iterable[Snapshot | Given | bytes],
    criteria: EvaluationCriteria,
    done: Callable[[int, int], None] | None = None,
) -> Verdict:
    """Judge nodes; the verdict has each of them, with each result and the facts that it was read from.

    A snapshot may be one that was read, or its bytes; bytes that cannot be read are a node that is unknown. A `Source`
    is files, folders and bundles. The order of snapshots changes nothing. `done` is told now and then of bytes and
    nodes that were judged since. Raises UsageError for a source with nothing to read, IntegrityError for a bundle that
    does not hold.
    """
    from passmuster.fleet import judging  # noqa: PLC0415 - as above

    source = _source(snapshots, criteria)
    return judging.whole(source, criteria) if done is None else judging.whole(source, criteria, done)


def check_stream(
    snapshots: Source | Iterable[Snapshot | Given | bytes],
    criteria: EvaluationCriteria,
    sinks: Sinks,
    style: Style | None = None,
) -> AbstractContextManager[Streamed]:
    """Judge nodes as they come, and write each to the sinks; so many nodes as there are need no more memory.

    What is entered has the `conclusion`: the verdict without its nodes, and counts. Raises as `check` does.
    """
    from passmuster.fleet import judging  # noqa: PLC0415 - as above
    from passmuster.report import Style  # noqa: PLC0415 - as above

    return judging.streamed(_source(snapshots, criteria), criteria, Style() if style is None else style, sinks)


def _source(snapshots: Source | Iterable[Snapshot | Given | bytes], criteria: EvaluationCriteria) -> Source:
    from passmuster.fleet.source import Source  # noqa: PLC0415 - as above
    from passmuster.intake import inputs  # noqa: PLC0415 - as above

    if isinstance(snapshots, Source):
        return snapshots
    if criteria.latest:  # they are read twice
        documents = (
            inputs.load(inputs.Document(label=_NAME.format(at), path=_NAME.format(at), line=1, data=item))
            if isinstance(item, bytes)
            else _given(at, item)
            for at, item in enumerate(snapshots, start=1)
        )
        return Source(given=list(documents))

    def kept(known: Callable[[bytes], Remembered | None]) -> Iterator[Found]:
        for at, item in enumerate(snapshots, start=1):
            name = _NAME.format(at)
            yield name, 0, (known(item) or item) if isinstance(item, bytes) else _given(at, item)

    return Source(kept=kept)


def _given(at: int, snapshot: Snapshot | Given) -> Given:
    from passmuster.evaluation.node import Given  # noqa: PLC0415 - as above

    return snapshot if isinstance(snapshot, Given) else Given(input=_NAME.format(at), snapshot=snapshot)


def explain(snapshot: Snapshot, policy: Policy, rule: str, parameters: Sequence[str] = ()) -> Explanation | Contributed:
    """Why a rule, named by ID or PACK/ID, comes out as it does on one node.

    `parameters` are NAME=VALUE. A rule about all nodes has no outcome on one of them: what the node contributes to it
    is explained then. Raises UsageError for a rule or a parameter that the policy has not, PolicyError for a policy
    that does not compile.
    """
    from passmuster.evaluation import explain as explaining  # noqa: PLC0415 - as above
    from passmuster.intake.criteria import rule_named  # noqa: PLC0415 - as above
    from passmuster.policy.compile import CompiledRule, compile_policy  # noqa: PLC0415 - as above
    from passmuster.policy.parameters import effective  # noqa: PLC0415 - as above

    values = effective((policy,), parameters)[policy.pack]
    compiled, wanted = compile_policy(policy), rule_named(policy, rule).id
    chosen = next(candidate for candidate in compiled.every_rule if candidate.header.id == wanted)
    if isinstance(chosen, CompiledRule):
        return explaining.explain(compiled, chosen, snapshot, values)
    return explaining.contributed(compiled, chosen, snapshot, values)


def impact(
    old: EvaluationCriteria | Side,
    new: EvaluationCriteria | Side,
    later: Iterable[Snapshot | Given | Unchanged],
    earlier: Iterable[Snapshot | Given | Unchanged] | None = None,
) -> Impact:
    """Compare what two versions of a policy say of nodes, and what caused each change.

    Without `earlier`, each snapshot is both what was and what is; with it, `old` judges `earlier` and `new` judges
    `later`. `later` is read once and not kept. Raises UsageError unless both sides have one version of the same pack.
    """
    from passmuster.comparison import Side, Unchanged, compare  # noqa: PLC0415 - as above

    sides = [side if isinstance(side, Side) else Side.of(side) for side in (old, new)]
    packs = sorted(side.policy.header.pack for side in sides)
    if packs[0] != packs[1]:
        message = f"two packs (got {' and '.join(packs)}, expected two versions of one)"
        raise UsageError.at("impact", message, code="usage-impact")

    def met(snapshots: Iterable[Snapshot | Given | Unchanged]) -> Iterator[Given | Unchanged]:
        for at, item in zip(itertools.count(1), snapshots, strict=False):
            yield item if isinstance(item, Unchanged) else _given(at, item)

    before = None if earlier is None else (item for item in met(earlier) if not isinstance(item, Unchanged))
    return compare(sides[0], sides[1], met(later), before)


def verify(verdict: Claim | bytes, given: ReplayInput, name: str = "<verdict>") -> Replayed:
    """Judge again what a verdict says that it was made from, and compare; `holds` says whether nothing differs.

    A verdict is the bytes of a JSON report, of an ndjson stream or of an attestation. Who signed it is asked before
    (`passmuster.proof.signature`). Raises IntegrityError for bytes that are no verdict, UsageError where it cannot be
    tried, as without its policies.
    """
    from passmuster import proof  # noqa: PLC0415 - as above
    from passmuster.proof.replay import replay  # noqa: PLC0415 - as above

    return replay(proof.read(verdict, name) if isinstance(verdict, bytes) else verdict, given)
