"""Reading snapshots through Spark: Parquet with a column `snapshot`, or text with a snapshot on each line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from passmuster.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINES = (".json", ".ndjson")
_PACKED = tuple(ending + packed for ending in _LINES for packed in (".gz", ".zst", ".bz2", ".xz"))
_COLUMN = "snapshot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is to be judged."""

    frame: Any
    """Columns snapshot, file, block, size."""
    lines: bool
    """Whether a row is a line of text without its end."""
    files: tuple[str, ...]
    """Every file, as Spark names it."""
    root: str
    """How Spark names what was given."""
    given: str

    def label(self, file: str) -> str:
        """A file as the user would name it."""
        rest = unquote(file[len(self.root) :]).lstrip("/")
        if "://" in self.given:
            return f"{self.given.rstrip('/')}/{rest}" if rest else self.given
        return str(Path(self.given, rest)) if rest else self.given


def read(session: Any, given: str) -> Source:
    """What a path or URL holds; raises UsageError where that cannot be judged."""
    root = _qualified(session, given)
    files = tuple(sorted(_listed(session, given)))
    parquet = [file for file in files if file.endswith(".parquet")]
    lines = [file for file in files if file.endswith(_LINES)]
    packed = [file for file in files if file.endswith(_PACKED)]
    if packed:
        message = f"packed files are not read by spark (got {_some(packed)}, expected .json, .ndjson or .parquet)"
        raise UsageError.at(given, message, code="usage-input")
    if bool(parquet) == bool(lines):
        found = "both" if lines else "neither"
        message = (
            f"no input for spark (got {found}, expected files that end with .parquet, or with {' or '.join(_LINES)})"
        )
        raise UsageError.at(given, message, code="usage-input")
    reader = session.read.option("recursiveFileLookup", "true")
    reader = reader.option("pathGlobFilter", "*.parquet" if parquet else "*.{json,ndjson}")
    frame = reader.parquet(given) if parquet else reader.option("lineSep", "\n").text(given)
    column = _column(frame, given) if parquet else "value"
    return Source(
        frame=frame.selectExpr(
            f"cast({column} as binary) as snapshot",
            "_metadata.file_path as file",
            "_metadata.file_block_start as block",
            "_metadata.file_size as size",
        ),
        lines=not parquet,
        files=tuple(parquet or lines),
        root=root,
        given=given,
    )


def _column(frame: Any, given: str) -> str:
    kinds = dict(frame.dtypes)
    if kinds.get(_COLUMN) not in {"binary", "string"}:
        found = f"of type {kinds[_COLUMN]}" if _COLUMN in kinds else f"{', '.join(sorted(kinds)) or 'none'}"
        message = f"no column with snapshots (got {found}, expected {_COLUMN!r}, binary or string)"
        raise UsageError.at(given, message, code="usage-input")
    return _COLUMN


def _listed(session: Any, given: str) -> Sequence[str]:
    """Every file below a path, as Spark names it."""
    files = session.read.option("recursiveFileLookup", "true").text(given).inputFiles()
    return [_short(file) for file in files]


def _qualified(session: Any, given: str) -> str:
    """A path as Spark names it in what it reads."""
    path = session._jvm.org.apache.hadoop.fs.Path(given)  # noqa: SLF001 - the only way to Hadoop's paths
    system = path.getFileSystem(session._jsc.hadoopConfiguration())  # noqa: SLF001
    return _short(system.makeQualified(path).toUri().toString())


def _short(url: str) -> str:
    """Spark writes local files in two ways; this is the one that rows have."""
    return url.replace("file:///", "file:/", 1)


def _some(files: Sequence[str]) -> str:
    names = ", ".join(unquote(file.rsplit("/", 1)[-1]) for file in files[:3])
    return f"{names} and {len(files) - 3} more" if len(files) > 3 else names
