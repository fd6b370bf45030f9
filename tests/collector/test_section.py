"""From facts to a section: nothing is lost, nothing stands twice, and a mistake stays where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host_tree import host_of

from passmuster_collector.budget import OutOfTimeError
from passmuster_collector.fields import Limit
from passmuster_collector.reading import Known, Reason, Unknown
from passmuster_collector.section import Fact, Section, fact, gather, nothing, open_map, rendered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from passmuster_collector.host import Host

FIELDS = {
    ("a",): Limit(length=3),
    ("b", "x"): Limit(),
    ("b", "y"): Limit(),
    ("m", "k.1"): Limit(),
    ("m", "k2"): Limit(),
}
DENIED = Unknown(Reason.DENIED, "no")
FAILED = Unknown(Reason.FAILED, "bad")


def _section(*facts: Fact, error: Exception | None = None) -> Section:
    def collect(_host: Host) -> Iterator[Fact]:
        yield from facts
        if error is not None:
            raise error

    return Section("s", FIELDS, collect)


def test_known_and_unknown_fields_are_placed(tmp_path: Path) -> None:
    one = _section(
        fact("a", Known("v"), "/f"), fact("b.x", Known(1), "/f", "/g"), fact("b.y", DENIED, "/g"), fact("m", Known({}))
    )
    assert rendered(one, gather(one, host_of(tmp_path))) == {
        "facts": {"a": "v", "b": {"x": 1}, "m": {}},
        "sources": {"/f": ["a", "b"], "/g": ["b"]},
        "status": "partial",
        "unknown": {"s.b.y": {"reason": "denied", "detail": "no"}},
    }


def test_a_mistake_loses_what_was_not_found_yet_and_no_more(tmp_path: Path) -> None:
    one = _section(fact("a", Known("v")), error=KeyError("flags"))
    section = rendered(one, gather(one, host_of(tmp_path)))
    assert section["facts"] == {"a": "v"}
    assert section["unknown"]["s.b.x"] == {"reason": "failed", "detail": "KeyError: 'flags'"}
    assert set(section["unknown"]) == {"s.b.x", "s.b.y", "s.m['k.1']", "s.m.k2"}


def test_what_there_was_no_time_for_says_so(tmp_path: Path) -> None:
    one = _section(fact("a", Known("v")), error=OutOfTimeError())
    section = rendered(one, gather(one, host_of(tmp_path)))
    assert section["facts"] == {"a": "v"}
    assert section["unknown"]["s.b.x"] == {"reason": "timeout", "detail": "no time was left for it"}


def test_a_mistake_at_once_fails_the_section(tmp_path: Path) -> None:
    one = _section(error=OSError(5, "Input/output error"))
    section = rendered(one, gather(one, host_of(tmp_path)))
    assert (section["facts"], section["status"]) == ({}, "failed")


def test_a_field_that_was_forgotten_is_unknown(tmp_path: Path) -> None:
    one = _section(fact("a", Known("v")), fact("b", Known(None)))
    unknown = rendered(one, gather(one, host_of(tmp_path)))["unknown"]
    assert unknown["s.m.k2"] == {"reason": "failed", "detail": "the collector said nothing about it"}
    assert "s.b.x" not in unknown


def test_what_is_too_large_is_unknown(tmp_path: Path) -> None:
    one = _section(fact("a", Known("long")), fact("b", Known({"x": 2**63, "y": 0})), fact("m", DENIED))
    section = rendered(one, gather(one, host_of(tmp_path)))
    assert section["unknown"]["s.a"] == {"reason": "failed", "detail": "too large (got 4 characters, limit 3)"}
    assert section["unknown"]["s.b"]["reason"] == "failed"


def test_the_limit_counts_the_escapes_of_bytes(tmp_path: Path) -> None:
    one = _section(fact("a", Known("\udcff")), fact("b", DENIED), fact("m", DENIED))
    assert "s.a" in rendered(one, gather(one, host_of(tmp_path)))["unknown"]


def test_without_facts_the_status_is_the_commonest_reason() -> None:
    one = _section()
    facts = [fact("a", FAILED), fact("b", DENIED), fact("m", DENIED)]
    assert rendered(one, facts)["status"] == "denied"
    assert rendered(one, facts[:2])["status"] == "denied"
    assert rendered(one, [fact("a", Known("v"))])["status"] == "ok"


def test_a_section_that_was_not_asked_for_names_every_field() -> None:
    one = _section()
    section = rendered(one, nothing(one, Unknown(Reason.NOT_COLLECTED, "not asked for")))
    assert section["status"] == "not_collected"
    assert len(section["unknown"]) == len(FIELDS)


def test_details_are_cut_and_harmless() -> None:
    section = rendered(_section(), [fact("a", Unknown(Reason.FAILED, "\udcff" * 600))])
    detail = section["unknown"]["s.a"]["detail"]
    assert len(detail) == 512
    assert detail.startswith("\\xff")


def _entries(*results: Known | Unknown) -> list[Fact]:
    return [Fact(("m", str(number)), result, ()) for number, result in enumerate(results)]


def test_a_map_with_a_known_entry_keeps_all_entries() -> None:
    entries = _entries(Known(1), DENIED)
    assert list(open_map(("m",), entries)) == entries


def test_a_map_unknown_for_one_reason_is_one_entry() -> None:
    assert list(open_map(("m",), _entries(DENIED, DENIED))) == [Fact(("m",), DENIED, ())]
    other = Unknown(Reason.DENIED, "never")
    assert list(open_map(("m",), _entries(DENIED, other))) == [
        Fact(("m",), Unknown(Reason.DENIED, "no (and 1 more)"), ())
    ]


def test_a_map_unknown_for_several_reasons_is_empty_and_names_each() -> None:
    entries = _entries(DENIED, FAILED)
    assert list(open_map(("m",), entries)) == [Fact(("m",), Known({}), ()), *entries]
