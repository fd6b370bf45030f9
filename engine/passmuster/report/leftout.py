"""What was in the input and was not judged, in words and as wire formats have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from passmuster.model.verdict import Skipped

_NAMED = 5
"""Files that a headline names."""


def headline(skipped: Sequence[Skipped]) -> Iterator[str]:
    """A line where something was not judged; none where nothing was."""
    if not skipped:
        return
    named = "; ".join(f"{path.path} ({path.why})" for path in skipped[:_NAMED])
    more = f"; and {len(skipped) - _NAMED} more" if len(skipped) > _NAMED else ""
    yield f"not judged: {len(skipped)} file{'' if len(skipped) == 1 else 's'}: {named}{more}"


def wire(skipped: Sequence[Skipped]) -> list[dict[str, str]]:
    """The list as `passmuster.report/1` has it."""
    return [{"path": path.path, "why": path.why} for path in skipped]
