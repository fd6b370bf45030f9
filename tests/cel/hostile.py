"""Hostile expressions by the hundred, and a process of their own to measure them in.

``python tests/cel/hostile.py`` compiles and runs each, twice, under a limit of memory, and prints a
line of JSON for each: its code or what it came to, its steps on both runs, the seconds of CPU time,
and at the end the peak of memory above that of the idle process.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from cel.unchecked import unchecked
from passmuster.cel import CelError, CelProblems, Environment, compile_expression

_TEN = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"
_PYTHON = """False None True and as assert async await class def del elif except exec finally from global is lambda
nonlocal not or pass print raise try with yield self eval open globals""".split()  # noqa: SIM905 - reads better
_DUNDERS = """__class__ __dict__ __mro__ __globals__ __builtins__ __import__ __subclasses__ __init__ __getattribute__
__reduce__ __code__ __closure__ __self__ __module__ __bases__ __doc__ __eq__ __hash__ __slots__
__call__""".split()  # noqa: SIM905 - reads better
_BOMBS = [
    "(a*)*b",
    "(a|aa)+$",
    "(a|a?)+$",
    "(.*a){25}",
    "(x+x+)+y",
    "([a-zA-Z]+)*$",
    "(a{100}){100}",
    "((a{30}){30}){30}",
]


def listed() -> list[str]:
    """What was measured to hurt other engines."""
    return [
        *("'" + "\\\\" * count for count in (29, 33, 37, 41, 400)),
        *(f"duration('{'a' * count}!') > duration('1s')" for count in (24, 40, 4000)),
        _nested("true", 5),
        _nested("true", 6),
        "[" + ", ".join(map(str, range(1, 27))) + "].reduce(r, i, 'xxxxxxxxxx', r + r) == ''",
        *("(" * count + "1" + ")" * count for count in (60, 150, 1500)),
        " || ".join(["false"] * 1000)[:4000],
        "[" + ",".join(["1"] * 2000) + "]",
        "__dict__.functions.size{a: 1}",
        "[1].all(-foo(), true)",
    ]


def generated(count: int, seed: int = 7) -> list[str]:
    """So many expressions of the kinds that have broken engines."""
    chance = random.Random(seed)
    makers = (_brackets, _doubling, _unterminated, _macros, _numbers, _regex, _keyword, _dunder, _signs, _texts)
    return [makers[at % len(makers)](chance) for at in range(count)]


def _nested(body: str, depth: int) -> str:
    for level in range(depth):
        body = f"{_TEN}.all(v{level}, {body})"
    return body


def _brackets(chance: random.Random) -> str:
    opening, closing = chance.choice(
        [("(", ")"), ("[", "]"), ("{1: ", "}"), ("size([", "])"), ("!(", ")"), ("x[", "]")]
    )
    depth = chance.randint(20, 600)
    return opening * depth + "1" + closing * chance.choice([depth, depth - 1, 0])


def _doubling(chance: random.Random) -> str:
    made = chance.choice(["'" + "x" * chance.randint(1, 200) + "'", "[1, 2, 3]", "b'abc'"])
    return f"[{made}]" + ".map(a, a + a)" * chance.randint(8, 28) + chance.choice(["", ".size() > 1", "[0] == ''"])


def _unterminated(chance: random.Random) -> str:
    quote = chance.choice(["'", '"', "'''", '"""', "r'", "b'", "br'''"])
    return quote + chance.choice(["\\\\", "\\'", "\\x", "a\\", "\\u12", '"' * 2, "''"]) * chance.randint(1, 900)


def _macros(chance: random.Random) -> str:
    text = chance.choice(["true", "v0 + v1 > 0", "[v0, v1].exists(w, w == 99)", "'a'.matches(string(v0) + '(a|b)*')"])
    names = ("all", "exists", "map", "filter", "exists_one", "sortBy")
    for level in range(chance.randint(3, 7)):
        text = f"{_TEN}.{chance.choice(names)}(v{level}, {text})"
    return text


