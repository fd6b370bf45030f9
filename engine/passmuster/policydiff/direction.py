"""Which way a condition was changed: whether what passes the new one passed the old one, or the other way round."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from passmuster.normalform import Form, follows

if TYPE_CHECKING:
    from collections.abc import Sequence


class Direction(enum.Enum):
    """How a new condition relates to the old one; each is proved, or it is UNCLEAR."""

    SAME = "same"
    """The same value on every node, unknown and error too."""
    SAME_TRUE = "same_true"
    """True on the same nodes; what is not true may be false on one side and unknown on the other."""
    STRICTER = "stricter"
    """Every node where the new one is true has the old one true."""
    LOOSER = "looser"
    """Every node where the old one is true has the new one true."""
    UNCLEAR = "unclear"


def direction(old: Form | None, new: Form | None, given: Sequence[Form] = ()) -> Direction:
    """Compare two conditions on the nodes where all that is given is true; None is a form too large to compare."""
    if old is None or new is None:
        return Direction.UNCLEAR
    if old == new:
        return Direction.SAME
    stricter = follows([*given, new], [old])
    looser = follows([*given, old], [new])
    if stricter and looser:
        return Direction.SAME_TRUE
    if stricter or looser:
        return Direction.STRICTER if stricter else Direction.LOOSER
    return Direction.UNCLEAR
