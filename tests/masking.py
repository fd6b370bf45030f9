"""Masking facts of snapshots with reasons, and what the shipped packs say then: an outcome may become unknown, never another.

python tests/masking.py --outcomes 200000 [--seed N]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import data_here
from goldens import GOLDENS
from packs import POLICIES
from shipped_packs import shipped
from snapshots import data

from passmuster.codec import json as _json
from passmuster.model.fieldpath import FieldPath
from passmuster.model.outcome import RuleOutcome
from passmuster.model.unknown import Reason
from passmuster.snapshot import load
from passmuster_collector.cli import collect_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from passmuster.snapshot import Snapshot

FROZEN = GOLDENS.parent / "snapshots" / "1"
PACKS = [(file.parts[-3], file.parts[-2]) for file in sorted(POLICIES.glob("*/*/policy.yaml"))]
PROFILES: tuple[dict[str, Any], ...] = (
    {},
    {
        "realtime": True,
        "cpu_manager": True,
        "hugepages": ["2Mi", "1Gi"],
        "host_devices": True,
        "vsock": True,
        "post_copy": True,
    },
    {"confidential": "sev"},
    {"confidential": "tdx", "allow_emulation": True},
)
"""Parameters that ask for more; those that a pack does not have are left out."""


def originals() -> Iterator[dict[str, Any]]:
    """Snapshots to mask: made ones, frozen ones, and third-party machines where these are here."""
    yield _json.loads(data())
    for file in sorted(FROZEN.glob("*.json")):
        if not file.name.endswith(".verdict.json"):
            yield _json.loads(file.read_bytes())
    folder = data_here.find()
    if folder is not None and (folder / "machines.tar.gz").exists():
        root = data_here.unpacked("machines")
        for machine in sorted(root.glob("*/*")):
            if (machine / "proc").is_dir():
                yield json.loads(collect_bytes(["--from", str(machine), "--name", "m"]))


def paths(value: object, above: FieldPath) -> Iterator[FieldPath]:
    """Every fact that could be masked, at every depth; a list is one fact."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield above.child(key)
            yield from paths(below, above.child(key))


def masked(document: dict[str, Any], choice: random.Random) -> tuple[dict[str, Any], list[str]]:
    """The document with some facts withheld, each for some reason, and which."""
    made = json.loads(json.dumps(document))
    every = [
        path for name, section in made["sections"].items() for path in paths({name: section["facts"]}, FieldPath(()))
    ]
    named: list[str] = []
    for path in choice.sample(every, min(len(every), choice.choice((1, 1, 2, 4, 12, 60)))):
        reason = choice.choice(list(Reason)).value
        section = made["sections"][path.parts[0]]
        if len(path.parts) == 1:
            section.update(facts={}, unknown={}, sources={}, status=reason)
        else:
            holder: Any = section["facts"]
            for part in path.parts[1:-1]:
                holder = holder.get(part) if isinstance(holder, dict) else None
            if not isinstance(holder, dict) or path.parts[-1] not in holder:
                continue
            del holder[path.parts[-1]]
            section["unknown"] = {
                text: why for text, why in section["unknown"].items() if not path.covers(FieldPath.parse(text))
            }
            section["unknown"][str(path)] = {"reason": reason, "detail": ""}
            section["status"] = "partial"
        named.append(f"{path}: {reason}")
    return made, named


def outcomes(node: Snapshot) -> dict[str, RuleOutcome]:
    """Every rule of every pack under every profile."""
    found = {}
    for name, version in PACKS:
        pack = shipped(name, version)
        for number, profile in enumerate(PROFILES):
            fitting = {key: value for key, value in profile.items() if key in pack.defaults}
            if number and not fitting:
                continue
            for rule, outcome in pack.outcomes(node, **fitting).items():
                found[f"{name}@{version}/{rule} {number}"] = outcome
    return found


def faults(wanted: int, seed: int, seen: Counter[str]) -> Iterator[str]:
    """Outcomes that masking turned into anything but unknown, until so many outcomes were looked at."""
    choice = random.Random(seed)
    known = [(document, outcomes(load(_json.canonical(document), "m.json"))) for document in originals()]
    while sum(seen.values()) < wanted:
        document, before = choice.choice(known)
        made, named = masked(document, choice)
        for rule, outcome in outcomes(load(_json.canonical(made), "m.json")).items():
            seen["unknown" if outcome is not before[rule] else "as before"] += 1
            if outcome not in {before[rule], RuleOutcome.UNKNOWN}:
                yield f"{rule}: {before[rule].value} became {outcome.value} with {'; '.join(named)}"


def main() -> None:
    """Print the faults; the status says whether there was one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    seen: Counter[str] = Counter()
    found = list(faults(options.outcomes, options.seed, seen))
    sys.stdout.write("".join(f"{line}\n" for line in found))
    sys.stdout.write(f"seed {options.seed}: {dict(seen)}, {len(found)} faults\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
