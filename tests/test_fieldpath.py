"""Field paths: one spelling a path, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passmuster.model.fieldpath import FieldPath

SPELLINGS = {
    "a field": ("cpu.flags", ("cpu", "flags")),
    "a key that is no identifier": (
        "kernel.sysctl['net.ipv4.ip_forward']",
        ("kernel", "sysctl", "net.ipv4.ip_forward"),
    ),
    "a field of a keyed member": ("devices['/dev/kvm'].accessible", ("devices", "/dev/kvm", "accessible")),
    "a key with a quote": (r"os['it\'s']", ("os", "it's")),
    "a section alone": ("cpu", ("cpu",)),
}


@pytest.mark.parametrize(("text", "parts"), SPELLINGS.values(), ids=SPELLINGS)
def test_a_path_reads_and_writes_as(text: str, parts: tuple[str, ...]) -> None:
    assert FieldPath.parse(text).parts == parts
    assert str(FieldPath(parts)) == text


@given(st.lists(st.text(min_size=1), max_size=4))
def test_every_path_survives_being_written(rest: list[str]) -> None:
    path = FieldPath(("cpu", *rest))
    assert FieldPath.parse(str(path)) == path


STRAY = {
    "nothing": ("", "empty"),
    "a dot in front": (".a", "character 1"),
    "two dots": ("a..b", "character 2"),
    "a blank": ("a b", "character 2"),
    "a bracket in front": ("['a']", "character 1"),
    "an open quote": ("a['b]", "character 2"),
    "a number as key": ("a[1]", "character 2"),
}


@pytest.mark.parametrize(("text", "where"), STRAY.values(), ids=STRAY)
def test_what_is_no_path_is_refused_with_its_place(text: str, where: str) -> None:
    with pytest.raises(ValueError, match=where):
        FieldPath.parse(text)


def test_a_path_covers_itself_and_what_lies_below() -> None:
    kvm = FieldPath.parse("devices['/dev/kvm']")
    assert kvm.covers(kvm)
    assert kvm.covers(kvm.child("accessible"))
    assert not kvm.child("accessible").covers(kvm)
    assert not kvm.covers(FieldPath.parse("devices['/dev/kvm2']"))
