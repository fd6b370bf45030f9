"""`passmuster bundle state show|reset`: what was seen of bundles, and the way back where a mistake locks a site out."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.cli.exclusive import exclusive
from passmuster.cli.output import fitted, write_file
from passmuster.cli.surroundings import read
from passmuster.errors import ExitStatus, UsageError
from passmuster.exchange.bundle import replay
from passmuster.fleet.store import bundles
from passmuster.fleet.store.database import opened, transaction
from passmuster.report import harmless

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

_STORE = b"SQLite format 3\0"


def run_show(options: argparse.Namespace) -> ExitStatus:
    """A line for each site and each pack."""
    with _held(options.state, write=False) as (state, _):
        for name, seen in sorted(state.sites.items()):
            _say(f"site  {name}: sequence {seen.mark}, manifest sha256:{seen.digest}")
        for name, seen in sorted(state.packs.items()):
            _say(f"pack  {name}: version {seen.mark}, policy sha256:{seen.digest}")
        if not (state.sites or state.packs):
            _say(f"{options.state}: no bundle recorded yet")
    return ExitStatus.GOOD


def run_reset(options: argparse.Namespace) -> ExitStatus:
    """Forget what was seen of sites and packs: the next bundle of theirs is taken, whatever its sequence."""
    if not options.site and not options.pack:
        raise UsageError.at("bundle state reset", "nothing to forget (expected --site or --pack)", code="usage-state")
    with _held(options.state, write=True) as (state, keep):
        for what, names, known in (("site", options.site, state.sites), ("pack", options.pack, state.packs)):
            for name in names:
                if name not in known:
                    there = ", ".join(sorted(known)) or "none"
                    raise UsageError.at(
                        f"--{what} {name}", f"was not seen (expected one of: {there})", code="usage-state"
                    )
        lines = [f"site  {name}: forgotten, sequence was {state.sites[name].mark}" for name in options.site]
        lines += [f"pack  {name}: forgotten, version was {state.packs[name].mark}" for name in options.pack]
        keep(
            replace(
                state,
                sites={name: seen for name, seen in state.sites.items() if name not in options.site},
                packs={name: seen for name, seen in state.packs.items() if name not in options.pack},
            )
        )
    for line in lines:
        _say(line)
    return ExitStatus.GOOD


@contextlib.contextmanager
def _held(file: str, *, write: bool) -> Iterator[tuple[replay.State, Callable[[replay.State], None]]]:
    """The state in a file or a store, and what keeps another one; nobody else changes it meanwhile."""
    if _is_store(file):
        with opened(file, write=write) as database, transaction(database) if write else contextlib.nullcontext():
            data = bundles.state(database)
            state = replay.State() if data is None else replay.read(data, file)
            yield state, lambda new: bundles.keep(database, replay.write(new))
        return
    with exclusive(file) if write else contextlib.nullcontext():
        yield replay.read(read(file), file), lambda new: write_file(file, replay.write(new))


def _is_store(file: str) -> bool:
    try:
        with Path(file).open("rb") as handle:
            return handle.read(len(_STORE)) == _STORE
    except OSError as error:
        raise UsageError.at(file, f"cannot be read ({error.strerror or error})", code="file") from None


def _say(line: str) -> None:
    sys.stdout.write(fitted(harmless.plain(line)))
