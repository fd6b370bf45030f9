"""`passmuster snapshot annotate`: the cluster's word on each node into its snapshot, file by file."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from passmuster import snapshot
from passmuster.cli.exclusive import exclusive
from passmuster.cli.output import growing
from passmuster.cli.surroundings import read
from passmuster.codec import json
from passmuster.errors import ExitStatus, SnapshotError, UsageError
from passmuster.fleet.scratch import Scratch
from passmuster.intake import packed, reading, recognize, skipped
from passmuster.intake.folder import files, readable
from passmuster.intake.inputs import begin
from passmuster.report import harmless
from passmuster.snapshot.annotate import annotate, nodes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from passmuster.intake.bundle_input import InputRecord
    from passmuster.snapshot.annotate import ClusterNode

_IN_MEMORY = 32 * 1024 * 1024
"""Bytes of a file's new content that are kept in memory; more of them go to a temporary file."""


class _Run:
    """What became of the snapshots and the nodes."""

    def __init__(self, known: Mapping[str, ClusterNode], record: InputRecord) -> None:
        self.known, self.record = known, record
        self.annotated: Counter[str] = Counter()
        self.total = 0
        self.troubles: list[str] = []

    def one(self, data: bytes, path: str, line: int) -> bytes:
        """A snapshot's new bytes; the same where it is left as it is."""
        ours = skipped.ours(data)
        if ours is not None:
            self.record.skip(path, ours)
            return data
        self.total += 1
        try:
            loaded = snapshot.load(data, path, line)
        except SnapshotError as error:
            self.troubles.append(str(error.problems[0]))
            return data
        node = self.known.get(loaded.name)
        if node is None:
            self.troubles.append(f"{path}: no node is called {loaded.name}; left as it is")
            return data
        ids = (loaded.node["machine_id"], node.machine_id)
        if None not in ids and ids[0] != ids[1]:
            self.troubles.append(
                f"{path}: {loaded.name} is another machine in the cluster (its id differs); left as it is"
            )
            return data
        self.annotated[loaded.name] += 1
        document: dict[str, Any] = json.loads(data)
        return json.canonical(annotate(document, node))


def run(options: argparse.Namespace) -> ExitStatus:
    """Rewrite the snapshots of a folder; what does not match is told, and counts for the status."""
    data = read(options.nodes, "usage-nodes")
    objects = nodes(data, options.nodes)
    twice = [name for name, count in Counter(node.name for node in objects).items() if count > 1]
    if twice:
        raise UsageError.at(options.nodes, f"the node {twice[0]!r} appears twice", code="nodes")
    state = _Run({node.name: node for node in objects}, options.record)
    for path in _files(options.record, options.folder):
        _rewrite(path, state)
    missing = sorted(state.known.keys() - state.annotated.keys())
    for line in [*state.troubles, *(f"{name}: no snapshot of this node" for name in missing)]:
        sys.stderr.write(harmless.lines(line) + "\n")
    done = state.annotated.total()
    sys.stdout.write(f"{done} of {state.total} snapshots annotated, {len(missing)} nodes without a snapshot\n")
    return ExitStatus.INCOMPLETE if state.troubles or missing else ExitStatus.GOOD


def _files(record: InputRecord, folder: str) -> list[str]:
    if not Path(folder).is_dir():
        raise UsageError.at(folder, "no such folder (expected a folder of snapshots)", code="usage-input")
    return files(record, folder)


def _rewrite(path: str, state: _Run) -> None:
    """Rewrite one file, a document at a time; it stays as it is where one cannot be read whole."""
    with exclusive(path), Scratch(_IN_MEMORY) as new:
        try:
            changed = _annotated(path, state, new)
        except OSError as error:
            state.troubles.append(f"{readable(path)}: cannot be read ({error.strerror or error})")
            return
        if changed:
            new.seek(0)
            with growing(path) as file:
                shutil.copyfileobj(new, file)


def _annotated(path: str, state: _Run, new: IO[bytes]) -> bool:
    """Write the new bytes of a file; whether they are others. Raises OSError."""
    name, changed = readable(path), False
    with reading.opened(path) as file:
        head = begin(file)
        foreign = recognize.foreign(head)
        why = "packed: unpack it first" if packed.is_packed(head) else foreign and foreign.name
        if why is not None:
            state.troubles.append(f"{name}: {why}")
            return False
        for line, document in json.stream(file):
            if len(document) > json.MAX_BYTES:
                state.troubles.append(f"{name}:{line}:1: too large (expected at most {json.MAX_BYTES} bytes)")
                return False
            made = state.one(document, name, line)
            changed = changed or made != document
            new.write(made)
    return changed
