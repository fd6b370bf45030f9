"""The kernel's build configuration: what is in it, and which options it says that it lacks.

An option that is not set has a comment in the file, or no line at all. In a dump the file may be cut between two lines,
so what it does not name is absent only if the file shows its last part, as those of Linux 5.4 and newer do.
"""

import re
import zlib
from typing import Dict, FrozenSet, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from passmuster_collector import identity
from passmuster_collector.fields import Fields, Limit
from passmuster_collector.host import Host
from passmuster_collector.kerneloptions import LISTED, TEXTS
from passmuster_collector.reading import (
    Absent,
    Data,
    Known,
    Reason,
    Result,
    Sourced,
    Text,
    Unknown,
    UnreadableError,
    each_line,
    graver,
    interpret,
    not_there,
    quoted,
)
from passmuster_collector.section import ALL, OTHERS, Fact, sourced
from passmuster_collector.source import Kind

LENGTH = 256
FIELDS: Fields = {("options",): Limit(items=20000, length=LENGTH)}

_CONFIG_GZ = "/proc/config.gz"
_LIMIT = 4 << 20
_UNSET = re.compile(r"# (CONFIG_\w+) is not set\Z", re.ASCII)
_END = "# end of Kernel hacking"
_MOST_HIDDEN = 512
"""Distributions have some sixty texts."""
_NOT_LISTED = Unknown(Reason.NOT_COLLECTED, "not an option that every snapshot tells about: collect --full tells all")
_HIDDEN = Unknown(Reason.REDACTED, "a text that is not on the public list")


class Config(NamedTuple):
    """A configuration as it is written."""

    values: Dict[str, str]
    """Options that are set, to what stands after the `=`."""
    unset: FrozenSet[str]
    """Options of which a comment says that they are not set."""
    whole: bool
    """Whether the file shows its last part."""

    def of(self, name: str, path: str) -> Result:
        """The value of an option as it is written, None where it is not set."""
        if name in self.values or name in self.unset or self.whole:
            return Known(self.values.get(name))
        return _cut(path)


def collect(host: Host) -> Iterator[Fact]:
    """Facts of the section."""
    config = read(host)
    if isinstance(config.result, Unknown):
        yield sourced("options", config)
        return
    values: Dict[str, str] = config.result.value.values
    named = values if host.full else {name: values[name] for name in LISTED if name in values}
    hidden = {name: why for name, why in ((name, _withheld(name, named[name])) for name in named) if why is not None}
    if len(hidden) > _MOST_HIDDEN:
        yield Fact(("options",), Unknown(Reason.FAILED, f"too large (got {len(hidden)} texts)"), ())
        return
    yield Fact(("options",), Known({name: _plain(named[name]) for name in named if name not in hidden}), config.sources)
    yield from (Fact(("options", name), why, ()) for name, why in hidden.items())
    if not config.result.value.whole:
        yield Fact(("options", ALL), _cut(config.sources[0]), ())
    elif not host.full:
        yield Fact(("options", OTHERS), _NOT_LISTED, ())


def parse_config(text: str) -> Config:
    """The options that are set, and those that are not; raises UnreadableError where there are none."""
    values: Dict[str, str] = {}
    unset: List[str] = []
    whole = False
    for line in each_line(text):
        if line.startswith("CONFIG_"):
            name, equals, value = line.partition("=")
            if equals:
                values[name] = value.strip()
        elif line.startswith("#"):
            comment = _UNSET.match(line)
            if comment is not None:
                unset.append(comment.group(1))
            whole = whole or line.rstrip() == _END
    if not values:
        raise UnreadableError(f"not a kernel configuration (got {quoted(text)})")
    return Config(values, frozenset(unset), whole)


def read(host: Host) -> Sourced:
    """The configuration, from the first place that has one: what the running kernel itself holds is sure to be its."""
    packed = _unpacked(host.read_data(_CONFIG_GZ))
    places: List[Tuple[str, Union[Text, Absent, Unknown]]] = [(_CONFIG_GZ, packed)]
    folder = identity.release_folder(host).result
    if isinstance(folder, Known):
        for pattern in ("/lib/modules/{}/config", "/usr/lib/modules/{}/config", "/boot/config-{}"):
            path = pattern.format(folder.value)
            places.append((path, host.read(path)))
    found = _first(places)
    if isinstance(found.result, Known) and (host.kind is not Kind.DUMP or found.sources == (_CONFIG_GZ,)):
        return Sourced(Known(found.result.value._replace(whole=True)), found.sources)
    return found


def option(host: Host, name: str) -> Sourced:
    """The value of one option as it is written, None where it is not set."""
    return next(found for _, found in some(host, (name,)))


def some(host: Host, names: Iterable[str]) -> Iterator[Tuple[str, Sourced]]:
    """The same of some, each with its name."""
    config = read(host)
    for name in names:
        result = config.result
        yield (
            name,
            Sourced(result.value.of(name, config.sources[0]), config.sources) if isinstance(result, Known) else config,
        )


def _first(places: Sequence[Tuple[str, Union[Text, Absent, Unknown]]]) -> Sourced:
    trouble: Optional[Unknown] = None
    for path, look in places:
        if isinstance(look, Absent):
            continue
        result = interpret(look, parse_config)
        if isinstance(result, Known):
            return Sourced(result, (path,))
        trouble = graver(trouble, result)
    return Sourced(trouble or not_there(*(path for path, _ in places)), ())


def _unpacked(look: Union[Data, Absent, Unknown]) -> Union[Text, Absent, Unknown]:
    """What gzip packed, up to a limit."""
    if not isinstance(look, Data):
        return look
    try:
        engine = zlib.decompressobj(zlib.MAX_WBITS | 16)
        text = engine.decompress(look.data, _LIMIT)
    except zlib.error as error:
        return Unknown(Reason.UNREADABLE, f"{_CONFIG_GZ}: {error}")
    if engine.unconsumed_tail or not engine.eof:
        return Unknown(Reason.FAILED, f"{_CONFIG_GZ}: too large or cut off")
    return Text(text.decode("utf-8", "surrogateescape"))


def _withheld(name: str, value: str) -> Optional[Unknown]:
    if value.startswith('"') and name not in TEXTS:
        return _HIDDEN
    if len(value) > LENGTH:
        return Unknown(Reason.FAILED, f"too large (got {len(value)} characters, limit {LENGTH})")
    return None


def _plain(value: str) -> str:
    return value[1:-1].replace('\\"', '"') if len(value) > 1 and value[0] == value[-1] == '"' else value


def _cut(path: str) -> Unknown:
    return Unknown(Reason.NOT_COLLECTED, f"not in {path}, and nothing shows that it is whole in the dump")
