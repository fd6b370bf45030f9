"""`passmuster fleet check` and `fleet history`: judging what a store holds."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from passmuster.cli import exit_status, fleet_input, output, streamed
from passmuster.cli.criteria import of_options
from passmuster.cli.surroundings import homes
from passmuster.errors import ExitStatus, UsageError
from passmuster.fleet.source import Source
from passmuster.fleet.store import json_v1, reading, table
from passmuster.fleet.store.counting import count
from passmuster.fleet.store.database import one_state, opened
from passmuster.fleet.store.run import stories
from passmuster.fleet.store.verdicts import serves
from passmuster.intake import catalog
from passmuster.intake.criteria import CriteriaOptions, criteria
from passmuster.model.verdict import BundleHeader, Origin
from passmuster.report import Evidence, Style, counting, harmless, origin
from passmuster.report.matrix import text as matrix
from passmuster.report.scope import headline
from passmuster.report.summary import text as summary

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from passmuster.api import EvaluationCriteria
    from passmuster.fleet.store.database import Database
    from passmuster.fleet.store.reading import Delivered

_COUNTS = frozenset(("matrix", "summary"))
"""Reports that are counts alone."""


def run(options: argparse.Namespace) -> ExitStatus:
    """Judge the latest snapshot of each node; the status is that of `check`."""
    if options.engine == "spark":
        from passmuster.cli.fleet_spark import run as run_spark  # noqa: PLC0415 - what needs Spark asks for it

        return run_spark(options)
    _demand_one_machine(options)
    outputs = output.parse(options.output)
    choice = reading.Choice(as_of=fleet_input.moment(options.as_of), site=options.site)
    # A store looked at the moments of snapshots when it received them.
    terms = replace(of_options(options), received=None)
    with opened(options.store, write=False) as database:
        if terms.roster is None:
            terms = replace(terms, roster=reading.rosters(database, options.site), roster_source="store")
        if serves(terms) and all(target.reporter.name in _COUNTS for target in outputs):
            return _counted(database, terms, choice, options, outputs)
        with one_state(database):
            return _judged(database, terms, choice, options, outputs)


def _demand_one_machine(options: argparse.Namespace) -> None:
    """Raise UsageError where something is said that is for a cluster."""
    given = {"OUTPUT": options.result, "--master": options.master, "--conf": options.conf}
    for name, value in given.items():
        if value:
            raise UsageError.at(name, "only with --engine spark (expected a store alone)", code="usage-engine")


def _counted(
    database: Database,
    terms: EvaluationCriteria,
    choice: reading.Choice,
    options: argparse.Namespace,
    outputs: Sequence[output.Output],
) -> ExitStatus:
    """Counts alone, by what nodes share: the same totals as the other way."""
    counts = count(database, terms, choice)
    if not counts.kept:
        sys.stderr.write(f"note: {harmless.plain(options.store)}: cannot be written to, so verdicts were not kept\n")
    came = Origin(bundles=_bundles(database, counts.bundled), roster=_whose(terms))
    for target in output.files_first(outputs):
        if target.reporter.name == "summary":
            text = summary(counts.outcome, counting.worded(counts.nodes, counts.rules), terms.scope, came=came)
        else:
            head = [*headline(terms.scope, terms.raised), *origin.headline(came)]
            text = matrix(counts.by_rule, counts.nodes, output.styled(Style(), target), head=head)
        output.emit_bytes(text.encode(), target)
    return exit_status.of_verdict(counts.rules, options.fail_on, whole=counts.whole)


def _whose(terms: EvaluationCriteria) -> str | None:
    return None if terms.roster is None else terms.roster_source


def _judged(
    database: Database,
    terms: EvaluationCriteria,
    choice: reading.Choice,
    options: argparse.Namespace,
    outputs: Sequence[output.Output],
) -> ExitStatus:
    """Each node by itself: in one pass what can be reported so, the rest from the verdict as a whole."""
    style = Style(evidence=Evidence(options.evidence), verbose=options.verbose)
    passing = [target for target in outputs if target.reporter.name in streamed.FORMATS]
    others = [target for target in outputs if target not in passing]
    deliveries: dict[int, set[bytes]] = {}
    source = Source(
        record=options.record,
        kept=lambda known: fleet_input.sourced(database, choice, known, deliveries),
        came=lambda: Origin(bundles=_bundles(database, deliveries)),
    )
    verdict = streamed.whole(source, terms) if others else None
    code = ExitStatus.GOOD
    if passing:
        conclusion = streamed.run(source, terms, passing, style)
        code = exit_status.of_verdict(conclusion.weighing, options.fail_on, whole=conclusion.verdict.incomplete)
    if verdict is not None:
        output.emit(verdict, others, style)
        code = exit_status.of_verdict(counting.every_rule(verdict), options.fail_on, whole=verdict.incomplete)
    return code


def _bundles(database: Database, deliveries: Mapping[int, set[bytes]]) -> tuple[BundleHeader, ...]:
    """The bundles among the deliveries that judged snapshots came in, by digest, with these snapshots."""
    digests_of: dict[Delivered, set[bytes]] = {}
    for id_, delivered in reading.delivered(database, deliveries).items():
        digests_of.setdefault(delivered, set()).update(deliveries[id_])
    headers = (
        BundleHeader(
            digest=f"sha256:{delivered.bundle.hex()}",
            site=delivered.site or None,
            assurance=delivered.assurance,
            snapshots=tuple(sorted(f"sha256:{digest.hex()}" for digest in digests)),
        )
        for delivered, digests in digests_of.items()
    )
    return tuple(sorted(headers, key=lambda header: header.digest))


def run_history(options: argparse.Namespace) -> ExitStatus:
    """Say what changed on a node, and in its verdicts where policies are named."""
    terms = None
    if options.policy:
        policies = catalog.chosen(options.policy, homes())
        terms = criteria(policies, CriteriaOptions(parameters=options.set))
    with opened(options.store, write=False) as database, one_state(database):
        history = stories(database, options.node, terms)
    if not history:
        raise UsageError.at(options.node, f"no such node in {options.store}", code="usage-node")
    if options.output == "json":
        sys.stdout.write(harmless.json(json_v1.history(history)))
    else:
        sys.stdout.write(output.fitted(harmless.lines(table.history(history))))
    return ExitStatus.GOOD
