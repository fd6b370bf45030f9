"""`passmuster`: the parser, and the commands behind it.

A command's module is imported when the command runs, so that `passmuster --help` imports no library.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from passmuster.cli import ending
from passmuster.cli.arguments import parser
from passmuster.errors import ExitStatus

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    if argv is None:
        ending.prepare_streams()
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
    if others and (not hasattr(options, "snapshots") or any(each[:1] == "-" != each for each in others)):
        top.error(f"unrecognized arguments: {' '.join(others)}")
    if others:
        options.snapshots = [*options.snapshots, *others]
    return options


def _run(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.claims import demand_apart  # noqa: PLC0415 - `collect` needs nothing of it
    from passmuster.cli.moment import demand_moments  # noqa: PLC0415 - as above
    from passmuster.cli.sealed import taking  # noqa: PLC0415 - as above
    from passmuster.intake.skipped import noting, say  # noqa: PLC0415 - as above

    demand_moments(options)
    demand_apart(options)
    with taking(options), noting():
        status = COMMANDS[options.command](options)
        if options.command != "check" or (options.output and "table" not in options.output):
            say()  # a table says it itself
    if status is ExitStatus.INCOMPLETE and getattr(options, "unknown_ok", False):
        return ExitStatus.GOOD
    return status


def _collect(arguments: list[str]) -> int:
    from passmuster_collector.cli import main as collect  # noqa: PLC0415 - the collector is a program of its own

    return collect(arguments)


def _check(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.check import run  # noqa: PLC0415 - imported when it runs

    return run(options)


def _explain(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.explain import run  # noqa: PLC0415 - imported when it runs

    return run(options)


def _impact(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.impact import run  # noqa: PLC0415 - imported when it runs

    return run(options)


def _policy_list(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.policy import run_list  # noqa: PLC0415 - imported when it runs

    return run_list(options)


def _policy_show(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.edition import run  # noqa: PLC0415 - imported when it runs

    return run(options)


def _policy_test(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.policytest import run  # noqa: PLC0415 - imported when it runs

    return run(options)


def _policy_lock(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.policy import run_lock  # noqa: PLC0415 - imported when it runs

    return run_lock(options)


def _policy_lint(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.lint import run  # noqa: PLC0415 - imported when it runs

    return run(options)


def _policy_diff(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.diff import run  # noqa: PLC0415 - imported when it runs

    return run(options)


def _policy_new(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.new import run  # noqa: PLC0415 - imported when it runs

    return run(options)


def _cel_eval(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.cel import run_eval  # noqa: PLC0415 - imported when it runs

    return run_eval(options)


def _cel_functions(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.cel import run_functions  # noqa: PLC0415 - imported when it runs

    return run_functions(options)


def _snapshot_validate(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.snapshot import run_validate  # noqa: PLC0415 - imported when it runs

    return run_validate(options)


def _snapshot_annotate(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.annotate import run  # noqa: PLC0415 - imported when it runs

    return run(options)


def _snapshot_show(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.snapshot import run_show  # noqa: PLC0415 - imported when it runs

    return run_show(options)


def _snapshot_redact(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.redact import run  # noqa: PLC0415 - imported when it runs

    return run(options)


def _bundle_keygen(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.bundlekeys import run_keygen  # noqa: PLC0415 - imported when it runs

    return run_keygen(options)


def _bundle_create(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.bundle import run_create  # noqa: PLC0415 - imported when it runs

    return run_create(options)


def _bundle_sign(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.bundle import run_sign  # noqa: PLC0415 - imported when it runs

    return run_sign(options)


def _bundle_state_show(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.bundlestate import run_show  # noqa: PLC0415 - imported when it runs

    return run_show(options)


def _bundle_state_reset(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.bundlestate import run_reset  # noqa: PLC0415 - imported when it runs

    return run_reset(options)


def _bundle_verify(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.bundle import run_verify  # noqa: PLC0415 - imported when it runs

    return run_verify(options)


def _bundle_inspect(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.bundle import run_inspect  # noqa: PLC0415 - imported when it runs

    return run_inspect(options)


def _fleet_add(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.fleet_add import run  # noqa: PLC0415 - imported when it runs

    return run(options)


def _fleet_list(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.fleet import run_list  # noqa: PLC0415 - imported when it runs

    return run_list(options)


def _fleet_check(options: argparse.Namespace) -> ExitStatus:
    if options.engine == "spark":
        from passmuster.cli.fleet_spark import run as run_spark  # noqa: PLC0415 - imported when it runs

        return run_spark(options)
    from passmuster.cli.fleet_check import run  # noqa: PLC0415 - imported when it runs

    return run(options)


def _fleet_history(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.fleet_check import run_history  # noqa: PLC0415 - imported when it runs

    return run_history(options)


def _fleet_accept(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.fleet_accept import run  # noqa: PLC0415 - imported when it runs

    return run(options)


def _fleet_verdicts(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.fleet import run_verdicts  # noqa: PLC0415 - imported when it runs

    return run_verdicts(options)


def _fleet_export(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.fleet import run_export  # noqa: PLC0415 - imported when it runs

    return run_export(options)


def _fleet_gc(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.fleet import run_gc  # noqa: PLC0415 - imported when it runs

    return run_gc(options)


def _fleet_verify(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.fleet import run_verify  # noqa: PLC0415 - imported when it runs

    return run_verify(options)


def _report_sign(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.report import run_sign  # noqa: PLC0415 - imported when it runs

    return run_sign(options)


def _report_verify(options: argparse.Namespace) -> ExitStatus:
    from passmuster.cli.report import run_verify  # noqa: PLC0415 - imported when it runs

    return run_verify(options)


COMMANDS: Mapping[str, Callable[[argparse.Namespace], ExitStatus]] = {
    "check": _check,
    "explain": _explain,
    "impact": _impact,
    "policy list": _policy_list,
    "policy show": _policy_show,
    "policy test": _policy_test,
    "policy lock": _policy_lock,
    "policy lint": _policy_lint,
    "policy diff": _policy_diff,
    "policy new": _policy_new,
    "cel eval": _cel_eval,
    "cel functions": _cel_functions,
    "snapshot validate": _snapshot_validate,
    "snapshot annotate": _snapshot_annotate,
    "snapshot show": _snapshot_show,
    "snapshot redact": _snapshot_redact,
    "fleet add": _fleet_add,
    "fleet list": _fleet_list,
    "fleet check": _fleet_check,
    "fleet history": _fleet_history,
    "fleet accept": _fleet_accept,
    "fleet verdicts": _fleet_verdicts,
    "fleet export": _fleet_export,
    "fleet gc": _fleet_gc,
    "fleet verify": _fleet_verify,
    "bundle keygen": _bundle_keygen,
    "bundle create": _bundle_create,
    "bundle sign": _bundle_sign,
    "bundle verify": _bundle_verify,
    "bundle inspect": _bundle_inspect,
    "bundle state show": _bundle_state_show,
    "bundle state reset": _bundle_state_reset,
    "report sign": _report_sign,
    "report verify": _report_verify,
}
