"""Units of systemd: what a service's files come to, in the order and with the words of systemd itself.

A unit file of a stronger folder hides those of the same name in weaker ones; drop-ins of all folders are applied in the
order of their names; an empty assignment takes the earlier ones back. What an environment holds may be secret: it is
never part of a message.
"""

import fnmatch
import re
from itertools import count
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, TypeVar, Union

from passmuster_collector import trusted
from passmuster_collector.budget import asking
from passmuster_collector.host import Host
from passmuster_collector.reading import Absent, Names, Node, Reason, Text, Unknown, UnreadableError, each_line
from passmuster_collector.source import Kind

FOLDERS = (
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
)
VENDOR = ("/usr/lib/systemd/system", "/lib/systemd/system")
"""Where every host with systemd has units."""
_KEYS = ("Environment", "EnvironmentFile", "PassEnvironment", "UnsetEnvironment", "ExecStart")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "s": " "}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)
_PLACE = re.compile(r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)
_BLANKS = " \t\n\r"
_MOST = 4 << 20
"""Characters that the files of a unit, and its environment, may come to together."""
_STARS = 2
"""In a pattern for names of files: matching takes a power of a name's length, by its stars."""
_EACH = 64
"""What an assignment takes beside its characters."""


T = TypeVar("T")


class Entry(NamedTuple):
    """One assignment of the section Service."""

    key: str
    value: str
    source: str


class Unit(NamedTuple):
    """A service: its assignments, the strongest last."""

    path: Optional[str]
    """Its own file; None where only drop-ins were found."""
    entries: List[Entry]


class Word(NamedTuple):
    """A word of a command and the file it is from; unknown words where a file that may hold some was not read."""

    text: Union[str, Unknown]
    source: str


def load(host: Host, name: str) -> Union[Unit, Absent, Unknown]:
    """A service by its name; absent where it has no file, or is masked."""
    path, entries = None, []  # type: Optional[str], List[Entry]
    for folder in FOLDERS:
        look = _file(host, f"{folder}/{name}")
        if isinstance(look, Unknown) and look.reason is not Reason.NOT_COLLECTED:
            return look
        if isinstance(look, Text):
            if not look.text.strip():
                return Absent(f"{folder}/{name}")
            path = f"{folder}/{name}"
            entries.extend(parse(look.text, path))
            break
    room = _MOST
    for drop_in in _drop_ins(host, name):
        look = drop_in if isinstance(drop_in, Unknown) else _file(host, drop_in)
        if isinstance(look, Unknown):
            return look
        if isinstance(look, Text) and isinstance(drop_in, str):
            found = parse(look.text, drop_in)
            room -= _size(entry.value for entry in found)
            entries.extend(found)
        if room < 0:
            return Unknown(Reason.FAILED, f"too large: {name} with its drop-ins (limit {_MOST} characters)")
    return Unit(path, entries) if path is not None or entries else Absent(f"{FOLDERS[4]}/{name}")


def parse(text: str, source: str) -> List[Entry]:
    """The assignments of the section Service that say what is run."""
    found: List[Entry] = []
    section = ""
    for line in _lines(text):
        if line.startswith("["):
            section = line
        key, equals, value = line.partition("=")
        if equals and section == "[Service]" and key.strip() in _KEYS:
            found.append(Entry(key.strip(), value.strip(), source))
    return found


def command(host: Host, unit: Unit) -> List[Word]:
    """The words of the one command of a service, with its environment put in; none where it has no command.

    Raises UnreadableError where it has several, or what cannot be parted into words.
    """
    commands: List[Entry] = []
    for entry in unit.entries:
        if entry.key == "ExecStart":
            _assigned(commands, entry if entry.value else None)
    if len(commands) > 1:
        raise UnreadableError(f"{commands[-1].source}: more than one ExecStart")
    if not commands:
        return []
    source = commands[0].source
    first, _, _ = commands[0].value.partition(" ")
    prefix = first[: len(first) - len(first.lstrip("@-:+!|"))]
    environment = _Environment(host, unit.entries)
    found: List[Word] = []
    room = _MOST
    for word in split(commands[0].value[len(prefix) :]):
        plain = word.replace("%%", "%")
        for one in (Word(plain, source),) if ":" in prefix else environment.put_in(plain, source):
            room -= _EACH if isinstance(one.text, Unknown) else len(one.text) + _EACH
            if room < 0:
                raise UnreadableError(f"{source}: too large a command (limit {_MOST} characters)")
            found.append(one)
    if "@" in prefix:
        del found[1:2]
    return found


