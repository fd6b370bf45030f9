"""`passmuster policy ...`: list and lock, and what `show` prints on a terminal."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.cli import output, release
from passmuster.cli.exclusive import exclusive
from passmuster.cli.surroundings import homes, moment
from passmuster.errors import ExitStatus, IntegrityError, UsageError
from passmuster.intake import catalog
from passmuster.policy import Scope, digest, lock
from passmuster.report import harmless

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from passmuster.policy import Expression, Policy, Rule


def run_list(_options: argparse.Namespace) -> ExitStatus:
    """One line for each version of each pack."""
    entries = list(catalog.catalogue(homes()))
    width = max((len(entry.name) for entry in entries), default=0)
    for entry in entries:
        policy = catalog.load_file(Path(entry.file))
        state = "released" if entry.released else "draft"
        row = f"{entry.name:<{width}}  {state:<8} {len(policy.rules):>3} rules  "
        sys.stdout.write(output.hanging(row, harmless.plain(policy.title)))
    return ExitStatus.GOOD


def text(policy: Policy, rules: Sequence[Rule]) -> str:
    """The policy as text for a terminal: each rule with its sentence, its expression and its grounds."""
    lines = [*_head(policy, rules), *(line for rule in rules for line in _rule(rule))]
    return "".join(f"{harmless.plain(line)}\n" for line in lines)


def _head(policy: Policy, rules: Sequence[Rule]) -> Iterator[str]:
    yield f"{policy.pack} {policy.version} ({'released' if policy.released else 'draft'}): {policy.title}"
    yield f"digest  {policy.digest}"
    dated = f", {policy.source['date']}" if "date" in policy.source else ""
    yield f"source  {policy.source['title']}{dated}"
    used = _used(policy, rules)
    for parameter in policy.parameters:
        if f"params.{parameter.name}" in used:
            text = f"{parameter.type.value}, default {parameter.default!r}"
            yield from _fill(f"params.{parameter.name} ({text}): {parameter.description}")
    for constant in policy.constants:
        if f"constants.{constant.name}" in used:
            yield from _fill(f"constants.{constant.name}: {constant.description}")
            yield from _fill(str(constant.value), "    ")
    for variable in policy.variables:
        if f"variables.{variable.name}" in used:
            yield from _fill(f"variables.{variable.name}: {variable.description}")
            yield from _expression(variable.expression)


def _used(policy: Policy, rules: Sequence[Rule]) -> set[str]:
    """The parameters, constants and variables that these rules name, also through variables."""
    texts = [expression.text for rule in rules for expression in rule.expressions]
    used: set[str] = set()
    expressions = {f"variables.{variable.name}": variable.expression.text for variable in policy.variables}
    while texts:
        references = set(re.findall(r"\b(?:params|constants|variables)\.\w+", texts.pop())) - used
        texts += [expressions[name] for name in references if name in expressions]
        used |= references
    return used


def _rule(rule: Rule) -> Iterator[str]:
    yield ""
    fleet = rule.scope is Scope.FLEET
    yield f"{rule.id} ({rule.level.value}{', about all nodes of a pool' if fleet else ''})"
    yield from _fill(rule.title, "  ")
    for words, expression in (
        ("its members are nodes where" if fleet else "applies when", rule.applies_when),
        ("its pools are named by", rule.group_by),
        ("it compares", rule.value),
        ("passes if", rule.expression),
    ):
        if expression is not None:
            yield f"  {words}"
            yield from _expression(expression)
    yield from _fill(f"why: {rule.rationale}", "  ")
    if rule.deviation != "none":
        yield from _fill(f"deviation: {rule.deviation}", "  ")
    yield from _fill(f"do: {rule.remediation}", "  ")
    for reference in rule.references:
        yield from _fill(
            f"see: {reference.title}{f': {chr(34)}{reference.quote}{chr(34)}' if reference.quote else ''}", "  "
        )
        yield f"       {reference.url}"


def _expression(expression: Expression) -> Iterator[str]:
    for line in expression.text.splitlines():
        yield f"      {line}"


def _fill(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        output.width(),
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def run_lock(options: argparse.Namespace) -> ExitStatus:
    """Write the digests of drafts that are to be released; what is locked never changes."""
    home = Path(options.folder)
    if options.release:
        approval = release.approval(options.approved_by, moment(options.approved_at, "--approved-at"))
        # Looking at a draft takes time, in which others may release theirs.
        ready = _ready(options.release, home)
        with exclusive(str(home / catalog.LOCK)):
            return _lock(home, ready, approval)
    for option, given in (("--approved-by", options.approved_by), ("--approved-at", options.approved_at)):
        if given is not None:
            raise UsageError.at(option, "nothing is released (expected --release PACK@V too)", code="lock-approval")
    with exclusive(str(home / catalog.LOCK)):
        return _lock(home, {}, None)


def _ready(names: Sequence[str], home: Path) -> dict[str, str]:
    """The digests of drafts that are fit to be released, by name; those that are released already are passed over."""
    entries = {entry.name: entry for entry in catalog.in_folder(home)}
    ready = {}
    for name in names:
        if name not in entries:
            known = (
                ", ".join(entry.name for entry in entries.values() if not entry.released) or "none: all are released"
            )
            raise UsageError.at(
                f"--release {name}", f"no such draft in {home} (expected one of: {known})", code="policy-not-found"
            )
        if not entries[name].released:
            ready[name] = release.demand_ready(Path(entries[name].file), name)
    return ready


def _lock(home: Path, ready: Mapping[str, str], approval: lock.Approval | None) -> ExitStatus:
    catalog.demand_whole(home)
    entries = {entry.name: entry for entry in catalog.in_folder(home)}
    locked = dict(catalog.lock_of(home))
    for name, entry in entries.items():
        if name in locked and digest(catalog.read(Path(entry.file))) != locked[name].digest:
            message = f"{name} is released and has changed (expected {locked[name].digest})"
            raise IntegrityError.at(entry.file, message, code="lock-digest")
    for name, examined in ready.items():
        if name not in entries or digest(catalog.read(Path(entries[name].file))) != examined:
            raise UsageError.at(name, "it changed while it was looked at (expected one state)", code="policy-changed")
        locked.setdefault(name, lock.Locked(digest=examined, approval=approval))
    output.write_file(str(home / catalog.LOCK), lock.render(locked).encode())
    _print(f"{home / catalog.LOCK}: {len(locked)} released")
    return ExitStatus.GOOD


def _print(line: str) -> None:
    sys.stdout.write(harmless.plain(line) + "\n")
