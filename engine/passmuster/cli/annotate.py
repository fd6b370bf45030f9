"""`passmuster snapshot annotate`: the cluster's word on each node into its snapshot, file by file."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from passmuster import _json, snapshot
from passmuster.annotate import annotate, nodes
from passmuster.cli import reading
from passmuster.cli.exclusive import exclusive
from passmuster.cli.output import write_file
from passmuster.errors import ExitStatus, SnapshotError, UsageError
from passmuster.report import harmless

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from passmuster.annotate import ClusterNode

_ENDINGS = (".json", ".ndjson")
_REPORT = b'"schema":"passmuster.report/'


class _Run:
    """What became of the snapshots and the nodes."""

    def __init__(self, known: Mapping[str, ClusterNode]) -> None:
        self.known = known
        self.annotated: Counter[str] = Counter()
        self.total = 0
        self.troubles: list[str] = []

    def one(self, data: bytes, path: str, line: int) -> bytes:
        """A snapshot's new bytes; the same where it is left as it is."""
        if _REPORT in data:
            return data
        self.total += 1
        try:
            found = snapshot.load(data, path, line)
        except SnapshotError as error:
            self.troubles.append(str(error.problems[0]))
            return data
        node = self.known.get(found.name)
        if node is None:
            self.troubles.append(f"{path}: no node is called {found.name}; left as it is")
            return data
        ids = (found.node["machine_id"], node.machine_id)
        if None not in ids and ids[0] != ids[1]:
            self.troubles.append(
                f"{path}: {found.name} is another machine in the cluster (its id differs); left as it is"
            )
            return data
        self.annotated[found.name] += 1
        document: dict[str, Any] = _json.loads(data)
        return _json.canonical(annotate(document, node))


def run(options: argparse.Namespace) -> ExitStatus:
    """Rewrite the snapshots of a folder; what does not match is told, and counts for the status."""
    data = reading.whole(options.nodes, code="usage-nodes")
    found = nodes(data, options.nodes)
    twice = [name for name, count in Counter(node.name for node in found).items() if count > 1]
    if twice:
        raise UsageError.at(options.nodes, f"the node {twice[0]!r} is there twice", code="nodes")
    state = _Run({node.name: node for node in found})
    for path in _files(options.folder):
        _rewrite(path, state)
    missing = sorted(state.known.keys() - state.annotated.keys())
    for line in [*state.troubles, *(f"{name}: no snapshot of this node" for name in missing)]:
        sys.stderr.write(harmless.lines(line) + "\n")
    done = state.annotated.total()
    sys.stdout.write(f"{done} of {state.total} snapshots annotated, {len(missing)} nodes without a snapshot\n")
    return ExitStatus.INCOMPLETE if state.troubles or missing else ExitStatus.GOOD


def _files(folder: str) -> Iterator[str]:
    if not Path(folder).is_dir():
        raise UsageError.at(folder, "no such folder (expected a folder of snapshots)", code="usage-input")
    files = [str(Path(above, name)) for above, _, names in os.walk(folder) for name in names if name.endswith(_ENDINGS)]
    if not files:
        raise UsageError.at(
            folder,
            f"no snapshot in this folder (expected files that end with {' or '.join(_ENDINGS)})",
            code="usage-input",
        )
    yield from sorted(files)


def _rewrite(path: str, state: _Run) -> None:
    with exclusive(path):
        try:
            data = reading.whole(path)
        except UsageError as error:
            state.troubles.append(str(error.problems[0]))
            return
        new = b"".join(state.one(each, path, line) for line, each in _json.documents(data))
        if new != data:
            write_file(os.path.realpath(path), new)
