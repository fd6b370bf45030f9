"""`passmuster fleet check --engine spark`: judging on a cluster what is too much for one machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from passmuster.cli import packs
from passmuster.cli.check import _compile, _max_age, _now, _roster, _rules, status
from passmuster.errors import ExitStatus, UsageError
from passmuster.judge import Terms
from passmuster.policy.parameters import effective
from passmuster.report import Evidence, Style, harmless
from passmuster.report.summary import text as summary

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from passmuster.policy import Policy
    from passmuster.spark.settle import Settled
    from passmuster.spark.strategy import Nodes
    from passmuster.spark.task import PolicyText

DEFAULT = "virtnest"
_REPORT, _PARQUET = "report.json", "nodes.parquet"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """What the command is told, beside the engine's name."""
    command.add_argument(
        "input", metavar="INPUT", help="Parquet with a column `snapshot`, or NDJSON: a folder or a URL"
    )
    command.add_argument("result", metavar="OUTPUT", help="the folder or URL to write into")
    command.add_argument(
        "-p", "--policy", action="append", default=[], metavar="PACK[@V][#DIGEST]|PATH", help="a policy (repeatable)"
    )
    command.add_argument("--rule", action="append", default=[], metavar="ID", help="judge only this rule (repeatable)")
    command.add_argument("--set", action="append", default=[], metavar="[PACK.]NAME=V", help="set a parameter")
    command.add_argument("--roster", metavar="FILE", help="the nodes there should be")
    command.add_argument("--max-age", metavar="D", help="older snapshots leave their node unknown (12h, 30d)")
    command.add_argument("--now", metavar="TIME", help="judge ages at this moment (2026-11-22T10:11:12Z)")
    command.add_argument("--fail-on", choices=["required", "recommended", "never"], default="required")
    command.add_argument("--evidence", choices=[each.value for each in Evidence], default=Evidence.NEEDED.value)
    command.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        choices=["json", "parquet"],
        help="OUTPUT/report.json (the default), OUTPUT/nodes.parquet written by the cluster (repeatable)",
    )
    add_cluster(command)


def add_cluster(command: argparse.ArgumentParser) -> None:
    """What is said of the cluster alone."""
    command.add_argument(
        "--master", metavar="URL", help="spark://HOST:PORT, yarn, k8s://..., local[N] (default: Spark's)"
    )
    command.add_argument(
        "--conf", action="append", default=[], metavar="NAME=V", help="a setting of Spark (repeatable)"
    )
    command.add_argument(
        "--strategy",
        choices=["auto", "distinct", "partitions"],
        default="auto",
        help="bring equal facts together, or not (default: look at a sample); the result is the same",
    )


def run(options: argparse.Namespace) -> ExitStatus:
    """Judge what the options say; returns the status."""
    from passmuster.spark.session import demand, started  # noqa: PLC0415 - an extra

    demand()
    policies = packs.chosen(options.policy or [DEFAULT])
    compiled = _compile(policies)
    now = _now(options.now, needed=options.max_age is not None)
    terms = Terms(
        policies=compiled,
        parameters=effective(policies, options.set),
        rules=_rules(compiled, options.rule),
        roster=_roster(options.roster),
        max_age=_max_age(options.max_age, now),
    )
    with started(options.master, _settings(options.conf)) as session:
        return _judge(session, options, terms, _texts(policies))


def _judge(session: object, options: argparse.Namespace, terms: Terms, texts: Sequence[PolicyText]) -> ExitStatus:
    from passmuster.spark import settle, source, strategy, task  # noqa: PLC0415 - an extra

    style = Style(evidence=Evidence(options.evidence))
    found = source.read(session, options.input)
    asked = task.of_terms(terms, texts, evidence=style.evidence, lines=found.lines).dump()
    auto = options.strategy == "auto"
    chosen = strategy.choose(found, terms, asked) if auto else strategy.Strategy(options.strategy)
    nodes = strategy.nodes(found, asked, chosen)
    settled = settle.settle(found, nodes.index.toArrow(), terms, style)
    _write(session, options, nodes, settled)
    for note in settled.notes:
        sys.stderr.write(f"note: {harmless.plain(note)}\n")
    conclusion = settled.conclusion
    sys.stdout.write(summary(conclusion.verdict.outcome, conclusion.counts))
    return status(conclusion.weighing, options.fail_on, whole=conclusion.verdict.incomplete)


def _write(session: object, options: argparse.Namespace, nodes: Nodes, settled: Settled) -> None:
    from passmuster.spark import report, sink  # noqa: PLC0415 - an extra

    wanted = options.output or ["json"]
    told = report.told(session, nodes, settled)
    if "parquet" in wanted:
        told.drop("rank").write.parquet(f"{options.result.rstrip('/')}/{_PARQUET}", mode="errorifexists")
    if "json" in wanted:
        pieces = report.pieces(told, settled, Style(evidence=Evidence(options.evidence)))
        sink.write(session, options.result, _REPORT, pieces)


def _settings(texts: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.startswith("spark."):
            raise UsageError.at(f"--conf {text}", "no setting of Spark (expected spark.NAME=VALUE)", code="usage-conf")
        found[name] = value
    return found


def _texts(policies: Sequence[Policy]) -> list[PolicyText]:
    from passmuster.spark.task import PolicyText  # noqa: PLC0415 - an extra

    return [
        PolicyText(file=each.document.file, text=packs.read(Path(each.document.file)).decode(), released=each.released)
        for each in policies
    ]
