"""Made fleets: canonical snapshots of some 29 KB, the same for one seed, and no two nodes alike.

Machines, images, runtimes and tunings are drawn with Zipf's weights, so a few of each make up most of a fleet; a name,
a machine id, a moment and an amount of memory are each node's own.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import random
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import orjson

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import sections
from benchmarks.hardware import Hardware, profiles
from benchmarks.software import IMAGES, RUNTIMES, TUNINGS, Image, Tuning
from passmuster_collector.cli import collect_bytes
from passmuster_collector.facts import SECTIONS
from passmuster_collector.reading import Text
from passmuster_collector.section import rendered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from passmuster_collector.host import Host

T = TypeVar("T")

SEED = 7
_HEAD = (
    b'{"collection":{"collected_at":"2026-11-%02dT%02d:%02d:%02dZ","collector":"0.1.0","context":"host","kind":"live",'
    b'"recorded":[],"uid":%d},"node":{"labels":{%s},"machine_id":"sha256:%s","name":"%s"},'
    b'"schema":"passmuster.snapshot/1","sections":{"boot":%s'
)
_POOLS = (b"", b'"pool":"general"', b'"pool":"virt"', b'"pool":"edge","region":"north"')
_PLACES = (b"az1", b"az2", b"az3")
_UNPRIVILEGED = 0.03


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Kind:
    """What many nodes share."""

    hardware: Hardware
    image: Image
    runtime: tuple[str, str, str]
    tuning: Tuning
    root: bool


class _Drawn:
    """Kinds, drawn by weights; the same parts give the same kind."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._hardware, self._images = _Weighted(profiles(), 1.1), _Weighted(IMAGES, 0.9)
        self._runtimes, self._tunings = _Weighted(RUNTIMES, 1.1), _Weighted(TUNINGS, 1.0)

    def kind(self) -> Kind:
        """The next node's."""
        return Kind(
            hardware=self._hardware.one(self._draw),
            image=self._images.one(self._draw),
            runtime=self._runtimes.one(self._draw),
            tuning=self._tunings.one(self._draw),
            root=self._draw.random() >= _UNPRIVILEGED,
        )


class _Weighted(Generic[T]):
    """A choice among things of which the n-th is drawn with a weight of n to the power of minus `exponent`."""

    def __init__(self, of: Sequence[T], exponent: float) -> None:
        self._of = of
        self._weights = list(itertools.accumulate((place + 1) ** -exponent for place in range(len(of))))

    def one(self, draw: random.Random) -> T:
        """The next of them."""
        return draw.choices(self._of, cum_weights=self._weights)[0]


def realistic(nodes: int, seed: int = SEED) -> Iterator[bytes]:
    """Canonical lines; a smaller fleet of the same seed is the beginning of a larger one."""
    draw = random.Random(seed)
    drawn = _Drawn(draw)
    for number in range(nodes):
        yield _line(drawn.kind(), number, draw)


def _line(kind: Kind, number: int, draw: random.Random) -> bytes:
    name = b"%s-%s-%06d" % (kind.hardware.name[:3].encode(), _PLACES[number % len(_PLACES)], number)
    lacks = draw.randrange(1 << 16) * 4096 + (kind.hardware.memory_bytes >> 6)
    memory = sections.memory(kind.tuning).replace(sections.MEMORY, b"%d" % (kind.hardware.memory_bytes - lacks))
    rest = _rest(kind.hardware, kind.image, kind.runtime, kind.tuning, root=kind.root)
    return b"".join(
        (
            _head(kind, number, name, draw),
            rest[0],
            sections.kubernetes(kind.hardware, kind.image, kind.runtime).replace(sections.NODE, name),
            b',"memory":',
            memory,
            rest[1],
        )
    )


def _head(kind: Kind, number: int, name: bytes, draw: random.Random) -> bytes:
    minute, second = divmod(draw.randrange(86_400), 60)
    hour, minute = divmod(minute, 60)
    machine = hashlib.sha256(b"machine %d" % number).hexdigest().encode()
    uid = 0 if kind.root else 1000
    pool = _POOLS[draw.randrange(len(_POOLS))]
    moment = (number % 20 + 1, hour, minute, second)
    return _HEAD % (*moment, uid, pool, machine, name, _boot(kind, draw))


def _boot(kind: Kind, draw: random.Random) -> bytes:
    """A kernel command line with huge pages and processors set apart.

    The file system of the root is each node's own; its value is not recorded, so the list of words is not known.
    """
    first = draw.randrange(1, 4)
    last = kind.hardware.logical_count - 1 - draw.randrange(0, 2)
    iommu = {"intel": "intel_iommu=on", "amd": "amd_iommu=on"}.get(kind.hardware.maker, "iommu.passthrough=1")
    kernel = kind.image.release.format(machine=kind.hardware.architecture)
    return _recorded(
        f"BOOT_IMAGE=/boot/vmlinuz-{kernel} root=UUID=@OWN@ ro quiet {iommu} iommu=pt default_hugepagesz=1G "
        f"hugepagesz=1G hugepages={draw.choice(_HUGE_PAGES)} isolcpus={first}-{last} nohz_full={first}-{last} "
        "transparent_hugepage=madvise swiotlb=32768"
    )


_HUGE_PAGES = (0, 16, 64, 128, 192, 256, 448)


@functools.cache
def _recorded(line: str) -> bytes:
    """The section as the collector writes it."""
    (section,) = (section for section in SECTIONS if section.name == "boot")
    host = cast("Host", _CommandLine(line))
    return orjson.dumps(rendered(section, section.collect(host)), option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True, slots=True)
