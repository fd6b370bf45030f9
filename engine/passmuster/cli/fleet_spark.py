"""`passmuster fleet check --engine spark`: judging on a cluster what is too much for one machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.cli import exit_status
from passmuster.cli.criteria import beside, chosen
from passmuster.cli.surroundings import moment
from passmuster.errors import ExitStatus, UsageError
from passmuster.intake import catalog
from passmuster.intake.criteria import criteria
from passmuster.report import Evidence, Style, harmless
from passmuster.report.summary import text as summary

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from passmuster.api import EvaluationCriteria
    from passmuster.fleet.spark.settle import Settled
    from passmuster.fleet.spark.strategy import Nodes
    from passmuster.fleet.spark.task import PolicyText
    from passmuster.policy import Policy

_FORMATS = ("json", "parquet")
_ALONE = {"waivers": "--waivers", "as_of": "--as-of", "site": "--site", "verbose": "--verbose"}
"""Options of `fleet check` that a cluster does not know."""
_REPORT, _PARQUET = "report.json", "nodes.parquet"


def run(options: argparse.Namespace) -> ExitStatus:
    """Judge what the options say; returns the status."""
    from passmuster.fleet.spark.session import demand, started  # noqa: PLC0415 - an extra

    _demand_possible(options)
    demand(os.environ)
    policies = chosen(options.policy)
    terms = criteria(policies, beside(options, moment(options.now)))
    with started(options.master, _settings(options.conf), os.environ) as session:
        return _judge(session, options, terms, _texts(policies))


def _demand_possible(options: argparse.Namespace) -> None:
    """Raise UsageError where something is asked for that a cluster does not do."""
    for name, option in _ALONE.items():
        if getattr(options, name, None):
            message = "not with --engine spark (expected to be judged on one machine)"
            raise UsageError.at(option, message, code="usage-engine")
    if options.result is None:
        message = "nowhere to write to (expected fleet check --engine spark INPUT OUTPUT)"
        raise UsageError.at("--engine spark", message, code="usage-engine")
    for text in options.output:
        if text not in _FORMATS:
            message = f"not written by a cluster (got {text!r}, expected one of: {', '.join(_FORMATS)})"
            raise UsageError.at(f"-o {text}", message, code="usage-output")


def _judge(
    session: object, options: argparse.Namespace, terms: EvaluationCriteria, texts: Sequence[PolicyText]
) -> ExitStatus:
    from passmuster.fleet.spark import settle, source, strategy, task  # noqa: PLC0415 - an extra

    style = Style(evidence=Evidence(options.evidence))
    source_nodes = source.read(session, options.store)
    asked = task.of_terms(terms, texts, evidence=style.evidence, lines=source_nodes.lines).dump()
    auto = options.strategy == "auto"
    chosen = strategy.choose(source_nodes, terms, asked) if auto else strategy.Strategy(options.strategy)
    nodes = strategy.nodes(source_nodes, asked, chosen)
    settled = settle.settle(source_nodes, nodes.index.toArrow(), terms, style)
    _write(session, options, nodes, settled)
    for note in settled.notes:
        sys.stderr.write(f"note: {harmless.plain(note)}\n")
    conclusion = settled.conclusion
    sys.stdout.write(summary(conclusion.verdict.outcome, conclusion.counts, conclusion.verdict.scope))
    return exit_status.of_verdict(conclusion.weighing, options.fail_on, whole=conclusion.verdict.incomplete)


def _write(session: object, options: argparse.Namespace, nodes: Nodes, settled: Settled) -> None:
    from passmuster.fleet.spark import report, sink  # noqa: PLC0415 - an extra

    wanted = options.output or ["json"]
    text = report.told(session, nodes, settled)
    if "parquet" in wanted:
        text.drop("rank").write.parquet(f"{options.result.rstrip('/')}/{_PARQUET}", mode="errorifexists")
    if "json" in wanted:
        pieces = report.pieces(text, settled, Style(evidence=Evidence(options.evidence)))
        sink.write(session, options.result, _REPORT, pieces)


def _settings(texts: Sequence[str]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.startswith("spark."):
            raise UsageError.at(f"--conf {text}", "no setting of Spark (expected spark.NAME=VALUE)", code="usage-conf")
        settings[name] = value
    return settings


def _texts(policies: Sequence[Policy]) -> list[PolicyText]:
    from passmuster.fleet.spark.task import PolicyText  # noqa: PLC0415 - an extra

    return [
        PolicyText(
            file=policy.document.file,
            text=catalog.read(Path(policy.document.file)).decode(),
            released=policy.released,
            lock=policy.lock,
        )
        for policy in policies
    ]
