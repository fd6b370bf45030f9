"""`passmuster policy show`: a policy for reading, as text, Markdown or a page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.authoring import docs, testing
from passmuster.cli import output
from passmuster.cli.policy import text
from passmuster.cli.surroundings import homes
from passmuster.errors import ExitStatus, UsageError
from passmuster.intake import catalog

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from passmuster.authoring.testing import Suite
    from passmuster.policy import Policy, Rule


def run(options: argparse.Namespace) -> ExitStatus:
    """Write the policy, or one of its rules, in each format that is asked for."""
    outputs = [_output(text) for text in options.output or ["text"]]
    if sum(file is None for _, file in outputs) > 1:
        raise UsageError.at(
            "-o", "two formats to standard output (expected one; write FORMAT=FILE)", code="usage-output"
        )
    policy = catalog.one(options.policy, homes())
    rules = [rule for rule in policy.rules if options.rule in {None, rule.id}]
    if not rules:
        known = ", ".join(rule.id for rule in policy.rules)
        raise UsageError.at(f"--rule {options.rule}", f"no such rule (expected one of: {known})", code="usage-rule")
    for name, file in sorted(outputs, key=lambda pair: pair[1] is None):
        written = _written(name, policy, rules, options.rule)
        if file is None:
            sys.stdout.write(written)
        else:
            output.write_file(file, written.encode())
    return ExitStatus.GOOD


def _written(name: str, policy: Policy, rules: Sequence[Rule], rule: str | None) -> str:
    if name == "text":
        return text(policy, rules)
    gathered = docs.gather(policy, _suite(policy), _older(policy), rule)
    return dict(docs.FORMATS)[name](gathered)


def _suite(policy: Policy) -> Suite | None:
    """The tests beside the policy, if there are any."""
    file = catalog.tests_beside(policy.document.file)
    return testing.load(catalog.read(file), str(file)) if file.exists() else None


def _older(policy: Policy) -> list[Policy]:
    """The released versions of the pack before this one, oldest first, where it stands in a folder of packs."""
    home = Path(policy.document.file).absolute().parent.parent.parent
    earlier = [
        entry
        for entry in catalog.in_folder(home)
        if entry.pack == policy.pack and entry.released and entry.version < policy.version
    ]
    return [catalog.load_file(Path(entry.file)) for entry in sorted(earlier, key=lambda entry: entry.version)]


def _output(text: str) -> tuple[str, str | None]:
    name, equals, file = text.partition("=")
    names = ["text", *(known for known, _ in docs.FORMATS)]
    if name not in names or (equals and not file):
        message = f"no such format (got {name!r}, expected one of: {', '.join(names)})"
        raise UsageError.at(f"-o {text}", message, code="usage-output")
    return name, None if file in {"", "-"} else file
