"""The snapshots of a comparison, as they were met in the input."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from passmuster.comparison.unchanged import Unchanged
from passmuster.evaluation.node import Given
from passmuster.intake import inputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Known: TypeAlias = "tuple[str, str | None, str]"
"""Name, machine id and digest of a node on which nothing changes."""
Met: TypeAlias = Given | Unchanged
"""A snapshot, or a node of which it is known that nothing changes on it."""


def given(
    items: Iterable[inputs.InputItem[Known] | tuple[str, int, inputs.Sourced[Known]]],
) -> Iterator[Met]:
    """The snapshots one after the other: none is kept here. What a store doubts is one that cannot be read."""
    for path, line, each in items:
        label = inputs.label(path, line)
        source = each if isinstance(each, inputs.Sourced) else inputs.Sourced(each, None, None)
        found = source.found
        if source.doubt is not None:
            yield Given(input=label, snapshot=None, problem=f"{label}: {source.doubt}")
        elif isinstance(found, Given):
            yield found
        elif isinstance(found, bytes):
            yield replace(inputs.load(inputs.document(path, line, found)), site=source.site)
        else:
            name, machine_id, digest = found
            yield Unchanged(name=name, machine_id=machine_id, digest=digest, input=label, site=source.site)
