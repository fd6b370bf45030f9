"""Seal a snapshot where it is collected: a signature over its bytes, by the host's own ssh-keygen.

OpenSSH 8.1 or newer, an Ed25519 key, and the namespace by which no other signature of that key can pass for a seal.
"""

import os
import subprocess
from typing import Dict

from passmuster_collector.command import distrusted
from passmuster_collector.reading import quoted
from passmuster_collector.usage import UsageError

NAMESPACE = "passmuster-snapshot"
_FOLDERS = ("/usr/bin", "/bin", "/usr/local/bin")
_SECONDS = 120
"""Time for a person to type the key's passphrase, or to touch a token."""


def seal(data: bytes, key: str) -> bytes:
    """The signature, as text; raises UsageError. ssh-keygen asks for a passphrase itself, or uses the agent."""
    if not os.path.isfile(key):
        raise UsageError(f"--seal: no such key (got {quoted(key)})")
    command = [_program(), "-Y", "sign", "-f", key, "-n", NAMESPACE]
    try:
        process = subprocess.Popen(  # noqa: S603 - an absolute path that only root can have written, and no shell
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()
        )
    except OSError as error:
        raise UsageError(f"--seal: {command[0]}: {error.strerror}") from None
    try:
        signature, told = process.communicate(data, _SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise UsageError(f"--seal: ssh-keygen did not end within {_SECONDS} seconds") from None
    if process.returncode != 0 or not signature.startswith(b"-----BEGIN SSH SIGNATURE-----\n"):
        lines = (
            told.decode("utf-8", "replace").strip().split("\n") if told.strip() else [f"status {process.returncode}"]
        )
        raise UsageError(f"--seal: ssh-keygen (OpenSSH 8.1 or newer is needed) could not sign: {lines[-1]}")
    return signature


def _program() -> str:
    for folder in _FOLDERS:
        path = os.path.join(folder, "ssh-keygen")
        try:
            status = os.stat(path)
        except OSError:
            continue
        distrust = distrusted(path, status.st_uid, status.st_mode)
        if distrust:
            raise UsageError(f"--seal: {distrust}")
        return path
    raise UsageError(f"--seal: ssh-keygen is in none of {', '.join(_FOLDERS)}")


def _environment() -> Dict[str, str]:
    """Nothing of the caller's but what leads to the agent, the home of the keys and the terminal."""
    kept = ("HOME", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "SSH_AUTH_SOCK", "DISPLAY", "TERM")
    return dict({name: os.environ[name] for name in kept if name in os.environ}, LC_ALL="C", PATH=":".join(_FOLDERS))
