"""The language where the conformance suite is silent, or where Python's own meaning lies in wait."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cel.unchecked import run
from cel.world import value
from passmuster.cel import CelError, UInt


@pytest.mark.parametrize(
    "text",
    [
        "5 / 2 == 2 && -5 / 2 == -2 && 5 % -3 == 2 && -5 % 3 == -2",
        "--(-9223372036854775807 - 1) == -9223372036854775807 - 1 && --1 == 1 && ---1 == -1 && !!true && !!!false",
        "'%s %s'.format([1e6, 123456789.0]) == '1000000 123456789' && string(123456789.0) == '1.23456789e+08'",
        "1 - 2 - 3 == -4 && 2 * 3 % 4 == 2",
        "-9223372036854775808 == -9223372036854775807 - 1",
        "1 == 1.0 && 1u == 1 && 1.5 > 1 && 2u < 2.5",
        "2.0 in [1, 2] && {2: 'x'}[dyn(2.0)] == 'x'",
        "[1, 2] == [1.0, 2.0] && {'a': 1} == {'a': 1.0}",
        "dyn([true]) != dyn([1]) && dyn({true: 1}) != dyn({1: 1})",
        "0.0 / 0.0 != 0.0 / 0.0 && !(0.0 / 0.0 < 1.0)",
        "1.0 / 0.0 > 1.0 && -1.0 / 0.0 < 1.0",
        "'é'.size() == 1 && size(b'é') == 2",
        r"'\x41\101\u0041\U00000041' == 'AAAA' && r'\x41' == '\\x41' && b'\xff' != b'ÿ'",
        "'''a\n'b''' == \"a\\n'b\"",
        "'a' + 'b' == 'ab'",
        "{'a': {'b': 1}}.a.b == 1 && has({'a': 1}.a) && !has({'a': 1}.b)",
        "[[1], [2]].exists(x, x[0] == 2) && [1, 2, 3].exists_one(x, x > 2)",
        "[1, 2, 3].map(x, x > 1, x * 2) == [4, 6]",
        "{'a': 1, 'b': 2}.filter(k, k != 'a') == ['b']",
        "type(1) == int && type(1u) == uint && type('') == string && type(type(1)) == type && type(null) == null_type",
        "type(kernelVersion('6.1')) == type(kernelVersion('4.1')) && type([]) == list && type({}) == map",
        "string(1.0) == '1' && string(1e6) == '1e+06' && string(999999.5) == '999999.5' && string(1e30) == '1e+30' && string(0.000012) == '1.2e-05'",
        "int('-7') == -7 && uint('7') == 7u && double('1e3') == 1000.0 && bool('true') && bytes('a') == b'a'",
        "['a', 'b'].join() == 'ab' && ['a', 'b'].join(', ') == 'a, b' && [].join('x') == ''",
        "sets.contains([1, 2, 'a'], [1.0]) && sets.equivalent([1, 1], [1]) && sets.intersects([1], [2, 1])",
        "!sets.contains([true], dyn([1])) && sets.contains([], []) && !sets.intersects([], [])",
        "cpu.flags.exists(f, f.matches('^sse4_[12]$')) && kernel.release.matches(constants.pattern)",
        "'%s: %d of %s'.format([kernel.release, 2, cpu.flags]) == '6.1.0-13-amd64: 2 of [cx16, sse4_2, ssse3, vmx]'",
        "[1, 2,] == [1, 2] && {'a': 1,} == {'a': 1}",
        "{'a-b': 1}.`a-b` == 1",
        "'%s %s %s %s %s'.format([null, true, 1.5, b'a', {'k': [1u]}]) == 'null true 1.5 a {k: [1]}'",
        "'%x %X %o %b %b %e %.1f %%'.format([255, 'az', 8, 5, true, 1.5, 2]) == 'ff 617A 10 101 1 1.500000e+00 2.0 %'",
        "string(0.0 / 0.0) == 'NaN' && string(1.0 / 0.0) == '+Inf' && string(-0.0) == '-0' && string(true) == 'true'",
        "double('inf') == 1.0 / 0.0 && double('-Infinity') < 0.0 && int(-1.9) == -1 && uint(1.9) == 1u",
        "'''a\r\nb''' == 'a\\nb'",
        "true || false && false // a comment\n && false",
        "{'k': 1}.exists(k, v, k == 'k' && v == 1) && ['x'].all(i, v, i == 0 && v == 'x')",
        "{'a': 1}.transformMap(k, v, v + 1) == {'a': 2} && ['a'].transformList(i, v, v + string(i)) == ['a0']",
        "['a', 'b'].transformMapEntry(i, v, {v: i}) == {'a': 0, 'b': 1}",
    ],
)
def test_it_is_true(text: str) -> None:
    assert value(text) is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9223372036854775807 + 1", "integer overflow"),
        ("-(-9223372036854775808)", "integer overflow"),
        ("'%s'.format([optional.of(1)])", "format: %s does not take a value of type optional_type"),
        ("'%s'.format([[{'a': optional.none()}]])", "format: %s does not take a value of type optional_type"),
        (r"'%s'.format([b'\xff'])", "format: the bytes are not UTF-8"),
        ("---(-9223372036854775807 - 1)", "integer overflow"),
        ("{dyn(1): 1, dyn(1u): 2}", "repeated key: 1"),
        ("0u - 1u", "unsigned integer overflow"),
        ("1 / 0", "divide by zero"),
        ("-9223372036854775808 / -1", "integer overflow"),
        ("-9223372036854775808 % -1", "integer overflow"),
        ("1 % 0", "modulus by zero"),
        ("[1][1]", "index out of bounds: 1 of 1"),
        ("[1][-1]", "index out of bounds: -1 of 1"),
        ("{'a': 1}['b']", "no such key: 'b'"),
        ("{'a': 1}.b", "no such key: 'b'"),
        ("int('x')", "the string is no int (got 'x')"),
        ("int('1_000')", "the string is no int (got '1_000')"),
        ("uint(-1)", "the number is out of the range of uint (got -1)"),
        ("int(1e99)", "the number is out of the range of int (got 1e+99)"),
        (r"string(b'\xff')", "the bytes are not UTF-8"),
        ("'a' < 1", "no such overload: < of string, int"),
        ("true + true", "no such overload: + of bool, bool"),
        ("1 + 1u", "no such overload: + of int, uint"),
        ("size(1)", "no such overload: size() of int"),
        ("'a'.matches('a' + '(')", "not a regular expression of RE2: missing ): a("),
        ("'%d'.format(['x'])", "format: %d takes numbers (got string)"),
        ("{'a' + '': 1, 'a': 2}", "repeated key: 'a'"),
        ("{1.5 + 0.0: 1}", "no such overload: a key of a map of double"),
        ("['a', 'a'].transformMapEntry(i, v, {v: i})", "repeated key: 'a'"),
        ("has(dyn(1).x)", "no such overload: has() of int"),
        ("nobody", "undeclared reference to 'nobody'"),
        ("[1].all(x, x)", "no such overload: a condition of int"),
        ("'%s %s'.format(['x'])", "format: the template needs more than 1 values"),
        ("'%q'.format(['x'])", "format: no such clause (got '%q')"),
        ("'%.2d'.format([1])", "format: no such clause (got '%.2d')"),
        ("'%.200f'.format([1.0])", "format: the precision is too large (got 200, max 100)"),
        ("'%o'.format(['x'])", "format: %o does not take a value of type string"),
        ("['a', dyn(1)].join()", "no such overload: join of list, int"),
        ("uint('x')", "the string is no uint (got 'x')"),
        ("uint(1e30)", "the number is out of the range of uint (got 1e+30)"),
        ("double('1e')", "the string is no double (got '1e')"),
        ("bool('yes')", "the string is no bool (got 'yes')"),
        ("dyn(1.5) % 2.0", "no such overload: % of double, double"),
        ("dyn(1)[2]", "no such overload: [] of int, int"),
        ("dyn(1).a", "no such overload: selection of 'a' of int"),
        ("1 in dyn(1)", "no such overload: in of int, int"),
        ("dyn([1]).all(i, v, v / 0 == 1)", "divide by zero"),
        ("dyn(1).all(x, true)", "no such overload: all() of int"),
        ("kernelVersion('a' + 'b')", "not a kernelVersion (got 'ab')"),
    ],
)
def test_it_is_an_error_with_these_words(text: str, message: str) -> None:
    found = run(text)
    assert isinstance(found, CelError)
    assert found.message == message


def test_an_error_has_its_place() -> None:
    assert run("1 +\n  2 / 0") == CelError("divide by zero", 2, 5)


def test_values_are_plain_python() -> None:
    found = run("[1, 1u, 1.5, 'a', b'a', null, true, {'k': 1}]")
    assert found == [1, UInt(1), 1.5, "a", b"a", None, True, {"k": 1}]
    assert isinstance(found, list)
    assert [type(item) for item in found] == [int, UInt, float, str, bytes, type(None), bool, dict]


class _Lazy(dict[str, object]):
    def __missing__(self, key: str) -> object:
        if key == "nothing":
            raise KeyError(key)
        return f"computed {key}"


def test_variables_may_be_computed_when_they_are_asked_for() -> None:
    assert run("variables.x == 'computed x'", {"variables": _Lazy()}) is True
    assert run("variables.nothing", {"variables": _Lazy()}) == CelError("no such key: 'nothing'", 1, 11)


def test_the_package_is_imported_without_cel_python() -> None:
    code = "import sys, passmuster.cel; print([m for m in ('celpy', 'lark', 're2') if m in sys.modules])"
    path = ":".join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": path}, check=True
    )
    assert done.stdout.strip() == "[]"
