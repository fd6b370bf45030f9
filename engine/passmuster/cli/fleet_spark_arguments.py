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
