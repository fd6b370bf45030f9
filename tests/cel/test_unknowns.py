"""Unknowns and errors as values: absorbed exactly where CEL absorbs errors, and never a pass by accident."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cel.unchecked import run, unchecked
from cel.world import unknown, value
from passmuster.cel import CelError, Environment, Field, ListType, MapType, ObjectType, OpenMap, Presence, Unknown
from passmuster.cel.values.types import Basic
from passmuster.model.fieldpath import FieldPath
from passmuster.model.unknown import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

T, F, E, U = "t", "f", "e", "u"
_OPERANDS: dict[str, object] = {T: True, F: False, E: CelError("it went wrong"), U: unknown("cpu.flags")}


def _kind(found: object) -> str:
    if type(found) is bool:
        return T if found else F
    return U if type(found) is Unknown else E


_AND = {T + T: T, T + F: F, F + F: F, F + E: F, F + U: F, T + E: E, T + U: U, E + E: E, E + U: U, U + U: U}
_OR = {T + T: T, T + F: T, F + F: F, T + E: T, T + U: T, F + E: E, F + U: U, E + E: E, E + U: U, U + U: U}


@pytest.mark.parametrize(("left", "right"), list(itertools.product(_OPERANDS, repeat=2)))
def test_and_and_or_absorb_errors_and_unknowns_on_either_side(left: str, right: str) -> None:
    over = {"a": _OPERANDS[left], "b": _OPERANDS[right]}
    for symbol, table in (("&&", _AND), ("||", _OR)):
        expected = table.get(left + right, table.get(right + left))
        assert _kind(run(f"a {symbol} b", over)) == expected
        assert _kind(run(f"a {symbol} b {symbol} b", over)) == expected


@pytest.mark.parametrize(("first", "second"), list(itertools.product(_OPERANDS, repeat=2)))
def test_all_and_exists_absorb_as_and_and_or_do(first: str, second: str) -> None:
    over = {"a": _OPERANDS[first], "b": _OPERANDS[second]}
    body = "x == 1 ? a : b"
    assert _kind(run(f"[1, 2].all(x, {body})", over)) == _AND.get(first + second, _AND.get(second + first))
    assert _kind(run(f"[1, 2].exists(x, {body})", over)) == _OR.get(first + second, _OR.get(second + first))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!u", U),
        ("!e", E),
        ("u ? true : true", U),
        ("e ? true : true", E),
        ("true ? u : e", U),
        ("false ? u : e", E),
        ("u == u", U),
        ("u == e", U),
        ("e == u", U),
        ("u + e == 1", U),
        ("[u, e] == []", U),
        ("{'a': e, 'b': u} == {}", U),
        ("size(u) == 1", U),
        ("u in [1]", U),
        ("1 in u", U),
        ("u.f", U),
        ("u['f']", U),
        ("has(u.f)", U),
        ("has(e.f)", E),
        ("!has(e.f)", E),
        ("u.all(x, true)", U),
        ("e.exists(x, true)", E),
        ("[1, 2].exists_one(x, x == 1 ? e : u)", U),
        ("[1, 2].filter(x, x == 1 ? e : u) == []", U),
        ("[1, 2].map(x, x == 1 ? e : u) == []", U),
        ("'x' && u", U),
        ("'x' && false", F),
        ("'x' || true", T),
        ("'x' && true", E),
        ("!'x'", E),
        ("1 ? true : true", E),
        ("u || !u", U),
        ("true == 1", F),
        ("{1: 'a', true: 'b'}[true] == 'b'", T),
        ("[true].exists(x, x == 1)", F),
        ("1 in [true]", F),
    ],
)
def test_everything_else_is_strict_and_unknown_wins_over_error(text: str, expected: str) -> None:
    assert _kind(run(text, {"u": unknown("cpu.flags"), "e": CelError("it went wrong")})) == expected


def test_an_unknown_names_every_fact_that_stood_in_the_way() -> None:
    found = run("a && b && c", {"a": unknown("cpu.flags"), "b": True, "c": unknown("kernel.release")})
    assert isinstance(found, Unknown)
    assert sorted(str(fact.path) for fact in found.facts) == ["cpu.flags", "kernel.release"]


_PARTLY = {"known": 1, "withheld": unknown("o.withheld"), "deep": {"er": [{"f": unknown("o.deep")}]}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("has(o.known)", T),
        ("has(o.missing)", F),
        ("has(o.withheld)", U),
        ("o.known == 1", T),
        ("o.withheld == 1", U),
        ("o.missing == 1", E),
        ("'known' in o", T),
        ("'missing' in o", F),
        ("'withheld' in o", U),
        ("size(o) == 3", U),
        ("o == {}", U),
        ("o.exists(k, k == 'known')", U),
        ("size(o.deep) == 1", U),
        ("o.deep.er == []", U),
        ("type(o.known) == int", T),
    ],
)
def test_a_member_is_looked_at_alone_and_the_whole_only_if_all_of_it_is_known(text: str, expected: str) -> None:
    assert _kind(run(text, {"o": _PARTLY})) == expected


_OPEN = OpenMap(
    path=FieldPath.parse("kernel.sysctl"),
    values={"net.a": "1", "net.u": unknown("kernel.sysctl['net.u']")},
    absent=frozenset({"net.b"}),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("m['net.a'] == '1'", T),
        ("'net.a' in m", T),
        ("m['net.b'] == '1'", E),
        ("'net.b' in m", F),
        ("m['net.u'] == '1'", U),
        ("'net.u' in m", U),
        ("m['net.c'] == '1'", U),
        ("'net.c' in m", U),
        ("has(m.c)", U),
        ("m.c == '1'", U),
        ("1 in m", F),
        ("size(m) == 1", U),
        ("m == m", U),
        ("m < 1", U),
        ("m.all(k, true)", U),
        ("[m] == []", U),
        ("m + [] == []", U),
    ],
)
def test_a_key_that_nobody_asked_for_is_unknown(text: str, expected: str) -> None:
    assert _kind(run(text, {"m": _OPEN})) == expected


def test_a_key_that_nobody_asked_for_is_named_by_its_own_path() -> None:
    found = value("'net.d' in kernel.sysctl")
    assert isinstance(found, Unknown)
    assert [(str(f.path), f.reason, f.detail) for f in found.facts] == [
        ("kernel.sysctl['net.d']", Reason.NOT_COLLECTED, "not requested")
    ]


def test_an_unset_fact_is_absent_and_selecting_it_is_an_error() -> None:
    assert run("has(x.f)", {"x": {}}) is False
    assert run("x.f == 1", {"x": {}}) == CelError("no such key: 'f'", 1, 3)


# Soundness: what is true or false although facts are withheld holds for every completion of them.

_ABSENT = object()
_DOMAINS: dict[tuple[str, ...], tuple[object, ...]] = {
    ("a",): (True, False),
    ("n",): (0, 1),
    ("o", "f"): (True, False, _ABSENT),
    ("o", "g"): (0, 1),
    ("xs",): ([], ["p"], ["p", "q"]),
    ("m", "p"): ("p", "1.2", _ABSENT),
    ("open", "p"): ("p", "q", _ABSENT),
}
_TYPES = Environment(
    roots={
        "a": Basic.BOOL,
        "n": Basic.INT,
        "o": ObjectType({"f": Field(Basic.BOOL, nullable=True), "g": Field(Basic.INT)}),
        "xs": ListType(Basic.STRING),
        "m": MapType(Basic.STRING, Basic.STRING, Presence.CLOSED),
        "open": MapType(Basic.STRING, Basic.STRING, Presence.OPEN, nullable=True),
    }
)
_STRINGS = st.sampled_from(["'p'", "'q'", "m.p", "m['p']", "open['p']", "open['other']", "s", "xs[0]", "string(n)"])
_NUMBERS = st.sampled_from(["n", "o.g", "0", "1", "1.0", "size(xs)", "size(m)", "10 / n", "kernelVersion(m.p).minor()"])
_LEAVES = st.one_of(
    st.sampled_from(["a", "has(o.f)", "'p' in m", "'p' in open", "size(m) == 1", "m.all(k, k == 'q')"]),
    st.sampled_from(
        [
            *("a", "o.f", "n", "true", "false", "has(o.f)", "has(o.missing.f)", "o == {}", "isKernelVersion(m.p)"),
            *("has(m.p)", "'p' in m", "m == {'p': 'p'}", "m.exists(k, m[k] == 'p')", "has(open.p)", "'p' in open"),
            *(
                "'other' in open",
                "'p' in xs",
                "xs == ['p']",
                "sets.contains(xs, ['p'])",
                "xs.map(x, x + 'z') == ['pz']",
            ),
        ]
    ),
    st.sampled_from(
        [
            *("o.?f.orValue(true)", "o.?f.hasValue()", "m.?p.hasValue()", "m[?'p'].orValue('q') == 'p'"),
            *("open[?'p'].orValue('q') == 'p'", "open.?other.hasValue()", "xs[?0].orValue('p') == 'p'"),
            *("o.?missing.?f.hasValue()", "optional.of(o).hasValue()", "optional.of(o.g).value() == 1"),
            *("[?m.?p] == ['p']", "{?'k': o.?f} == {'k': true}", "m.?p.optMap(v, v == 'p').orValue(false)"),
            *("m.?p.optFlatMap(v, optional.of(v)).hasValue()", "o.?f.or(optional.of(a)).value()"),
            *("cel.bind(v, m.p, v == 'p' || a)", "cel.bind(v, o, has(v.f))", "cel.bind(v, n, true)"),
            *(
                "xs.sort() == ['p']",
                "xs.sortBy(v, v) == xs",
                "xs.first().hasValue()",
                "xs.isSorted()",
                "xs.min() == 'p'",
            ),
            *("xs.distinct().size() == 1", "[xs].flatten() == xs", "math.greatest(n, o.g) == 1", "[n, o.g].sum() == 1"),
            *("m.p.matches('p|q')", "m.p.find('[0-9]') == '1'", "semver(m.p).major() == 1", "isSemver(m.p)"),
            *("xs.exists(i, v, v == 'q')", "m.exists(k, v, v == 'p')", "m.transformMap(k, v, v).size() == 1"),
        ]
    ),
    st.builds("{} == {}".format, _STRINGS, _STRINGS),
    st.builds("{} < {}".format, _NUMBERS, _NUMBERS),
    st.builds("{} != {}".format, _NUMBERS, _STRINGS),
    st.builds("{} in xs".format, _STRINGS),
)


def _wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("!{}".format, inner),
        st.builds("({} == {})".format, inner, inner),
        st.builds("xs.all(s, {})".format, inner),
        st.builds("['p', 'q'].exists(s, {})".format, inner),
        st.builds("['p', 'q'].exists_one(s, {})".format, inner),
        st.builds("(['p', 'q'].filter(s, {}) == ['p'])".format, inner),
        st.builds("([{}] == [true])".format, inner),
        st.builds("optional.of({}).orValue(true)".format, inner),
        st.builds("optional.ofNonZeroValue({}).hasValue()".format, inner),
        st.builds("o.?f.orValue({})".format, inner),
        st.builds("o.?f.optMap(v, v && {}).orValue(false)".format, inner),
        st.builds("cel.bind(v, {}, v || a)".format, inner),
    )


def _world(values: Mapping[tuple[str, ...], object]) -> dict[str, object]:
    """Bind the facts; one that is not among the values is withheld."""
    bound: dict[str, object] = {"o": {}, "m": {}}
    for path in _DOMAINS:
        found = values.get(path, unknown(".".join(path)))
        if found is _ABSENT or path[0] == "open":
            continue
        if len(path) == 1:
            bound[path[0]] = found
        else:
            section = bound[path[0]]
            assert isinstance(section, dict)
            section[path[1]] = found
    asked = values.get(("open", "p"), unknown("open.p"))
    bound["open"] = OpenMap(
        path=FieldPath(("open",)),
        values={} if asked is _ABSENT else {"p": asked},
        absent=frozenset({"p"}) if asked is _ABSENT else frozenset(),
    )
    return bound


@pytest.mark.long
@settings(max_examples=1500, deadline=None)
@given(data=st.data(), text=st.recursive(_LEAVES, _wider, max_leaves=8))
def test_what_is_decided_with_facts_withheld_holds_for_every_completion(data: st.DataObject, text: str) -> None:
    withheld = data.draw(st.sets(st.sampled_from(sorted(_DOMAINS)), min_size=1, max_size=4))
    known = {path: data.draw(st.sampled_from(domain)) for path, domain in _DOMAINS.items() if path not in withheld}
    program = unchecked(text, _TYPES)
    found = _kind(program.run(_world(known)).value)
    if found == U:
        return
    names = sorted(withheld)
    for values in itertools.product(*(_DOMAINS[name] for name in names)):
        completed = _world({**known, **dict(zip(names, values, strict=True))})
        assert _kind(program.run(completed).value) == found, (text, known, values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("u.?f.hasValue()", U),
        ("u[?'f'].orValue(true)", U),
        ("e.?f.orValue(true)", E),
        ("o.?withheld.orValue(1) == 1", U),
        ("o.?withheld.hasValue()", U),
        ("o.?missing.orValue(true)", T),
        ("o.?missing.?withheld.hasValue()", F),
        ("o.?known.orValue(u) == 1", T),
        ("o.?missing.orValue(u) == 1", U),
        ("o.?missing.or(u).hasValue()", U),
        ("o.?known.or(e).hasValue()", T),
        ("optional.of(u).hasValue()", U),
        ("optional.of(e).hasValue()", E),
        ("[?o.?withheld] == []", U),
        ("{?'k': o.?withheld} == {}", U),
        ("o.?withheld.optMap(x, true).orValue(true)", U),
        ("o.?known.optMap(x, u).hasValue()", U),
        ("o.?missing.optMap(x, u).hasValue()", F),
        ("optional.of(o).hasValue()", U),
        ("o.?deep.hasValue()", T),
        ("o.?deep.?er.hasValue()", T),
        ("o.?deep.?er == optional.of([])", U),
        ("has(o.?withheld.f)", U),
        ("has(o.?missing.f)", F),
        ("o.?withheld.x == 1", U),
        ("cel.bind(x, u, true)", T),
        ("cel.bind(x, e, x || true)", T),
        ("cel.bind(x, u, x == 1)", U),
        ("m.?c.hasValue()", U),
        ("m[?'net.b'].hasValue()", F),
        ("m[?'net.u'].orValue('1') == '1'", U),
        ("m[?'net.a'].orValue('2') == '1'", T),
        ("[3, u].sort() == []", U),
        ("[u].first().hasValue()", U),
        ("math.greatest(1, u) == 1", U),
        ("[1, 2].sortBy(x, x == 1 ? u : 1) == []", U),
        ("u.matches('a')", U),
        ("timestamp(u) == timestamp(0)", U),
        ("u.getHours('UTC') == 1", U),
    ],
)
def test_optionals_and_bindings_replace_no_unknown(text: str, expected: str) -> None:
    over = {"u": unknown("cpu.flags"), "e": CelError("it went wrong"), "o": _PARTLY, "m": _OPEN}
    assert _kind(run(text, over)) == expected
