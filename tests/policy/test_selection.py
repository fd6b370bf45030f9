"""Choosing versions, locks, and the values of parameters."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_text import GOOD

from passmuster import cel, policy
from passmuster.codec import schema
from passmuster.errors import IntegrityError, PolicyError, UsageError
from passmuster.policy import lock, parameters
from passmuster.policy.model import Parameter, ParameterType
from passmuster.policy.parameters import effective
from passmuster.policy.selection import Entry, Spec, demand_digest, demand_distinct, select
from passmuster.policy.version import Version

ORDERED = [
    "0.9.0",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.2.0",
    "1.10.0",
    "2.0.0",
]


def test_versions_are_ordered_as_semantic_versioning_says() -> None:
    versions = [Version.parse(text) for text in ORDERED]
    assert [str(version) for version in sorted(versions)] == ORDERED
    assert all(a < b for a, b in itertools.combinations(versions, 2))


@pytest.mark.parametrize("text", ["1", "1.0", "01.0.0", "1.0.0+build", "v1.0.0", "1.0.0-", "", "1.0.0\n"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        Version.parse(text)


def _entry(version: str, *, released: bool = True) -> Entry:
    return Entry(pack="demo", version=Version.parse(version), file=f"demo/{version}/policy.yaml", released=released)


CATALOGUE = [_entry("1.0.0"), _entry("1.9.0"), _entry("1.10.0"), _entry("2.0.0-rc.1"), _entry("2.1.0", released=False)]

CHOICES = {
    "a pack alone is its newest released version": ("demo", "1.10.0"),
    "a major version is the newest of it": ("demo@1", "1.10.0"),
    "a minor version is the newest of it": ("demo@1.9", "1.9.0"),
    "a whole version is that one": ("demo@1.0.0", "1.0.0"),
    "a draft can be asked for by its whole version": ("demo@2.1.0", "2.1.0"),
    "a released pre-release can be asked for by its whole version": ("demo@2.0.0-rc.1", "2.0.0-rc.1"),
}


@pytest.mark.parametrize(("text", "version"), CHOICES.values(), ids=CHOICES)
def test_choosing(text: str, version: str) -> None:
    spec = Spec.parse(text)
    assert spec is not None
    assert str(select(spec, CATALOGUE).version) == version


REFUSALS = {
    "a pack that is not there": ("other", "no such pack"),
    "a major version whose only versions are drafts and pre-releases": ("demo@2", "no version 2 of demo"),
    "a version that is not there": ("demo@1.0.7", "no version 1.0.7 of demo"),
    "a part of a number": ("demo@1.1", "no version 1.1 of demo"),
}


@pytest.mark.parametrize(("text", "message"), REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_be_chosen_names_what_there_is(text: str, message: str) -> None:
    spec = Spec.parse(text)
    assert spec is not None
    with pytest.raises(UsageError, match=message):
        select(spec, CATALOGUE)


def test_a_digest_is_part_of_the_choice() -> None:
    spec = Spec.parse("demo@1.0.0#sha256:abcdabcdabcdabcd")
    assert spec is not None
    demand_digest(spec, "sha256:abcdabcdabcdabcd" + "0" * 48)
    with pytest.raises(IntegrityError, match="another digest"):
        demand_digest(spec, "sha256:" + "0" * 64)


@pytest.mark.parametrize("digits", [0, 4, 15, 65])
def test_a_digest_that_many_files_can_have_is_refused(digits: int) -> None:
    with pytest.raises(UsageError, match=rf"a digest of {digits} digits \(expected 16 to 64"):
        Spec.parse("demo@1.0.0#sha256:" + "a" * digits)


def test_two_versions_of_one_pack_are_refused() -> None:
    demand_distinct(["demo@1.0.0", "other@1.0.0"])
    with pytest.raises(UsageError, match=r"demo@1.0.0, demo@2.0.0"):
        demand_distinct(["demo@1.0.0", "demo@2.0.0"])


digests = st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:{}".format)


who = st.text(min_size=1, max_size=lock.MAX_WHO).filter(lock.is_who)
approvals = st.none() | st.builds(lock.Approval, by=who, at=st.just("2026-12-01T10:00:00Z"))
locks = st.builds(lock.Locked, digest=digests, approval=approvals)


@given(st.dictionaries(st.sampled_from(["a@1.0.0", "a@1.1.0", "b-c@0.1.0-rc.1"]), locks))
def test_a_lock_survives_being_written(entries: dict[str, lock.Locked]) -> None:
    assert lock.parse(lock.render(entries), "lock") == entries


NO_APPROVALS = {
    "no moment": "approved yesterday by Ada",
    "a day that is none": "approved 2026-02-30T10:00:00Z by Ada",
    "nobody": "approved 2026-12-01T10:00:00Z by ",
    "text that is turned round": "approved 2026-12-01T10:00:00Z by \u202eadA",
    "something else": "by Ada",
}


@pytest.mark.parametrize("text", NO_APPROVALS.values(), ids=NO_APPROVALS)
def test_an_approval_that_is_none_is_a_mistake_of_the_lock(text: str) -> None:
    with pytest.raises(PolicyError, match="lock:2:1: not a line of a lock"):
        lock.parse(f"# a lock\na@1.0.0 sha256:{'0' * 64} {text}\n", "lock")


def test_a_line_without_approval_and_one_with_it_are_read() -> None:
    plain = "sha256:" + "0" * 64
    found = lock.parse(f"a@1.0.0 {plain}\nb@1.0.0 {plain} approved 2026-12-01T10:00:00Z by Ada <a@b.org>\n", "lock")
    assert found["a@1.0.0"] == lock.Locked(digest=plain)
    assert found["b@1.0.0"].approval == lock.Approval(by="Ada <a@b.org>", at="2026-12-01T10:00:00Z")


def test_every_mistake_of_a_lock_is_told() -> None:
    good = "a@1.0.0 sha256:" + "0" * 64
    with pytest.raises(PolicyError) as caught:
        lock.parse(f"{good}\nwhat\n{good}\n", "lock")
    assert [problem.location.line for problem in caught.value.problems] == [2, 3]


def _policy(pack: str, **types: ParameterType) -> policy.Policy:
    parameters = tuple(Parameter(name=name, type=kind, default=None, description="") for name, kind in types.items())
    return replace(policy.load(GOOD.encode(), "f"), pack=policy.model.PackName(pack), parameters=parameters)


SETTINGS: dict[str, tuple[ParameterType, str, Any]] = {
    "an integer": (ParameterType.INT, "-3", -3),
    "a string": (ParameterType.STRING, "a=b", "a=b"),
    "a boolean": (ParameterType.BOOL, "true", True),
    "a list": (ParameterType.LIST, "a,b", ["a", "b"]),
    "an empty list": (ParameterType.LIST, "", []),
}


@pytest.mark.parametrize(("kind", "text", "value"), SETTINGS.values(), ids=SETTINGS)
def test_setting(kind: ParameterType, text: str, value: Any) -> None:
    assert effective([_policy("demo", x=kind)], [f"x={text}"]) == {"demo": {"x": value}}


def test_a_setting_reaches_every_pack_that_has_it_unless_it_names_one() -> None:
    packs = [_policy("a", x=ParameterType.INT), _policy("b", x=ParameterType.INT)]
    assert effective(packs, ["x=1", "b.x=2"]) == {"a": {"x": 1}, "b": {"x": 2}}


MISFITS = {
    "no such parameter": "y=1",
    "no value": "x",
    "no integer": "x=one",
    "an integer beyond 64 bits": "x=9223372036854775808",
    "no boolean": "b=yes",
    "text beyond its limit": "s=" + "x" * 257,
    "an element beyond its limit": "l=a," + "x" * 257,
    "a list beyond its limit": "l=" + "x," * 129,
}


def test_the_limits_of_parameters_are_those_that_bounds_are_reckoned_with() -> None:
    assert (parameters.MAX_ITEMS, parameters.MAX_LENGTH) == (cel.DEFAULT_ITEMS, cel.DEFAULT_LENGTH)
    default = schema.document("policy", 1)["$defs"]["parameter"]["allOf"]
    limits = {each["if"]["properties"]["type"]["const"]: each["then"]["properties"]["default"] for each in default}
    assert limits["string"]["maxLength"] == limits["list"]["items"]["maxLength"] == parameters.MAX_LENGTH
    assert limits["list"]["maxItems"] == parameters.MAX_ITEMS


@pytest.mark.parametrize("setting", MISFITS.values(), ids=MISFITS)
def test_a_setting_that_does_not_fit_is_refused(setting: str) -> None:
    with pytest.raises(UsageError, match="--set"):
        effective(
            [_policy("demo", x=ParameterType.INT, b=ParameterType.BOOL, s=ParameterType.STRING, l=ParameterType.LIST)],
            [setting],
        )
