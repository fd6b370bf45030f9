"""Reading waivers: every mistake at once, each with its place."""

from __future__ import annotations

from datetime import date

import pytest

from passmuster.errors import PolicyError
from passmuster.policy.waivers import ByLabel, ByName, load

GOOD = """\
schema: passmuster.waivers/1
waivers:
  - id: old-rack
    node: {name: worker-*}
    rule: virtnest/kernel-version
    reason: >-
      The vendor's driver needs
      the old kernel.
    owner: platform
    ticket: OPS-17
    expires: 2026-12-31
  - node: {label: {rack: "7", zone: a}}
    rule: kernel-version
    reason: r
    owner: o
    ticket: t
    expires: 2027-02-28
"""


def test_waivers_are_read() -> None:
    found = load(GOOD.encode(), "w.yaml")
    first, second = found.waivers
    assert found.digest.startswith("sha256:")
    assert (first.id, first.node, first.rule) == ("old-rack", ByName(glob="worker-*"), "virtnest/kernel-version")
    assert (first.reason, first.expires) == ("The vendor's driver needs the old kernel.", date(2026, 12, 31))
    assert (second.id, second.node) == ("#2", ByLabel(labels={"rack": "7", "zone": "a"}))
    assert str(second.node) == "label rack=7, zone=a"


BROKEN = {
    "no reason": ("    owner: platform\n", "", ["w.yaml:3:5: waivers: missing 'owner'"]),
    "no end": ("    expires: 2026-12-31\n", "", ["w.yaml:3:5: waivers: missing 'expires'"]),
    "a day that is none": ("2027-02-28", "2027-02-29", ["w.yaml:17:14: expires: no such day (got '2027-02-29'"]),
    "a moment in place of a day": ("2026-12-31", "2026-12-31T00:00:00Z", ["w.yaml:11:14: expires: wrong form"]),
    "a node that is named twice over": ("{name: worker-*}", "{name: a, label: {b: c}}", ["too large (got 2, expected at most 1)"]),
    "a node that is not named": ("{name: worker-*}", "{}", ["too small (got 0, expected at least 1)"]),
    "a rule that is none": ("virtnest/kernel-version", "Kernel Version", ["rule: wrong form"]),
    "two of one id": ("  - node:", "  - id: old-rack\n    node:", ["w.yaml:12:9: duplicate id 'old-rack'"]),
    "another schema": ("waivers/1", "waivers/2", ["no waivers of a known version"]),
    "an alias": ("platform", "*x", ["an alias is not allowed here"]),
    "several at once": (
        '    ticket: OPS-17\n    expires: 2026-12-31\n  - node: {label: {rack: "7", zone: a}}\n',
        "    ticket: ''\n    expires: soon\n  - node: {label: {}}\n    extra: 1\n",
        ["10:13: ticket: too small", "11:14: expires: wrong form", "unknown 'extra'", "label: too small"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_is_told_with_its_place(old: str, new: str, told: list[str]) -> None:
    assert old in GOOD
    with pytest.raises(PolicyError) as raised:
        load(GOOD.replace(old, new, 1).encode(), "w.yaml")
    for each in told:
        assert each in str(raised.value)
    assert len(raised.value.problems) == len(told)


def test_an_empty_list_grants_nothing_and_is_refused() -> None:
    with pytest.raises(PolicyError, match="too small"):
        load(b"schema: passmuster.waivers/1\nwaivers: []\n", "w.yaml")
