"""The options of `passmuster fleet`; nothing here imports a library."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from passmuster.cli import bundle_arguments, status_help

if TYPE_CHECKING:
    from collections.abc import Callable

_EXAMPLES = """\
examples:
  passmuster fleet add fleet.db snapshots/ --site berlin
  passmuster fleet check fleet.db -p virtnest@1.1.0 -o summary
  passmuster fleet history fleet.db worker-3 -p virtnest@1.1.0
"""


def _text(word: str) -> str:
    """A word that a name can be; raises ArgumentTypeError for bytes that are not text."""
    if word.encode(errors="replace").decode() != word:
        raise argparse.ArgumentTypeError(f"got {word!r}, expected UTF-8")
    return word


def fleet(
    commands: argparse._SubParsersAction[Any],
    add: Callable[..., argparse.ArgumentParser],
) -> None:
    """Add the group of commands."""
    group = commands.add_parser(
        "fleet",
        help="keep the snapshots of a fleet in a store, and judge them",
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
        actions,
        "verdicts",
        "fleet verdicts",
        "list the sets of criteria with stored verdicts",
        epilog=status_help.STORES,
    )
    _store(verdicts)
    verdicts.add_argument(
        "--drop",
        action="append",
        default=[],
        metavar="ID|all",
        help="delete the verdicts of these criteria (repeatable)",
    )
    verdicts.add_argument("-o", "--output", choices=["table", "json"], default="table")
    export = add(actions, "export", "fleet export", "write every snapshot to a file", epilog=status_help.STORES)
    _store(export)
    export.add_argument(
        "-o", "--output", action="append", default=[], metavar="FORMAT=FILE", help="ndjson, parquet (repeatable)"
    )
    gc = add(actions, "gc", "fleet gc", "delete data that nothing references", epilog=status_help.STORES)
    _store(gc)
    gc.add_argument("--keep", metavar="D", help="also delete superseded snapshots older than this (90d)")
    gc.add_argument("--now", metavar="TIME", help="the time that ages are counted from (default: now)")
    verify = add(actions, "verify", "fleet verify", "check a whole store for damage", epilog=status_help.STORES)
    _store(verify)
    _policies(verify)
    verify.add_argument(
        "--rejudge", action="store_true", help="judge again for every stored verdict (default: a sample of 200)"
    )
    verify.add_argument("--seed", type=int, metavar="N", help="seed of the sample (default: random)")
    verify.add_argument("-o", "--output", choices=["table", "json"], default="table")


def _store(command: argparse.ArgumentParser) -> None:
    command.add_argument("store", metavar="STORE", help="the file of the store")


def _add(actions: object, add: Callable[..., argparse.ArgumentParser]) -> None:
    command = add(
        actions,
        "add",
        "fleet add",
        "add snapshots to a store; a missing store is created",
        epilog=status_help.STORING,
    )
    _store(command)
    command.add_argument(
        "snapshots", nargs="*", metavar="SNAPSHOT|DIR|-", help="files, folders, or - for standard input"
    )
    bundle_arguments.taking(command)
    command.add_argument(
        "--site", type=_text, metavar="NAME", help="the site of these snapshots (a bundle states its own)"
    )
    command.add_argument("--now", metavar="TIME", help="the time of receipt (default: now)")
    command.add_argument(
        "--clock-tolerance",
        default="5m",
        metavar="D",
        help="how far clocks at the site may be ahead; later snapshots count as from the future (default: 5m)",
    )
    command.add_argument("--roster", metavar="FILE", help="store this list of expected nodes (of this site)")
    command.add_argument(
        "-o",
        "--output",
        choices=["table", "ndjson"],
        default="table",
        help="ndjson: one line for each batch that is written to disk",
    )


def _list(actions: object, add: Callable[..., argparse.ArgumentParser]) -> None:
    command = add(actions, "list", "fleet list", "list the nodes of a store", epilog=status_help.STORES)
    _store(command)
    command.add_argument("--name", metavar="GLOB", help="only nodes whose whole name matches")
    command.add_argument(
        "--label", action="append", default=[], metavar="K=V", help="only nodes with this label (repeatable)"
    )
    command.add_argument("--seen-since", metavar="D", help="only nodes collected within this time (12h, 30d)")
    command.add_argument("--now", metavar="TIME", help="the time that ages are counted from (default: now)")
    command.add_argument("--site", type=_text, metavar="NAME", help="only nodes of this site")
    command.add_argument("-o", "--output", choices=["table", "json", "ndjson"], default="table")


def _check(actions: object, add: Callable[..., argparse.ArgumentParser]) -> None:
    command = add(actions, "check", "fleet check", "judge the latest snapshot of each node", epilog=status_help.JUDGING)
    _store(command)
    _add_engine(command)
    _terms(command)
    command.add_argument(
        "--as-of", metavar="TIME", help="the latest snapshots at this time (2026-11-22T10:11:12Z, 2026-11-22)"
    )
    command.add_argument("--site", type=_text, metavar="NAME", help="only nodes of this site")
    command.add_argument("--rule", action="append", default=[], metavar="ID", help="judge only this rule (repeatable)")
    command.add_argument("--roster", metavar="FILE", help="the expected nodes (default: the roster of `fleet add`)")
    command.add_argument(
        "--max-age", metavar="D", help="a node is unknown if its snapshot is older than this (12h, 30d)"
    )
    command.add_argument(
        "--waivers", metavar="FILE", help="exceptions: which rules may fail, on which nodes and until when"
    )
    command.add_argument(
        "--now", metavar="TIME", help="the time of the check, for ages and waivers (2026-11-22T10:11:12Z)"
    )
    command.add_argument(
        "--fail-on",
        choices=["required", "recommended", "never"],
        default="required",
        help="the lowest level whose failures set exit status 1 (default: required); reports do not change",
    )
    command.add_argument(
        "--unknown-ok", action="store_true", help="exit 0 instead of 3 if something is unknown; nothing else changes"
    )
    command.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FORMAT[=FILE]",
        help="a format of `check` (default: table; repeatable); summary and matrix need only counts",
    )
    command.add_argument(
        "--evidence",
        choices=["needed", "full", "none"],
        default="needed",
        help="which results include fact values (default: needed, all but passes)",
    )
    command.add_argument("-v", "--verbose", action="store_true", help="the table also lists passes")


def _history(actions: object, add: Callable[..., argparse.ArgumentParser]) -> None:
    command = add(
        actions,
        "history",
        "fleet history",
        "show what changed on a node from snapshot to snapshot",
        epilog=status_help.STORES,
    )
    _store(command)
    command.add_argument("node", type=_text, metavar="NODE", help="the node's name")
    _terms(command)
    command.add_argument("-o", "--output", choices=["table", "json"], default="table")


def _accept(actions: object, add: Callable[..., argparse.ArgumentParser]) -> None:
    command = add(
        actions,
        "accept",
        "fleet accept",
        "choose the true snapshot of a node if snapshots contradict each other",
        epilog=status_help.STORES,
    )
    _store(command)
    command.add_argument("node", type=_text, metavar="NODE", help="the node's name (with --one-machine: a glob)")
    command.add_argument("--site", type=_text, metavar="NAME", help="the node's site, if several sites have that name")
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--snapshot",
        metavar="DIGEST",
        help="the true one: its digest or the start of it (see `fleet history`); contradicting ones are set aside",
    )
    which.add_argument(
        "--one-machine",
        action="store_true",
        help="all snapshots of this name without a machine id, also later ones, are of one machine",
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


def _add_engine(command: argparse.ArgumentParser) -> None:
    """Add the options of `fleet check` on a cluster, where the store is the input."""
    command.add_argument(
        "result", nargs="?", metavar="OUTPUT", help="with --engine spark: the folder or URL to write to"
    )
    command.add_argument(
        "--engine",
        choices=["embedded", "spark"],
        default="embedded",
        help="spark: STORE is a folder or URL with Parquet (column `snapshot`) or NDJSON, judged on a cluster; "
        "-o is json (OUTPUT/report.json, the default) or parquet (OUTPUT/nodes.parquet)",
    )
    command.add_argument("--master", metavar="URL", help="Spark master: spark://HOST:PORT, yarn, k8s://..., local[N]")
    command.add_argument("--conf", action="append", default=[], metavar="NAME=V", help="a Spark setting (repeatable)")
    command.add_argument(
        "--strategy",
        choices=["auto", "distinct", "partitions"],
        default="auto",
        help="for Spark: group equal facts (distinct) or not (partitions); auto looks at a sample; results are equal",
    )
