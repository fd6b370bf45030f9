"""The options of `passmuster bundle`; nothing here imports a library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.cli import status_help

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def bundle(commands: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands; `add` makes the parser of one."""
    group = commands.add_parser("bundle", help="carry snapshots and policies across an air gap, signed")
    actions = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    keygen = add(
        actions,
        "keygen",
        "bundle keygen",
        "create an Ed25519 key, and print the entry for the other side's trust file",
        epilog=status_help.FILES,
    )
    keygen.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="the private key; FILE.pub is the public one"
    )
    keygen.add_argument(
        "--encrypt", action="store_true", help="encrypt it with a passphrase (from PASSMUSTER_PASSPHRASE, or prompted)"
    )
    create = add(
        actions, "create", "bundle create", "pack snapshots and policies into one file", epilog=status_help.BUNDLES
    )
    create.add_argument(
        "snapshots", nargs="*", metavar="SNAPSHOT|DIR|-", help="a seal beside a snapshot (FILE.sig) is included"
    )
    create.add_argument("-o", "--output", metavar="FILE", required=True, help="site.pmb, or - for standard output")
    create.add_argument(
        "-p", "--policy", action="append", default=[], metavar="PACK[@V]|PATH", help="a policy to include (repeatable)"
    )
    create.add_argument(
        "--roster", metavar="FILE", help="the expected nodes, so that the reader can report missing ones"
    )
    create.add_argument("--site", metavar="NAME", help="the site that creates it; sequence numbers count per site")
    create.add_argument(
        "--sequence",
        type=int,
        metavar="N",
        help="sequence number, higher than that of the last bundle (default: seconds since 1970)",
    )
    create.add_argument(
        "--expires", metavar="DATE|D", help="reject the bundle after this time (2026-12-31, 30d; default: never)"
    )
    create.add_argument("--created", metavar="TIME", help="time of creation (default: now)")
    _signing(create)
    sign = add(actions, "sign", "bundle sign", "add a signature to a bundle", epilog=status_help.BUNDLES)
    sign.add_argument("bundle", metavar="BUNDLE")
    _signing(sign)
    sign.add_argument("--replace", action="store_true", help="remove the existing signatures")
    sign.add_argument("-o", "--output", metavar="FILE", help="where to write it (default: overwrite BUNDLE)")
    verify = add(
        actions,
        "verify",
        "bundle verify",
        "verify that a bundle is unchanged since it was signed",
        epilog=status_help.BUNDLES,
    )
    verify.add_argument("bundle", metavar="BUNDLE|-")
    verify.add_argument("--trust", metavar="FILE", help="which keys are trusted, and for what (trust.yaml)")
    verify.add_argument("--now", metavar="TIME", help="check expiry and keys as of this time (2026-11-22T10:11:12Z)")
    verify.add_argument(
        "--state",
        metavar="FILE",
        help="rollback protection: refuse bundles older than the last one, and record this one",
    )
    verify.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="receipt[=FILE]",
        help="what arrived, as JSON (repeatable)",
    )
    verify.add_argument("--key", metavar="FILE", help="sign the receipt")
    verify.add_argument("--insecure-skip-verify", action="store_true", help="do not check signatures")
    inspect = add(
        actions,
        "inspect",
        "bundle inspect",
        "show what a bundle claims, without verifying it",
        epilog=status_help.BUNDLES,
    )
    inspect.add_argument("bundle", metavar="BUNDLE|-")
    _state(actions, add)


def _state(actions: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    group = actions.add_parser("state", help="show or reset the rollback protection")
    states = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    show = add(
        states,
        "show",
        "bundle state show",
        "list the last bundle of each site and the last version of each pack",
        epilog=status_help.STORES,
    )
    show.add_argument(
        "state", metavar="FILE", help="the state file of `bundle verify --state`, or the store of `fleet add`"
    )
    reset = add(
        states,
        "reset",
        "bundle state reset",
        "forget the last bundle of a site or the last version of a pack",
        epilog=status_help.STORES,
    )
    reset.add_argument("state", metavar="FILE", help="as in `bundle state show`")
    for what in ("site", "pack"):
        reset.add_argument(f"--{what}", action="append", default=[], metavar="NAME", help="its name (repeatable)")


def _signing(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--key", action="append", default=[], metavar="FILE", help="sign with this private key (repeatable)"
    )
    command.add_argument(
        "--ssh-key",
        action="append",
        default=[],
        metavar="FILE",
        help="sign with this OpenSSH Ed25519 key (repeatable)",
    )


def taking(command: argparse.ArgumentParser) -> None:
    """Add the options of a command that reads snapshots, for bundles among them."""
    command.add_argument(
        "--trust",
        metavar="FILE",
        help="which keys are trusted, and for what (trust.yaml); a snapshot without a trusted signature is unknown",
    )
    command.add_argument(
        "--insecure-skip-verify", action="store_true", help="do not check the signatures of bundles; reports say so"
    )
