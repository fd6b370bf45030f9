"""`passmuster fleet accept`: an operator says which snapshot of a node is true."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from passmuster.errors import ExitStatus, UsageError
from passmuster.fleet.store import accepting
from passmuster.fleet.store.database import opened
from passmuster.report import harmless

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> ExitStatus:
    """Accept what the options say; raises UsageError where they name nothing, or several."""
    with opened(options.store, write=True) as database:
        try:
            if options.one_machine:
                done = accepting.one_machine(database, options.node, options.site)
            else:
                done = [accepting.snapshot(database, options.node, options.site, options.snapshot)]
        except ValueError as error:
            raise UsageError.at(options.node, str(error), code="usage-accept") from None
    sys.stdout.write(harmless.lines("".join(f"{each}\n" for each in done)))
    return ExitStatus.GOOD
