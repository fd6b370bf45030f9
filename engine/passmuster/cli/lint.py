"""`passmuster policy lint`: everything that is wrong with policies, at once, as text or for other programs."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.authoring import diff as policydiff
from passmuster.authoring import lint, testing
from passmuster.cli.surroundings import homes
from passmuster.codec import yaml
from passmuster.errors import ExitStatus, IntegrityError, PassmusterError, PolicyError, Problem, UsageError
from passmuster.intake import catalog
from passmuster.policy.compile import CompiledPolicy, compile_policy
from passmuster.policy.selection import Spec, select
from passmuster.policy.version import Version
from passmuster.report import harmless

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from passmuster.policy import Policy


def run(options: argparse.Namespace) -> ExitStatus:
    """Lint what was asked for; the status is FAILED where something weighs as much as the threshold."""
    linting = _Linting()
    for file in _files(options.policies, linting):
        linting.file(file)
    text = lint.FORMATS[options.output](sorted(set(linting.findings), key=lint.Finding.order))
    sys.stdout.write(harmless.json(text) if options.output in {"json", "sarif"} else harmless.lines(text))
    if linting.broken:
        return ExitStatus.INTEGRITY
    weights = {"error": {lint.Severity.ERROR}, "warning": {lint.Severity.ERROR, lint.Severity.WARNING}, "never": set()}[
        options.fail_on
    ]
    failed = any(finding.severity in weights for finding in linting.findings)
    return ExitStatus.FAILED if failed else ExitStatus.GOOD


def findings(file: Path) -> tuple[lint.Finding, ...]:
    """All that linting says of one policy file and its tests, sorted."""
    linting = _Linting()
    linting.file(file)
    return tuple(sorted(set(linting.findings), key=lint.Finding.order))


@dataclass(slots=True)
class _Linting:
    """Collects what is found in several files."""

    findings: list[lint.Finding] = field(default_factory=list)
    broken: bool = False
    """Whether a lock does not hold."""

    def problems(self, problems: Iterable[Problem]) -> None:
        self.findings += [lint.Finding(problem=problem, severity=lint.Severity.ERROR) for problem in problems]

    def integrity(self, problems: Iterable[Problem]) -> None:
        known = tuple(problems)
        self.broken = self.broken or bool(known)
        self.problems(known)

    def file(self, file: Path) -> None:
        try:
            policy = catalog.load_file(file)
            _demand_folders(policy, file)
        except IntegrityError as error:
            self.integrity(error.problems)
            return
        except PolicyError as error:
            self.problems(error.problems)
            self._tests(catalog.tests_beside(str(file)))
            return
        compiled = self._compiled(policy)
        beside = catalog.tests_beside(str(file))
        self.findings += lint.lint(
            lint.Subject(
                policy=policy,
                compiled=compiled,
                tests=self._tests(beside),
                tests_missing=not beside.exists(),
                since=None if compiled is None else _since(policy, compiled, file),
            )
        )

    def _compiled(self, policy: Policy) -> CompiledPolicy | None:
        try:
            return compile_policy(policy)
        except PolicyError as error:
            self.problems(error.problems)
            return None

    def _tests(self, file: Path) -> yaml.Document | None:
        if not file.exists():
            return None
        data = catalog.read(file)
        try:
            testing.load(data, str(file))
        except PolicyError as error:
            self.problems(error.problems)
            return None
        return yaml.load(data, str(file))


def _files(texts: list[str], linting: _Linting) -> Iterator[Path]:
    """The policy files that are asked for; with nothing asked, all that can be had."""
    if not texts:
        for home in homes():
            yield from _in_folder(home, linting)
    for text in texts:
        path = Path(text)
        spec = None if catalog.is_path(text) else Spec.parse(text)
        known = () if spec is None else catalog.catalogue(homes())
        if spec is not None and not (path.is_dir() and spec.pack not in {entry.pack for entry in known}):
            yield _near(Path(select(spec, known).file))
        elif path.is_dir() and not (path / "policy.yaml").exists():
            yield from _in_folder(path, linting)
        else:
            yield path / "policy.yaml" if path.is_dir() else path


def _in_folder(home: Path, linting: _Linting) -> Iterator[Path]:
    near = _near(home)
    try:
        files = [Path(entry.file) for entry in catalog.in_folder(near)]
        linting.integrity(catalog.missing_in(near))
    except PolicyError as error:
        linting.problems(error.problems)
        return
    if not files:
        raise UsageError.at(
            str(near), "no policy here (expected <pack>/<version>/policy.yaml)", code="policy-not-found"
        )
    yield from files


def _near(path: Path) -> Path:
    """A path as a person would write it from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


def _demand_folders(policy: Policy, file: Path) -> None:
    """Where a policy lies in folders that name a pack and a version, they are its own."""
    pack, version = file.absolute().parts[-3:-1]
    try:
        Version.parse(version)
    except ValueError:
        return
    catalog.demand_name(policy, f"{pack}@{version}")


def _since(policy: Policy, compiled: CompiledPolicy, file: Path) -> lint.Since | None:
    """What asks for a higher version than this one, compared with the newest release before it in its folder."""
    earlier = [
        entry
        for entry in catalog.in_folder(file.absolute().parent.parent.parent)
        if entry.pack == policy.pack and entry.version < policy.version and not entry.version.prerelease
    ]
    if not earlier:
        return None
    last = max(earlier, key=lambda entry: entry.version)
    try:
        before = catalog.load_file(Path(last.file))
        diff = policydiff.compare((before, compile_policy(before)), (policy, compiled))
    except PassmusterError:
        return None  # it cannot be compared with; where it is linted it says why
    if policydiff.fits(last.version, policy.version, diff.bump):
        return None
    because = [
        f"{subject.kind} {subject.name}: {change.sentence}"
        for subject in diff.subjects
        for change in subject.changes
        if change.bump is diff.bump
    ]
    wanted = policydiff.wanted(last.version, diff.bump)
    return lint.Since(version=str(last.version), wanted=wanted, because=tuple(because))
