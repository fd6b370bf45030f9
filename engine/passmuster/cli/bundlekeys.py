"""Keys at the edge: their files, their passphrases, and the process of ssh-keygen."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.cli.surroundings import read
from passmuster.errors import ExitStatus, UsageError
from passmuster.exchange.bundle import create, ed25519, sshsig
from passmuster.exchange.bundle.ed25519 import PrivateKey

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from passmuster.exchange.bundle.container import Member
    from passmuster.exchange.bundle.model import Bundle

PASSPHRASE = "PASSMUSTER_PASSPHRASE"
_SECONDS = 120
"""Time for a person to type a passphrase to ssh-keygen, or to touch a token."""


def run_keygen(options: argparse.Namespace) -> ExitStatus:
    """Make a key: the private one only its owner can read, and the public one beside it."""
    private, public = Path(options.output), Path(options.output + ".pub")
    for path in (private, public):
        if os.path.lexists(path):
            raise UsageError.at(str(path), "already exists, and a key is never overwritten", code="key-exists")
    key = PrivateKey.generate()
    pem = key.pem(_new_passphrase() if options.encrypt else None)
    _write_new(private, pem, 0o600)
    try:
        _write_new(public, ed25519.write_public(key.public), 0o644)
    except UsageError:
        private.unlink()
        raise
    sys.stdout.write(_for_trust(key.public, private.stem))
    return ExitStatus.GOOD


def _for_trust(public: bytes, name: str) -> str:
    """What the other side adds to its trust file."""
    pem = ed25519.write_public(public).decode().splitlines()
    lines = [
        f"# keyid {ed25519.keyid(public)}",
        "schema: passmuster.trust/1",
        "keys:",
        f"  {name}:",
        "    type: ed25519",
        "    public: |",
        *(f"      {line}" for line in pem),
        '    nodes: ["*"]   # better: only the nodes that this key may sign for',
        '    sites: ["*"]   # better: only the sites whose bundles it may sign',
    ]
    return "".join(f"{line}\n" for line in lines)


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UsageError.at(str(path), f"cannot be written ({error.strerror})", code="file") from None


def _new_passphrase() -> bytes:
    passphrase = _passphrase("passphrase for the new key: ")
    if not passphrase:
        raise UsageError.at("--encrypt", f"no passphrase (expected one in {PASSPHRASE}, or at a terminal)", code="key")
    if PASSPHRASE not in os.environ and _passphrase("the same again: ") != passphrase:
        raise UsageError.at("--encrypt", "the two passphrases differ", code="key")
    return passphrase


def _passphrase(prompt: str) -> bytes | None:
    given = os.environ.get(PASSPHRASE)
    if given is not None:
        return os.fsencode(given)
    return getpass.getpass(prompt).encode() if sys.stdin.isatty() else None


def load(path: str) -> PrivateKey:
    """Read a private key, asking for its passphrase where it has one; raises UsageError."""
    pem = read(path)
    try:
        try:
            return PrivateKey.load(pem, _environment())
        except ed25519.PassphraseError:
            if _environment() is not None or not sys.stdin.isatty():
                raise
            return PrivateKey.load(pem, _passphrase(f"passphrase for {path}: "))
    except ed25519.PassphraseError as error:
        raise UsageError.at(path, f"{error} (expected it in {PASSPHRASE}, or at a terminal)", code="key") from None
    except ed25519.KeyFileError as error:
        raise UsageError.at(path, str(error), code="key") from None


def _environment() -> bytes | None:
    given = os.environ.get(PASSPHRASE)
    return None if given is None else os.fsencode(given)


def signatures(bundle: Bundle, keys: Sequence[str], ssh_keys: Sequence[str]) -> list[Member]:
    """A signature by each of these keys; raises UsageError."""
    return [create.envelope(bundle, load(path)) for path in keys] + [_by_ssh(bundle, path) for path in ssh_keys]


def _by_ssh(bundle: Bundle, path: str) -> Member:
    """A signature by ssh-keygen; it asks for a passphrase itself, or uses the agent."""
    program = shutil.which("ssh-keygen")
    if program is None:
        raise UsageError.at("--ssh-key", "ssh-keygen is not installed (expected OpenSSH 8.1 or newer)", code="key-ssh")
    read(path)
    command = [program, "-q", "-Y", "sign", "-f", path, "-n", sshsig.MANIFEST]
    try:
        done = subprocess.run(command, input=bundle.manifest, capture_output=True, check=True, timeout=_SECONDS)  # noqa: S603 - no shell, and the words are ours
        return create.ssh_signature(done.stdout)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        message = f"ssh-keygen could not sign with it ({said[-1] if said else f'status {error.returncode}'})"
    except subprocess.TimeoutExpired:
        message = f"ssh-keygen did not end within {_SECONDS} seconds"
    except ValueError as error:
        message = f"what ssh-keygen wrote is of no use here: {error} (expected a key of type ed25519)"
    raise UsageError.at(path, message, code="key-ssh")
