"""A report that is written as nodes come: the same nodes as `passmuster.report/1` has, a line each, and a last line.

The last line is the report without its nodes: outcome, counts, digests, duplicates. A node of which another snapshot
comes later was written by then: the last line counts both as unknown, and names them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from passmuster.codec import json
from passmuster.evaluation.roster import absentee
from passmuster.model.outcome import NodeOutcome
from passmuster.report import counting, harmless, json_v1

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from passmuster.fleet import Class, Remembered
    from passmuster.model.verdict import NodeVerdict, Result, Verdict
    from passmuster.report.format import Style
    from passmuster.snapshot.roster import Node

SCHEMA = "passmuster.stream/1"


def result(style: Style) -> Callable[[Result], bytes]:
    """How a result is written: one of a node's `results`."""
    return lambda result: _written(json_v1.result(result, style))


def remembered(node: Remembered, judged: Class, digest: str, site: str | None = None) -> bytes:
    """A node that was judged from memory, of a class, with the digest of its snapshot."""
    head, outcome = node.head, judged.outcome.value.encode()
    machine = b"null" if head[5] is None else b'"%s"' % head[5]
    reason = b"null" if judged.reason is None else _written(judged.reason)
    place = b"null" if site is None else _written(site)
    return (
        b'{"machine_id":%s,"node":"%s","outcome":"%s","reason":%s,"results":[%s],"site":%s,"snapshot":{"collected_at":%s,'
        b'"context":"%s","digest":"%s","kind":"%s","schema":"passmuster.snapshot/1"}}'
    ) % (machine, head[6], outcome, reason, judged.wire, place, head[1], head[2], digest.encode(), head[3])


def plain(verdict: NodeVerdict, style: Style) -> bytes:
    """A node that was judged the plain way."""
    return _written(json_v1.node(verdict, style))


def absent(node: Node, style: Style) -> bytes:
    """A node that only the roster names."""
    return plain(absentee(node), style)


def disqualified(wire: bytes, reason: str) -> bytes:
    """A node that was written, as one that is unknown as a whole."""
    node = {**json.trusted(wire), "outcome": NodeOutcome.UNKNOWN.value, "reason": reason, "results": []}
    return _written(node)


def render(verdict: Verdict, style: Style) -> str:
    """The stream of a verdict that is there as a whole: its nodes by name."""
    lines = [plain(node, style) for node in verdict.nodes]
    lines.append(last(verdict, counting.summary(verdict), style))
    return "".join(f"{line.decode()}\n" for line in lines)


def last(verdict: Verdict, counts: Mapping[str, object], style: Style) -> bytes:
    """The last line of a stream; `verdict` holds no nodes, and `counts` are theirs."""
    return _written({**json_v1.head(verdict, counts, style), "schema": SCHEMA})


def frame(verdict: Verdict, counts: Mapping[str, object], style: Style) -> tuple[bytes, bytes]:
    """What stands before and behind the nodes of a report; between nodes stands a comma."""
    head, mark, tail = _written({**json_v1.head(verdict, counts, style), "nodes": []}).partition(b'"nodes":[]')
    assert mark
    return head + b'"nodes":[', b"]" + tail + b"\n"


def _written(value: object) -> bytes:
    return harmless.json(json.canonical(value)[:-1].decode()).encode()
