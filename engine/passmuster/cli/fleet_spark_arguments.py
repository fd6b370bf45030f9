"""The options of `passmuster fleet check --engine spark`; nothing here imports a library."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_engine(command: argparse.ArgumentParser) -> None:
    """What `fleet check` is told beside what it is told without a cluster; the store is the input then."""
    command.add_argument(
        "result", nargs="?", metavar="OUTPUT", help="with --engine spark: the folder or URL that is written into"
    )
    command.add_argument(
        "--engine",
        choices=["embedded", "spark"],
        default="embedded",
        help="spark: STORE is a folder or URL with Parquet (column `snapshot`) or NDJSON, judged on a cluster; "
        "-o is json (OUTPUT/report.json, the default) or parquet (OUTPUT/nodes.parquet)",
    )
    command.add_argument("--master", metavar="URL", help="Spark's: spark://HOST:PORT, yarn, k8s://..., local[N]")
    command.add_argument("--conf", action="append", default=[], metavar="NAME=V", help="a setting (repeatable)")
    command.add_argument(
        "--strategy",
        choices=["auto", "distinct", "partitions"],
        default="auto",
        help="Spark's: bring equal facts together, or not (default: look at a sample); the result is the same",
    )


def add_arguments(command: argparse.ArgumentParser) -> None:
    """All that judging on a cluster can be told."""
    command.add_argument("store", metavar="INPUT", help="a folder or URL with Parquet (column `snapshot`) or NDJSON")
    command.add_argument(
        "-p", "--policy", action="append", default=[], metavar="PACK[@V][#DIGEST]|PATH", help="a policy (repeatable)"
    )
    command.add_argument("--rule", action="append", default=[], metavar="ID", help="judge only this rule (repeatable)")
    command.add_argument("--set", action="append", default=[], metavar="[PACK.]NAME=V", help="set a parameter")
    command.add_argument("--roster", metavar="FILE", help="the nodes there should be")
    command.add_argument("--max-age", metavar="D", help="older snapshots leave their node unknown (12h, 30d)")
    command.add_argument("--now", metavar="TIME", help="judge ages at this moment (2026-11-22T10:11:12Z)")
    command.add_argument("--fail-on", choices=["required", "recommended", "never"], default="required")
    command.add_argument("--evidence", choices=["needed", "full", "none"], default="needed")
    command.add_argument("-o", "--output", action="append", default=[], metavar="FORMAT", help="json, parquet")
    add_engine(command)
