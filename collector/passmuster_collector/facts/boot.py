"""The kernel command line, read as the kernel reads it, without values that may be secrets.

A list or a map that lacks something says so: a value that is not shown is unknown, `redacted`, and so is the whole list
of words then; a word without a value that no document knows may be a secret itself, so it is only counted, and no other
name can be called absent.
"""

from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from passmuster_collector import kernelparameters
from passmuster_collector.budget import asking
from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.reading import Known, Reason, Result, Unknown, interpret
from passmuster_collector.section import OTHERS, Fact, fact

SOURCE = "/proc/cmdline"
FIELDS: Fields = {
    ("words",): Limit(items=512, length=1024),
    ("arguments",): Limit(items=512, length=1024, inner=64),
    ("other_words",): Limit(high=65536),
    ("init_words",): Limit(high=65536),
}
_NAME_LENGTH = 128
_BLANKS = " \t\n\v\f\r\xa0"
"""What the kernel's isspace() takes for a blank, in bytes."""


class Word(NamedTuple):
    """One word: its name with ``_`` for ``-``, and its value; None where it has none."""

    name: str
    value: Optional[str]


class CommandLine(NamedTuple):
    """The kernel's own words, and the number of those that are init's."""

    words: Tuple[Word, ...]
    init_words: int


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    line = interpret(host.read(SOURCE), parse_cmdline)
    if isinstance(line, Unknown):
        for (name,) in FIELDS:
            yield fact(name, line)
        return
    named = [word for word in line.value.words if _recorded(word)]
    others = len(line.value.words) - len(named)
    yield fact("words", _words(named, others), SOURCE)
    yield from _arguments(named, others)
    yield fact("other_words", Known(others), SOURCE)
    yield fact("init_words", Known(line.value.init_words), SOURCE)


def parse_cmdline(text: str) -> CommandLine:
    """Words as the kernel parts them (lib/cmdline.c): double quotes keep blanks, ``--`` ends its own."""
    line = text.encode("utf-8", "surrogateescape").decode("latin-1")
    line = line[:-1] if line.endswith("\n") else line  # noqa: FURB188 - no str.removesuffix before Python 3.9
    words: List[Word] = []
    for start, end in _spans(line):
        word = line[start:end]
        name, value = _parted(word)
        if name == "--" and value is None:
            return CommandLine(tuple(words), sum(1 for _ in _spans(line[end:])))
        words.append(Word(_text(name).replace("-", "_"), None if value is None else _text(value)))
    return CommandLine(tuple(words), 0)


def last_value(text: str, key: str) -> Optional[str]:
    """The value of the last ``key=value``; None where there is none."""
    values = [word.value for word in parse_cmdline(text).words if word.name == key and word.value is not None]
    return values[-1] if values else None


def _spans(line: str) -> Iterator[Tuple[int, int]]:
    """Where each word begins and ends."""
    start, quoted = -1, False
    for place, letter in asking(enumerate(line)):
        if letter in _BLANKS and not quoted:
            if start >= 0:
                yield start, place
            start = -1
            continue
        start = place if start < 0 else start
        quoted ^= letter == '"'
    if start >= 0:
        yield start, len(line)


def _parted(word: str) -> Tuple[str, Optional[str]]:
    """Name and value of a word; a first ``=`` in its first place is part of the name."""
    quoted = word.startswith('"')
    word = word[1:] if quoted else word
    equals = word.find("=", 1)
    name, value = (word, None) if equals < 0 else (word[:equals], word[equals + 1 :])
    if value is not None and value.startswith('"'):
        return name, value[1:-1] if value.endswith('"') and len(value) > 1 else value[1:]
    if quoted and word.endswith('"'):
        return (name[:-1], None) if value is None else (name, value[:-1])
    return name, value


def _text(word: str) -> str:
    return word.encode("latin-1").decode("utf-8", "surrogateescape")


def _recorded(word: Word) -> bool:
    """Whether a word may be named: all with a value, and those without that some document knows."""
    if word.name == OTHERS or len(word.name) > _NAME_LENGTH or not word.name.isprintable():
        return False
    return word.value is not None or kernelparameters.listed(word.name)


def _words(named: List[Word], others: int) -> Result:
    """The whole list or nothing: with a part of it no expression over it would be sure."""
    hidden = sorted({word.name for word in named if word.value is not None and not _shown(word)})
    if hidden or others:
        told = ["values of " + ", ".join(hidden)] * bool(hidden) + [_counted(others)] * bool(others)
        return Unknown(Reason.REDACTED, " and ".join(told))
    return Known([{"name": word.name, "value": word.value} for word in named])


def _arguments(named: List[Word], others: int) -> Iterator[Fact]:
    """Names to the values of their words, in order; a word without a value adds none."""
    found: Dict[str, List[str]] = {}
    hidden: Set[str] = set()
    for name, value in named:
        values = found.setdefault(name, [])
        if value is not None:
            values.append(value)
            if not kernelparameters.shown(name, value):
                hidden.add(name)
    limit = FIELDS["arguments",].items
    if len(found) > limit:
        yield fact("arguments", Unknown(Reason.FAILED, f"too large (got {len(found)} names, limit {limit})"))
        return
    yield fact("arguments", Known({name: values for name, values in found.items() if name not in hidden}), SOURCE)
    for name in sorted(hidden):
        yield Fact(("arguments", name), Unknown(Reason.REDACTED, "its value is not shown"), ())
    if others:
        yield Fact(("arguments", OTHERS), Unknown(Reason.REDACTED, _counted(others)), ())


def _shown(word: Word) -> bool:
    return word.value is None or kernelparameters.shown(word.name, word.value)


def _counted(others: int) -> str:
    return f"{others} word(s) that no document of the kernel knows"
