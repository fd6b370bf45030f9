"""Judging stored verdicts again: a checksum shows damage, and only judging shows whether a verdict is true."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from passmuster.fleet.store.counting import Survey
from passmuster.fleet.store.reading import Choice
from passmuster.fleet.store.verdicts import Shelf, kept_terms, read_class, serves

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from passmuster.evaluation.criteria import EvaluationCriteria
    from passmuster.fleet.store.verdicts import Judged, KeptTerms

SAMPLE = 200
"""The number of verdicts that are judged again, without `--rejudge`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which verdicts are judged again, and by what."""

    terms: Callable[[KeptTerms], EvaluationCriteria | str]
    """The terms that kept ones name, or why these cannot be had."""
    every: bool
    seed: int
    """What chooses the sample, where not every verdict is judged again."""


@dataclass(slots=True)
class Rejudged:
    """What judging again found."""

    many: int = 0
    """Verdicts that were judged again."""
    sampled: bool = False
    """Whether others could have been, and were left out."""
    broken: list[str] = field(default_factory=list)
    not_compared: list[str] = field(default_factory=list)
    """A sentence for each terms of which verdicts could not be judged again."""


def rejudge(database: sqlite3.Connection, plan: Plan) -> Rejudged:
    """Judge kept verdicts again, and compare. Raises DamageError."""
    found = Rejudged()
    comparable: list[tuple[KeptTerms, EvaluationCriteria, Mapping[bytes, int]]] = []
    for kept in list(kept_terms(database)):
        terms = plan.terms(kept)
        if not isinstance(terms, str) and (not serves(terms) or Shelf(database, terms).digest != kept.digest):
            terms = "its policies, parameters or rules are not those that it names"
        if isinstance(terms, str):
            if kept.verdicts:
                found.not_compared.append(f"{_many(kept.verdicts)} by {', '.join(kept.policies)}: {terms}")
        else:
            rows = database.execute("SELECT facts, class FROM verdict WHERE terms = ? ORDER BY facts", (kept.id,))
            comparable.append((kept, terms, dict(rows)))
    chosen = [(at, facts) for at, (_, _, verdicts) in enumerate(comparable) for facts in verdicts]
    if not plan.every and len(chosen) > SAMPLE:
        found.sampled = True
        chosen = random.Random(plan.seed).sample(chosen, SAMPLE)  # noqa: S311 - which ones, not a secret
    for at, (kept, terms, verdicts) in enumerate(comparable):
        asked = [facts for of, facts in chosen if of == at]
        if asked:
            _compare(database, found, (kept, terms), {facts: verdicts[facts] for facts in asked})
    return found


def _compare(
    database: sqlite3.Connection,
    found: Rejudged,
    by: tuple[KeptTerms, EvaluationCriteria],
    verdicts: Mapping[bytes, int],
) -> None:
    kept, terms = by
    names = ", ".join(kept.policies)
    # Of every snapshot: verdicts may be over facts of some that are not the latest. A choice reads this table.
    database.execute("DROP TABLE IF EXISTS temp.chosen")
    database.execute("CREATE TEMP TABLE chosen AS SELECT id, at, shape, 1 AS latest FROM main.snapshot")
    survey = Survey(database, terms, Choice(site=""))
    again = survey.judged(facts for facts in verdicts if facts in survey.nodes)
    classes = dict(_classes(database, sorted(set(verdicts.values()))))
    for facts, judged in again.items():
        found.many += 1
        if classes.get(verdicts[facts]) != judged:
            found.broken.append(
                f"the verdict over {facts.hex()} by {names} is not what judging again gives ({judged.outcome.value})"
            )
    if len(again) < len(verdicts):
        gone = "no snapshot has those facts any longer (`fleet gc` deletes the verdict)"
        found.not_compared.append(f"{_many(len(verdicts) - len(again))} by {names}: {gone}")


def _classes(database: sqlite3.Connection, ids: Sequence[int]) -> list[tuple[int, Judged]]:
    found: list[tuple[int, Judged]] = []
    for id_ in ids:
        row = database.execute("SELECT content, digest FROM class WHERE id = ?", (id_,)).fetchone()
        if row is not None:
            found.append((id_, read_class(*row)))
    return found


def _many(number: int) -> str:
    return "1 verdict" if number == 1 else f"{number} verdicts"
