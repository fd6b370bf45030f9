"""`passmuster policy test`: the examples of policies, what they reach, and what they would notice."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from passmuster.authoring import testing
from passmuster.cli import output
from passmuster.cli.surroundings import homes
from passmuster.errors import ExitStatus, UsageError
from passmuster.intake import catalog
from passmuster.policy.compile import compile_policy
from passmuster.policy.parameters import effective
from passmuster.report import harmless

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from passmuster.authoring.testing import Tested

    Format = Callable[[Sequence[Tested]], str]


def run(options: argparse.Namespace) -> ExitStatus:
    """Test each policy; the status is FAILED where anything that was asked is not as it should be."""
    outputs = [_output(text) for text in options.output or ["table"]]
    if sum(file is None for _, file in outputs) > 1:
        raise UsageError.at(
            "-o", "two formats to standard output (expected one; write FORMAT=FILE)", code="usage-output"
        )
    texts = options.policies or catalog.every_version(homes())
    tested = [_tested(text, branches=options.coverage, mutants=options.mutate) for text in texts]
    for render, file in sorted(outputs, key=lambda pair: pair[1] is None):
        text = render(tested)
        if not text.startswith("<"):  # JUnit's text is harmless already, and its line breaks are XML's
            text = harmless.json(text) if text.startswith("{") else harmless.lines(text)
        if file is not None:
            output.write_file(file, text.encode())
        else:
            sys.stdout.write(text)
    return ExitStatus.GOOD if all(suite.good for suite in tested) else ExitStatus.FAILED


def _tested(text: str, *, branches: bool, mutants: bool) -> Tested:
    policy = catalog.one(text, homes())
    file = catalog.tests_beside(policy.document.file)
    suite = testing.load(catalog.read(file), str(file))
    defaults = effective([policy], [])[policy.pack]
    return testing.examine(compile_policy(policy), policy, suite, defaults, branches=branches, mutants=mutants)


def _output(text: str) -> tuple[Format, str | None]:
    name, equals, file = text.partition("=")
    for known, render in testing.FORMATS:
        if known == name and (file or not equals):
            return render, None if file in {"", "-"} else file
    names = ", ".join(known for known, _ in testing.FORMATS)
    raise UsageError.at(f"-o {text}", f"no such format (got {name!r}, expected one of: {names})", code="usage-output")