class _CommandLine:
    """A host of which no more is looked at than its command line."""

    line: str

    def read(self, path: str) -> Text:
        """The only file that is there."""
        assert path == "/proc/cmdline"
        return Text(self.line + "\n")


@functools.cache
def _rest(
    hardware: Hardware, image: Image, runtime: tuple[str, str, str], tuning: Tuning, *, root: bool
) -> tuple[bytes, bytes]:
    """What all nodes of a kind have in the same words: before, and after, their own sections."""
    before = {
        "cgroup": sections.cgroup(image, root=root),
        "cpu": sections.cpu(hardware),
        "devices": sections.devices(image, virtualizes=hardware.virtualizes, root=root),
        "iommu": sections.iommu(hardware),
        "kernel": sections.kernel(hardware, image, tuning),
        "kernel_config": sections.kernel_config(image),
        "kernel_modules": sections.kernel_modules(image),
    }
    after = {
        "network": sections.network(image),
        "os": sections.os(image),
        "runtime": sections.runtime(runtime, tuning),
        "security": sections.security(image),
        "storage": sections.storage(),
        "sysctl_sized": sections.sysctl_sized(hardware),
        "virtualization": sections.virtualization(hardware, guests=image.guests),
    }
    first, second = (
        b"".join(b',"%s":%s' % (name.encode(), text) for name, text in each.items()) for each in (before, after)
    )
    return first + b',"kubernetes":', second + b"}}\n"


_OWN: dict[str, tuple[tuple[str, ...], ...]] = {
    "boot": (("facts", "arguments", "hugepages"),),
    "cgroup": (("facts", "v2", "mount_point"), ("facts", "v1", "memory")),
    "cpu": (("facts", "model_name"),),
    "devices": (("facts", "/dev/kvm", "gid"), ("facts", "/dev/net/tun", "gid")),
    "iommu": (("facts", "groups"),),
    "kernel": (("facts", "version"),),
    "kubernetes": (("facts", "os_image"), ("unknown", "kubernetes.node", "detail")),
    "kernel_config": (("facts", "options", "CONFIG_ACPI_APEI"), ("unknown", "kernel_config.options", "detail")),
    "kernel_modules": (("unknown", "kernel_modules.available['*']", "detail"),),
    "network": (("sources", "/proc/modules"),),
    "os": (("facts", "pretty_name"),),
    "runtime": (("facts", "kubelet", "version"),),
    "storage": (("sources", "/proc/1/mountinfo"),),
    "sysctl_sized": (("facts", "values", "fs.file-max"),),
    "security": (("facts", "lsm"),),
    "virtualization": (("facts", "kvm", "parameters", "kvm.halt_poll_ns"),),
}
"""What becomes a node's own, the first that is there; in `memory` something is anyway, and the facts of `network` are
truth values, so there it is a source."""


def every_section_unique(fleet: Iterable[bytes]) -> Iterator[bytes]:
    """The same nodes, with no section that another node has too: in each, one thing is made the node's own."""
    for number, line in enumerate(fleet, 1):
        document = orjson.loads(line)
        for name, paths in _OWN.items():
            if not any(_made_own(document["sections"][name], path, number) for path in paths):
                raise ValueError(f"nothing to change in {name} of node {number}")
        yield orjson.dumps(document, option=orjson.OPT_SORT_KEYS) + b"\n"


def _made_own(holder: Any, path: tuple[str, ...], number: int) -> bool:
    """Change what stands at a path to what no other node has; false where nothing does."""
    *above, last = path
    for name in above:
        holder = holder.get(name) if isinstance(holder, dict) else None
    old = holder.get(last) if isinstance(holder, dict) else None
    match old:
        case int():
            holder[last] = old + number
        case list():
            holder[last] = [*old, f"own{number}"]
        case str() if old.isdigit():
            holder[last] = str(int(old) + number)
        case str():
            holder[last] = f"{old}+{number}"
        case None if last in {"kvm.halt_poll_ns", "model_name"}:  # where the node has none, its text may be any
            holder[last] = str(number)
        case _:
            return False
    return True


def of_machines(machines: Sequence[bytes], nodes: int, seed: int = SEED) -> Iterator[bytes]:
    """Collected snapshots over and over, with a name, an id, a moment and an amount of memory for each node."""
    draw = random.Random(seed)
    documents = [orjson.loads(each) for each in machines]
    for number in range(nodes):
        document = documents[draw.randrange(len(documents))]
        document["node"]["name"] = f"node-{number:06d}"
        document["node"]["machine_id"] = f"sha256:{hashlib.sha256(b'machine %d' % number).hexdigest()}"
        moment = f"{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
        document["collection"]["collected_at"] = f"2026-11-20T{moment}Z"
        memory = document["sections"]["memory"]["facts"]
        if "total_bytes" in memory:
            memory["total_bytes"] = (16 << 30) + draw.randrange(1 << 20) * 4096
        yield orjson.dumps(document, option=orjson.OPT_SORT_KEYS) + b"\n"


def collected(archive: Path) -> list[bytes]:
    """Snapshots of the machines in an archive of dumps, as `passmuster collect --from` writes them."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as members:
        members.extractall(folder, filter="tar")
        machines = sorted(Path(folder, "machines").glob("*/*"))
        return [collect_bytes(["--from", str(machine)]) for machine in machines if machine.is_dir()]


def main() -> None:
    """Write a realistic fleet to standard output: `python benchmarks/fleets.py 1000000`."""
    sys.stdout.buffer.writelines(realistic(int(sys.argv[1])))


if __name__ == "__main__":
    main()