def _numbers(chance: random.Random) -> str:
    digits = "9" * chance.randint(19, 3000)
    return (
        chance.choice([digits, f"-{digits}", f"{digits}u", f"0x{digits}", f"1e{digits}", f"int('{digits}')"]) + " > 0"
    )


def _regex(chance: random.Random) -> str:
    pattern = chance.choice(_BOMBS) * chance.randint(1, 8)
    text = "'" + "a" * chance.randint(10, 2000) + "'"
    form = chance.choice(
        ["{}.matches('{}')", "{}.findAll('{}').size() > 0", "{}.matches('' + '{}')", "{}.find('{}') == ''"]
    )
    return form.format(text, pattern)


def _keyword(chance: random.Random) -> str:
    word = chance.choice(_PYTHON)
    form = chance.choice(["{} == 1", "{}()", "[1].all({0}, {0} == 1)", "{{'a': 1}}.{} == 1", "has(a.{})", "{}.{}"])
    return form.format(word, chance.choice(_PYTHON))


def _dunder(chance: random.Random) -> str:
    word = chance.choice(_DUNDERS)
    form = chance.choice(["''.{}", "[].{}()", "{}", "[1].all({0}, {0} == 1)", "{{}}.{}.{}", "type(1).{}", "{}{{a: 1}}"])
    return form.format(word, chance.choice(_DUNDERS))


def _signs(chance: random.Random) -> str:
    sign = chance.choice(["-", "!", "- -", "!-", "?", ".", "..", "a ? b : ", "1 + ", "x.y", "x[0]", ".a", "&& ", "/*"])
    return sign * chance.randint(10, 1000) + "1"


def _texts(chance: random.Random) -> str:
    growing = chance.choice(
        [
            "'{t}'.replace('', '{t}').replace('', '{t}').size() > 0",
            "'{t}'.split('').map(c, '{t}').join('{t}').size() > 0",
            "'%s%s%s'.format(['{t}', '{t}', '{t}']).split('').map(x, '{t}' + x).join().size() > 0",
            "lists.range(10000).map(i, '{t}').join().size() > 0",
            "lists.range(9999).map(i, lists.range(9999)).flatten().size() > 0",
            "lists.range(9000).sortBy(i, -i).map(i, i).distinct().size() > 0",
        ]
    )
    return str(growing.replace("{t}", "x" * chance.randint(1, 600)))


def measured(text: str) -> dict[str, object]:
    """Compile and run an expression as a user would, and once more without the checker's protection."""
    began = time.process_time()
    found: dict[str, object] = {"text": text[:60], "codes": _codes(text)}
    found["seconds"] = time.process_time() - began
    began = time.process_time()
    runs = [_steps(text) for _ in range(2)]
    found["unchecked_seconds"] = (time.process_time() - began) / 2
    found["steps"], found["came"] = [steps for steps, _ in runs], runs[0][1]
    return found


def _codes(text: str) -> list[str]:
    try:
        compile_expression(text, Environment(roots={}))
    except CelProblems as refused:
        return sorted({str(problem.code) for problem in refused.problems})
    return []


def _steps(text: str) -> tuple[int, str]:
    try:
        evaluation = unchecked(text).run({})
    except CelProblems:
        return 0, "refused"
    came = evaluation.value
    return evaluation.steps, came.message if isinstance(came, CelError) else type(came).__name__


def _peak() -> int:
    """The most memory that the process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Measure all of them."""
    measured("'a'.matches('a') && [1].all(x, x == 1) && timestamp(0).getHours('Asia/Tokyo') > 0")
    idle = _peak()
    for text in (*listed(), *generated(400)):
        sys.stdout.write(json.dumps(measured(text)) + "\n")
    sys.stdout.write(json.dumps({"above_idle": _peak() - idle}) + "\n")


if __name__ == "__main__":
    main()
