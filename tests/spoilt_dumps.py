"""Dumps with files emptied, cut or replaced: what they may not do to a verdict.

A required rule that passed or was unknown never comes to fail by it, and none comes to pass that did not before: what
was lost on the way can be unknown, but it is neither a fault of the node nor its cure.

By hand, over many seeds: ``python tests/spoilt_dumps.py FIRST COUNT``.
"""

from __future__ import annotations

import random
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archives import packed
from data_here import find, unpacked
from made_dumps import made
from shipped_packs import shipped

from passmuster.model.outcome import Level, RuleOutcome
from passmuster.snapshot import load
from passmuster_collector.cli import collect_bytes
from passmuster_collector.usage import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKS = (("virtnest", "1.0.0"), ("virtnest", "1.1.0"), ("kubevirt", "1.1.0"))
OTHER_FORMATS = (
    b"<html><body><h1>403 Forbidden</h1></body></html>\n",
    b'{"error": "not found", "code": 404}\n',
    b"cat: /proc/x: Permission denied\n",
    b"proc on /proc type proc (rw,nosuid)\n/dev/sda1 on / type ext4 (rw)\n",
    b"UUID=1 / ext4 defaults 0 1\nUUID=2 /boot ext4 defaults 0 2\n",
    b"Architecture:        x86_64\nCPU(s):              4\nFlags:               fpu vmx lm\n",
    b"0.00 0.01 0.05 1/123 4567\n",
    b"error: rpmdb: damaged header\nerror: cannot open Packages database in /var/lib/rpm\n",
    b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
    b"\0" * 4096,
    b"\n",
    b"1\n",
    b"total 0\n",
    b"key: value\nother: [1, 2]\n",
)

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoilt:
    """What was done to a dump, and the outcomes that it changed as it must not."""

    what: str
    wrong: tuple[str, ...]


def files_of(place: Path) -> Files:
    """A folder's or an archive's files that are no larger than what any node has."""
    if place.is_file():
        with tarfile.open(place) as archive:
            members = [one for one in archive if one.isfile()]
            return {one.name: archive.extractfile(one).read() for one in members}  # type: ignore[union-attr]
    found = (path for path in sorted(place.rglob("*")) if path.is_file() and path.stat().st_size < 1 << 20)
    return {str(path.relative_to(place)): path.read_bytes() for path in found}


def outcomes(files: Mapping[str, bytes]) -> dict[str, RuleOutcome]:
    """Required rules of the packs to their outcomes; none where the dump is refused."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "dump.tar"
        path.write_bytes(packed([_member(name, data) for name, data in files.items()]))
        try:
            node = load(collect_bytes(["--from", str(path), "--name", "n1"]), "dump")
        except UsageError:
            return {}
    return {
        f"{pack}@{version}/{result.rule.id}": result.outcome
        for pack, version in PACKS
        for result in shipped(pack, version).results(node)
        if result.rule.level is Level.REQUIRED
    }


def _member(name: str, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info, data


def spoil(files: Files, lot: random.Random) -> tuple[str, Files]:
    """One to three files of a dump emptied, cut or replaced; what was done, in words."""
    done = []
    changed = dict(files)
    for name in lot.sample(sorted(files), min(len(files), lot.choice((1, 1, 1, 2, 3)))):
        how, data = _spoilt(files[name], lot, files)
        changed[name] = data
        done.append(f"{name} {how}")
    return ", ".join(done), changed


def _spoilt(data: bytes, lot: random.Random, files: Files) -> tuple[str, bytes]:
    kind = lot.choice(("emptied", "cut", "cut", "cut", "cut at a line", "replaced", "exchanged", "padded"))
    if kind == "emptied" or not data:
        return "emptied", b""
    place = lot.randrange(len(data))
    if kind == "cut":
        return f"cut at {place}", data[:place]
    if kind == "cut at a line":
        place = data.rfind(b"\n", 0, place) + 1
        return f"cut at {place}", data[:place]
    if kind == "padded":
        return f"cut at {place} and padded", data[:place] + b"\0" * (4096 - place % 4096)
    if kind == "replaced":
        other = lot.choice(OTHER_FORMATS)
        return f"replaced by {other[:20]!r}", other
    name = lot.choice(sorted(files))
    return f"exchanged for {name}", files[name]


def forbidden(before: RuleOutcome, after: RuleOutcome) -> bool:
    """Whether files that were lost may not have changed an outcome so."""
    fails = after is RuleOutcome.FAIL and before in (RuleOutcome.PASS, RuleOutcome.UNKNOWN)
    return fails or (after is RuleOutcome.PASS and before is not RuleOutcome.PASS)


def wrong(before: Mapping[str, RuleOutcome], after: Mapping[str, RuleOutcome]) -> tuple[str, ...]:
    """The outcomes that changed as they must not."""
    return tuple(
        f"{rule}: {outcome.name} -> {after[rule].name}"
        for rule, outcome in before.items()
        if rule in after and forbidden(outcome, after[rule])
    )


def spoilt(files: Files, before: Mapping[str, RuleOutcome], lot: random.Random) -> Spoilt:
    """Spoil a dump once."""
    what, changed = spoil(files, lot)
    return Spoilt(what=what, wrong=wrong(before, outcomes(changed)))


def real_dumps() -> list[Path]:
    """Dumps of the third-party data; none where they are not here."""
    folder = find()
    if folder is None:
        return []
    archives = sorted((folder / "field").glob("*/*.t*z"))
    known = [path for path in archives if path.name not in ("troubleshoot.tgz", "scc.txz", "abs.tgz")]
    folders = sorted(path for path in (folder / "field").glob("dump-*") if path.name != "dump-of-nothing-known")
    machines = sorted(path.parent for path in unpacked("machines").glob("*/*/proc"))
    rich = [
        *known,
        *folders,
        *sorted((folder / "field").glob("cilium*/tree")),
        unpacked("machines") / "sosreport/kubernetes",
    ]
    return [*rich, *machines]


def all_dumps() -> list[tuple[str, Files]]:
    """Dumps of made nodes, and of the third-party data, by name."""
    return [*made().items(), *((str(place), files_of(place)) for place in real_dumps())]


def main(argv: list[str]) -> int:
    """Try many seeds; 1 where one was wrong."""
    first, count = (int(word) for word in argv)
    failed = 0
    dumps = [(name, files, outcomes(files)) for name, files in all_dumps()]
    for seed in range(first, first + count):
        lot = random.Random(seed)
        name, files, before = lot.choice(dumps)
        found = spoilt(files, before, lot)
        if found.wrong:
            failed += 1
            sys.stdout.write(f"{seed}: {name}: {found.what}: {'; '.join(found.wrong)}\n")
    sys.stdout.write(f"{count - failed} held, {failed} did not\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
