"""What an author may have meant: names of other worlds for ours, and the operators of other languages.

Chosen by hand, for likeness of letters misleads: `'amd64'` is nearer to `'ia64'` than to `'x86_64'`.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from passmuster.cel.syntax.precheck import Token

_ALIKE = 0.7
"""How alike two names have to be, of 1."""

_SYNONYMS = {
    # architectures, as distributions, compilers and container images call them
    "aarch64": "arm64 armv8 armv8l armv9 arm64e aarch64_be",
    "arm": "arm32 armhf armel armv5 armv6 armv6l armv7 armv7l armv7hl",
    "i686": "x86 i386 i486 i586 ia32 x86_32 386",
    "ia64": "itanium ia-64",
    "loongarch64": "loong64 loongarch",
    "mips": "mipsel mips64 mips64el mipsle mips64le",
    "ppc": "powerpc",
    "ppc64": "powerpc64",
    "ppc64le": "ppc64el powerpc64le power8 power9 power10 power",
    "riscv64": "riscv rv64 riscv64gc",
    "s390x": "systemz zarch z linuxone",
    "sparc64": "sparc sparcv9",
    "x86_64": "amd64 x64 x86-64 em64t intel64 x86_64-v2 x86_64-v3",
    # runtimes
    "containerd": "cri-containerd containerd.io ctr nerdctl",
    "cri-o": "crio cri_o cri-o.io",
    "docker": "dockerd moby docker-ce docker.io docker-engine cri-dockerd dockershim",
    # hypervisors
    "amazon": "aws ec2 nitro",
    "apple": "vz virtualization.framework",
    "google": "gce gcp",
    "microsoft": "hyperv hyper-v azure",
    "virtualbox": "vbox oracle innotek",
    "vmware": "esx esxi vsphere",
    # cgroups, files, mounts, security modules
    "v1": "cgroup1 cgroupv1 cgroups1 legacy 1",
    "v2": "cgroup2 cgroupv2 cgroups2 unified 2",
    "hybrid": "mixed",
    "block": "blk b",
    "character": "char chr c",
    "directory": "dir d folder",
    "fifo": "pipe p",
    "regular": "file f",
    "symlink": "link l",
    "private": "rprivate",
    "shared": "rshared bidirectional",
    "slave": "rslave hosttocontainer",
    "enforcing": "enabled enforce on",
    "none": "off null no",
    "disabled": "off",
    # functions of other languages
    "size": "len length count strlen cardinality",
    "lowerAscii": "lower tolower tolowercase lowercase",
    "upperAscii": "upper toupper touppercase uppercase",
    "exists": "any some anymatch",
    "exists_one": "one single",
    "all": "every each foreach allmatch",
    "filter": "where select",
    "trim": "strip",
    "string": "str tostring",
    "int": "integer toint number parseint",
    "double": "float",
    "matches": "match regex regexp regexmatch test re_match",
    "startsWith": "hasprefix beginswith",
    "endsWith": "hassuffix",
    "indexOf": "find_index position",
    "has": "defined isset exist isdefined",
    "type": "typeof",
}
_MEANT = {(other, name) for name, others in _SYNONYMS.items() for other in others.split()}


def nearest(name: str, names: Iterable[str]) -> str | None:
    """A hint that proposes the name that was meant: known under another one, in other letters, or misspelt."""
    known = sorted(names)
    lower = name.lower()
    matches = [name for name in known if (lower, name) in _MEANT]
    matches = matches or [name for name in known if name.lower() == lower]
    matches = matches or get_close_matches(name, known, n=1, cutoff=_ALIKE)
    return f"did you mean {matches[0]!r}?" if matches else None


_SHOWN = 20
"""How many names a hint lists."""


def among(name: str, names: Iterable[str]) -> str | None:
    """The same, and where none is near, which names there are; None where there are none."""
    known = sorted(names)
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    listed = f"expected one of: {', '.join(known[:_SHOWN])}{more}" if known else None
    return nearest(name, known) or listed


_NAMES = {
    "none": "there is no null to compare with; use has(...) to test whether something is set",
    "nil": "there is no null to compare with; use has(...) to test whether something is set",
    "undefined": "there is no null to compare with; use has(...) to test whether something is set",
    "true": "write true",
    "yes": "write true",
    "on": "write true",
    "false": "write false",
    "no": "write false",
    "off": "write false",
}


def name(text: str) -> str | None:
    """A hint for a variable that there is not, where another language has a word for it."""
    return _NAMES.get(text.lower())


_CALLS = {
    "contains": "of a list, write: x in list",
    "includes": "of a list, write: x in list; of a text: text.contains(x)",
    "has": "of a list or map, write: x in list; of a field: has(x.field)",
    "haskey": "write: key in map",
    "containskey": "write: key in map",
    "xor": "write: a != b",
    "not": "not is written !",
    "and": "and is written &&",
    "or": "or is written ||",
    "max": "write math.greatest(...)",
    "min": "write math.least(...)",
    "abs": "write math.abs(...)",
    "len": "write size(...)",
    "default": "write: x.?field.orValue(default)",
    "coalesce": "write: x.?field.orValue(default)",
    "get": "write: map[?key].orValue(default)",
    "now": "no expression reads a clock; use --max-age to limit the age of a snapshot",
}


def call(text: str) -> str | None:
    """A hint for a function that there is not, where it is written another way."""
    return _CALLS.get(text.lower())


_WORDS = {
    "and": "and is written &&",
    "or": "or is written ||",
    "not": "not is written !",
    "xor": "write: a != b",
    "is": "write ==; use has(...) to test whether something is set",
    "isnt": "write !=",
    "eq": "write ==",
    "ne": "write !=",
    "lt": "write <",
    "le": "write <=",
    "gt": "write >",
    "ge": "write >=",
    "mod": "write %",
    "then": "a choice is written: condition ? one : other",
    "contains": "of a list, write: x in list; of a text: text.contains(x)",
    "like": "write: text.matches('...'), a regular expression",
    "matches": "write: text.matches('...'), a regular expression",
    "between": "write: low <= x && x <= high",
    "startswith": "write: text.startsWith('...')",
    "endswith": "write: text.endsWith('...')",
    "lambda": "an expression over elements is written: list.all(x, ...)",
    "instanceof": "write: type(x) == ...",
}
_RESERVED = {
    "if": "a choice is written: condition ? one : other",
    "else": "a choice is written: condition ? one : other",
    "for": "of elements, write: list.all(x, ...), list.exists(x, ...) or list.map(x, ...)",
    "while": "of elements, write: list.all(x, ...), list.exists(x, ...) or list.map(x, ...)",
    "let": "a name for a value is written: cel.bind(name, value, expression); or add a variable to the policy",
    "var": "a name for a value is written: cel.bind(name, value, expression); or add a variable to the policy",
    "const": "add a constant to the policy",
    "return": "write the expression alone",
    "function": "write the expression alone; what rules share is a variable of the policy",
}
_SIGNS = {
    "&": "and is written &&",
    "|": "or is written ||",
    "~": "a pattern is matched with text.matches('...')",
    "^": "of two booleans, one or the other is written: a != b",
    "#": "a comment begins with //",
    ";": "an expression has no ; at its end",
    "$": "a parameter is written: params.name",
    "\u2018": "write a text in straight quotes: '...'",
    "\u2019": "write a text in straight quotes: '...'",
    "\u201c": 'write a text in straight quotes: "..."',
    "\u201d": 'write a text in straight quotes: "..."',
}
_UNITS = {
    f"{letter}{end}": base**power
    for power, letter in enumerate("KMGT", start=1)
    for base, ends in ((1024, ("i", "iB")), (1000, ("", "B")))
    for end in ends
} | {"k": 1000, "kB": 1000}
_PAIRS = {
    ("<", ">"): "not equal is written !=",
    ("?", "?"): "a default is written: x.?field.orValue(default)",
    ("?", ":"): "a default is written: x.?field.orValue(default)",
    ("*", "*"): "there is no power; write the number",
}


def reserved(word: str) -> str | None:
    """A hint for a reserved word."""
    return _RESERVED.get(word)


def sign(text: str, at: int) -> str | None:
    """A hint for a character that no token begins with."""
    character = text[at]
    if character == "=":
        if text.startswith("=~", at):
            return _SIGNS["~"]
        return "write !=" if text[max(at - 2, 0) : at] == "!=" else "compare with =="
    return _SIGNS.get(character)


def token(tokens: Sequence[Token], at: int) -> tuple[int, str | None]:
    """For a token that is not expected: which one is at fault, and a hint; or itself and None."""
    here = tokens[at]
    before = tokens[at - 1] if at else None
    hint = None
    if before is not None and before.kind == "IDENT" and before.text.lower() in _WORDS and here.kind != ".":
        # `not x` is read as a name, and goes wrong at what follows.
        return at - 1, _WORDS[before.text.lower()]
    if here.kind == "IDENT" and here.text.lower() in _WORDS:
        hint = _WORDS[here.text.lower()]
        if here.text.lower() == "not" and at + 1 < len(tokens) and tokens[at + 1].kind == "in":
            hint = "write: !(x in list)"
        elif here.text.lower() == "is" and at + 1 < len(tokens) and tokens[at + 1].text.lower() in {"not", *_NAMES}:
            hint = "use has(...) to test whether something is set"
    elif before is not None and before.kind == "INT_LIT":
        hint = _number(before, here)
    elif before is not None and before.text == "f" and here.kind == "STRING_LIT":
        hint = "texts are put together with + or format: '%s and %s'.format([x, y])"
    elif before is not None:
        hint = _PAIRS.get((before.text, here.text)) if before.end == here.start else None
    return at, hint


def _number(number: Token, after: Token) -> str | None:
    if after.text in _UNITS:
        return f"write the number of bytes: {int(number.text, 0) * _UNITS[after.text]}"
    if after.text.startswith("_") and number.end == after.start:
        return "digits are written without _"
    return None
