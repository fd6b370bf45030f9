"""Finding policies on disk: shipped packs, packs in other folders that a caller names, and paths.

A folder of packs is `<pack>/<version>/policy.yaml` with a `policies.lock` beside the packs: a version
in the lock is released and must have that digest; any other is a draft.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from passmuster.codec import resources
from passmuster.errors import IntegrityError, Location, PolicyError, Problem, UsageError
from passmuster.intake import reading
from passmuster.model.text import BOM
from passmuster.policy import Policy, UnsoundPolicyError, digest, load, lock
from passmuster.policy.compile import all_problems
from passmuster.policy.selection import Entry, Spec, demand_digest, demand_distinct, select
from passmuster.policy.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Homes: TypeAlias = "Sequence[Path]"
"""Folders of packs to search for policies by name; the shipped one is `passmuster.codec.resources.policies()`."""
LOCK = "policies.lock"
SHIPPED = "passmuster"
"""The name of the shipped lock in reports."""


def catalogue(homes: Homes) -> tuple[Entry, ...]:
    """Every version in these folders, by pack and version; raises UsageError if a pack is in two of them."""
    packs: dict[str, Path] = {}
    entries: list[Entry] = []
    for home in homes:
        for entry in in_folder(home):
            if packs.setdefault(entry.pack, home) != home:
                message = f"the pack is in two folders ({packs[entry.pack]} and {home}), expected one"
                raise UsageError.at(entry.pack, message, code="policy-twice")
            entries.append(entry)
    return tuple(sorted(entries, key=lambda entry: (entry.pack, entry.version)))


def in_folder(home: Path) -> Iterator[Entry]:
    """The versions in one folder of packs."""
    locked = locked_in(home)
    for file in sorted(home.glob("*/*/policy.yaml")):
        pack, version = file.parts[-3:-1]
        try:
            parsed = Version.parse(version)
        except ValueError:
            continue
        yield Entry(pack=pack, version=parsed, file=str(file), released=f"{pack}@{version}" in locked)


def locked_in(home: Path) -> Mapping[str, str]:
    """The digests in the lock of a folder of packs, by PACK@VERSION; empty where it has none: then all are drafts."""
    return {name: entry.digest for name, entry in lock_of(home).items()}


def has_lock(policy: Policy) -> bool:
    """Whether there is a lock in the folder of packs that a policy lies in."""
    return bool(locked_in(Path(policy.document.file).absolute().parent.parent.parent))


def lock_of(home: Path) -> Mapping[str, lock.Locked]:
    """The lock of a folder of packs; empty where it has none."""
    file = home / LOCK
    if not file.exists():
        return {}
    return lock.parse(read(file).removeprefix(BOM).decode(errors="replace"), str(file))


def missing_in(home: Path) -> tuple[Problem, ...]:
    """The releases in a folder's lock whose files are missing: without them an older one would count as the newest."""
    locked = locked_in(home)
    gone = [name for name in locked if not home.joinpath(*name.split("@"), "policy.yaml").is_file()]
    if not gone:
        return ()
    lines = read(home / LOCK).decode(errors="replace").splitlines()
    numbers = {line.split(" ")[0]: number for number, line in enumerate(lines, start=1)}
    return tuple(
        Problem(
            code="lock-missing",
            message=f"{name} is released and is not there (expected {home.joinpath(*name.split('@'), 'policy.yaml')})",
            location=Location(file=str(home / LOCK), line=numbers[name], column=1),
        )
        for name in gone
    )


def demand_whole(home: Path, pack: str | None = None) -> None:
    """Raise IntegrityError where a release of a pack (None: of any) is not there."""
    gone = [problem for problem in missing_in(home) if pack is None or problem.message.startswith(f"{pack}@")]
    if gone:
        raise IntegrityError(gone)


def read(file: Path) -> bytes:
    """The bytes of a policy's file; raises UsageError if it cannot be read."""
    return reading.whole(file)


def chosen(specs: Sequence[str], homes: Homes) -> tuple[Policy, ...]:
    """The selected policies, in that order; raises PassmusterError with all mistakes."""
    policies: list[Policy] = []
    problems: list[Problem] = []
    for text in specs:
        try:
            policies.append(one(text, homes))
        except PolicyError as error:
            problems += error.problems
    if problems:
        raise PolicyError(problems)
    demand_distinct([f"{policy.pack}@{policy.version}" for policy in policies])
    return tuple(policies)


def one(text: str, homes: Homes) -> Policy:
    """The policy that PACK[@VERSION][#DIGEST] or a path names; packs are in these folders."""
    spec = None if is_path(text) else Spec.parse(text)
    if spec is None:
        return _from_path(Path(text))
    entry = select(spec, catalogue(homes))
    demand_whole(Path(entry.file).parent.parent.parent, spec.pack)
    policy = load_file(Path(entry.file))
    demand_digest(spec, policy.digest)
    return policy


def is_path(text: str) -> bool:
    """Whether a caller means a path and not the name of a pack."""
    return os.sep in text or text.endswith((".yaml", ".yml")) or text in {".", ".."}


def _from_path(path: Path) -> Policy:
    if not path.exists():
        raise UsageError.at(
            str(path), "no such file or pack (expected PACK[@VERSION] or the path of a policy)", code="policy-not-found"
        )
    if path.is_dir() and not (path / "policy.yaml").exists():
        below = sorted(str(file.parent) for file in path.glob("*/policy.yaml")) or ["PACK/VERSION"]
        message = f"no policy.yaml in this folder (expected the folder of a version: {', '.join(below)})"
        raise UsageError.at(str(path), message, code="policy-not-found")
    return load_file(path / "policy.yaml" if path.is_dir() else path)


def load_file(file: Path) -> Policy:
    """Load a policy, checked against the lock of its folder of packs; raises IntegrityError where it does not hold."""
    data = read(file)
    home, folders = file.absolute().parent.parent.parent, file.absolute().parts[-3:-1]
    name = "@".join(folders)
    locked = locked_in(home).get(name)
    if locked is not None and locked != digest(data):
        shown = (file.parents[2] if len(file.parents) > 2 else home) / LOCK
        message = f"{name} is released and has changed (got {digest(data)}, expected {locked} by {shown})"
        raise IntegrityError.at(str(file), message, code="lock-digest")
    try:
        policy = load(
            data, str(file), released=locked is not None, lock=None if locked is None else _lock(home, name, locked)
        )
    except UnsoundPolicyError as error:
        raise all_problems(error) from None
    if locked is not None:
        demand_name(policy, name)
    return policy


def _lock(home: Path, name: str, locked: str) -> str:
    """Which lock vouches for a release: anybody can put one beside a pack, so another than ours goes by its digest."""
    if locked_in(resources.policies()).get(name) == locked:
        return SHIPPED
    return digest(read(home / LOCK))


def demand_name(policy: Policy, name: str) -> None:
    """Raise PolicyError unless a policy names itself as its folders do: PACK@VERSION."""
    own = f"{policy.pack}@{policy.version}"
    if own != name:
        field = "version" if name.startswith(f"{policy.pack}@") else "pack"
        message = f"names itself {own} (expected {name}, as its folders say)"
        raise PolicyError([policy.document.problem((field,), message, code="policy-name")])


def tests_beside(policy_file: str) -> Path:
    """The path of a policy's tests."""
    return Path(policy_file).parent / "tests.yaml"


def every_version(homes: Homes) -> Iterable[str]:
    """PACK@VERSION of each version in these folders; raises IntegrityError where a release is not there."""
    for home in homes:
        demand_whole(home)
    return [entry.name for entry in catalogue(homes)]
