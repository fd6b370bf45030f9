"""Every diagnostic: its code, its exact words and its place."""

from __future__ import annotations

import pytest

from cel.world import problems, program
from passmuster.cel import Basic, CelProblems, Code

_CASES = [
    ("nothing at all", "", "1:1: the expression is empty [cel-syntax]"),
    ("an end too early", "cpu.count ==", "1:13: the expression ends too early [cel-syntax]"),
    ("two operands without operator", "cpu.count 2", "1:11: '2' is not expected here [cel-syntax]"),
    ("an assignment", "cpu.count = 2", "1:11: unexpected character '=' [cel-syntax]; compare with =="),
    ("one ampersand", "true & true", "1:6: unexpected character '&' [cel-syntax]; and is written &&"),
    ("an open string", "true &&\n 'x", "2:2: the string that begins here does not end [cel-syntax]; close it with '"),
    ("an escape that is none", r"'a\qb'", "1:3: not an escape of CEL (got '\\\\q') [cel-syntax]"),
    ("half a character", r"'\ud800'", "1:2: not a character of Unicode (got 0xd800) [cel-syntax]"),
    ("a Unicode escape in bytes", r"b'\u0041'", "1:3: bytes have no Unicode escapes [cel-syntax]"),
    (
        "a number too large",
        "9223372036854775808",
        "1:1: the number does not fit into 64 bits (got 9223372036854775808) [cel-syntax]",
    ),
    ("a bracket that closes nothing", "(true))", "1:7: ')' closes nothing that is open here [cel-syntax]"),
    ("a bracket never closed", "[1, (2]", "1:7: ']' closes nothing that is open here [cel-syntax]"),
    ("an open bracket at the end", "[1, 2", "1:1: '[' is never closed [cel-syntax]"),
    (
        "a name in backticks alone",
        "`a`",
        "1:1: a name in backticks is only allowed as a field, as in x.`a-b` [cel-syntax]",
    ),
    (
        "a reserved word",
        "while == 1",
        "1:1: 'while' is a reserved word of CEL [cel-reserved]; of elements, write: list.all(x, ...), list.exists(x, ...) or list.map(x, ...)",
    ),
    (
        "a dunder name",
        "cpu.__class__",
        "1:5: names that begin with two underscores are reserved (got '__class__') [cel-reserved]",
    ),
    ("an optional method", "cpu.?size()", "1:6: '?' is not expected before this [cel-syntax]"),
    ("an optional argument", "sets.contains([], ?[])", "1:20: '?' is not expected before this [cel-syntax]"),
    ("two question marks", "cpu.flags[??0]", "1:12: '?' is not expected here [cel-syntax]"),
    (
        "an optional element that is none",
        "[?cpu.count]",
        "1:3: '?' needs an optional (got int) [cel-no-overload]",
    ),
    (
        "a value of a map that is no optional",
        "{?'a': cpu.count}",
        "1:8: '?' needs an optional (got int) [cel-no-overload]",
    ),
    (
        "optMap of what is no optional",
        "cpu.count.optMap(c, c)",
        "1:1: optMap() needs an optional (got int) [cel-no-overload]",
    ),
    (
        "optFlatMap to what is no optional",
        "cpu.?count.optFlatMap(c, c)",
        "1:26: optFlatMap() needs an optional (got int) [cel-no-overload]",
    ),
    (
        "optMap without expression",
        "cpu.?count.optMap(c)",
        "1:12: optMap() takes a variable and an expression (got 1 arguments) [cel-macro]",
    ),
    (
        "optMap with a variable that is no name",
        "cpu.?count.optMap(1, 2)",
        "1:19: the variable of optMap() must be a simple name [cel-macro]",
    ),
    (
        "cel.bind without expression",
        "cel.bind(x, 1)",
        "1:1: cel.bind() takes a variable, its value and an expression (got 2 arguments) [cel-macro]",
    ),
    (
        "cel.bind of no name",
        "cel.bind(1, 1, 1)",
        "1:10: the variable of cel.bind() must be a simple name [cel-macro]",
    ),
    (
        "sorting by what has no order",
        "cpu.flags.sortBy(f, [f])",
        "1:21: sortBy() needs something that has an order (got list(string)) [cel-macro]",
    ),
    ("sorting a number", "cpu.count.sortBy(f, f)", "1:1: sortBy() needs a list (got int) [cel-macro]"),
    ("a timestamp that is none", "timestamp('today')", "1:11: timestamp() cannot read 'today' [cel-time]"),
    ("a duration that is none", "duration('1 day')", "1:10: duration() cannot read '1 day' [cel-time]"),
    (
        "a time zone that is none",
        "timestamp(0).getHours('Europe/Atlantis')",
        "1:23: there is no time zone 'Europe/Atlantis' [cel-time]; an offset such as +02:00, UTC, or an IANA name",
    ),
    (
        "a pattern of find that is none",
        "kernel.release.find('(')",
        "1:21: not a regular expression of RE2: missing ): ( [cel-regex]",
    ),
    (
        "a macro that could run out of steps",
        "cpu.flags.all(f, cpu.flags.exists(g, f + g == ''))",
        (
            "1:1: the expression can need too many steps (got up to 1839115, expected 100000) [cel-cost]"
            "; narrow what the macros go through"
        ),
    ),
    (
        "a string that could become too long",
        "cpu.flags.map(f, f + f).join(', ') == ''",
        "1:25: the string can become too long (got up to 66560 characters, expected 65536) [cel-cost]",
    ),
    ("a semver that is none", "semver('1.2')", "1:8: semver() cannot read '1.2' [cel-version]"),
    ("a message", "Cpu{count: 1}", "1:1: messages (Name{...}) are not in the language [cel-not-supported]"),
    (
        "a function of another dialect",
        "quantity('1Gi')",
        "1:1: quantity() is not in this version of the language [cel-not-supported]",
    ),
    ("an unknown root", "cpus.count", "1:1: there is no variable 'cpus' [cel-undeclared]; did you mean 'cpu'?"),
    ("an unknown function", "sizes([])", "1:1: there is no function 'sizes' [cel-undeclared]; did you mean 'size'?"),
    ("an unknown field", "cpu.flgs", "1:5: there is no field 'flgs' [cel-unknown-field]; did you mean 'flags'?"),
    (
        "an unknown field in has",
        "has(cpu.flgs)",
        "1:9: there is no field 'flgs' [cel-unknown-field]; did you mean 'flags'?",
    ),
    (
        "an unknown constant",
        "constants.v3",
        "1:11: there is no field 'v3' [cel-unknown-field]; expected one of: devices, pattern, table, v2",
    ),
    (
        "a key that a constant does not have",
        "constants.table['three']",
        "1:17: there is no key 'three' [cel-unknown-field]; expected one of: one, two",
    ),
    ("a field of a number", "cpu.count.x", "1:11: only objects and maps have fields (got int) [cel-no-overload]"),
    (
        "operands that do not fit",
        "cpu.count + 'a'",
        "1:11: '+' does not take int and string [cel-no-overload]; turn the other side into text with string()",
    ),
    (
        "a comparison that is never true",
        "cpu.count == 'a'",
        (
            "1:11: '==' does not take int and string [cel-no-overload]; "
            "a number is written without quotes; int() reads one from a text"
        ),
    ),
    (
        "an order of lists",
        "cpu.flags < cpu.flags",
        "1:11: '<' does not take list(string) and list(string) [cel-no-overload]",
    ),
    (
        "in a string",
        "'a' in kernel.release",
        "1:5: 'in' does not take string and string [cel-no-overload]; for a part of a string: whole.contains(part)",
    ),
    ("in a list of others", "1 in cpu.flags", "1:3: 'in' does not take int and list(string) [cel-no-overload]"),
    ("a minus before a string", "-kernel.release", "1:1: '-' needs an int or a double (got string) [cel-no-overload]"),
    (
        "an index that is no number",
        "cpu.flags['a']",
        "1:11: a list is indexed by a number (got string) [cel-no-overload]",
    ),
    ("an index of a number", "cpu.count[0]", "1:1: only lists and maps are indexed (got int) [cel-no-overload]"),
    (
        "a version compared as a number",
        "kernelVersion('4.1') < kernelVersion('4.2')",
        (
            "1:22: '<' does not take kernelVersion and kernelVersion [cel-no-overload]"
            "; compare versions with isLessThan() and isGreaterThan()"
        ),
    ),
    (
        "an argument of the wrong type",
        "kernel.release.startsWith(6)",
        "1:16: no such overload: string.startsWith(int) [cel-no-overload]; there is string.startsWith(string)",
    ),
    (
        "too many arguments",
        "kernelVersion('6.1', 'x')",
        "1:1: no such overload: kernelVersion(string, string) [cel-no-overload]; there is kernelVersion(string)",
    ),
    ("and of a number", "cpu.count && true", "1:1: '&&' needs a boolean (got int) [cel-not-boolean]"),
    (
        "not of a string",
        "!kernel.release",
        "1:2: '!' needs a boolean (got string) [cel-not-boolean]; of a comparison, write: !(x in list)",
    ),
    (
        "a macro that is called as a function",
        "exists([1], 2)",
        "1:1: there is no function 'exists' [cel-undeclared]; write: list.exists(x, ...)",
    ),
    (
        "a function of texts that is called on a list",
        "cpu.flags.contains('vmx')",
        "1:11: no such overload: list(string).contains(string) [cel-no-overload]; of a list, write: x in list",
    ),
    (
        "the root of another system",
        "object.spec",
        (
            "1:1: there is no variable 'object' [cel-undeclared]; expected one of: "
            "cgroup, constants, cpu, devices, kernel, params, runtime, variables"
        ),
    ),
    (
        "a clock",
        "now() > 1",
        (
            "1:1: there is no function 'now' [cel-undeclared]; "
            "no expression reads a clock; use --max-age to limit the age of a snapshot"
        ),
    ),
    ("a condition that is none", "cpu.count ? 1 : 2", "1:1: '?:' needs a boolean (got int) [cel-not-boolean]"),
    ("all of numbers", "cpu.flags.all(f, 1)", "1:18: all() needs a boolean (got int) [cel-not-boolean]"),
    (
        "an enumerated field and a value that it cannot have",
        "cpu.architecture == 'x86-64'",
        "1:21: 'x86-64' is not a value that can occur here [cel-enum]; did you mean 'x86_64'?",
    ),
    (
        "an enumerated field in a list with such a value",
        "cpu.architecture in ['x86_64', 'zzz']",
        "1:21: 'zzz' is not a value that can occur here [cel-enum]; one of 'x86_64', 'aarch64'",
    ),
    (
        "has of no selection",
        "has(cpu)",
        "1:5: the argument of has() must be a selection such as x.f [cel-macro]; for a key of a map: 'key' in map",
    ),
    (
        "has of a variable",
        "has(variables.ready)",
        "1:15: has() has no meaning for a variable (got variables.ready): it is always there [cel-macro]",
    ),
    ("a macro over a number", "cpu.count.all(x, true)", "1:1: all() needs a list or a map (got int) [cel-macro]"),
    (
        "a macro variable that is no name",
        "cpu.flags.all(a.b, true)",
        "1:15: the variable of all() must be a simple name [cel-macro]",
    ),
    (
        "a macro without expression",
        "cpu.flags.all(f)",
        "1:11: all() takes a variable and an expression (got 1 arguments, expected 2 or 3) [cel-macro]",
    ),
    (
        "a macro with one variable twice",
        "cpu.flags.all(f, f, true)",
        "1:18: the two variables of all() have one name ('f') [cel-macro]",
    ),
    (
        "going through an open map",
        "devices.all(d, true)",
        "1:1: all() needs all keys of devices, and only some are collected [cel-open-map]",
    ),
    (
        "the size of an open map",
        "size(kernel.sysctl) == 1",
        "1:6: size() needs all keys of kernel.sysctl, and only some are collected [cel-open-map]",
    ),
    (
        "a key that nobody collects",
        "'net.c' in kernel.sysctl",
        "1:1: the collector never reads the key 'net.c' [cel-open-map]; did you mean 'net.d'?",
    ),
    (
        "a field that may be unset",
        "has(runtime.docker) && runtime.docker.version == '1'",
        (
            "1:24: runtime.docker.version may be unset [cel-unguarded]"
            "; guard it, as in: has(runtime.docker.version) && ..."
        ),
    ),
    (
        "a key that may be missing",
        "cgroup.v1['cpu'] == '/x'",
        "1:1: cgroup.v1['cpu'] may be unset [cel-unguarded]; guard it, as in: 'cpu' in cgroup.v1 && ...",
    ),
    (
        "a bad regular expression",
        "kernel.release.matches('(')",
        "1:24: not a regular expression of RE2: missing ): ( [cel-regex]",
    ),
    (
        "a look-ahead",
        "kernel.release.matches(r'a(?=b)')",
        "1:24: not a regular expression of RE2: invalid perl operator: (?= [cel-regex]",
    ),
    ("a version that is none", "kernelVersion('six')", "1:15: kernelVersion() cannot read 'six' [cel-version]"),
    ("a key twice", "{'a': 1, 'a': 2}", "1:10: the key 'a' appears twice [cel-key]"),
    ("a key that is no key", "{1.5: 1}", "1:2: a key is a string, a number or a boolean (got double) [cel-key]"),
    (
        "all variables at once",
        "size(variables)",
        "1:6: variables are named one by one, as in variables.x [cel-undeclared]",
    ),
    (
        "all variables within a list",
        "[variables].exists(each, true)",
        "1:2: variables are named one by one, as in variables.x [cel-undeclared]",
    ),
    (
        "all parameters within a list",
        "size([params]) > 0",
        "1:7: parameters are named one by one, as in params.x [cel-undeclared]",
    ),
    (
        "an expression too long",
        "'" + "x" * 5000 + "'",
        "1:1: the expression is too long (got 5002 characters, expected 4096) [cel-limit]",
    ),
    ("brackets too deep", "(" * 33 + "1" + ")" * 33, "1:33: brackets nest deeper than 32 [cel-limit]"),
    ("signs too deep", "!" * 40 + "true", "1:35: the expression nests deeper than 32 [cel-limit]"),
    (
        "a tree too large",
        "[" + ",".join("1" * 600) + "] == []",
        "1:1: the expression is too large (got 603 nodes, expected 500) [cel-limit]",
    ),
]


