"""Starting Spark, and saying in a line why it does not start or why its work failed."""

from __future__ import annotations

import contextlib
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from passmuster.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping, Sequence

_BATCH = 512
"""Snapshots in a batch: a batch of the largest that are read stays far below what memory bears."""
_SETTINGS: Mapping[str, str] = {
    "spark.app.name": "passmuster",
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(_BATCH),
    "spark.sql.execution.arrow.useLargeVarTypes": "true",
    "spark.sql.execution.pythonUDF.arrow.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
}


def demand(environment: Mapping[str, str], names: Sequence[str] = ("pyspark", "pyarrow", "pandas")) -> None:
    """Raise UsageError where a library or Java is not on this machine."""
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        message = f"{', '.join(missing)} is not installed (expected the extra: pip install 'passmuster[spark]')"
        raise UsageError.at("--engine spark", message, code="spark-missing")
    home = environment.get("JAVA_HOME")
    if not (Path(home, "bin", "java").exists() if home else shutil.which("java")):
        where = f"in JAVA_HOME, {home}" if home else "on PATH, and JAVA_HOME is not set"
        raise UsageError.at("--engine spark", f"no java {where} (expected Java 17 or newer)", code="spark-java")


@contextlib.contextmanager
def started(master: str | None, settings: Mapping[str, str], environment: MutableMapping[str, str]) -> Iterator[Any]:
    """A session, stopped at the end; what Spark raises inside is raised as UsageError.

    `environment` is that of the process, where Spark looks for the interpreter of its workers.
    """
    demand(environment)
    from py4j.protocol import Py4JError  # noqa: PLC0415 - an extra, imported when it is asked for
    from pyspark.errors import PySparkException  # noqa: PLC0415
    from pyspark.sql import SparkSession  # noqa: PLC0415

    environment.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder
    for name, value in {**_SETTINGS, **settings}.items():
        builder = builder.config(name, value)
    session = None
    try:
        session = (builder if master is None else builder.master(master)).getOrCreate()
        yield session
    except (PySparkException, Py4JError) as error:
        raise UsageError.at("--engine spark", _brief(error), code="spark-failed") from None
    finally:
        if session is not None:
            session.stop()


def _brief(error: Exception) -> str:
    """What happened, without the stacks of two languages."""
    java = getattr(error, "java_exception", None)
    text, _, stack = str(java.getMessage() if java is not None else error).partition("JVM stacktrace:")
    lines = [line for line in text.splitlines() if line.strip() and "SQLSTATE" not in line[:12]]
    caused = [line.removeprefix("Caused by: ") for line in stack.splitlines() if line.startswith("Caused by: ")]
    # A traceback of Python ends with what was raised; what Java says of itself begins with it.
    raised = [line for line in lines if not line.startswith((" ", "\t"))] if "Traceback" in text else []
    told = (raised or caused or lines[:1] or [type(error).__name__])[-1]
    return f"spark could not do it: {told.strip()[:300]}"
