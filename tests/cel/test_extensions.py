"""The extension libraries and the times where the conformance suite is silent: ends, errors and their words."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cel.unchecked import run
from passmuster.cel import CelError
from passmuster.cel.values.times import Duration, civil, days_of, duration, part, timestamp, zone
from passmuster.model.semver import SemVer


@pytest.mark.parametrize(
    "text",
    [
        "['b', 'a', 'b'].sort() == ['a', 'b', 'b'] && [true, false].sort() == [false, true]",
        "[{'k': 2}, {'k': 1}].sortBy(e, e.k).map(e, e.k) == [1, 2]",
        "[1, 1.0, 2u, 1u].distinct() == [1, 2u] && dyn([1, true]).distinct().size() == 2",
        "[1.5, 2.5].sum() == 4.0 && [1u].sum() == 1u && type([].map(x, 1.5).sum()) == double",
        "[duration('1s')].max() == duration('1s') && [timestamp(1), timestamp(0)].min() == timestamp(0)",
        "[[1], [2]].flatten() == [1, 2] && [1].flatten() == [1] && [[[1]]].flatten(0) == [[[1]]]",
        "lists.range(0) == [] && lists.range(-5) == [] && [1, 2].slice(0, 0) == []",
        "[1, 2].first().hasValue() && [b'a', b'b'].isSorted() && [].isSorted()",
        "math.round(-2.5) == -3.0 && math.round(0.49999999999999994) == 0.0 && math.round(1e300) == 1e300",
        "math.isNaN(math.round(0.0 / 0.0)) && math.isInf(math.ceil(1.0 / 0.0)) && math.isNaN(math.sqrt(-1))",
        "math.bitNot(0u) == 18446744073709551615u && math.bitShiftLeft(1, 63) == -9223372036854775808",
        "math.sign(-0.5) == -1.0 && math.sign(0u) == 0u && math.isNaN(math.sign(0.0 / 0.0)) && math.abs(-0.5) == 0.5",
        "'abc'.split('') == ['a', 'b', 'c'] && 'abc'.split('', 2) == ['a', 'bc'] && 'a'.split(',', 0) == []",
        "''.split(',') == [''] && ''.split('') == [] && 'a,b'.split(',', -1) == ['a', 'b'] && ''.split('', 3) == []",
        "'abab'.replace('ab', 'x', 0) == 'abab' && 'ab'.replace('', '-') == '-a-b-' && 'aaa'.replace('a', 'b', -1) == 'bbb'",
        "'abc'.indexOf('c', 3) == -1 && 'abc'.lastIndexOf('', 1) == 1 && 'abc'.substring(3) == ''",
        "'\\u0085\\u00a0a\\u001c'.trim() == 'a\\u001c'",
        "'aaa'.findAll('') == ['', '', '', ''] && 'abc'.findAll('b', 0) == [] && 'abab'.findAll('a' + 'b', 1) == ['ab']",
        "duration('1h1m1s1ms1us1ns') == duration('3661001001001ns') && duration('-0.5h') == duration('-30m')",
        "duration('1.5µs') == duration('1500ns') && duration('0') == duration('-0s') && duration('+1s') == duration('1.s')",
        "string(duration('-1.5s')) == '-1.5s' && string(duration('0s')) == '0s' && duration('-90m').getHours() == -1",
        "timestamp('2024-02-29T00:00:00Z').getDayOfYear() == 59 && timestamp('2000-12-31T00:00:00Z').getDayOfYear() == 365",
        "timestamp('1969-12-31T23:59:59.25Z').getMilliseconds() == 250 && int(timestamp('1969-12-31T23:59:59.25Z')) == -1",
        "timestamp('9999-12-31T23:59:59Z').getHours('America/New_York') == 18",
        "timestamp('0001-01-01T00:00:00Z').getFullYear('-01:00') == 0",
        "timestamp(timestamp(5)) == timestamp(5) && duration(duration('5s')) == duration('5s')",
        "timestamp(0).getHours('+0' + '2:00') == 2 && timestamp(0).getHours('U' + 'TC') == 0",
        "optional.ofNonZeroValue(0).hasValue() == false && optional.ofNonZeroValue(duration('0s')) == optional.none()",
        "optional.of(1) == optional.of(1.0) && optional.of(1) != optional.none() && type(optional.none()) == optional_type",
        "[optional.of(1)][0].value() == 1 && optional.of([1, 2])[1].value() == 2 && optional.of({'a': 1}).a.value() == 1",
        "optional.none().a.b[0].orValue(3) == 3 && {'a': optional.none()}.?a.hasValue()",
        "cel.bind(x, [1, 2], cel.bind(y, x.map(z, z + 1), x + y)) == [1, 2, 2, 3]",
        "[1, 2].map(x, cel.bind(y, x * x, y + y)) == [2, 8]",
        "'%s'.format([timestamp(0)]) == '1970-01-01T00:00:00Z' && '%s'.format([semver('1.2.3-a+b')]) == '1.2.3-a+b'",
    ],
)
def test_it_is_true(text: str) -> None:
    assert run(text) is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[].min()", "min() of an empty list"),
        ("[].max()", "max() of an empty list"),
        ("dyn([1, 'a']).min()", "no such overload: < of string, int"),
        ("dyn(['a', 1]).max()", "no such overload: > of int, string"),
        ("dyn([1, 'a']).sum()", "no such overload: + of int, string"),
        ("dyn(['a']).sum()", "no such overload: sum() of list"),
        ("[9223372036854775807, 1].sum()", "integer overflow"),
        ("dyn([1, 'a']).sort()", "no such overload: sort() of int, string"),
        ("dyn([[1]]).sort()", "no such overload: sort() of list, list"),
        ("dyn([1, 'a']).isSorted()", "no such overload: <= of int, string"),
        ("[1].flatten(-1)", "flatten() to a negative depth (got -1)"),
        ("lists.range(10001)", "lists.range() goes to 10000 at most (got 10001)"),
        ("'a'.findAll('a', dyn('b'))", "no such overload: findAll() of string, string, string"),
        ("[1].slice(1, 0)", "slice() out of range (got 1 to 0 of 1)"),
        ("[1].slice(0, 2)", "slice() out of range (got 0 to 2 of 1)"),
        ("dyn({'a': 1}).sortBy(k, k)", "no such overload: sortBy() of map"),
        ("[1, 2].sortBy(x, x == 1 ? dyn('a') : dyn(1))", "no such overload: sort() of string, int"),
        ("[1, 2].sortBy(x, 1 / 0)", "divide by zero"),
        ("math.greatest([])", "math.greatest() needs at least one number"),
        ("math.least([dyn('a')])", "no such overload: math.least() of string"),
        ("math.abs(-9223372036854775808)", "integer overflow"),
        ("math.bitShiftLeft(1, -1)", "math.bitShiftLeft() by a negative offset (got -1)"),
        ("'a'.charAt(2)", "index out of range: 2"),
        ("'a'.charAt(-1)", "index out of range: -1"),
        ("'a'.indexOf('a', 2)", "index out of range: 2"),
        ("'a'.lastIndexOf('a', -1)", "index out of range: -1"),
        ("'abc'.substring(2, 1)", "substring from 2 to 1, which is before it"),
        ("'abc'.substring(1, 4)", "index out of range: 4"),
        ("'abc'.findAll('(')", "not a regular expression of RE2: missing ): ("),
        ("'abc'.find('(')", "not a regular expression of RE2: missing ): ("),
        ("timestamp('2009-02-30T00:00:00Z')", "not a timestamp (got '2009-02-30T00:00:00Z')"),
        ("timestamp('2009-02-13T24:00:00Z')", "not a timestamp (got '2009-02-13T24:00:00Z')"),
        ("timestamp('2009-02-13T00:00:60Z')", "not a timestamp (got '2009-02-13T00:00:60Z')"),
        ("timestamp('0001-01-01T00:00:00+01:00')", "not a timestamp (got '0001-01-01T00:00:00+01:00')"),
        ("timestamp(253402300800)", "timestamp out of range"),
        ("duration('')", "not a duration (got '')"),
        ("duration('.s')", "not a duration (got '.s')"),
        ("duration('1')", "not a duration (got '1')"),
        ("duration('9999999999h')", "not a duration (got '9999999999h')"),
        ("duration('200000h') + duration('2400000h')", "duration out of range"),
        ("-duration('1s')", "no such overload: - of duration"),
        ("timestamp(0) + timestamp(0)", "no such overload: + of timestamp, timestamp"),
        ("timestamp(0) * 2", "no such overload: * of timestamp, int"),
        ("duration('1s') - timestamp(0)", "no such overload: - of duration, timestamp"),
        (
            "timestamp(0).getHours('Europe/' + 'Berlin')",
            "a time zone that is computed is UTC or an offset such as +02:00 (got 'Europe/Berlin')",
        ),
        (
            "timestamp(0).getHours('25:00' + '')",
            "a time zone that is computed is UTC or an offset such as +02:00 (got '25:00')",
        ),
        ("dyn(1).getHours('Europe/Berlin')", "no such overload: getHours() of int, string"),
        ("optional.none().value()", "there is no value"),
        ("dyn(1).hasValue()", "no such overload: hasValue() of int"),
        ("dyn(optional.none()).or(1)", "no such overload: or() of optional_type, int"),
        ("dyn(1).optMap(x, x)", "no such overload: optMap() of int"),
        ("optional.of(1).optFlatMap(x, x)", "no such overload: optFlatMap() of int"),
        ("[?dyn(1)]", "no such overload: '?' in a list of int"),
        ("{?'a': dyn(1)}", "no such overload: '?' in a map of int"),
        ("dyn(1).?a", "no such overload: '.?' of int, string"),
        ("dyn([1]).?a", "no such overload: '.?' of list, string"),
        ("dyn('a')[?0]", "no such overload: '[?]' of string, int"),
        ("[1][?'a']", "no such overload: [] of list, string"),
        ("has(optional.of(1).a)", "no such overload: '.?' of int, string"),
        ("semver('1.2')", "not a semver (got '1.2')"),
        ("semver('1.2-rc', true)", "not a semver (got '1.2-rc')"),
    ],
)
def test_it_is_an_error_with_these_words(text: str, message: str) -> None:
    found = run(text)
    assert isinstance(found, CelError)
    expected = message.replace("of timestamp", "of google.protobuf.Timestamp").replace(
        "of duration", "of google.protobuf.Duration"
    )
    expected = expected.replace(", timestamp", ", google.protobuf.Timestamp").replace(
        ", duration", ", google.protobuf.Duration"
    )
    assert found.message == expected


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_a_date_is_what_pythons_calendar_says(moment: dt.datetime) -> None:
    found = timestamp(moment.isoformat().replace("+00:00", "Z"))
    assert found is not None
    parts = [
        part(name, found) for name in ("getFullYear", "getMonth", "getDate", "getHours", "getDayOfYear", "getDayOfWeek")
    ]
    day_of_week = moment.isoweekday() % 7
    of_year = moment.timetuple().tm_yday - 1
    assert parts == [moment.year, moment.month - 1, moment.day, moment.hour, of_year, day_of_week]
    assert timestamp(str(found)) == found


@given(st.integers(min_value=-800_000, max_value=3_000_000))
def test_days_become_a_date_and_a_date_becomes_days(days: int) -> None:
    assert days_of(*civil(days)) == days


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_a_duration_as_text_is_read_as_itself(nanoseconds: int) -> None:
    assert duration(str(Duration(nanoseconds))) == Duration(nanoseconds)


@pytest.mark.parametrize(
    ("name", "seconds", "offset"),
    [
        ("UTC", 0, 0),
        ("Europe/Berlin", 1_246_406_400, 2 * 3600),
        ("Europe/Berlin", 1_230_768_000, 3600),
        ("America/St_Johns", 1_230_768_000, -(3 * 3600 + 1800)),
        ("Asia/Kathmandu", 0, 5 * 3600 + 1800),
        ("Asia/Kathmandu", 1_230_768_000, 5 * 3600 + 2700),
        ("Pacific/Apia", 1_325_239_199, -10 * 3600),
        ("Pacific/Apia", 1_325_239_200, 14 * 3600),
        ("America/New_York", 253_402_300_799, -5 * 3600),
        ("-09:30", 0, -(9 * 3600 + 1800)),
    ],
)
def test_a_zone_has_its_offset_at_that_moment(name: str, seconds: int, offset: int) -> None:
    found = zone(name)
    assert found is not None
    assert found(seconds) == offset


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "Europe", "Europe/", "/UTC", "Europe/Berlin/x", "europe/../UTC", "a" * 99]
)
def test_what_is_no_zone_is_none(name: str) -> None:
    assert zone(name) is None


_ORDER = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
]


def test_semantic_versions_have_the_order_of_their_specification() -> None:
    versions = [SemVer.parse(text) for text in _ORDER]
    assert [str(version) for version in versions] == _ORDER
    assert sorted(versions, key=lambda version: version.order() if version else ()) == versions


@pytest.mark.parametrize(
    "text",
    [
        "1.2",
        "1.2.3.4",
        "01.2.3",
        "1.2.3-",
        "1.2.3-01",
        "1.2.3+",
        "v1.2.3",
        " 1.2.3",
        "1.2.3-a..b",
        "9" * 40 + ".0.0",
        "",
    ],
)
def test_what_is_no_semantic_version_is_none(text: str) -> None:
    assert SemVer.parse(text) is None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v1", "1.0.0"),
        ("v01.02", "1.2.0"),
        ("1.2.03-rc.1", "1.2.3-rc.1"),
        ("v1.2.3+b", "1.2.3+b"),
        ("1.2.", None),
        ("1-rc", None),
        ("V1", None),
        ("", None),
    ],
)
def test_what_is_almost_one_is_made_one_if_asked(text: str, version: str | None) -> None:
    found = SemVer.parse_normalized(text)
    assert (None if found is None else str(found)) == version
