"""One reader of Semantic Versioning: what it takes is what packs, schemas and expressions take."""

from __future__ import annotations

import pytest
from cel.world import value

from passmuster.codec import schema
from passmuster.model.semver import SemVer
from passmuster.policy.version import Version

TAKEN = ["0.0.0", "1.2.3", "1.0.0-rc.1", "1.0.0-0", "1.0.0-0a", "1.0.0--", "999999999999999999.0.0"]
REFUSED = [
    "1.0.0-01",
    "1.0.0-rc.01",
    "01.0.0",
    "1.0",
    "v1.0.0",
    "1.0.0-",
    "1.0.0-a..b",
    "1.0.0\n",
    "1000000000000000000.0.0",
    "",
]


def _in_schema(text: str) -> bool:
    faults = schema.faults("policy", 1, {"version": text})
    return not any(fault.path == ("version",) for fault in faults)


@pytest.mark.parametrize("text", TAKEN)
def test_all_take_it(text: str) -> None:
    assert SemVer.parse(text) is not None
    assert value(f"isSemver({text!r})") is True
    assert _in_schema(text)
    assert str(Version.parse(text)) == text


@pytest.mark.parametrize("text", REFUSED)
def test_all_refuse_it(text: str) -> None:
    assert SemVer.parse(text) is None
    assert value(f"isSemver({text!r})") is False
    assert not _in_schema(text)
    with pytest.raises(ValueError, match="not a version"):
        Version.parse(text)


def test_build_metadata_is_no_part_of_a_version_of_a_pack() -> None:
    assert SemVer.parse("1.0.0+7") is not None
    with pytest.raises(ValueError, match="not a version"):
        Version.parse("1.0.0+7")


def test_the_order_is_that_of_the_specification() -> None:
    ordered = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
    ]
    assert [str(each) for each in sorted(map(Version.parse, reversed(ordered)))] == ordered
