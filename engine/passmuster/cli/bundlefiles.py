"""Bundles and trust at the edge: their files, and what is said aloud where nobody verifies."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from passmuster.codec import json
from passmuster.errors import IntegrityError, UsageError
from passmuster.exchange import bundle
from passmuster.exchange.bundle import container
from passmuster.intake import catalog, reading
from passmuster.report import harmless
from passmuster.snapshot.roster import of_site

if TYPE_CHECKING:
    from passmuster.exchange.bundle import Trust


def load(path: str) -> bytes:
    """The bytes of a bundle's file, `-` for standard input; raises NotABundleError before the whole was read."""
    try:
        if path == "-":
            return _bounded(sys.stdin.buffer, named(path))
        with reading.opened(path) as handle:
            return _bounded(handle, path)
    except OSError as error:
        raise UsageError.at(path, f"cannot be read ({error.strerror or error})", code="usage-input") from None


def named(path: str) -> str:
    """What a bundle is called in messages."""
    return "<stdin>" if path == "-" else path


def _bounded(handle: BinaryIO, name: str) -> bytes:
    beginning = handle.read(container.BLOCK)
    container.demand_beginning(beginning, name)
    data = beginning + handle.read(container.MAX_BYTES + 1 - len(beginning))
    if len(data) > container.MAX_BYTES:
        message = f"larger than a bundle may be (expected at most {container.MAX_BYTES} bytes)"
        raise IntegrityError.at(name, message, code="bundle-container")
    return data


def claimed_roster(path: str) -> frozenset[str] | None:
    """The roster that a bundle's manifest has, of its site; None where it has none, or cannot be read.

    Nothing is verified here: only the manifest is read, which stands first.
    """
    try:
        with Path(path).open("rb") as handle:
            data = container.first(handle)
        document = None if data is None else json.loads(data)
    except (OSError, json.InvalidJSONError):
        return None
    listed = document.get("roster") if isinstance(document, dict) else None
    names = listed.get("names") if isinstance(listed, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    site = document.get("site") if isinstance(document, dict) else None
    return None if not isinstance(site, str | None) else frozenset(of_site(site, name) for name in names)


def load_trust(file: str | None) -> Trust | None:
    """The trust that a caller configures; None where none is."""
    return None if file is None else bundle.load_trust(catalog.read(Path(file)), file)


def warn_skipped(path: str) -> None:
    """Say loudly that nobody looked at signatures."""
    sys.stderr.write(
        harmless.plain(f"WARNING: {path}: signatures NOT verified (--insecure-skip-verify): anyone may have made this")
        + "\n"
    )
