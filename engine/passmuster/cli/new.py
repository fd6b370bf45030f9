"""`passmuster policy new`: begin a pack, or add a rule to its newest draft."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster import policy
from passmuster.authoring import scaffold
from passmuster.cli import output
from passmuster.cli.exclusive import exclusive
from passmuster.errors import ExitStatus, UsageError
from passmuster.intake import catalog
from passmuster.policy.compile import compile_policy

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> ExitStatus:
    """Write the two files; existing files are never overwritten, and a release never changes."""
    scaffold.demand_name(options.pack, "pack")
    if options.rule is None:
        folder = _begun(Path(options.folder), options.pack)
    else:
        scaffold.demand_name(options.rule, "rule")
        folder = _extended(Path(options.folder), options.pack, options.rule)
    sys.stdout.write(f"{folder / 'policy.yaml'}\n{folder / 'tests.yaml'}\n")
    sys.stdout.write(f"next: edit both, then passmuster policy lint {folder} && passmuster policy test {folder}\n")
    return ExitStatus.GOOD


def _begun(home: Path, pack: str) -> Path:
    folder = home / pack / scaffold.FIRST_VERSION
    if folder.parent.exists():
        hint = "--rule ID adds a rule to its newest draft; for a new version, copy the newest folder and edit `version`"
        raise UsageError.at(str(folder.parent), "the pack already exists", code="scaffold-pack", hint=hint)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise UsageError.at(str(folder), f"cannot be created ({error.strerror})", code="file") from None
    _write(folder, scaffold.begun(pack))
    return folder


def _extended(home: Path, pack: str, rule: str) -> Path:
    versions = [entry for entry in catalog.in_folder(home) if entry.pack == pack]
    drafts = [entry for entry in versions if not entry.released]
    if not drafts:
        known = ", ".join(f"{entry.version} (released)" for entry in versions) or "none at all"
        message = f"no draft of {pack} to add a rule to (got {known}, expected a version that is not released)"
        hint = "for a new version, copy the folder of the last and edit `version` in policy.yaml" if versions else None
        raise UsageError.at(str(home / pack), message, code="policy-not-found", hint=hint)
    folder = Path(max(drafts, key=lambda entry: entry.version).file).parent
    names = str(folder / "policy.yaml"), str(folder / "tests.yaml")
    with exclusive(names[0]):
        _extend(folder, names, rule)
    return folder


def _extend(folder: Path, names: tuple[str, str], rule: str) -> None:
    for check in (catalog.load_file(Path(names[0])),):
        compile_policy(check)
    read = scaffold.Files(
        policy=catalog.read(Path(names[0])).decode(), tests=catalog.read(Path(names[1])).decode(errors="replace")
    )
    made = scaffold.extended(read, rule, names)
    compile_policy(policy.load(made.policy.encode(), names[0]))
    _write(folder, made)


def _write(folder: Path, files: scaffold.Files) -> None:
    output.write_file(str(folder / "policy.yaml"), files.policy.encode())
    output.write_file(str(folder / "tests.yaml"), files.tests.encode())
