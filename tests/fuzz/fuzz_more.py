"""More kinds of input: what lies inside of others (members of archives and bundles, cells of a store), and words.

A content that is wrapped is mutated before it is: packed again, so that what reads the outside accepts it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from archives import PACKINGS, member, packed
from bundles import FILE, SITE, made
from fuzz_kind import AT, Kind
from made_dumps import HEALTHY, NODE
from packs import POLICIES, rule, text
from pool_rules import ONE_VALUE, VENDOR, fleet_rule

from passmuster.cli import main
from passmuster.exchange.bundle import container, sshsig

if TYPE_CHECKING:
    from collections.abc import Iterator

FLEET_RULES = text(
    fleet_rule("one-vendor", ONE_VALUE, value=VENDOR, group_by="cpu.architecture"),
    rule("old", "kernel.major > 3", message_expression="'got ' + kernel.release"),
)
ASSESSMENT = """\
schema: passmuster.assessment/1
title: A review
policies: ["virtnest@1.1.0#{pack}"]
parameters:
  virtnest.x86_64_level: 1
levels:
  virtnest/secure-guest: required
waivers:
  file: kept.yaml
  digest: {digest}
roster:
  file: kept.roster
max_age: 30d
now: 2026-11-23T00:00:00Z
fail_on: recommended
"""
KEPT = """\
schema: passmuster.waivers/1
waivers:
  - {node: {name: n1}, rule: kernel-version, reason: r, owner: o, ticket: t, expires: 2027-01-01}