def split(text: str) -> List[str]:
    """Words between blanks, with quotes and C's escapes as systemd has them; raises UnreadableError."""
    words: List[str] = []
    word: Optional[List[str]] = None
    quote = ""
    place, steps = 0, asking(count())
    while place < len(text):
        next(steps)
        letter = text[place]
        place += 1
        if letter == "\\" and place < len(text):
            plain, place = _escaped(text, place)
            word = _with(word, plain)
        elif quote:
            if letter == quote:
                quote = ""
            else:
                word = _with(word, letter)
        elif letter in "\"'":
            quote = letter
            word = word if word is not None else []
        elif letter in _BLANKS:
            if word is not None:
                words.append("".join(word))
            word = None
        else:
            word = _with(word, letter)
    if quote:
        raise UnreadableError("a quotation without an end in a unit")
    return words if word is None else [*words, "".join(word)]


def parse_environment_file(text: str) -> Dict[str, str]:
    """Variables of a file as systemd reads it: quotes at the start of a value, escapes, lines that go on."""
    found: Dict[str, str] = {}
    place, steps = 0, asking(count())
    while place < len(text):
        next(steps)
        start = place
        while place < len(text) and text[place] not in "=\n":
            place += 1
        key = text[start:place].strip()
        if key[:1] in ("#", ";"):
            place = _end_of_comment(text, start)
        elif place < len(text) and text[place] == "=":
            value, place = _value(text, place + 1)
            if _NAME.match(key):
                found[key] = value
        else:
            place += 1
    return found


class _Environment:
    """Variables of a service, each with its file; a file that was not read may have set any that no later one sets."""

    def __init__(self, host: Host, entries: Sequence[Entry]) -> None:
        self._known: Dict[str, Tuple[str, str]] = {}
        self._trouble: Optional[Unknown] = None
        self._room = _MOST
        files: List[str] = []
        unset: List[str] = []
        self._passed: List[str] = []
        for entry in entries:
            if entry.key == "Environment":
                self._assign(entry)
            elif entry.key == "EnvironmentFile":
                _assigned(files, entry.value or None)
            elif entry.key == "PassEnvironment":
                self._passed = [*self._passed, *split(entry.value)] if entry.value else []
            elif entry.key == "UnsetEnvironment":
                unset = [*unset, *split(entry.value)] if entry.value else []
        for file in files:
            self._read(host, file)
        for name in unset:
            self._known.pop(name.partition("=")[0], None)

    def _assign(self, entry: Entry) -> None:
        self._known = self._known if entry.value else {}
        for name, equals, value in (word.partition("=") for word in split(entry.value)):
            if equals:
                self._known[name] = (value.replace("%%", "%"), entry.source)

    def put_in(self, word: str, source: str) -> Iterator[Word]:
        """What a word of a command becomes: ``$NAME`` any number of words, ``${NAME}`` a part of this one."""
        if word.startswith("$") and word[1:2] not in ("{", "$"):
            value = self._value(word[1:])
            if isinstance(value, Unknown):
                yield Word(value, source)
            else:
                for part in split(value[0]):
                    yield Word(part, value[1])
            return
        values = [self._value(name) for name in _PLACE.findall(word) if name]
        trouble = [value for value in values if isinstance(value, Unknown)]
        if _size(value[0] for value in values if not isinstance(value, Unknown)) > _MOST:
            raise UnreadableError(f"{source}: too large a command (limit {_MOST} characters)")
        if trouble:
            yield Word(trouble[0], source)
        else:
            yield Word(_PLACE.sub(lambda place: self._text(place.group(1)), word), source)

    def _text(self, name: Optional[str]) -> str:
        return self._known.get(name, ("", ""))[0] if name else "$"

    def _value(self, name: str) -> Union[Tuple[str, str], Unknown]:
        if name in self._known:
            return self._known[name]
        if name in self._passed:
            return Unknown(Reason.NOT_COLLECTED, "a unit takes a variable over from systemd itself")
        return self._trouble or ("", "")

    def _read(self, host: Host, value: str) -> None:
        may_miss = value.startswith("-")
        for path in _paths(host, value[1:] if may_miss else value):
            look = path if isinstance(path, Unknown) else trusted.read(host, path)  # type: Union[Text, Absent, Unknown, None]
            if isinstance(look, Text) and isinstance(path, str):
                look = self._taken(parse_environment_file(look.text), path)
            if isinstance(look, Unknown) or (isinstance(look, Absent) and not may_miss):
                self._known = {}
                self._trouble = look if isinstance(look, Unknown) else _missing(str(path))

    def _taken(self, found: Dict[str, str], path: str) -> Optional[Unknown]:
        """Add the variables of a file, as long as there is room."""
        self._room -= _size(found.values())
        if self._room < 0:
            return Unknown(Reason.FAILED, f"too large: environment files (limit {_MOST} characters)")
        self._known.update({name: (value, path) for name, value in found.items()})
        return None


def _size(texts: Iterable[str]) -> int:
    return sum(len(text) + _EACH for text in texts)


def _assigned(values: List[T], value: Optional[T]) -> None:
    """Add a value to a list; none takes all of them back."""
    if value is None:
        values.clear()
    else:
        values.append(value)


def _missing(path: str) -> Unknown:
    return Unknown(Reason.NOT_COLLECTED, f"{path} is named by a unit, but does not exist")


