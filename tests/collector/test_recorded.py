"""What the caller says in the kernel's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from passmuster_collector.reading import Known, Node, Reason, Unknown
from passmuster_collector.recorded import Recorded, parse_devices, parse_recorded
from passmuster_collector.usage import UsageError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "path\ttype\tmajor\tminor\tmode\tuid\tgid\n"


def test_all_keys(tmp_path: Path) -> None:
    table = tmp_path / "devices.tsv"
    table.write_text(HEAD + "/dev/kvm\tc\t10\t232\t0666\t0\t104\n/dev/x\tp\t0\t0\t600\t1\t2\n")
    recorded = parse_recorded(["machine=s390x", "uid=1000", "gid=1001", "devices_bpf=ok", f"devices={table}"])
    assert recorded == Recorded(
        machine="s390x",
        uid=1000,
        gid=1001,
        devices_bpf=Known(value=True),
        devices={
            "/dev/kvm": Node("character", 0o666, 0, 104, 10, 232, 0),
            "/dev/x": Node("fifo", 0o600, 1, 2, 0, 0, 0),
        },
    )
    assert recorded.keys() == ["devices", "devices_bpf", "gid", "machine", "uid"]
    assert parse_recorded([]).keys() == []


def test_uid_0_is_a_recorded_uid() -> None:
    assert parse_recorded(["uid=0"]).keys() == ["uid"]


BPF = {
    "ok": Known(value=True),
    "einval": Known(value=False),
    "eperm": Unknown(Reason.DENIED, "bpf(2): permission denied (recorded)"),
}


@pytest.mark.parametrize("word", BPF)
def test_the_result_of_the_query(word: str) -> None:
    assert parse_recorded([f"devices_bpf={word}"]).devices_bpf == BPF[word]


REFUSED = {
    "an unknown key": (["arch=x"], "no such key"),
    "no value": (["machine"], "no such key"),
    "a key twice": (["uid=1", "uid=1"], "uid is given twice"),
    "an empty machine": (["machine="], "not what uname -m prints"),
    "a uid that is no number": (["uid=root"], "--recorded uid: not a number (got 'root')"),
    "a negative uid": (["uid=-1"], "not a number"),
    "a uid in other digits": (["uid=\u0661"], "not a number"),
    "a gid beyond 32 bits": (["gid=4294967296"], "not in range (got 4294967296, expected at most 4294967295)"),
    "a result that is none": (["devices_bpf=yes"], "not a result (got 'yes', expected einval, eperm, ok)"),
    "a table that is not there": (["devices=/nowhere/x.tsv"], "/nowhere/x.tsv: No such file or directory"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    pairs, message = REFUSED[name]
    with pytest.raises(UsageError) as caught:
        parse_recorded(pairs)
    assert message in str(caught.value)


def test_a_table_beyond_the_limit_is_refused() -> None:
    with pytest.raises(UsageError, match="too large"):
        parse_recorded(["devices=/dev/zero"])


TABLES = {
    "no heading": ("/dev/kvm\tc\t10\t232\t0666\t0\t0\n", "t:1: no table of devices"),
    "an empty file": ("", "t:1: no table of devices"),
    "too few columns": (HEAD + "/dev/kvm\tc\n", "t:2: not a device (got 2 columns, expected 7)"),
    "a type that is none": (HEAD + "/dev/kvm\tx\t10\t232\t0666\t0\t0\n", "t:2: not a type (got 'x'"),
    "a mode that is none": (HEAD + "/dev/kvm\tc\t10\t232\t0888\t0\t0\n", "t:2: not a mode (got '0888'"),
    "a mode too long": (HEAD + "/dev/kvm\tc\t10\t232\t100666\t0\t0\n", "t:2: not a mode"),
    "a number that is none": (HEAD + "/dev/kvm\tc\tten\t232\t0666\t0\t0\n", "t:2: not a number (got 'ten')"),
    "a minor out of range": (HEAD + "/dev/kvm\tc\t10\t9999999\t0666\t0\t0\n", "t:2: not in range"),
    "a path twice": (HEAD + "/dev/kvm\tc\t10\t232\t0666\t0\t0\n" * 2, "t:3: '/dev/kvm' is listed twice"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_broken_table_names_its_line(name: str) -> None:
    text, message = TABLES[name]
    with pytest.raises(UsageError) as caught:
        parse_devices(text, "t")
    assert str(caught.value).startswith(message)
