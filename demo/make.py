"""Make the folder in which the README's tour is played: forty nodes, a roster, waivers, keys, trust, and a second look.

    python demo/make.py DIR

Everything is made by the product itself: the collector reads each node's folder, `bundle keygen` makes the site's key.
Only the moment of collection is fixed, so that the tour prints the same on every day.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import hosts

from passmuster_collector.cli import collect_bytes

NOVEMBER, DECEMBER = "2026-11-22T08:00:00Z", "2026-11-29T08:00:00Z"
WAIVERS = """\
schema: passmuster.waivers/1
waivers:
  - id: rack-2
    node: {name: "worker-01[1-6]"}
    rule: cpu-x86-64-v2
    reason: These machines are replaced in January, and run no virtual machines until then.
    owner: Ada
    ticket: OPS-1234
    expires: 2027-01-31
"""
TRUST = """\
schema: passmuster.trust/1
keys:
  berlin:
    type: ed25519
    public: |
{public}
    nodes: ["worker-*"]
    sites: [berlin]
"""


def snapshot(node: hosts.Made, collected_at: str) -> bytes:
    """What the collector writes of a node, with this moment in the place of now."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        node.plant(root)
        devices = Path(folder) / "devices.tsv"
        devices.write_text(node.devices(), encoding="utf-8")
        recorded = {"machine": "x86_64", "uid": node.uid, "gid": node.uid, "devices": devices, "devices_bpf": "ok"}
        words = [word for name, value in recorded.items() for word in ("--recorded", f"{name}={value}")]
        document = json.loads(collect_bytes(["--root", str(root), *words]))
    document["collection"]["collected_at"] = collected_at
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"


def make(folder: Path) -> None:
    """Fill the folder, which is new."""
    nodes = list(hosts.fleet())
    (folder / "snapshots").mkdir(parents=True)
    (folder / "december").mkdir()
    for node in nodes:
        (folder / "snapshots" / f"{node.name}.json").write_bytes(snapshot(node, NOVEMBER))
    mended = replace(next(node for node in nodes if not node.vhost_net), vhost_net=True)
    (folder / "december" / f"{mended.name}.json").write_bytes(snapshot(mended, DECEMBER))
    names = [f"worker-{number:03d}\n" for number in range(1, hosts.TOTAL + 1)]
    (folder / "nodes.txt").write_text("".join(names), encoding="utf-8")
    (folder / "waivers.yaml").write_text(WAIVERS, encoding="utf-8")
    command = [sys.executable, "-m", "passmuster", "bundle", "keygen", "-o", str(folder / "berlin.key")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    public = (folder / "berlin.key.pub").read_text(encoding="utf-8")
    indented = "".join(f"      {line}\n" for line in public.splitlines()).rstrip("\n")
    (folder / "trust.yaml").write_text(TRUST.format(public=indented), encoding="utf-8")


def main() -> None:
    """Make the folder that is named; one that this script made before is made anew."""
    if len(sys.argv) != 2:
        sys.exit("usage: python demo/make.py DIR")
    folder, marker = Path(sys.argv[1]), ".passmuster-demo"
    if folder.exists() and not (folder / marker).exists():
        sys.exit(f"{folder}: is there, and is not a demo (expected a new folder)")
    shutil.rmtree(folder, ignore_errors=True)
    make(folder)
    (folder / marker).touch()
    sys.stdout.write(
        f"{folder}: {hosts.TOTAL - 1} snapshots, a roster of {hosts.TOTAL} nodes, waivers, a key and trust\n"
    )


if __name__ == "__main__":
    main()
