"""The output of the commands over a store, for a person."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from passmuster.fleet.store.cut import NO_MOMENT, moment_text
from passmuster.fleet.store.order import LATEST, OLDER
from passmuster.fleet.store.writing import machine_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from passmuster.fleet.store.cleaning import Freed
    from passmuster.fleet.store.history import Change, State, Turn
    from passmuster.fleet.store.listing import Listed
    from passmuster.fleet.store.run import Step, Story, Taken
    from passmuster.fleet.store.verdicts import KeptTerms
    from passmuster.fleet.store.verifying import Findings
    from passmuster.fleet.store.writing import Conflict

_SHOWN = 20
"""The most conflicts, findings and list members that are shown; the rest is counted."""
_VALUE = 60


def added(store: str, taken: Taken) -> str:
    """What a run put into a store."""
    lines = [f"{store}: {_many(taken.new, 'new snapshot')}, {taken.known} already stored"]
    if taken.unreadable:
        lines[0] += f", {taken.unreadable} not readable and not kept"
    lines += _limited(
        [_conflict(each) for each in sorted(taken.conflicts, key=lambda each: (each.name, each.kind))], "contradictions"
    )
    return _text(lines)


def _conflict(conflict: Conflict) -> str:
    who = f"{conflict.name} ({conflict.site})" if conflict.site else conflict.name
    match conflict.kind:
        case "clock_back":
            return f"{who}: a later delivery has an earlier collection time, or none: unknown until you accept one"
        case "from_the_future":
            return f"{who}: from the future: it does not count as the latest"
        case "no_machine_id":
            return f"{who}: several snapshots without a machine id: unknown until you accept them"
        case "same_name":
            ids = ", ".join(
                sorted(_short(each) for each in (machine_text(conflict.machine) or "none", *conflict.others))
            )
            return f"{who}: one name, several machine ids ({ids})"
        case "same_machine_id":
            names = ", ".join(conflict.others)
            return f"{who}: the same machine id as {names} (a cloned machine?)"
        case _:
            return f"{who}: several snapshots with the same collection time: unknown until a newer one comes"


def listing(nodes: Sequence[Listed]) -> str:
    """The nodes, a line each."""
    if not nodes:
        return "no node fits\n"
    rows = [("NODE", "MACHINE ID", "LAST SEEN", "SNAPSHOTS", "SITE", "LABELS")]
    rows += [
        (
            each.kept.name,
            _short(machine_text(each.kept.machine) or "none"),
            _moment(each.kept.at),
            str(each.snapshots),
            each.kept.site or "-",
            ",".join(f"{key}={value}" for key, value in sorted(each.labels.items())) or "-",
        )
        for each in nodes
    ]
    doubts = {f"{each.kept.name}: {each.kept.doubt}" for each in nodes if each.kept.doubt is not None}
    return _columns(rows) + _text([f"{_many(len(nodes), 'node')}", *_limited(sorted(doubts), "nodes")])


def history(stories: Sequence[Story]) -> str:
    """What changed on the nodes of a name, snapshot by snapshot."""
    lines: list[str] = []
    for story in stories:
        at = f" at {story.site}" if story.site else ""
        lines.append(f"{story.name}{at} {_short(machine_text(story.machine) or 'without a machine id')}")
        for step in story.steps:
            lines += _step(step)
    return _text(lines)


def _step(step: Step) -> Iterator[str]:
    outcome = f"  {step.outcome.upper()}" if step.outcome is not None else ""
    same = "" if step.first or step.changes else "  no fact changed"
    yield f"  {_moment(step.kept.at)}{outcome}  {step.kept.label}{same}"
    if step.kept.latest not in {LATEST, OLDER}:
        received = moment_text(step.kept.received)
        yield f"    {step.standing}; received {received}, sha256:{step.kept.digest.hex()}"
    for change in step.changes:
        yield f"    {change.path}: {_change(change)}"
    for turn in step.turns:
        yield f"    {_turn(turn)}"


def _change(change: Change) -> str:
    before, after = change.before, change.after
    if before is not None and after is not None and isinstance(before.value, list) and isinstance(after.value, list):
        gone = [each for each in before.value if each not in after.value]
        come = [each for each in after.value if each not in before.value]
        parts = [f"{sign} {_words(some)}" for sign, some in (("+", come), ("-", gone)) if some]
        return "; ".join(parts) or "another order"
    return f"{_state(before)} -> {_state(after)}"


def _words(some: list[Any]) -> str:
    more = f" and {len(some) - _SHOWN} more" if len(some) > _SHOWN else ""
    return ", ".join(_cut(each if isinstance(each, str) else _json(each)) for each in some[:_SHOWN]) + more


def _state(state: State | None) -> str:
    if state is None:
        return "not mentioned"
    return f"unknown ({state.unknown})" if state.unknown is not None else _cut(_json(state.value))


def _turn(turn: Turn) -> str:
    before, after = turn.before or "not judged", turn.after or "not judged"
    return f"the node: {before} -> {after}" if turn.rule is None else f"{turn.rule}: {before} -> {after}"


def verdicts(terms: Iterable[KeptTerms]) -> str:
    """Under which terms verdicts are kept."""
    lines: list[str] = []
    for each in terms:
        rules = "all rules" if each.rules is None else ", ".join(each.rules)
        lines.append(
            f"{each.id}: {', '.join(each.policies)}, {rules}, by engine {each.engine}: {each.verdicts} verdicts"
        )
        lines += [f"    {name} = {_cut(_json(value))}" for name, value in sorted(each.parameters.items())]
    return _text(lines or ["no stored verdicts"])


def freed(store: str, freed_: Freed) -> str:
    """What a store gave back."""
    parts = (
        _many(freed_.snapshots, "snapshot"),
        _many(freed_.shapes, "shape"),
        _many(freed_.pieces, "piece"),
        _many(freed_.verdicts, "verdict"),
    )
    note = "" if freed_.shrunk else "; the file keeps its size, for another command uses it or the disk is full"
    return f"{store}: dropped {', '.join(parts)}{note}\n"


def verified(store: str, found: Findings, seed: int) -> str:
    """What a look at the whole store found; `seed` chose a sample of the verdicts."""
    looked = f"{_many(found.snapshots, 'snapshot')}, {_many(found.pieces, 'piece')}, {_many(found.verdicts, 'verdict')}"
    again = found.rejudged
    by = f", a sample by --seed {seed}" if again.sampled else ""
    looked += f" of which {again.many} judged again{by}" if again.many < found.verdicts else ", all judged again"
    lines = [f"  not compared: {each}" for each in again.not_compared]
    if found.broken:
        return _text([f"{store}: {len(found.broken)} broken ({looked})", *_limited(found.broken, "findings"), *lines])
    return _text([f"{store}: {'no damage found' if lines or again.sampled else 'sound'} ({looked})", *lines])


def _limited(lines: Sequence[str], what: str) -> list[str]:
    shown = [f"  {line}" for line in lines[:_SHOWN]]
    return [*shown, f"  and {len(lines) - _SHOWN} more {what}"] if len(lines) > _SHOWN else shown


def _columns(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return _text("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _short(machine_id: str) -> str:
    return machine_id.removeprefix("sha256:")[:12] if machine_id.startswith("sha256:") else machine_id


def _moment(at: int) -> str:
    return moment_text(at) if at > NO_MOMENT else "unknown"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _cut(text: str) -> str:
    return text if len(text) <= _VALUE else text[: _VALUE - 3] + "..."