def _paths(host: Host, pattern: str) -> Iterator[Union[str, Unknown]]:
    """The files that a path names, which may be a pattern in its last part."""
    pattern = pattern.replace("%%", "\0")
    folder, _, last = pattern.rpartition("/")
    if not pattern.startswith("/") or "%" in pattern or re.search(r"[*?\[]", folder):
        yield Unknown(Reason.NOT_COLLECTED, "a unit names a file by a path that only systemd could complete")
        return
    folder, last = folder.replace("\0", "%"), last.replace("\0", "%")
    if not re.search(r"[*?\[]", last):
        yield f"{folder}/{last}"
        return
    if last.count("*") > _STARS:
        yield Unknown(Reason.NOT_COLLECTED, f"a unit names files by a pattern with more than {_STARS} stars")
        return
    names = host.names(folder or "/")
    if isinstance(names, Unknown):
        yield names
    elif isinstance(names, Names):
        hidden = last.startswith(".")
        for name in names.names:
            if fnmatch.fnmatchcase(name, last) and (hidden or not name.startswith(".")):
                yield f"{folder}/{name}"


def _file(host: Host, path: str) -> Union[Text, Absent, Unknown]:
    """A unit's file; what is masked by /dev/null is empty."""
    look = host.read(path)
    if isinstance(look, Unknown) and look.reason is Reason.FAILED:
        node = host.node(path)
        if isinstance(node, Node) and node.kind == "character":
            return Text("")
    return look


def _drop_ins(host: Host, name: str) -> Iterator[Union[str, Unknown]]:
    found: Dict[str, str] = {}
    for kind in (name, "service"):
        for folder in FOLDERS:
            names = host.names(f"{folder}/{kind}.d")
            if isinstance(names, Unknown) and names.reason is not Reason.NOT_COLLECTED:
                yield names
            if isinstance(names, Names):
                for file in names.names:
                    if file.endswith(".conf"):
                        found.setdefault(file, f"{folder}/{kind}.d/{file}")
    for _, path in sorted(found.items()):
        yield path


def _lines(text: str) -> Iterator[str]:
    """Lines, joined where one ends in a backslash; comments among them are left out."""
    joined: List[str] = []
    for line in each_line(text):
        bare = line.strip(_BLANKS)
        if bare[:1] in ("#", ";"):
            continue
        if bare.endswith("\\"):
            joined.append(bare[:-1])
            continue
        yield " ".join([*joined, bare]).strip(_BLANKS)
        joined = []
    yield " ".join(joined).strip(_BLANKS)


def _with(word: Optional[List[str]], letter: str) -> List[str]:
    if word is None:
        return [letter]
    word.append(letter)
    return word


def _escaped(text: str, place: int) -> Tuple[str, int]:
    """The letter that an escape behind a backslash stands for, and where it ends."""
    letter = text[place]
    if letter == "x" and re.match(r"[0-9A-Fa-f]{2}", text[place + 1 : place + 3]):
        return chr(int(text[place + 1 : place + 3], 16)), place + 3
    if letter in "01234567" and re.match(r"[0-7]{3}", text[place : place + 3]):
        return chr(int(text[place : place + 3], 8) & 0xFF), place + 3
    return _ESCAPES.get(letter, letter), place + 1


def _end_of_comment(text: str, place: int) -> int:
    """The start of the line behind a comment, which goes on behind a backslash."""
    while place < len(text) and text[place] != "\n":
        place += 2 if text[place] == "\\" else 1
    return place + 1


def _value(text: str, place: int) -> Tuple[str, int]:
    """A value from behind its equals sign, and the start of what follows it."""
    found: List[str] = []
    while place < len(text) and text[place] in " \t":
        place += 1
    while place < len(text) and text[place] in "\"'":
        place = _quotation(text, place, found)
        while place < len(text) and text[place] in " \t":
            place += 1
    bare: List[str] = []
    while place < len(text) and text[place] != "\n":
        if text[place] == "\\":
            place += 1
            if text[place : place + 1] == "\n":
                place += 1
                continue
        bare.append(text[place : place + 1])
        place += 1
    return "".join(found) + "".join(bare).rstrip(_BLANKS), place + 1


def _quotation(text: str, place: int, found: List[str]) -> int:
    """Add what is between quotes; where they end."""
    quote = text[place]
    place += 1
    while place < len(text) and text[place] != quote:
        if quote == '"' and text[place] == "\\":
            following = text[place + 1 : place + 2]
            found.append(following if following in '"\\`$' else "" if following == "\n" else "\\" + following)
            place += 2
            continue
        found.append(text[place])
        place += 1
    return place + 1


def known(host: Host) -> bool:
    """Whether units were seen, so that a service without any is not there; a dump has few of them."""
    if host.kind is Kind.DUMP:
        return False
    seen = (host.names(folder) for folder in VENDOR)
    return any(isinstance(names, Names) and names.names for names in seen)
