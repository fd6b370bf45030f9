"""Valid inputs of every kind, and the commands that read each: what mutations begin with."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from bundles import EVERY, SITE, made, trust_text
from fuzz_kind import AT, Kind
from fuzz_more import more_kinds
from packs import POLICIES, rule, text
from snapshots import data, document

from passmuster.cli import main
from passmuster.policy import digest, lock

SMALL = text(
    rule("release", "kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.11'))"),
    rule("memory", "memory.total_bytes >= params.least", applies_when="'lahf_lm' in cpu.flags"),
    extra="parameters:\n  least: {type: int, default: 5, description: bytes}\n",
)
TESTS = """\
schema: passmuster.tests/1
bases:
  healthy:
    description: a node of whose sections two are known
    sections:
      kernel: {release: 6.1.0}
      memory: {total_bytes: 7}
cases:
  - {name: it passes, base: healthy, expect: {release: pass}}
"""
WAIVERS = """\
schema: passmuster.waivers/1
waivers:
  - {node: {name: n1}, rule: kernel-version, reason: r, owner: o, ticket: t, expires: 2027-01-01}
"""
NODE = {
    "kind": "Node",
    "metadata": {"name": "n1", "labels": {"a": "b"}, "uid": "1"},
    "status": {"nodeInfo": {"machineID": "0" * 32, "kernelVersion": "6.1.0", "kubeletVersion": "v1.30.1"}},
}
DUMP = {
    "proc/cpuinfo": (
        "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel name\t: Intel\nflags\t\t: fpu vmx lahf_lm\n\n"
    ),
    "proc/cmdline": "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet intel_iommu=on\n",
    "proc/mounts": "/dev/sda1 / ext4 rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
    "proc/meminfo": "MemTotal:       16384 kB\nSwapTotal:      0 kB\nHugePages_Total:       0\n",
    "proc/misc": "232 kvm\n200 tun\n",
    "proc/modules": "kvm_intel 1 0 - Live 0x0\nkvm 1 1 kvm_intel, Live 0x0\n",
    "proc/sys/kernel/osrelease": "6.1.0-13-amd64\n",
    "etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian"\n',
    "etc/hostname": "n1\n",
    "var/lib/dpkg/status": "Package: containerd\nStatus: install ok installed\nVersion: 1.7.1\n\n",
}


def kinds() -> tuple[Kind, ...]:
    """Every kind. They are made in the current folder, where also lies what commands read beside the file."""
    Path("good.json").write_bytes(data("n1", machine_id=None))
    Path("policy.yaml").write_text(SMALL)
    Path("trust.yaml").write_text(trust_text(("a", SITE, EVERY)))
    Path("k.pem").write_bytes(SITE.pem(None))
    Path("site.key").write_bytes(bytes(range(32)))
    Path("site.key").chmod(0o600)
    Path("site.pmb").write_bytes(made("n1"))
    for words in (
        ["fleet", "add", "s.db", "good.json"],
        [
            "check",
            "good.json",
            "-p",
            "policy.yaml",
            "-o",
            "json=r.json",
            "-o",
            "ndjson=r.ndjson",
            "-o",
            "attestation=a.json",
        ],
        ["report", "sign", "r.json", "--key", "k.pem", "-o", "signed.json"],
        ["bundle", "verify", "site.pmb", "--trust", "trust.yaml", *AT, "--state", "state.json"],
        [
            "snapshot",
            "redact",
            "good.json",
            "--for",
            "policy.yaml",
            "--class",
            "host-identifying",
            "--key",
            "site.key",
            "--map",
            "map.json",
            "-o",
            "redacted.json",
        ],
    ):
        status = main(words)
        assert status in {0, 1, 3}, (words, status)
    lines = b"".join(data(f"n{at}", machine_id=None) for at in range(4))
    check = ("check", "F", "-p", "virtnest@1.0.0")
    verify = ("report", "verify", "F", "--snapshots", "good.json", "-p", "policy.yaml")
    return (
        Kind(
            name="snapshot",
            file="x.json",
            content=data("n1", machine_id=None),
            commands=(
                (*check, "-o", "json=out"),
                (*check, "-o", "table", "-o", "html=out", "--max-age", "30d", *AT),
                ("snapshot", "validate", "F"),
                ("snapshot", "show", "F"),
                ("explain", "F", "kernel-version"),
                ("fleet", "add", "new.db", "F"),
                ("snapshot", "redact", "F", "--for", "policy.yaml", "-o", "out"),
                ("impact", "virtnest@1.0.0", "virtnest@1.1.0", "F"),
                ("cel", "eval", "cpu.flags.size() > 1", "-s", "F"),
                ("bundle", "create", "F", "-o", "out"),
            ),
        ),
        Kind(
            name="roomy snapshot",
            file="x.json",
            content=(json.dumps(document("n1", machine_id=None), indent=1) + "\n").encode() * 2,
            commands=((*check, "-o", "json=out"), ("snapshot", "validate", "F")),
        ),
        Kind(
            name="fleet",
            file="x.ndjson",
            content=lines,
            commands=(
                (*check, "-o", "ndjson=out"),
                (*check, "-o", "summary", "--latest"),
                ("fleet", "add", "new.db", "F"),
            ),
        ),
        Kind(
            name="packed fleet",
            file="x.gz",
            content=gzip.compress(lines, mtime=0),
            commands=((*check, "-o", "json=out"),),
        ),
        Kind(
            name="policy",
            file="pack/1.0.0/policy.yaml",
            content=SMALL.encode(),
            commands=(
                ("check", "good.json", "-p", "F", "-o", "json=out"),
                ("policy", "lint", "F"),
                ("policy", "show", "F"),
                ("policy", "test", "F"),
                ("policy", "diff", "policy.yaml", "F"),
                ("impact", "policy.yaml", "F", "good.json"),
                ("explain", "good.json", "release", "-p", "F"),
            ),
        ),
        Kind(
            name="shipped policy",
            file="x.yaml",
            content=(POLICIES / "virtnest/1.1.0/policy.yaml").read_bytes(),
            commands=(("check", "good.json", "-p", "F", "-o", "summary"),),
        ),
        Kind(
            name="tests",
            file="pack/1.0.0/tests.yaml",
            content=TESTS.encode(),
            commands=(("policy", "test", "pack/1.0.0"),),
        ),
        Kind(
            name="lock",
            file="packs/policies.lock",
            content=lock.render({"demo@1.0.0": lock.Locked(digest=digest(SMALL.encode()))}).encode(),
            commands=(("policy", "lock", "packs"), ("policy", "lint", "packs")),
        ),
        Kind(
            name="waivers",
            file="w.yaml",
            content=WAIVERS.encode(),
            commands=((*check[:1], "good.json", "--waivers", "F", *AT, "-o", "json=out"),),
        ),
        Kind(
            name="roster",
            file="nodes",
            content=b"n1\n# a\nn2\n",
            commands=(("check", "good.json", "--roster", "F", "-o", "json=out"),),
        ),
        Kind(
            name="nodes",
            file="nodes.json",
            content=json.dumps({"kind": "List", "items": [NODE]}).encode(),
            commands=(
                ("check", "good.json", "--roster", "F", "-o", "json=out"),
                ("snapshot", "annotate", "copies", "--nodes", "F"),
            ),
        ),
        Kind(
            name="node object",
            file="node.json",
            content=json.dumps(NODE).encode(),
            commands=(("collect", "--from", "dump", "--node-object", "F", "-o", "out"),),
        ),
        Kind(
            name="bundle",
            file="x.pmb",
            content=made("n1"),
            commands=(
                ("bundle", "verify", "F", "--trust", "trust.yaml", *AT),
                ("bundle", "inspect", "F"),
                ("check", "F", "--trust", "trust.yaml", *AT, "-o", "json=out"),
                ("bundle", "sign", "F", "--key", "k.pem", "-o", "out"),
            ),
        ),
        Kind(
            name="trust",
            file="t.yaml",
            content=Path("trust.yaml").read_bytes(),
            commands=(("bundle", "verify", "site.pmb", "--trust", "F", *AT),),
        ),
        Kind(
            name="state",
            file="state",
            content=Path("state.json").read_bytes(),
            commands=(
                ("bundle", "verify", "site.pmb", "--trust", "trust.yaml", *AT, "--state", "F"),
                ("bundle", "state", "show", "F"),
            ),
        ),
        Kind(
            name="store",
            file="x.db",
            content=Path("s.db").read_bytes(),
            commands=(
                ("fleet", "check", "F", "-o", "json=out"),
                ("fleet", "check", "F", "-o", "summary"),
                ("fleet", "verify", "F"),
                ("fleet", "list", "F"),
                ("fleet", "history", "F", "n1"),
                ("fleet", "export", "F", "-o", "ndjson=out"),
                ("fleet", "add", "F", "good.json"),
                ("fleet", "gc", "F", "--keep", "1d", *AT),
            ),
        ),
        *(
            Kind(name=f"verdict {file}", file="v", content=Path(file).read_bytes(), commands=(verify,))
            for file in ("r.json", "r.ndjson", "a.json")
        ),
        Kind(
            name="signed verdict",
            file="v",
            content=Path("signed.json").read_bytes(),
            commands=((*verify, "--trust", "trust.yaml", *AT),),
        ),
        Kind(
            name="map of pseudonyms",
            file="m.json",
            content=Path("map.json").read_bytes(),
            commands=(
                (
                    "snapshot",
                    "redact",
                    "good.json",
                    "--for",
                    "policy.yaml",
                    "--class",
                    "host-identifying",
                    "--key",
                    "site.key",
                    "--map",
                    "F",
                    "-o",
                    "out",
                ),
            ),
        ),
        Kind(
            name="key",
            file="x.pem",
            content=SITE.pem(None),
            commands=(("report", "sign", "r.json", "--key", "F", "-o", "out"),),
        ),
        *(
            Kind(
                name=f"dump {path}",
                file=f"dump/{path}",
                content=content.encode(),
                commands=(("collect", "--from", "dump", "-o", "out"),),
            )
            for path, content in DUMP.items()
        ),
        *more_kinds(),
    )
