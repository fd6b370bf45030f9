"""Random expressions of CEL that are right by type, over a few variables with random values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from passmuster.cel import Basic, Environment, ListType, MapType

if TYPE_CHECKING:
    from random import Random

ENVIRONMENT = Environment(
    roots={
        "b": Basic.BOOL,
        "i": Basic.INT,
        "d": Basic.DOUBLE,
        "s": Basic.STRING,
        "y": Basic.BYTES,
        "li": ListType(Basic.INT),
        "ls": ListType(Basic.STRING),
        "m": MapType(Basic.STRING, Basic.INT),
        "any": Basic.DYN,
    }
)
"""The types of the variables."""
_INTS = ["0", "1", "2", "3", "-1", "7", "64", "9223372036854775807", "-9223372036854775808", "9007199254740993"]
_DOUBLES = ["0.0", "1.0", "-1.5", "2.5", "0.1", "1e300", "-1e-300", "9007199254740993.0", "1e19", "0.5", "3.0"]
_STRINGS = ["''", "'a'", "'b'", "'ab'", "'aé☃𝄞'", "'1'", "'-7'", "'1.5'", "'true'", "' x '", "'a,b,,c'", "'A'", "'%s'"]
_PATTERNS = ["'a'", "'^a$'", "'[a-c]+'", "'(a|b)*'", "'.'", "''", "'[0-9]+'", "'\\\\pL'"]
_TIMES = [
    "timestamp('2009-02-13T23:31:30Z')",
    "timestamp('0001-01-01T00:00:00Z')",
    "timestamp('9999-12-31T23:59:59.999999999Z')",
    "timestamp('1969-12-31T23:59:59.5+01:30')",
    "timestamp('2024-02-29T12:00:00.000000001-08:00')",
    "timestamp(1234567890)",
]
_DURATIONS = [
    "duration('0s')",
    "duration('1h30m')",
    "duration('-1.5s')",
    "duration('1ns')",
    "duration('999ms')",
    "duration('100000h')",
]
_ZONES = ["'UTC'", "'+01:00'", "'-09:30'", "'02:30'", "'America/New_York'", "'Australia/Sydney'", "'Asia/Kathmandu'"]
_GETTERS = ["FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear", "Hours", "Minutes", "Seconds"]
_CHOICES = {
    "pattern": _PATTERNS,
    "getter": _GETTERS,
    "zone": _ZONES,
    "separator": ["','", "'a'", "' '", "'ab'"],
    # Which of several keys comes first is left open by the specification.
    "tiny": ["{}", "{'a': 1}", "{'b': i}"],
    "plain": ["0.1", "2.5", "-1.5", "0.0", "1e-7", "12345.678", "100000.0", "1e6", "1234567.5", "-1e21", "1e-5"],
}
_SCALARS = ["bool", "int", "uint", "double", "string", "bytes", "time", "span"]
_KINDS = [*_SCALARS, "ints", "strings", "map"]
_VARIABLES = {"bool": "b", "int": "i", "double": "d", "string": "s", "bytes": "y", "ints": "li", "strings": "ls"}
_LITERALS = {
    "bool": ["true", "false"],
    "int": _INTS,
    "uint": ["0u", "1u", "3u", "18446744073709551615u"],
    "double": _DOUBLES,
    "string": _STRINGS,
    "bytes": ["b''", "b'a'", "b'\\xff'", "b'ab'"],
    "time": _TIMES,
    "span": _DURATIONS,
    "ints": ["[]", "[1]", "[1, 2, 2]", "[3, -1]"],
    "strings": ["[]", "['a']", "['b', 'a', 'b']", "['', 'ab']"],
    "map": ["{}", "{'a': 1}", "{'a': 1, 'b': 2}"],
}
# {kind} is an expression of that kind; @ is the kind of the whole; {x.kind} is one that may use the variable x.
_SEPARATOR = re.compile(r"(?<!\|)\|(?!\|)|\n")
_FORMS = {
    "bool": """{bool} && {bool}|{bool} || {bool}|!{bool}|!!{bool}|!!!{bool}|{int} < {int}|dyn({int}) <= dyn({double})|dyn({uint}) > dyn({double})|dyn({int}) >= dyn({uint})
        {double} < {double}|{string} < {string}|{bytes} <= {bytes}|{bool} < {bool}|{time} < {time}|{span} >= {span}
        {int} == {int}|{double} == {double}|{string} != {string}|{bytes} == {bytes}|{ints} == {ints}|{map} != {map}
        {time} == {time}|{span} != {span}|{strings} == {strings}|{int} in {ints}|{string} in {strings}
        {string} in {map}|{string}.contains({string})|{string}.startsWith({string})|{string}.endsWith({string})
        {string}.matches({pattern})|has(m.a)|has({map}.b)|{ints}.all(x, {x.bool})|{ints}.exists(x, {x.bool})
        {ints}.exists_one(x, {x.bool})|{strings}.exists(z, {z.bool})|{map}.all(z, {z.bool})
        dyn({any}) == dyn({any})|dyn({any}) != dyn({any})|dyn({any}) < dyn({any})|dyn({any}) in [{any}, {any}]
        type({any}) == type({any})|math.isNaN({double})|math.isInf({double})|math.isFinite({double})
        {map}.?a.hasValue()|{ints}[?{int}].hasValue()|optional.ofNonZeroValue({any}).hasValue()|bool({string})
        cel.bind(x, {int}, {x.bool})|[{int}, {double}] == [{uint}, {double}]|{bool} == {bool}|dyn({any}) == null
        optional.of(dyn({int})) == optional.of(dyn({double}))|dyn({any}) && {bool}|dyn({any}) || {bool}|any == {int}
        any.a[0] > {int}|has(any.a)|has(any.zz.y)|any.a.exists(x, {x.bool})|any.t && {bool}""",
    "int": """{int} + {int}|{int} - {int}|{int} * {int}|{int} / {int}|{int} % {int}|-{int}|--{int}|---{int}|size({string})
        size({ints})|{map}.size()|size({bytes})|int({double})|int({uint})|int({string})|int({time})|{ints}[{int}]
        {map}[{string}]|{map}.a|m.b|{string}.indexOf({string})|{string}.lastIndexOf({string})
        {string}.indexOf({string}, {int})|{string}.lastIndexOf({string}, {int})|math.greatest({int}, {int})
        math.least({int}, {int}, {int})|math.abs({int})|math.sign({int})|math.bitAnd({int}, {int})
        math.bitOr({int}, {int})|math.bitXor({int}, {int})|math.bitNot({int})|math.bitShiftLeft({int}, {int})
        math.bitShiftRight({int}, {int})|{time}.get{getter}()|{time}.get{getter}({zone})|{time}.getMilliseconds()
        {span}.getHours()|{span}.getMinutes()|{span}.getSeconds()|{map}.?a.orValue({int})
        {ints}[?{int}].orValue({int})|{map}[?{string}].value()|{map}.?b.or(optional.of({int})).value()
        {map}.?a.optMap(x, {x.int}).orValue({int})|cel.bind(x, {int}, {x.int})|math.greatest([{int}] + {ints})
        any.a[{int}]|{'k': {int}}.k|[{int}, {int}][1]""",
    "uint": "{uint} + {uint}|{uint} - {uint}|{uint} * {uint}|{uint} / {uint}|{uint} % {uint}|uint({int})|uint({double})"
    "|uint({string})|math.greatest({uint}, {uint})|math.bitNot({uint})|math.bitShiftRight({uint}, {int})|math.abs({uint})",
    "double": """{double} + {double}|{double} - {double}|{double} * {double}|{double} / {double}|-{double}|--{double}
        double({int})|double({uint})|double({string})|math.ceil({double})|math.floor({double})|math.round({double})
        math.trunc({double})|math.abs({double})|math.sign({double})|math.greatest({double}, {double})
        math.sqrt({double})""",
    "string": """{string} + {string}|string({int})|string({uint})|string({bool})|string({plain})|string({bytes})
        {string}.charAt({int})|{string}.substring({int})|{string}.replace({string}, {string})
        {string}.substring({int}, {int})|{string}.replace({string}, {string}, {int})|{string}.trim()|{string}.lowerAscii()
        {string}.upperAscii()|{string}.reverse()|{strings}.join({string})|{strings}.join()|strings.quote({string})
        {strings}[{int}]|'%s,%s'.format([{text}, {text}])|'%s'.format([optional.of({int})])|'%s'.format([[{text}, {text}]])|'%s'.format([{map}])|'%d'.format([{int}])|'%x'.format([{string}])
        '%.3f'.format([{double}])|'%e'.format([{double}])|'%b %o %X'.format([{int}, {int}, {int}])|{strings}[?0].orValue('none')""",
    "bytes": "{bytes} + {bytes}|bytes({string})",
    "time": "{time} + {span}|{time} - {span}|{span} + {time}|timestamp({string})|timestamp({int})",
    "span": "{span} + {span}|{span} - {span}|{time} - {time}|duration({string})",
    "ints": "{ints} + {ints}|{ints}.filter(x, {x.bool})|{ints}.map(x, {x.int})|[{int}, {int}]|{strings}.map(z, size(z))"
    "|{ints}.map(x, {x.bool}, {x.int})|[?{map}.?a, {int}]|{string}.split({separator}).map(z, {z.int})",
    "strings": "{strings} + {strings}|{strings}.filter(z, {z.bool})|{ints}.map(x, {x.string})|[{string}, {string}]"
    "|{string}.split({separator})|{string}.split({separator}, {int})|{tiny}.map(z, {z.string})|{tiny}.filter(z, {z.bool})",
    "map": "{'a': {int}, 'c': {int}}|{?'a': {map}.?b}|{'b': {int}}",
}


# What Google's runtime does not have.
_OWN_FORMS = {
    "bool": """{ints}.isSorted()|sets.contains({ints}, {ints})|sets.intersects({strings}, {strings})
        sets.equivalent({strings}, {strings})|{ints}.all(x, z, {x.bool})|{map}.exists(z, x, {x.bool})
        isSemver({string})|{strings}.exists_one(x, z, {z.bool})|dyn({ints}) == dyn({strings})
        [{any}, {any}].distinct().size() == {int}|{string} in dyn({strings})|dyn({ints}).exists(x, {x.bool})""",
    "int": """{ints}.sum()|{ints}.min()|{ints}.max()|{ints}.indexOf({int})|{strings}.lastIndexOf({string})
        {ints}.first().orValue({int})|{map}.transformMap(z, x, {x.int}).size()|semver({string}).major()
        any.a[0]|size(any.t)""",
    "string": """{string}.find({pattern})|{strings}.max()|{string}.findAll({pattern}).join({string})
        {strings}.last().orValue({string})|string(semver({string}).minor())|'%s'.format([{strings}])
        '%x'.format([{bytes}])|{strings}.sort().join({string})|'%s%s'.format({strings})|string(any.t)""",
    "ints": """{ints}.sort()|{ints}.reverse()|{ints}.distinct()|{ints}.slice(0, {int})|lists.range({int})
        [{ints}, {ints}].flatten()|[[{ints}], [{ints}]].flatten(2)|{ints}.sortBy(x, {x.int})|lists.range(5)
        {ints}.transformList(x, z, z)|{ints}.map(x, {ints}).flatten()|lists.range(9).map(x, {x.int})""",
    "strings": """{strings}.sort()|{strings}.distinct()|{string}.findAll({pattern})|{strings}.sortBy(z, {z.int})
        {string}.findAll({pattern}, {int})|{strings}.reverse()|{string}.split('')|{strings}.map(x, z + {string})
        {strings}.transformList(x, z, z + {string})|[{strings}, {strings}].flatten()""",
    "map": "{map}.transformMap(z, x, {x.int})|{ints}.transformMapEntry(x, y, {string(x): y})",
}


class Maker:
    """Makes expressions out of a source of chance; `own` ones have what Google's runtime has not."""

    def __init__(self, chance: Random, *, own: bool = False) -> None:
        self._chance = chance
        self._forms = {
            kind: [form.strip() for form in _SEPARATOR.split(forms) if form.strip()]
            for kind, forms in ((kind, f"{_FORMS[kind]}\n{_OWN_FORMS.get(kind, '') if own else ''}") for kind in _FORMS)
        }

    def expression(self, depth: int = 4) -> str:
        """An expression that both engines can show the value of."""
        kind = self._chance.choice(_KINDS)
        made = self._make(kind, self._chance.randint(1, depth), ())
        # As text, fractions of seconds are written otherwise there: their parts are compared.
        if kind == "time":
            return f"[int({made}), ({made}).getMilliseconds()]"
        return f"[({made}).getSeconds(), ({made}).getMilliseconds()]" if kind == "span" else made

    def bindings(self) -> dict[str, object]:
        """Values of the variables."""
        choose = self._chance.choice
        return {
            "b": choose([True, False]),
            "i": choose([0, 1, -5, 2**63 - 1, -(2**63), 10]),
            "d": choose([0.0, -0.0, 1.5, 1e308, -2.5, 4.0]),
            "s": choose(["", "a", "abc", "ünïcode", "12", "a,b"]),
            "y": choose([b"", b"a", b"\x01\xff"]),
            "li": choose([[], [1], [1, 2, 3], [5, 5, -1]]),
            "ls": choose([[], ["a"], ["b", "a"], ["x,y", "é"]]),
            "m": choose([{}, {"a": 1}, {"b": 2, "zz": 3}]),
            "any": choose([None, 1, "a", True, 1.0, [1], {"a": [1, 2], "t": "x"}, {"a": [], "t": True}]),
        }

    def _make(self, kind: str, depth: int, scope: tuple[tuple[str, str], ...]) -> str:
        if kind == "any":
            kind = self._chance.choice(_SCALARS[:-2] if self._chance.random() < 0.8 else _KINDS)
        names = [name for name, each in scope if each == kind]
        if names and self._chance.random() < 0.35:
            return self._chance.choice(names)
        if depth <= 0 or self._chance.random() < 0.15:
            return self._leaf(kind)
        forms = self._forms[kind]
        if self._chance.random() < 0.08:
            return (
                f"({self._make('bool', depth - 1, scope)} ? {self._make(kind, depth - 1, scope)} : {self._leaf(kind)})"
            )
        return self._filled(self._chance.choice(forms), depth - 1, scope)

    def _leaf(self, kind: str) -> str:
        if kind in _VARIABLES and self._chance.random() < 0.4:
            return _VARIABLES[kind]
        if kind == "map" and self._chance.random() < 0.5:
            return "m"
        return self._chance.choice(_LITERALS[kind])

    def _filled(self, form: str, depth: int, scope: tuple[tuple[str, str], ...]) -> str:
        made, at = [], 0
        while (begin := form.find("{", at)) >= 0:
            end = form.find("}", begin)
            hole = form[begin + 1 : end]
            name, _, kind = hole.rpartition(".")
            if not hole.replace(".", "").isalpha():
                made.append(form[at : begin + 1])
                at = begin + 1
                continue
            made.append(form[at:begin])
            made.append(self._hole(kind, depth, (*scope, *(((name, _kind_of(name)),) if name else ()))))
            at = end + 1
        return "".join((*made, form[at:]))

    def _hole(self, kind: str, depth: int, scope: tuple[tuple[str, str], ...]) -> str:
        if kind in _CHOICES:
            return self._chance.choice(_CHOICES[kind])
        kind = self._chance.choice(["bool", "int", "uint", "string"]) if kind == "text" else kind
        made = self._make(kind, depth, scope)
        return made if made.replace("_", "").isalnum() else f"({made})"


def _kind_of(name: str) -> str:
    return "int" if name == "x" else "string"
