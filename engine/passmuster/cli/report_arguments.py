"""The options of `passmuster report`; nothing here imports a library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.cli import status_help

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def report(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands; `add` makes the parser of one."""
    group = commands.add_parser("report", help="sign a report, and verify one by judging again")
    actions = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    sign = add(
        actions,
        "sign",
        "report sign",
        "sign a report or an attestation (a DSSE envelope)",
        epilog=status_help.FILES,
    )
    sign.add_argument("report", metavar="REPORT|-", help="the output of `check -o attestation`, json or ndjson")
    sign.add_argument("--key", metavar="FILE", required=True, help="the private key, from `bundle keygen`")
    sign.add_argument("-o", "--output", metavar="FILE", default="-", help="the envelope (default: standard output)")
    verify = add(
        actions,
        "verify",
        "report verify",
        "judge the snapshots of a report again, and compare",
        epilog=status_help.PROVING,
    )
    verify.add_argument("report", metavar="REPORT|-", help="a report (json, ndjson) or an attestation, signed or not")
    verify.add_argument(
        "--snapshots",
        nargs="+",
        required=True,
        metavar="SNAPSHOT|DIR|-",
        help="the judged snapshots; their paths may differ now",
    )
    verify.add_argument(
        "-p",
        "--policy",
        action="append",
        default=[],
        metavar="PACK[@V]|PATH",
        help="a policy of the report that `policy list` does not show (repeatable)",
    )
    verify.add_argument("--waivers", metavar="FILE", help="the waivers of the report")
    verify.add_argument(
        "--roster", metavar="FILE", help="the roster of the report (default: the names that follow from the report)"
    )
    verify.add_argument("-f", "--assessment", metavar="FILE", help="the assessment of the report")
    verify.add_argument(
        "--trust", metavar="FILE", help="which keys are trusted, for the report and for bundles (trust.yaml)"
    )
    verify.add_argument(
        "--unsigned", action="store_true", help="the report itself is not signed: --trust is only for bundles"
    )
    verify.add_argument("--now", metavar="TIME", help="check the signers' keys as of this time (default: now)")
    verify.add_argument(
        "--with", dest="second", choices=["cel-cpp"], help="also evaluate each rule with another implementation of CEL"
    )
