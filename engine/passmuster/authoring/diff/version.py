"""Which version a change asks for, by Semantic Versioning as packs use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.authoring.diff.model import Bump

if TYPE_CHECKING:
    from passmuster.policy.version import Version


def wanted(old: Version, bump: Bump) -> str:
    """The lowest version that a change of this size may have; before 1.0.0 each size counts one less."""
    if old.major == 0 and bump is not Bump.NONE:
        bump = Bump.MINOR if bump is Bump.MAJOR else Bump.PATCH
    numbers = {
        Bump.NONE: (old.major, old.minor, old.patch),
        Bump.PATCH: (old.major, old.minor, old.patch + 1),
        Bump.MINOR: (old.major, old.minor + 1, 0),
        Bump.MAJOR: (old.major + 1, 0, 0),
    }[bump]
    return ".".join(map(str, numbers))


def fits(old: Version, new: Version, bump: Bump) -> bool:
    """Whether a version is high enough for its changes since an older one."""
    lowest = tuple(int(part) for part in wanted(old, bump).split("."))
    return (new.major, new.minor, new.patch) >= lowest
