"""The options of `passmuster fleet check --engine spark`; nothing here imports a library."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_engine(command: argparse.ArgumentParser) -> None:
    """Add the options of `fleet check` on a cluster, where the store is the input."""
    command.add_argument(
        "result", nargs="?", metavar="OUTPUT", help="with --engine spark: the folder or URL to write to"
    )
    command.add_argument(
        "--engine",
        choices=["embedded", "spark"],
        default="embedded",
        help="spark: STORE is a folder or URL with Parquet (column `snapshot`) or NDJSON, judged on a cluster; "
        "-o is json (OUTPUT/report.json, the default) or parquet (OUTPUT/nodes.parquet)",
    )
    command.add_argument("--master", metavar="URL", help="Spark master: spark://HOST:PORT, yarn, k8s://..., local[N]")
    command.add_argument("--conf", action="append", default=[], metavar="NAME=V", help="a Spark setting (repeatable)")
    command.add_argument(
        "--strategy",
        choices=["auto", "distinct", "partitions"],
        default="auto",
        help="for Spark: group equal facts (distinct) or not (partitions); auto looks at a sample; results are equal",
    )
