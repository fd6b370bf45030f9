"""No byte of a bundle can change, and none can be added or taken away."""

from __future__ import annotations

import itertools

import bundles
import pytest
from bundles import FILE, OTHER, SITE
from hypothesis import given
from hypothesis import strategies as st

from passmuster.errors import IntegrityError, PassmusterError
from passmuster.exchange.bundle import NotABundleError, Trust, container, create

SMALL = b'{"collection":{"collected_at":"2026-11-22T10:11:12Z","collector":"0.1.0"},"node":{"name":"n"},"schema":"passmuster.snapshot/1"}\n'


@pytest.fixture(scope="module")
def small() -> bytes:
    """Small, and with every kind of member that has bytes to flip: two signatures, a policy, a snapshot."""
    return bundles.made(
        keys=(SITE, OTHER),
        snapshots=[create.Packed(label="n.json", data=SMALL)],
        packs=[create.Pack(pack="demo", version="1.0.0", data=b"pack: demo\n")],
        roster=bundles.roster("n", "m"),
        expires=bundles.NOW,
    )


@pytest.fixture(scope="module")
def trust() -> Trust:
    return bundles.trust(("site", SITE, bundles.EVERY), ("other", OTHER, bundles.EVERY))


def test_the_bundle_itself_is_taken(small: bytes, trust: Trust) -> None:
    reading = bundles.read(small, trust)
    assert [key.name for key in reading.verified.signers] == ["other", "site"] if reading.verified else False
    assert reading.snapshots[0].data == SMALL


@pytest.mark.long
def test_every_byte_flipped_at_every_offset_is_refused(small: bytes, trust: Trust) -> None:
    taken = []
    for offset in range(len(small)):
        for mask in (0x01, 0x80):
            changed = bytearray(small)
            changed[offset] ^= mask
            try:
                bundles.read(bytes(changed), trust)
            except PassmusterError as error:
                assert error.status in {2, 4}
                assert len(error.problems) == 1
                assert "\n" not in error.problems[0].message
            else:
                taken.append((offset, mask))
    assert len(small) > 5000
    assert taken == []


def test_every_truncation_at_a_block_and_around_it_is_refused(small: bytes, trust: Trust) -> None:
    for block, near in itertools.product(range(0, len(small), 512), (-1, 0, 1)):
        size = block + near
        if 0 <= size < len(small):
            with pytest.raises((IntegrityError, NotABundleError)):
                bundles.read(small[:size], trust)


@pytest.mark.parametrize(
    "tail", [b"\0", bytes(512), bytes(10240), b"x"], ids=["a zero", "a block", "tar's padding", "a letter"]
)
def test_nothing_may_follow_the_end(small: bytes, trust: Trust, tail: bytes) -> None:
    with pytest.raises(IntegrityError, match="follow its end"):
        bundles.read(small + tail, trust)


@pytest.mark.long
@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9.]{0,8}(/[a-z]{1,8}){0,2}", fullmatch=True), st.binary(max_size=1100), max_size=6
    )
)
def test_a_container_gives_back_its_members_and_has_one_form(contents: dict[str, bytes]) -> None:
    contents["manifest.json"] = b"{}\n"
    contents = {path: each for path, each in contents.items() if path >= "manifest.json"}
    made = [container.Member(path=path, data=each) for path, each in contents.items()]
    data = container.build(reversed(made), FILE)
    assert {member.path: member.data for member in container.parse(data, FILE)} == contents
    assert container.build(container.parse(data, FILE), FILE) == data


@given(st.binary(max_size=2048))
def test_bytes_of_any_kind_are_no_bundle(data: bytes) -> None:
    with pytest.raises(NotABundleError):
        bundles.read(data)


def _without(contents: dict[str, bytes], start: str) -> dict[str, bytes]:
    return {path: each for path, each in contents.items() if not path.startswith(start)}


def _doubled(contents: dict[str, bytes]) -> bytes:
    last = max(contents)
    pieces = [container.Member(path=path, data=each) for path, each in contents.items()]
    return b"".join(container._pieces([*pieces, container.Member(path=last, data=contents[last])]))


CHANGES = {
    "a snapshot that is missing": (lambda all_: bundles.packed(_without(all_, "snapshots/")), "which is not in the bundle"),
    "a policy that is missing": (lambda all_: bundles.packed(_without(all_, "policies/")), "lists 'policies/demo/1.0.0/policy.yaml', which is not in the bundle"),
    "signatures that are missing": (lambda all_: bundles.packed(_without(all_, "signatures/")), "not signed"),
    "a snapshot too many": (lambda all_: bundles.packed(dict(sorted({**all_, f"snapshots/{'0' * 64}.json": SMALL}.items()))), "does not list"),
    "a file that has no place": (lambda all_: bundles.packed(dict(sorted({**all_, "notes.txt": b"hello"}.items()))), "notes.txt has no place in a bundle"),
    "a member twice": (_doubled, "appears twice"),
    "members in another order": (lambda all_: bundles.packed(dict([next(iter(all_.items())), *reversed(list(all_.items())[1:])])), "is not in its place"),
    "no manifest first": (lambda all_: bundles.packed(_without(all_, "manifest")), "not a bundle: its first member is 'policies/"),
    "a manifest that is no JSON": (lambda all_: bundles.packed({**all_, "manifest.json": b"{"}), "the manifest cannot be read: not JSON"),
    "a manifest of another version": (lambda all_: bundles.packed({**all_, "manifest.json": b'{"schema":"passmuster.bundle/2"}'}), "expected 'passmuster.bundle/1'"),
    "a manifest with a word more": (lambda all_: bundles.packed({**all_, "manifest.json": all_["manifest.json"].replace(b'{"collectors"', b'{"a":1,"collectors"')}), "unknown 'a'"),
    "a manifest in another layout": (lambda all_: bundles.packed({**all_, "manifest.json": all_["manifest.json"].replace(b'":', b'": ')}), "not in the form in which a manifest is written"),
    "a manifest that says another size": (lambda all_: bundles.packed({**all_, "manifest.json": all_["manifest.json"].replace(b'"size":11', b'"size":12')}), "not in the form in which a manifest is written"),
    "another sequence": (lambda all_: bundles.packed({**all_, "manifest.json": all_["manifest.json"].replace(b'"sequence":7', b'"sequence":9')}), "does not hold: it is not a signature by"),
    "another site": (lambda all_: bundles.packed({**all_, "manifest.json": all_["manifest.json"].replace(b'"dc-1"', b'"dc-2"')}), "does not hold: it is not a signature by"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES)
def test_a_changed_bundle_is_refused_with_its_reason(small: bytes, trust: Trust, change: object, message: str) -> None:
    assert callable(change)
    with pytest.raises(PassmusterError) as caught:
        bundles.read(change(bundles.members(small)), trust)
    (problem,) = caught.value.problems
    assert message in problem.message
