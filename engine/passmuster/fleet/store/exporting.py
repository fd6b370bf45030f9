"""Writing every snapshot of a store into a file, completely or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from passmuster.codec.files import written as replacement
from passmuster.errors import UsageError
from passmuster.fleet.store import parquet, reading

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from passmuster.fleet.store.reading import Kept

Export: TypeAlias = "Callable[[str, sqlite3.Connection], int]"


def _snapshots(database: sqlite3.Connection) -> Iterator[tuple[Kept, bytes]]:
    library = reading.Library(database)
    return ((kept, library.data(kept)) for kept in reading.every(database))


def to_stream(stream: IO[bytes], database: sqlite3.Connection) -> int:
    """Write the snapshots one behind the other, each as it was received, and say how many; raises DamageError."""
    many = 0
    for _, data in _snapshots(database):
        stream.write(data)
        many += 1
    return many


def _ndjson(path: str, database: sqlite3.Connection) -> int:
    with Path(path).open("wb") as file:
        return to_stream(file, database)


def _parquet(path: str, database: sqlite3.Connection) -> int:
    return parquet.write(path, _snapshots(database))


def _whole(write: Export) -> Export:
    def written(path: str, database: sqlite3.Connection) -> int:
        try:
            with replacement(path) as file:
                return write(file.name, database)
        except OSError as error:
            raise UsageError.at(path, f"cannot be written ({error.strerror or error})", code="file") from None

    return written


FORMATS: dict[str, Export] = {"ndjson": _whole(_ndjson), "parquet": _whole(_parquet)}
"""By name: each writes a file at a path, and returns the number of snapshots in it."""
