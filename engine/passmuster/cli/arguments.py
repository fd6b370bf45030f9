"""The options of every command; nothing here imports a library."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn

from passmuster.cli import bundle_arguments, fleet_arguments, report_arguments, status_help
from passmuster.errors import ExitStatus
from passmuster.version import __version__

_EXAMPLES = """\
examples:
  passmuster check                         this node
  passmuster check node.json -p kubevirt   a snapshot, by another pack
  passmuster check snapshots/ --roster nodes.txt
                                           many nodes; also report missing ones
  passmuster check snapshots/ -o table -o json=report.json

"""
_FORMATS = "table, html, json, ndjson, csv, markdown, matrix, summary, attestation"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, with the documented status."""

    def error(self, message: str) -> NoReturn:
        self.exit(int(ExitStatus.UNUSABLE), f"{self.prog}: {message} (see {self.prog} --help)\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print; argparse itself drops what cannot be printed, and ends with 0."""
        (file or sys.stderr).write(message)


def parser() -> argparse.ArgumentParser:
    """The whole command line except `collect`, which the collector parses itself."""
    top = _Parser(
        prog="passmuster",
        description="Does this node pass muster?\nJudges snapshots of nodes by versioned policies, offline.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=status_help.JUDGING,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"passmuster {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _check(commands)
    commands.add_parser("collect", help="collect a node's facts and write its snapshot", add_help=False)
    _explain(commands)
    _impact(commands)
    _policy(commands)
    _snapshot(commands)
    fleet_arguments.fleet(commands, _add)
    bundle_arguments.bundle(commands, _add)
    report_arguments.report(commands, _add)
    _cel(commands)
    return top


def _workers(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= 256:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected a number from 1 to 256")
    return number


def _add(
    commands: argparse._SubParsersAction[_Parser], name: str, command: str, help_text: str, epilog: str = ""
) -> _Parser:
    added = commands.add_parser(
        name,
        help=help_text,
        description=help_text[0].upper() + help_text[1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        epilog=epilog,
    )
    added.set_defaults(command=command)
    return added


def _check(commands: argparse._SubParsersAction[_Parser]) -> None:
    check = _add(commands, "check", "check", "judge snapshots by policies", epilog=_EXAMPLES + status_help.JUDGING)
    check.add_argument(
        "snapshots",
        nargs="*",
        metavar="SNAPSHOT|DIR|-",
        help="files, folders, or - for standard input (default: collect this node and judge it)",
    )
    _policies(check)
    check.add_argument(
        "-f",
        "--assessment",
        metavar="FILE",
        help="one reviewed file with policies, parameters, levels, waivers and the other options",
    )
    check.add_argument("--rule", action="append", default=[], metavar="ID", help="judge only this rule (repeatable)")
    check.add_argument(
        "--set", action="append", default=[], metavar="[PACK.]NAME=V", help="set a parameter of a policy"
    )
    check.add_argument(
        "--roster", metavar="FILE", help="the expected nodes: names, or the output of `kubectl get nodes -o json`"
    )
    check.add_argument("--max-age", metavar="D", help="a node is unknown if its snapshot is older than this (12h, 30d)")
    check.add_argument(
        "--latest", action="store_true", help="judge only the newest snapshot of each node, and count the older ones"
    )
    check.add_argument(
        "--waivers", metavar="FILE", help="exceptions: which rules may fail, on which nodes and until when"
    )
    check.add_argument("--jobs", type=_workers, default=1, metavar="N", help="number of processes (default: 1)")
    check.add_argument(
        "--now",
        metavar="TIME",
        help="the time of the check, for ages, waivers and dates in the future (default: now)",
    )
    check.add_argument(
        "--fail-on",
        choices=["required", "recommended", "never"],
        help="the lowest level whose failures set exit status 1 (default: required); reports do not change",
    )
    check.add_argument(
        "--unknown-ok", action="store_true", help="exit 0 instead of 3 if something is unknown; nothing else changes"
    )
    check.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FORMAT[=FILE]",
        help=f"{_FORMATS} (default: table; repeatable)",
    )
    check.add_argument(
        "--evidence",
        choices=["needed", "full", "none"],
        default="needed",
        help="which results include fact values (default: needed, all but passes)",
    )
    bundle_arguments.taking(check)
    check.add_argument("--keep", metavar="FILE", help="without SNAPSHOT: also write the collected snapshot to FILE")
    check.add_argument("-v", "--verbose", action="store_true", help="the table also lists passes")


def _explain(commands: argparse._SubParsersAction[_Parser]) -> None:
    explain = _add(
        commands, "explain", "explain", "explain one rule's result on one node", epilog=status_help.EXPLAINING
    )
    explain.add_argument("snapshot", metavar="SNAPSHOT|-")
    explain.add_argument("rule", metavar="RULE", help="the rule's id")
    bundle_arguments.taking(explain)
    explain.add_argument("-p", "--policy", default="virtnest", metavar="PACK[@V]|PATH", help="default: virtnest")
    explain.add_argument("--set", action="append", default=[], metavar="NAME=V", help="set a parameter of the policy")


def _impact(commands: argparse._SubParsersAction[_Parser]) -> None:
    impact = _add(
        commands,
        "impact",
        "impact",
        "show which nodes change outcome under another policy version",
        epilog=status_help.COMPARING,
    )
    impact.add_argument("old", metavar="OLD", help="PACK@V or a path")
    impact.add_argument("new", metavar="NEW", help="PACK@V or a path; a draft is allowed")
    impact.add_argument("snapshots", nargs="*", metavar="SNAPSHOT|DIR|-")
    impact.add_argument(
        "--fleet",
        metavar="STORE",
        help="compare the latest snapshot of each node in this store (see `passmuster fleet`)",
    )
    impact.add_argument("--as-of", metavar="TIME", help="with --fleet: the latest snapshots at this time")
    impact.add_argument(
        "--before-as-of", metavar="TIME", help="with --fleet: OLD judges the latest snapshots at this time"
    )
    bundle_arguments.taking(impact)
    impact.add_argument(
        "--before",
        action="append",
        default=[],
        metavar="PATH",
        help="earlier snapshots of the nodes (repeatable): OLD judges these, NEW judges SNAPSHOT...",
    )
    impact.add_argument("--set", action="append", default=[], metavar="NAME=V", help="set a parameter in both versions")
    impact.add_argument(
        "--set-before", action="append", default=[], metavar="NAME=V", help="set a parameter in OLD only"
    )
    impact.add_argument("--waivers", metavar="FILE", help="exceptions, for OLD and NEW")
    impact.add_argument(
        "--waivers-before", metavar="FILE", help="exceptions for OLD, if they differ; `none` for no exceptions"
    )
    impact.add_argument("--now", metavar="TIME", help="apply waivers as of this time (2026-11-22T10:11:12Z)")
    impact.add_argument("--now-before", metavar="TIME", help="the time for OLD, if it differs")
    impact.add_argument(
        "--allow",
        type=int,
        default=0,
        metavar="N",
        help="number of nodes that may change from pass to fail (default: 0)",
    )
    impact.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FORMAT[=FILE]",
        help="table, html, json (default: table; repeatable)",
    )


def _policies(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "-p",
        "--policy",
        action="append",
        default=[],
        metavar="PACK[@V][#DIGEST]|PATH",
        help="a policy (repeatable; default: the newest released virtnest)",
    )


def _policy(commands: argparse._SubParsersAction[_Parser]) -> None:
    policy = commands.add_parser("policy", help="list, read, test and lock policies")
    actions = policy.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add(actions, "list", "policy list", "list available packs and versions", epilog=status_help.POLICIES)
    show = _add(actions, "show", "policy show", "print a policy in readable form", epilog=status_help.POLICIES)
    show.add_argument("policy", nargs="?", default="virtnest", metavar="PACK[@V]|PATH", help="default: virtnest")
    show.add_argument("--rule", metavar="ID", help="only this rule")
    show.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FORMAT[=FILE]",
        help="text, markdown, html (default: text; repeatable)",
    )
    test = _add(actions, "test", "policy test", "run the tests of a policy (tests.yaml)", epilog=status_help.TESTING)
    test.add_argument("policies", nargs="*", metavar="PACK[@V]|PATH", help="default: every shipped version")
    test.add_argument(
        "--coverage", action="store_true", help="also check that test cases take each branch of each expression"
    )
    test.add_argument(
        "--mutate", action="store_true", help="also check that test cases notice each small mistake in the policy"
    )
    test.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FORMAT[=FILE]",
        help="table, junit, json (default: table; repeatable)",
    )
    lock = _add(
        actions,
        "lock",
        "policy lock",
        "release: write the digests of new versions into policies.lock",
        epilog=status_help.RELEASING,
    )
    lock.add_argument("folder", metavar="DIR", help="the folder of packs: DIR/<pack>/<version>/policy.yaml")
    lock.add_argument(
        "--release",
        action="append",
        default=[],
        metavar="PACK@V",
        help="the draft to release; its tests must pass and cover every branch, lint must find nothing (repeatable)",
    )
    lock.add_argument("--approved-by", metavar="WHO", help="who approves the release; written into the lock")
    lock.add_argument("--approved-at", metavar="TIME", help="when (default: now), as 2026-12-01T10:00:00Z")
    _lint(actions)
    diff = _add(
        actions,
        "diff",
        "policy diff",
        "show what changed between two versions of a policy",
        epilog=status_help.POLICIES,
    )
    diff.add_argument("old", metavar="OLD", help="PACK@V or a path")
    diff.add_argument("new", metavar="NEW", help="PACK@V or a path")
    diff.add_argument("-o", "--output", choices=["table", "json", "markdown"], default="table")
    new = _add(
        actions,
        "new",
        "policy new",
        "create a pack, or add a rule to its newest draft, with passing tests",
        epilog=status_help.POLICIES,
    )
    new.add_argument("pack", metavar="PACK", help="the name of the pack")
    new.add_argument("--rule", metavar="ID", help="add this rule to the newest draft of the pack")
    new.add_argument(
        "--in", dest="folder", default="policies", metavar="DIR", help="the folder of packs (default: policies)"
    )


def _lint(actions: argparse._SubParsersAction[_Parser]) -> None:
    lint = _add(actions, "lint", "policy lint", "find problems in policies and their tests", epilog=status_help.LINTING)
    lint.add_argument(
        "policies",
        nargs="*",
        metavar="PACK[@V]|PATH",
        help="names, files, folders of a version or folders of packs (default: every available version)",
    )
    lint.add_argument("-o", "--output", choices=["table", "json", "sarif", "github"], default="table")
    lint.add_argument(
        "--fail-on",
        choices=["error", "warning", "never"],
        default="error",
        help="the lowest severity that sets exit status 1 (default: error)",
    )


def _cel(commands: argparse._SubParsersAction[_Parser]) -> None:
    cel = commands.add_parser("cel", help="try the policy language")
    actions = cel.add_subparsers(title="commands", metavar="COMMAND", required=True)
    evaluate = _add(
        actions,
        "eval",
        "cel eval",
        "evaluate an expression: its value, type, reads and cost",
        epilog=status_help.EVALUATING,
    )
    evaluate.add_argument("expression", metavar="EXPR")
    evaluate.add_argument(
        "-s", "--snapshot", metavar="SNAPSHOT|-", help="the node's facts (default: every fact is unknown)"
    )
    functions = _add(actions, "functions", "cel functions", "list the functions and macros", epilog=status_help.FILES)
    functions.add_argument(
        "word",
        nargs="?",
        default="",
        metavar="WORD",
        help="only functions and macros with this word in the name or the description",
    )


def _snapshot(commands: argparse._SubParsersAction[_Parser]) -> None:
    snapshot = commands.add_parser("snapshot", help="validate and read snapshots")
    actions = snapshot.add_subparsers(title="commands", metavar="COMMAND", required=True)
    validate = _add(
        actions, "validate", "snapshot validate", "check that snapshots can be judged", epilog=status_help.READING
    )
    validate.add_argument("snapshots", nargs="+", metavar="SNAPSHOT|DIR|-")
    bundle_arguments.taking(validate)
    annotate = _add(
        actions,
        "annotate",
        "snapshot annotate",
        "add what the cluster knows about each node to its snapshot",
        epilog=status_help.ANNOTATING,
    )
    annotate.add_argument("folder", metavar="DIR", help="a folder of snapshots (*.json, *.ndjson); they are rewritten")
    annotate.add_argument("--nodes", metavar="FILE", required=True, help="the output of `kubectl get nodes -o json`")
    show = _add(actions, "show", "snapshot show", "print a snapshot in readable form", epilog=status_help.READING)
    show.add_argument("snapshot", metavar="SNAPSHOT|-")
    bundle_arguments.taking(show)
    show.add_argument("--section", metavar="NAME", help="only this section")
    redact = "remove what packs do not read, and keep every verdict"
    _redact(_add(actions, "redact", "snapshot redact", redact, epilog=status_help.REDACTING))


CLASSES = ("host-identifying", "network", "serial", "sensitive")
"""Classes of fields that can be removed."""


def _redact(redact: _Parser) -> None:
    redact.add_argument("snapshots", nargs="+", metavar="SNAPSHOT|DIR|-")
    bundle_arguments.taking(redact)
    redact.add_argument(
        "--for",
        action="append",
        dest="packs",
        required=True,
        metavar="PACK[@V]|PATH",
        help="keep what this pack reads, and mark the rest as redacted (repeatable)",
    )
    redact.add_argument(
        "--class",
        action="append",
        dest="classes",
        default=[],
        choices=CLASSES,
        metavar="CLASS",
        help=f"remove this class even if a pack reads it: {', '.join(CLASSES[:-1])} or {CLASSES[-1]} (repeatable); "
        "host-identifying replaces names by pseudonyms",
    )
    redact.add_argument("--key", metavar="FILE", help="the site's secret for pseudonyms, 32 random bytes, mode 0600")
    redact.add_argument(
        "--map", metavar="FILE", help="add each pseudonym and its real name to FILE; keep FILE at the site"
    )
    redact.add_argument("--allow-unknown", action="store_true", help="write it even if rules become unknown")
    redact.add_argument(
        "-o", "--output", metavar="FILE|DIR/|-", default="-", help="where to write (default: standard output)"
    )