@pytest.mark.parametrize(("text", "line"), [pytest.param(text, line, id=sentence) for sentence, text, line in _CASES])
def test_a_mistake_is_reported_with_its_code_words_and_place(text: str, line: str) -> None:
    assert problems(text) == [line]


def test_every_code_has_a_case() -> None:
    assert {code for code in Code if not any(f"[{code}]" in line for *_, line in _CASES)} == {Code.TYPE}


@pytest.mark.parametrize(
    ("expect", "line"),
    [
        (Basic.BOOL, "1:1: the expression must be of type bool (got int) [cel-not-boolean]"),
        (Basic.STRING, "1:1: the expression must be of type string (got int) [cel-type]"),
    ],
)
def test_the_result_must_be_of_the_type_that_is_wanted(expect: Basic, line: str) -> None:
    assert problems("cpu.count", expect) == [line]


def test_an_enumeration_is_a_string_and_dyn_may_be_anything() -> None:
    assert problems("cpu.architecture", Basic.STRING) == []
    assert problems("params.any", Basic.BOOL) == []


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_text() -> None:
    text = "cpu.flgs.size() > 1\n  && kernal.release == 'x'\n  && cpu.count"
    assert problems(text) == [
        "1:5: there is no field 'flgs' [cel-unknown-field]; did you mean 'flags'?",
        "2:6: there is no variable 'kernal' [cel-undeclared]; did you mean 'kernel'?",
        "3:6: '&&' needs a boolean (got int) [cel-not-boolean]",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "has(runtime.docker) && has(runtime.docker.version) && runtime.docker.version != ''",
        "runtime.docker.version != '' && has(runtime.docker.version) && has(runtime.docker)",
        "!has(runtime.docker) || !has(runtime.docker.version) || runtime.docker.version == '1'",
        "has(runtime.docker) ? has(runtime.docker.version) : true",
        "!has(runtime.docker) ? true : has(runtime.docker.version)",
        "'cpu' in cgroup.v1 && cgroup.v1['cpu'] == '/x' && cgroup.v1.cpu == '/x'",
        "has(cgroup.v1.cpu) && cgroup.v1['cpu'] == '/x'",
        "cgroup.v1.all(k, cgroup.v1[k] != '')",
        "['cpu', 'memory'].all(k, k in cgroup.v1 && cgroup.v1[k] != '')",
        "cgroup.v1.exists(k, v, v == '/x')",
        "runtime.installed.all(r, !has(r.version) || r.version != '')",
        "runtime.installed.map(r, has(r.version), r.version) == []",
        "!(!('net.a' in kernel.sysctl)) && kernel.sysctl['net.a'] == '1'",
        "devices['/dev/kvm'].exists",
    ],
)
def test_a_guard_is_recognized(text: str) -> None:
    assert problems(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "has(runtime.docker) || runtime.docker == runtime.docker",
        "(has(runtime.docker) || true) && has(runtime.docker.version)",
        "has(runtime.docker) ? true : has(runtime.docker.version)",
        "runtime.installed.exists(r, has(r.version)) && runtime.installed.all(r, r.version != '')",
        "'cpu' in cgroup.v1 && cgroup.v1['memory'] == '/x'",
        "devices['/dev/kvm'].accessible",
    ],
)
def test_what_only_looks_like_a_guard_is_none(text: str) -> None:
    assert [line.split("[")[-1].split("]")[0] for line in problems(text)] != []
    assert all("[cel-unguarded]" in line for line in problems(text))


def test_what_applies_when_asks_for_needs_no_guard() -> None:
    applies = program("has(runtime.docker) && runtime.name == 'docker'")
    assert program("has(runtime.docker.version)", None, applies).type is Basic.BOOL
    with pytest.raises(CelProblems):
        program("has(runtime.docker.version)")
