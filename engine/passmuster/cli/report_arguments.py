"""The options of `passmuster report`; nothing here imports a library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.cli import statuses

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def report(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands; `add` makes the parser of one."""
    group = commands.add_parser("report", help="sign a verdict, and prove one by judging again")
    actions = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    sign = add(
        actions,
        "sign",
        "report sign",
        "put a report or an attestation into a signed envelope (DSSE)",
        epilog=statuses.FILES,
    )
    sign.add_argument("report", metavar="REPORT|-", help="what `check -o attestation`, json or ndjson wrote")
    sign.add_argument("--key", metavar="FILE", required=True, help="the private key, as `bundle keygen` makes it")
    sign.add_argument("-o", "--output", metavar="FILE", default="-", help="the envelope (default: standard output)")
    verify = add(
        actions,
        "verify",
        "report verify",
        "judge again as a report says it was judged, and compare",
        epilog=statuses.PROVING,
    )
    verify.add_argument("report", metavar="REPORT|-", help="a report, a stream or an attestation, signed or not")
    verify.add_argument(
        "--snapshots", nargs="+", required=True, metavar="SNAPSHOT|DIR|-", help="what was judged, wherever it lies now"
    )
    verify.add_argument(
        "-p",
        "--policy",
        action="append",
        default=[],
        metavar="PACK[@V]|PATH",
        help="where a policy is that is not among those of `policy list` (repeatable)",
    )
    verify.add_argument("--waivers", metavar="FILE", help="the waivers that it was judged by")
    verify.add_argument("--roster", metavar="FILE", help="the roster; without it, the names that the report implies")
    verify.add_argument("-f", "--assessment", metavar="FILE", help="the assessment that it was judged by")
    verify.add_argument(
        "--trust", metavar="FILE", help="whose signatures are believed, on the report and on bundles (trust.yaml)"
    )
    verify.add_argument(
        "--unsigned", action="store_true", help="the report itself is not signed: --trust is for bundles alone"
    )
    verify.add_argument("--now", metavar="TIME", help="look at the signers' keys at this moment (default: now)")
    verify.add_argument(
        "--with", dest="second", choices=["cel-cpp"], help="ask another implementation of CEL about each rule, too"
    )
