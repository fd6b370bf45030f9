"""The options of `passmuster bundle`; nothing here imports a library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from passmuster.cli import statuses

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
        "make an Ed25519 key, and print what the other side's trust needs",
        epilog=statuses.FILES,
    )
    keygen.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="the private key; FILE.pub is the public one"
    )
    keygen.add_argument(
        "--encrypt", action="store_true", help="with a passphrase, from PASSMUSTER_PASSPHRASE or asked for"
    )
    create = add(
        actions, "create", "bundle create", "pack snapshots and policies into one file", epilog=statuses.BUNDLES
    )
    create.add_argument(
        "snapshots", nargs="*", metavar="SNAPSHOT|DIR|-", help="a seal beside one, FILE.sig, goes along"
    )
    create.add_argument("-o", "--output", metavar="FILE", required=True, help="site.pmb, or - for standard output")
    create.add_argument(
        "-p", "--policy", action="append", default=[], metavar="PACK[@V]|PATH", help="a policy to go along"
    )
    create.add_argument(
        "--roster", metavar="FILE", help="the nodes there should be, so that the reader can say who is missing"
    )
    create.add_argument("--site", metavar="NAME", help="who makes it; sequences are compared within a site")
    create.add_argument(
        "--sequence", type=int, metavar="N", help="grows from bundle to bundle (default: seconds since 1970)"
    )
    create.add_argument(
        "--expires", metavar="DATE|D", help="until when it may be taken in (2026-12-31, 30d; default: ever)"
    )
    create.add_argument("--created", metavar="TIME", help="when it was made (default: now)")
    _signing(create)
    sign = add(actions, "sign", "bundle sign", "sign a bundle that is there", epilog=statuses.BUNDLES)
    sign.add_argument("bundle", metavar="BUNDLE")
    _signing(sign)
    sign.add_argument("--replace", action="store_true", help="drop the signatures that it has")
    sign.add_argument("-o", "--output", metavar="FILE", help="where to write it (default: in its place)")
    verify = add(
        actions, "verify", "bundle verify", "prove that a bundle is as its signers made it", epilog=statuses.BUNDLES
    )
    verify.add_argument("bundle", metavar="BUNDLE|-")
    verify.add_argument("--trust", metavar="FILE", help="whose signatures are believed, and about what (trust.yaml)")
    verify.add_argument("--now", metavar="TIME", help="judge expiry and keys at this moment (2026-11-22T10:11:12Z)")
    verify.add_argument("--state", metavar="FILE", help="what was seen before: refuse what is older, and remember this")
    verify.add_argument(
        "-o", "--output", action="append", default=[], metavar="receipt[=FILE]", help="what arrived, as JSON"
    )
    verify.add_argument("--key", metavar="FILE", help="sign the receipt")
    verify.add_argument("--insecure-skip-verify", action="store_true", help="do not look at signatures")
    inspect = add(
        actions,
        "inspect",
        "bundle inspect",
        "say what is in a bundle, and believe nothing of it",
        epilog=statuses.BUNDLES,
    )
    inspect.add_argument("bundle", metavar="BUNDLE|-")
    _state(actions, add)


def _state(actions: Any, add: Callable[..., argparse.ArgumentParser]) -> None:
    group = actions.add_parser("state", help="what was seen of each site and each pack")
    states = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    show = add(
        states,
        "show",
        "bundle state show",
        "list what was seen: a state file, or a fleet's store",
        epilog=statuses.STORES,
    )
    show.add_argument("state", metavar="FILE", help="what `bundle verify --state` or `fleet add` keeps")
    reset = add(
        states, "reset", "bundle state reset", "forget what was seen of a site or a pack", epilog=statuses.STORES
    )
    reset.add_argument("state", metavar="FILE", help="as for show")
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
        help="sign with this Ed25519 key of OpenSSH (repeatable)",
    )


def taking(command: argparse.ArgumentParser) -> None:
    """Add what a command that reads snapshots has to know of bundles among them."""
    command.add_argument(
        "--trust",
        metavar="FILE",
        help="whose signatures are believed, and about what (trust.yaml); what none covers is unknown",
    )
    command.add_argument(
        "--insecure-skip-verify", action="store_true", help="bundles: look at no signature; reports say so"
    )
