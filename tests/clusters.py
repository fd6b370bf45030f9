"""Programs to put on PATH in the place of kubectl and ssh: 200 nodes, of which some fail and some never answer."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from snapshots import data

from passmuster_collector import zipapp

if TYPE_CHECKING:
    from collections.abc import Sequence

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
NODES = [f"worker-{number:03}" for number in range(1, 201)]

KUBECTL = r"""#!/bin/sh
# A cluster: its nodes are the lines of $FAKE/nodes, and what each does stands beside its name.
case $1 in --request-timeout=*) shift ;; esac
echo "$*" >>"$FAKE/calls"
case "$*" in
"get nodes -o json") cat "$FAKE/nodes.json" ;;
"get nodes -o jsonpath"*) awk '{ print $1, ($2 == "windows" ? "windows" : "linux") }' "$FAKE/nodes" ;;
"create -f "*)
    name=$(sed -n 's/^  name: //p' "$3")
    if grep -q '^kind: Namespace' "$3"; then mkdir "$FAKE/namespace.$name" || exit 1; fi
    { echo ---; cat "$3"; } >>"$FAKE/applied"
    ;;
*" delete "*) [ ! -f "$FAKE/undeletable" ] || exit 1 ;;
*" create configmap "*) for last; do :; done; cp "${last##*=}" "$FAKE/configmap" ;;
*" rollout status "*) exit "$(cat "$FAKE/rollout")" ;;
*" get pods "*) awk '$2 != "unscheduled" && $2 != "windows" { print $1 " pod-" $1 }' "$FAKE/nodes" ;;
*" logs "*)
    node=${4#pod-}
    case "$(awk -v node="$node" '$1 == node { print $2 }' "$FAKE/nodes")" in
    crashing) echo "Error: container collect is waiting to start" >&2; exit 1 ;;
    cut) head -c 2000 "$FAKE/snapshot.json" ;;
    empty) : ;;
    hanging) sleep 1; echo "Error: timed out" >&2; exit 1 ;;
    noisy) echo "a warning"; sed "s/NODE/$node/" "$FAKE/snapshot.json" ;;
    mixed) sed "s/NODE/worker-200/" "$FAKE/snapshot.json" ;;
    *) sed "s/NODE/$node/" "$FAKE/snapshot.json" ;;
    esac
    ;;
esac
"""

SSH = r"""#!/bin/sh
# Nodes by their names: what each does is told by $FAKE/nodes.
while [ "$1" != -- ]; do shift; done
node=${2#*@}
echo "$2" >>"$FAKE/calls"
case "$(awk -v node="$node" '$1 == node { print $2 }' "$FAKE/nodes")" in
down) echo "ssh: connect to host $node port 22: No route to host" >&2; exit 255 ;;
silent) exit 255 ;;
hanging) exec sleep 60 ;;
cut) head -c 2000 "$FAKE/snapshot.json" ;;
mixed) sed "s/NODE/worker-200/" "$FAKE/snapshot.json" ;;
real) exec sh -c "$3" ;;
bare) case $3 in *python3*) exit 127 ;; *) exec sh -c "$3" ;; esac ;;
*) cat >/dev/null; sed "s/NODE/${3##* }/" "$FAKE/snapshot.json" ;;
esac
"""


class Fake:
    """A folder with the programs, what the nodes do, and what was asked of them."""

    def __init__(self, folder: Path, states: dict[str, str]) -> None:
        self.folder = folder
        (folder / "bin").mkdir(parents=True)
        for name, text in (("kubectl", KUBECTL), ("ssh", SSH)):
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        (folder / "nodes").write_text("".join(f"{name} {states.get(name, '')}\n" for name in NODES))
        items = [{"kind": "Node", "metadata": {"name": name}} for name in NODES]
        (folder / "nodes.json").write_text(json.dumps({"kind": "List", "items": items}))
        (folder / "snapshot.json").write_bytes(data("NODE"))
        (folder / "rollout").write_text("0")
        self.collector = folder / "passmuster-collector.pyz"
        zipapp.main([str(self.collector)])

    def run(self, script: str, words: Sequence[str], shell: str = "sh") -> subprocess.CompletedProcess[str]:
        """Run a script of deploy/ with the programs first on PATH."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [shell, str(DEPLOY / script), *words],
            env={**os.environ, "PATH": path, "FAKE": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def calls(self) -> list[str]:
        """What was asked, one line a call."""
        return (self.folder / "calls").read_text().splitlines()


def missing(out: Path) -> dict[str, str]:
    """Names to reasons in the list of what is missing."""
    lines = (out / "missing.txt").read_text().splitlines()
    return dict(line.split("\t") for line in lines)