"""
CAPTURE = (
    "kind\tlive\t2026-11-22T10:11:12Z\nuname\tn\tw1\nuname\tr\t6.1\nuname\tv\t#1\nuname\tm\tx86_64\nid\tu\t0\nid\tg\t0\n"
    "/proc\tstat\t1 dr-xr-xr-x 0 0\n/proc/cmdline\tstat\t5 -r--r--r-- 0 0\n/proc/cmdline\tfile\tok\n"
    "/dev/kvm\tstat\t12 crw-rw-rw- 0 0 10, 232\n/dev/kvm\ttry\tok\n/etc\tstat\t7 drwxr-xr-x 0 0\n/etc\tnames\tok\n"
)
DEVICES = (
    "path\ttype\tmajor\tminor\tmode\tuid\tgid\n/dev/kvm\tc\t10\t232\t0660\t0\t36\n/dev/null\tc\t1\t3\t0666\t0\t0\n"
)


def more_kinds() -> Iterator[Kind]:
    """In the current folder, where the others have laid what they need."""
    yield from _terms()
    yield from _words()
    yield from _dumps()
    yield from _wrapped()
    yield from _cells()


def _terms() -> Iterator[Kind]:
    Path("kept.yaml").write_text(KEPT)
    Path("kept.roster").write_text("n1\nn2\n")
    pack = (POLICIES / "virtnest/1.1.0/policy.yaml").read_bytes()
    assessment = ASSESSMENT.format(digest=_digest(KEPT.encode()), pack=_digest(pack))
    Path("whole.yaml").write_text(assessment)
    assert main(["check", "good.json", "-f", "whole.yaml", "-o", "json=whole.json"]) in {0, 1, 3}
    check = ("check", "good.json", "-p", "policy.yaml", *AT, "-o", "json=v.json")
    assert main([*check, "--waivers", "kept.yaml", "--roster", "kept.roster"]) in {0, 1, 3}
    verify = ("report", "verify", "v.json", "--snapshots", "good.json", "-p", "policy.yaml")
    yield Kind(
        name="assessment",
        file="assessment.yaml",
        content=assessment.encode(),
        commands=(
            ("check", "good.json", "-f", "F", "-o", "json=out"),
            ("report", "verify", "whole.json", "--snapshots", "good.json", "-f", "F"),
        ),
    )
    yield Kind(
        name="fleet policy",
        file="f/1.0.0/policy.yaml",
        content=FLEET_RULES.encode(),
        commands=(
            ("check", "good.json", "-p", "F", "-o", "json=out"),
            ("policy", "lint", "F"),
            ("policy", "diff", "policy.yaml", "F"),
            ("fleet", "check", "t.db", "-p", "F", "-o", "json=out"),
        ),
    )
    yield Kind(
        name="waivers of a verdict",
        file="w.yaml",
        content=KEPT.encode(),
        commands=(
            (*verify, "--waivers", "F", "--roster", "kept.roster"),
            ("impact", "policy.yaml", "policy.yaml", "good.json", "--waivers", "F", *AT),
            ("fleet", "check", "t.db", "-p", "policy.yaml", "--waivers", "F", *AT, "-o", "json=out"),
        ),
    )
    yield Kind(
        name="roster of a verdict",
        file="n",
        content=b"n1\nn2\n",
        commands=(
            (*verify, "--waivers", "kept.yaml", "--roster", "F"),
            ("fleet", "check", "t.db", "-p", "policy.yaml", "--roster", "F", "-o", "json=out"),
            ("bundle", "create", "good.json", "--roster", "F", "-o", "out"),
        ),
    )
    yield Kind(
        name="seal",
        file="sealed.json.sig",
        content=sshsig.armored(_signature(Path("good.json").read_bytes())),
        commands=(
            ("check", "sealed.json", "--trust", "trust.yaml", *AT, "-o", "json=out"),
            ("bundle", "create", "sealed.json", "-o", "out"),
        ),
    )
    shutil.copyfile("good.json", "sealed.json")


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _signature(data: bytes) -> bytes:
    """What ssh-keygen would sign a snapshot with."""

    def field(value: bytes) -> bytes:
        return len(value).to_bytes(4, "big") + value

    signed = b"SSHSIG" + b"".join(map(field, (sshsig.SNAPSHOT.encode(), b"", b"sha512", hashlib.sha512(data).digest())))
    public = field(b"ssh-ed25519") + field(SITE.public)
    signature = field(b"ssh-ed25519") + field(SITE.sign(signed))
    return b"SSHSIG\0\0\0\1" + b"".join(map(field, (public, sshsig.SNAPSHOT.encode(), b"", b"sha512", signature)))


def _words() -> Iterator[Kind]:
    """W stands for the content as a word of the command."""
    check = ("check", "good.json", "-p", "policy.yaml", "-o", "json=out")
    digest = _digest((POLICIES / "virtnest/1.0.0/policy.yaml").read_bytes())
    words: dict[str, tuple[str, tuple[str, ...]]] = {
        "parameter": ("demo.least=5", (*check, "--set", "W")),
        "rule": ("demo/release", (*check, "--rule", "W")),
        "maximum age": ("30d", (*check, *AT, "--max-age", "W")),
        "moment": ("2026-11-23T00:00:00Z", (*check, "--max-age", "1w", "--now", "W")),
        "expression": ("kernelVersion(kernel.release).isGreaterThan(kernelVersion('4.11'))", ("cel", "eval", "W", "-s", "good.json")),
        "pack": (f"virtnest@1.0.0#{digest}", ("check", "good.json", "-p", "W", "-o", "json=out")),
        "label": ("rack=r1", ("collect", "--from", "dump", "--label", "W", "-o", "out")),
        "name": ("worker-1", ("collect", "--from", "dump", "--name", "W", "-o", "out")),
        "recorded": ("devices_bpf=ok", ("collect", "--from", "dump", "--recorded", "W", "-o", "out")),
        "timeout": ("10.5", ("collect", "--from", "dump", "--timeout", "W", "-o", "out")),
        "node": ("n1", ("fleet", "history", "t.db", "W")),
        "site": ("dc-1", ("fleet", "add", "new.db", "good.json", "--site", "W")),
    }  # fmt: skip
    for name, (content, command) in words.items():
        yield Kind(name=f"word: {name}", file="word", content=content.encode(), commands=(command,))


def _dumps() -> Iterator[Kind]:
    """What lies in support archives, one file of each changed; and archives of each packing."""
    tree = {**HEALTHY, "node.yaml": NODE.format("containerd://1.7.1")}
    for path, content in tree.items():
        for name, each in tree.items():
            _write(f"sos/{name}", each.encode())
        yield Kind(
            name=f"sosreport {path}",
            file=f"sos/{path}",
            content=content.encode(),
            commands=(("collect", "--from", "sos", "-o", "out"),),
        )
    members = [member(f"sosreport-w1/{path}", content.encode()) for path, content in tree.items()]
    for packing, mode in PACKINGS.items():
        yield Kind(
            name=f"archive {packing}",
            file=f"x.{packing}",
            content=packed(members, mode),
            commands=(("collect", "--from", "F", "-o", "out"), ("check", "F", "-o", "json=out")),
        )
    gathered = [member("nodes/w1/sysinfo.tgz", packed(members[:8], "w:gz"))]
    node = [member("cluster-scoped-resources/core/nodes/w1.yaml", NODE.format("cri-o://1").encode())]
    yield Kind(
        name="must-gather",
        file="x.tar",
        content=packed(gathered + node),
        commands=(("collect", "--from", "F", "-o", "out"),),
    )
    yield Kind(
        name="recorded devices",
        file="devices.tsv",
        content=DEVICES.encode(),
        commands=(("collect", "--from", "dump", "--recorded", "devices=F", "-o", "out"),),
    )


def _write(path: str, data: bytes) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(data)


def _wrapped() -> Iterator[Kind]:
    captured = [member("host/proc/cmdline", b"quiet\n"), member("names/etc.list", b"hostname\0")]

    def as_capture(content: bytes) -> bytes:
        return packed([member("passmuster-capture.tsv", content), *captured])

    yield Kind(
        name="capture's list",
        file="capture.tar",
        content=CAPTURE.encode(),
        commands=(("collect", "--from", "F", "-o", "out"),),
        wrap=as_capture,
    )
    members = container.parse(made("n1"), FILE)
    for one in members:
        yield Kind(
            name=f"bundle's {one.path.partition('/')[0]}",
            file="x.pmb",
            content=one.data,
            commands=(
                ("bundle", "verify", "F", "--trust", "trust.yaml", *AT),
                ("bundle", "inspect", "F"),
                ("check", "F", "--trust", "trust.yaml", *AT, "-o", "json=out"),
                ("fleet", "add", "new.db", "F", "--trust", "trust.yaml"),
            ),
            wrap=partial(_with_member, members, one),
        )


def _with_member(members: tuple[container.Member, ...], one: container.Member, content: bytes) -> bytes:
    """The bundle with another content of one member."""
    return container.build([replace(each, data=content) if each is one else each for each in members], FILE)


def _cells() -> Iterator[Kind]:
    """A store with everything in it, one cell of each column changed."""
    for words in (
        ["fleet", "add", "t.db", "good.json", "--site", "dc-1", "--roster", "kept.roster"],
        ["fleet", "add", "t.db", "site.pmb", "--trust", "trust.yaml"],
        ["fleet", "check", "t.db", "-p", "policy.yaml", "-o", "summary=out"],
    ):
        assert main(words) in {0, 1, 3}, words
    for table, column, row, value in list(_filled(Path("t.db"))):
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        yield Kind(
            name=f"store's {table}.{column}",
            file="x.db",
            content=content,
            commands=(
                ("fleet", "check", "F", "-p", "policy.yaml", "-o", "json=out"),
                ("fleet", "verify", "F", "--rejudge"),
                ("fleet", "list", "F"),
                ("fleet", "history", "F", "n1"),
                ("fleet", "export", "F", "-o", "ndjson=out"),
            ),
            wrap=partial(_with_cell, table, column, row, binary=isinstance(value, bytes)),
        )


def _filled(file: Path) -> Iterator[tuple[str, str, int, object]]:
    """Table, column, number of the row and value of one filled cell of each column."""
    with sqlite3.connect(file) as store:
        for (table,) in store.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        ):
            cursor = store.execute(f"SELECT * FROM {table}")
            rows = cursor.fetchall()
            for at, (column, *_) in enumerate(cursor.description):
                filled = next((number for number, row in enumerate(rows) if row[at] is not None), None)
                if filled is not None:
                    yield table, column, filled, rows[filled][at]


def _with_cell(table: str, column: str, row: int, content: bytes, *, binary: bool) -> bytes:
    """The store with another value there: of any type, where it is not of bytes."""
    value: object = content
    if not binary:
        try:
            value = json.loads(content)
        except ValueError:
            value = content.decode(errors="replace")
        if not isinstance(value, str | int | float | None) or (isinstance(value, int) and abs(value) >= 1 << 63):
            value = content.decode(errors="replace")
    if isinstance(value, str):
        value = value.encode(errors="replace").decode()
    shutil.copyfile("t.db", "cell.db")
    store = sqlite3.connect("cell.db")
    try:
        key = store.execute(f"SELECT {column} FROM {table} LIMIT 1 OFFSET {row}").fetchone()[0]
        store.execute(f"UPDATE {table} SET {column} = ? WHERE {column} IS ?", (value, key))
        store.commit()
    except sqlite3.Error:
        store.rollback()  # the file itself refuses it
    finally:
        store.close()
    return Path("cell.db").read_bytes()
