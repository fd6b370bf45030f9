"""The door to Parquet: snapshots and their identity as columns, for other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.errors import UsageError
from passmuster.fleet.store.cut import NO_MOMENT, moment_text
from passmuster.fleet.store.writing import machine_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from passmuster.fleet.store.reading import Kept

_GROUP = 5_000


def write(path: str, rows: Iterable[tuple[Kept, bytes]]) -> int:
    """Write a file of snapshots and say how many they were; raises UsageError where pyarrow is not installed."""
    try:
        import pyarrow  # noqa: ICN001, PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415 - an extra
    except ImportError:
        message = "Parquet needs pyarrow, which is not installed (expected the extra: pip install 'passmuster[fleet]')"
        raise UsageError.at("-o parquet", message, code="extra") from None
    text = pyarrow.string()
    columns = pyarrow.schema(
        [
            pyarrow.field("name", text, nullable=False),
            ("machine_id", text),
            ("collected_at", text),
            pyarrow.field("received_at", text, nullable=False),
            pyarrow.field("digest", text, nullable=False),
            pyarrow.field("site", text, nullable=False),
            pyarrow.field("input", text, nullable=False),
            pyarrow.field("snapshot", pyarrow.binary(), nullable=False),
        ]
    )
    many = 0
    with parquet.ParquetWriter(path, columns, compression="zstd") as file:
        batch: list[dict[str, object]] = []
        for kept, data in rows:
            batch.append(_row(kept, data))
            many += 1
            if len(batch) == _GROUP:
                file.write_table(pyarrow.Table.from_pylist(batch, columns))
                batch = []
        if batch:
            file.write_table(pyarrow.Table.from_pylist(batch, columns))
    return many


def _row(kept: Kept, data: bytes) -> dict[str, object]:
    return {
        "name": kept.name,
        "machine_id": machine_text(kept.machine),
        "collected_at": moment_text(kept.at) if kept.at > NO_MOMENT else None,
        "received_at": moment_text(kept.received),
        "digest": f"sha256:{kept.digest.hex()}",
        "site": kept.site,
        "input": kept.label,
        "snapshot": data,
    }
