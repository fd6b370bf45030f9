"""The options of `passmuster fleet`; nothing here imports a library."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from passmuster.cli import bundle_arguments, fleet_spark_arguments, statuses

if TYPE_CHECKING:
    from collections.abc import Callable

_EXAMPLES = """\
examples:
  passmuster fleet add fleet.db snapshots/ --site berlin
  passmuster fleet check fleet.db -p virtnest@1.1.0 -o summary
  passmuster fleet history fleet.db worker-3 -p virtnest@1.1.0
"""


def fleet(
    commands: argparse._SubParsersAction[Any],
    add: Callable[..., argparse.ArgumentParser],
) -> None:
    """Add the group of commands."""
    group = commands.add_parser(
        "fleet",
        help="keep the snapshots of a fleet in a store, and judge them again",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EXAMPLES,
        allow_abbrev=False,
    )
    actions = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add(actions, add)
    _list(actions, add)
    _check(actions, add)
    _history(actions, add)
    _accept(actions, add)
    verdicts = add(
        actions, "verdicts", "fleet verdicts", "say under which terms verdicts are kept", epilog=statuses.STORES
    )
    _store(verdicts)
    verdicts.add_argument("--drop", action="append", default=[], metavar="ID|all", help="forget these (repeatable)")
    verdicts.add_argument("-o", "--output", choices=["table", "json"], default="table")
    export = add(actions, "export", "fleet export", "write every snapshot into a file", epilog=statuses.STORES)
    _store(export)
    export.add_argument(
        "-o", "--output", action="append", default=[], metavar="FORMAT=FILE", help="ndjson, parquet (repeatable)"
    )
    gc = add(actions, "gc", "fleet gc", "give back what nobody refers to", epilog=statuses.STORES)
    _store(gc)
    gc.add_argument("--keep", metavar="D", help="also drop superseded snapshots that are older than this (90d)")
    gc.add_argument("--now", metavar="TIME", help="the moment that ages count from (default: now)")
    verify = add(actions, "verify", "fleet verify", "look for damage in all that a store holds", epilog=statuses.STORES)
    _store(verify)
    _policies(verify)
    verify.add_argument(
        "--rejudge", action="store_true", help="judge every kept verdict again (default: a sample of 200)"
    )
    verify.add_argument("--seed", type=int, metavar="N", help="which sample (default: another one each time)")
    verify.add_argument("-o", "--output", choices=["table", "json"], default="table")


def _store(command: argparse.ArgumentParser) -> None:
    command.add_argument("store", metavar="STORE", help="the file of the store")


def _add(actions: object, add: Callable[..., argparse.ArgumentParser]) -> None:
    command = add(
        actions,
        "add",
        "fleet add",
        "put snapshots into a store; it is made where it is not there",
        epilog=statuses.STORING,
    )
    _store(command)
    command.add_argument("snapshots", nargs="*", metavar="SNAPSHOT|DIR|-", help="files, folders, - for standard input")
    bundle_arguments.taking(command)
    command.add_argument("--site", metavar="NAME", help="where these snapshots come from; a bundle says it itself")
    command.add_argument("--now", metavar="TIME", help="the moment of receipt (default: now)")
    command.add_argument(
        "--clock-tolerance",
        default="5m",
        metavar="D",
        help="by how much the clocks of the site may be ahead; what is later is from the future (default: 5m)",
    )
    command.add_argument("--roster", metavar="FILE", help="keep this list of the nodes there should be (at this site)")
    command.add_argument(
        "-o", "--output", choices=["table", "ndjson"], default="table", help="ndjson: a line for each batch on the disk"
    )


def _list(actions: object, add: Callable[..., argparse.ArgumentParser]) -> None:
    command = add(actions, "list", "fleet list", "list the nodes of a store", epilog=statuses.STORES)
    _store(command)
    command.add_argument("--name", metavar="GLOB", help="only nodes whose whole name fits")
    command.add_argument(
        "--label", action="append", default=[], metavar="K=V", help="only nodes with this label (repeatable)"
    )
    command.add_argument("--seen-since", metavar="D", help="only nodes that were collected in this time (12h, 30d)")
    command.add_argument("--now", metavar="TIME", help="the moment that ages count from (default: now)")
    command.add_argument("--site", metavar="NAME", help="only nodes of this site")
    command.add_argument("-o", "--output", choices=["table", "json", "ndjson"], default="table")


def _check(actions: object, add: Callable[..., argparse.ArgumentParser]) -> None:
    command = add(actions, "check", "fleet check", "judge the latest snapshot of each node", epilog=statuses.JUDGING)
    _store(command)
    fleet_spark_arguments.add_engine(command)
    _terms(command)
    command.add_argument("--as-of", metavar="TIME", help="the latest at that moment (2026-11-22T10:11:12Z, 2026-11-22)")
    command.add_argument("--site", metavar="NAME", help="only nodes of this site")
    command.add_argument("--rule", action="append", default=[], metavar="ID", help="judge only this rule (repeatable)")
    command.add_argument("--roster", metavar="FILE", help="the nodes there should be (default: what `add` was given)")
    command.add_argument("--max-age", metavar="D", help="older snapshots leave their node unknown (12h, 30d)")
    command.add_argument("--waivers", metavar="FILE", help="exceptions: what may fail where, until when")
    command.add_argument("--now", metavar="TIME", help="judge ages and waivers at this moment (2026-11-22T10:11:12Z)")
    command.add_argument(
        "--fail-on",
        choices=["required", "recommended", "never"],
        default="required",
        help="the lowest level that counts for the exit status (default: required); the report stays as it is",
    )
    command.add_argument(
        "--unknown-ok", action="store_true", help="exit 0 instead of 3 where something is unknown; nothing else changes"
    )
    command.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FORMAT[=FILE]",
        help="a format of `check` (default: table; repeatable); summary and matrix need no look at each node",
    )
    command.add_argument(
        "--evidence", choices=["needed", "full", "none"], default="needed", help="which results carry their values"
    )
    command.add_argument("-v", "--verbose", action="store_true", help="the table names what passes, too")


def _history(actions: object, add: Callable[..., argparse.ArgumentParser]) -> None:
    command = add(
        actions,
        "history",
        "fleet history",
        "say what changed on a node from snapshot to snapshot",
        epilog=statuses.STORES,
    )
    _store(command)
    command.add_argument("node", metavar="NODE", help="the node's name")
    _terms(command)
    command.add_argument("-o", "--output", choices=["table", "json"], default="table")


def _accept(actions: object, add: Callable[..., argparse.ArgumentParser]) -> None:
    command = add(
        actions,
        "accept",
        "fleet accept",
        "say which snapshot of a node is true, where nobody else can know",
        epilog=statuses.STORES,
    )
    _store(command)
    command.add_argument("node", metavar="NODE", help="the node's name; with --one-machine, a glob")
    command.add_argument("--site", metavar="NAME", help="the node's site, where several have that name")
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--snapshot",
        metavar="DIGEST",
        help="the true one, sha256:... or its beginning, as `fleet history` shows it; what contradicts it is set aside",
    )
    which.add_argument(
        "--one-machine",
        action="store_true",
        help="snapshots of this name without a machine id are all of one machine, now and from now on",
    )


def _policies(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "-p", "--policy", action="append", default=[], metavar="PACK[@V][#DIGEST]|PATH", help="a policy (repeatable)"
    )


def _terms(command: argparse.ArgumentParser) -> None:
    _policies(command)
    command.add_argument(
        "--set", action="append", default=[], metavar="[PACK.]NAME=V", help="set a parameter of a policy"
    )
