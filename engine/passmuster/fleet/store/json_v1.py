"""The wire format `passmuster.fleet/1`: the output of the commands over a store, as JSON.

It is written field by field, and is not a dump of internal types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.codec import json
from passmuster.fleet.store.cut import NO_MOMENT, moment_text
from passmuster.fleet.store.writing import machine_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from passmuster.fleet.store.history import Change, State, Turn
    from passmuster.fleet.store.listing import Listed
    from passmuster.fleet.store.reading import Kept
    from passmuster.fleet.store.run import Step, Story, Taken
    from passmuster.fleet.store.verdicts import KeptTerms
    from passmuster.fleet.store.verifying import Findings
    from passmuster.fleet.store.writing import Conflict

SCHEMA = "passmuster.fleet/1"


def _written(kind: str, content: dict[str, Any]) -> str:
    return json.canonical({"schema": SCHEMA, "kind": kind, **content}).decode()


def taken(kind: str, taken_: Taken) -> str:
    """A batch that is on the disk (kind `batch`), or all that a run did (kind `added`)."""
    content: dict[str, Any] = {
        "read": taken_.read,
        "new": taken_.new,
        "known": taken_.known,
        "unreadable": taken_.unreadable,
        "last": taken_.last,
    }
    if kind == "added":
        content["conflicts"] = [_conflict(each) for each in taken_.conflicts]
    return _written(kind, content)


def _conflict(conflict: Conflict) -> dict[str, Any]:
    return {
        "kind": conflict.kind,
        "site": conflict.site or None,
        "name": conflict.name,
        "machine_id": machine_text(conflict.machine),
        "others": list(conflict.others),
    }


def listing(nodes: Iterable[Listed]) -> str:
    """All nodes in one document."""
    return _written("list", {"nodes": [_listed(each) for each in nodes]})


def listing_line(node: Listed) -> str:
    """One node as a document of its own."""
    return _written("node", _listed(node))


def _listed(node: Listed) -> dict[str, Any]:
    kept = node.kept
    own = {"site": kept.site or None, "labels": dict(node.labels), "snapshots": node.snapshots, "doubt": kept.doubt}
    return {**_snapshot(kept), **own}


def _snapshot(kept: Kept) -> dict[str, Any]:
    return {
        "node": kept.name,
        "machine_id": machine_text(kept.machine),
        "collected_at": moment_text(kept.at) if kept.at > NO_MOMENT else None,
        "received_at": moment_text(kept.received),
        "digest": f"sha256:{kept.digest.hex()}",
        "input": kept.label,
    }


def history(stories: Sequence[Story]) -> str:
    """What changed on the nodes of a name."""
    return _written("history", {"nodes": [_story(each) for each in stories]})


def _story(story: Story) -> dict[str, Any]:
    return {
        "node": story.name,
        "site": story.site or None,
        "machine_id": machine_text(story.machine),
        "snapshots": [_step(each) for each in story.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    told = _snapshot(step.kept)
    return {
        **{key: told[key] for key in ("collected_at", "digest", "input", "received_at")},
        "standing": step.standing,
        "outcome": step.outcome,
        "facts": [_change(each) for each in step.changes],
        "verdicts": [_turn(each) for each in step.turns],
    }


def _change(change: Change) -> dict[str, Any]:
    return {"path": str(change.path), "before": _state(change.before), "after": _state(change.after)}


def _state(state: State | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {"value": state.value} if state.unknown is None else {"unknown": state.unknown}


def _turn(turn: Turn) -> dict[str, Any]:
    return {"rule": turn.rule, "before": turn.before, "after": turn.after}


def verdicts(terms: Iterable[KeptTerms]) -> str:
    """Under which terms verdicts are kept."""
    return _written("verdicts", {"terms": [_terms(each) for each in terms]})


def _terms(terms: KeptTerms) -> dict[str, Any]:
    return {
        "id": terms.id,
        "policies": list(terms.policies),
        "parameters": dict(terms.parameters),
        "rules": None if terms.rules is None else list(terms.rules),
        "engine": terms.engine,
        "verdicts": terms.verdicts,
    }


def verified(found: Findings, seed: int) -> str:
    """What a look at the whole store found; `seed` chose a sample of the verdicts."""
    return _written(
        "verified",
        {
            "snapshots": found.snapshots,
            "pieces": found.pieces,
            "verdicts": found.verdicts,
            "rejudged": found.rejudged.many,
            "seed": seed if found.rejudged.sampled else None,
            "not_compared": list(found.rejudged.not_compared),
            "broken": list(found.broken),
        },
    )
