"""`passmuster`: the parser, and the commands behind it.

A command's module is imported when the command runs, so that `passmuster --help` imports no library.
"""

from __future__ import annotations

import gc
import importlib
import sys
from typing import TYPE_CHECKING

from passmuster.cli import ending
from passmuster.cli.arguments import parser
from passmuster.errors import ExitStatus

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    from passmuster.intake.bundle_input import InputRecord

_GARBAGE = 50_000
"""So many new objects are waited for before those are looked for that refer to each other and are needed no more: a
fleet's memory is many objects, and hardly any are of that kind."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    if argv is None:
        ending.prepare_streams()
        gc.set_threshold(_GARBAGE)
    arguments = list(sys.argv[1:] if argv is None else argv)
    return ending.ended(lambda: _command(arguments))


def _command(arguments: list[str]) -> int:
    if arguments[:1] == ["collect"]:
        return _collect(arguments[1:])
    return _run(_parsed(arguments))


def _parsed(arguments: list[str]) -> argparse.Namespace:
    """The options; snapshots may stand on both sides of an option, which argparse by itself does not take."""
    top = parser()
    options, others = top.parse_known_args(arguments)
    if others and (not hasattr(options, "snapshots") or any(other[:1] == "-" != other for other in others)):
        top.error(f"unrecognized arguments: {' '.join(others)}")
    if others:
        options.snapshots = [*options.snapshots, *others]
    return options


def _run(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.claims import demand_apart  # noqa: PLC0415 - `collect` needs nothing of it
    from passmuster.cli.surroundings import demand_moments, input_record  # noqa: PLC0415 - as above

    demand_moments(options)
    demand_apart(options)
    options.record = input_record(options)
    status = _command_of(options)(options)
    if options.command != "check" or (options.output and "table" not in options.output):
        _say_skipped(options.record)  # a table says it itself
    if status is ExitStatus.INCOMPLETE and getattr(options, "unknown_ok", False):
        return ExitStatus.GOOD
    return status


def _say_skipped(record: InputRecord) -> None:
    """Name on standard error what was not judged, for commands whose output has no place for it."""
    if not record.skipped:
        return
    from passmuster.report import harmless, leftout  # noqa: PLC0415 - only now is it needed

    for line in leftout.headline(record.every_skipped):
        sys.stderr.write(f"note: {harmless.plain(line)}\n")


def _command_of(options: argparse.Namespace) -> Callable[[argparse.Namespace], ExitStatus]:
    """The function that runs a command; its module is imported here."""
    module, _, name = COMMANDS[options.command].partition(":")
    function: Callable[[argparse.Namespace], ExitStatus] = getattr(importlib.import_module(module), name)
    return function


def _collect(arguments: list[str]) -> int:
    from passmuster_collector.cli import main as collect  # noqa: PLC0415 - the collector is a program of its own

    return collect(arguments, "passmuster collect")


COMMANDS: Mapping[str, str] = {
    "check": "passmuster.cli.check:run",
    "explain": "passmuster.cli.explain:run",
    "impact": "passmuster.cli.impact:run",
    "policy list": "passmuster.cli.policy:run_list",
    "policy show": "passmuster.cli.edition:run",
    "policy test": "passmuster.cli.policytest:run",
    "policy lock": "passmuster.cli.policy:run_lock",
    "policy lint": "passmuster.cli.lint:run",
    "policy diff": "passmuster.cli.diff:run",
    "policy new": "passmuster.cli.new:run",
    "cel eval": "passmuster.cli.cel:run_eval",
    "cel functions": "passmuster.cli.cel:run_functions",
    "snapshot validate": "passmuster.cli.snapshot:run_validate",
    "snapshot annotate": "passmuster.cli.annotate:run",
    "snapshot show": "passmuster.cli.snapshot:run_show",
    "snapshot redact": "passmuster.cli.redact:run",
    "fleet add": "passmuster.cli.fleet_add:run",
    "fleet list": "passmuster.cli.fleet:run_list",
    "fleet check": "passmuster.cli.fleet_check:run",
    "fleet history": "passmuster.cli.fleet_check:run_history",
    "fleet accept": "passmuster.cli.fleet:run_accept",
    "fleet verdicts": "passmuster.cli.fleet:run_verdicts",
    "fleet export": "passmuster.cli.fleet:run_export",
    "fleet gc": "passmuster.cli.fleet:run_gc",
    "fleet verify": "passmuster.cli.fleet:run_verify",
    "bundle keygen": "passmuster.cli.bundlekeys:run_keygen",
    "bundle create": "passmuster.cli.bundle:run_create",
    "bundle sign": "passmuster.cli.bundle:run_sign",
    "bundle verify": "passmuster.cli.bundle:run_verify",
    "bundle inspect": "passmuster.cli.bundle:run_inspect",
    "bundle state show": "passmuster.cli.bundlestate:run_show",
    "bundle state reset": "passmuster.cli.bundlestate:run_reset",
    "report sign": "passmuster.cli.report:run_sign",
    "report verify": "passmuster.cli.report:run_verify",
}
"""Commands, with the module and the function that runs each."""
