"""The rows that go from one stage to the next, as Arrow has them and as Spark does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

NODE, UNREADABLE, NOISE, REPORT, BLANK = "node", "unreadable", "noise", "report", "blank"
"""Kinds of rows: a snapshot, what should be one, what does not even begin as JSON does, a report of ours, nothing."""

PLACE = (
    pa.field("file", pa.string()),
    pa.field("block", pa.int64()),
    pa.field("at", pa.int64()),
    pa.field("part", pa.int64()),
    pa.field("length", pa.int64()),
    pa.field("size", pa.int64()),
    pa.field("bare", pa.bool_()),
    pa.field("kind", pa.string()),
)
"""Where a row was: the file, the block of it that one task read, the number of the row in that block, the number of
the document in the row. `length`: bytes of the row with its line feed, counted once. `size`: bytes of the file. `bare`:
read as the end of a file without a line feed, where whoever read it could not know; the other reading stands beside
it."""
_WHO = (
    pa.field("name", pa.string()),
    pa.field("machine_id", pa.string()),
    pa.field("digest", pa.string()),
)
_PROBLEM = pa.field("problem", pa.string())
"""Why a row of kind `unreadable` or `noise` is none: JSON, `[line from 1, column, message]`."""

NODES = pa.schema(
    [
        *PLACE,
        *_WHO,
        _PROBLEM,
        pa.field("class", pa.binary()),
        pa.field("said", pa.binary()),
        pa.field("node", pa.binary()),
    ]
)
"""Rows with their verdict. `class`: a name of 16 bytes for all that is counted of the node; `said`: what that is,
packed, with the first of each class in a task; `node`: one of a report's `nodes`."""
_FACTS = (pa.field("facts", pa.binary()), pa.field("results", pa.binary()))
SPLIT = pa.schema([*NODES, pa.field("head", pa.binary()), *_FACTS])
"""The same, where `node` is missing if it can be made of `head`, what stands before the name of the first section, and
of what holds for every node with these facts: `facts`, a name of 16 bytes; `results`, what that is as a report has it,
with the first of each in a task."""
FACTS = pa.schema(_FACTS)
"""What is said of each set of facts, once."""
INDEX = tuple(field.name for field in NODES if field.name != "node")
"""What the driver has of every row."""
TOLD = pa.schema([*_WHO, pa.field("rank", pa.int64()), pa.field("node", pa.binary())])
"""Nodes as a report has them; its order is by name, digest and rank."""

_NAMES = {pa.string(): "string", pa.int64(): "bigint", pa.bool_(): "boolean", pa.binary(): "binary"}


def ddl(schema: Any) -> str:
    """The schema as Spark writes it."""
    return ", ".join(f"`{field.name}` {_NAMES[field.type]}" for field in schema)


def batch(schema: Any, made: Sequence[Iterable[object]]) -> Any:
    """A batch of rows, each in the order of the schema."""
    columns = list(zip(*made, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def listed(table: Any, columns: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of a batch or a table, as values of these columns."""
    return zip(*(table.column(name).to_pylist() for name in columns), strict=True)
