"""What the kubelet is told.

By the command line of the one that runs, else by the command of its unit with the environment files that it names;
only where there is no unit, by the files where distributions keep its options. Then by its configuration file and the
drop-ins of that, which flags beat. Only named options are kept; command lines and environments may hold secrets.
"""

import json
import posixpath
import re
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Union

from passmuster_collector import shellwords, systemd, trusted, yamltop
from passmuster_collector.host import Host
from passmuster_collector.processes import COMMAND_LINE, Processes
from passmuster_collector.reading import (
    Absent,
    Known,
    Names,
    Reason,
    Result,
    Sourced,
    Text,
    Unknown,
    UnreadableError,
    interpret,
    quoted,
)
from passmuster_collector.systemd import Word

ENDPOINT = "container-runtime-endpoint"
RUNTIME = "container-runtime"
DRIVER = "cgroup-driver"
CONFIG = "config"
CONFIG_DIR = "config-dir"
ROOT_DIR = "root-dir"
OPTIONS = (ENDPOINT, RUNTIME, DRIVER, CONFIG, CONFIG_DIR, ROOT_DIR)

UNIT = "kubelet.service"
_ENVIRONMENTS = ("/var/lib/kubelet/kubeadm-flags.env", "/etc/default/kubelet", "/etc/sysconfig/kubelet")
_OTHER_STARTS = ("/etc/init.d/kubelet", "/etc/conf.d/kubelet")
"""What starts a kubelet where systemd does not: shell, which nobody reads here."""
_CONFIG_FILE = "/var/lib/kubelet/config.yaml"
_ROOT_DIR = "/var/lib/kubelet"
_SHELLS = ("sh", "bash", "dash")
_FIELDS = {ENDPOINT: "containerRuntimeEndpoint", DRIVER: "cgroupDriver"}
_DROP_INS = 256

Options = Dict[str, Word]
"""Options to their values, each with the file that says so; unknown where a file that may say so was not read."""


class Layer(NamedTuple):
    """One place that may tell the kubelet something, or why it could not be looked at."""

    source: str
    options: Union[Options, Unknown]
    keys: Dict[str, str]
    """How this place spells an option; the flag where it does not say."""
    named: bool = False
    """Whether the kubelet is known to read it: then nothing weaker counts where it could not be looked at."""

    def key(self, option: str) -> str:
        """How this place spells an option."""
        return self.keys.get(option, "--" + option)

    def hides(self) -> Optional[Unknown]:
        """Why no weaker place counts; a place that a dump lacks and that nothing names hides none."""
        if isinstance(self.options, Unknown) and (self.named or self.options.reason is not Reason.NOT_COLLECTED):
            return self.options
        return None


class Told(NamedTuple):
    """All places, the strongest first."""

    layers: List[Layer]
    running: bool
    """Whether a kubelet runs."""
    command: bool
    """Whether its command line is known, by its process or by its unit."""

    def value(self, option: str) -> Sourced:
        """What the strongest place says, text or null; unknown where a stronger one could not be looked at."""
        unseen: Optional[Unknown] = None
        for layer in self.layers:
            hidden = layer.hides()
            if hidden is not None:
                return Sourced(hidden, ())
            if isinstance(layer.options, Unknown):
                unseen = unseen or layer.options
                continue
            word = layer.options.get(option)
            if word is not None and word.text:
                result = word.text if isinstance(word.text, Unknown) else Known(word.text)
                return Sourced(result, (word.source,))
        if unseen is not None:
            return Sourced(unseen, ())
        return Sourced(Known(None), tuple(layer.source for layer in self.layers))


def told(host: Host, processes: Union[Processes, Unknown, None]) -> Told:
    """Look at all places. Where a kubelet runs, its command line is what the files came to."""
    running = _running(processes)
    layers = [] if running is None else [running]
    runs = running is not None and not isinstance(running.options, Unknown)
    unit = None if runs else _unit(host)
    if unit is not None:
        layers.append(unit)
    elif not runs:
        layers.extend(Layer(path, _environment(host, path), {}) for path in _ENVIRONMENTS)
        layers.extend(_other_starts(host))
    command = runs or unit is not None
    layers.extend(_configuration(host, Told(list(layers), runs, command)))
    return Told(layers, runs, command)


def root_dir(found: Told) -> Union[str, Unknown]:
    """The folder of the kubelet's state, written as the kubelet itself comes to write it."""
    told_path = found.value(ROOT_DIR).result
    if isinstance(told_path, Unknown):
        return told_path
    path = _ROOT_DIR if told_path.value is None else str(told_path.value)
    if not path.startswith("/"):
        return Unknown(Reason.NOT_COLLECTED, f"relative path {quoted(path)}")
    return "/" + posixpath.normpath(path).lstrip("/")


def flags(words: Sequence[Word]) -> Options:
    """The named options among the words of a command line: ``--name=value`` or ``--name value``, the last counts."""
    found: Options = {}
    for place, word in enumerate(words):
        if isinstance(word.text, Unknown):
            found.update(dict.fromkeys(OPTIONS, word))
            continue
        if word.text == "--":
            break
        name, equals, value = word.text.partition("=")
        option = name[2:].replace("_", "-")
        if not name.startswith("--") or option not in OPTIONS:
            continue
        following = words[place + 1] if place + 1 < len(words) else Word("", word.source)
        found[option] = Word(value, word.source) if equals else following
    return found


def parse_environment(text: str, source: str) -> Options:
    """The named options in the values of all variables of an environment file; raises UnreadableError."""
    words: List[str] = []
    for assignment in shellwords.split(text):
        words.extend(assignment.partition("=")[2].split())
    return flags([Word(word, source) for word in words])


def parse_config_file(text: str, source: str) -> Options:
    """The named fields of a KubeletConfiguration, in JSON or in YAML's block style; raises UnreadableError."""
    if text.lstrip().startswith("{"):
        values = _fields_of_json(text)
    else:
        fields = yamltop.parse(text)
        values = {option: yamltop.text_of(fields, field) for option, field in _FIELDS.items()}
    return {option: Word(value, source) for option, value in values.items() if value is not None}


def parse_cpu_manager(text: str) -> str:
    """The policy in the CPU manager's state, which is JSON; raises UnreadableError."""
    match = re.search(r'"policyName"\s*:\s*"([^"\\]*)"', text)
    if match is None:
        raise UnreadableError(f"no policyName (got {quoted(text)})")
    return match.group(1)


def _fields_of_json(text: str) -> Dict[str, Optional[str]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableError("a configuration that is no JSON") from None
    return {option: _text(document.get(field)) for option, field in _FIELDS.items()}


def _text(value: Any) -> Optional[str]:
    if value is None or isinstance(value, str):
        return value
    raise UnreadableError("a field of the configuration is no text")


def _options(result: Result) -> Union[Options, Unknown]:
    return result if isinstance(result, Unknown) else result.value


def _environment(host: Host, path: str) -> Union[Options, Unknown]:
    return _options(interpret(host.read(path), lambda text: parse_environment(text, path), absent=Known({})))


def _other_starts(host: Host) -> Iterator[Layer]:
    for path in _OTHER_STARTS:
        if isinstance(host.read(path), Text):
            yield Layer(
                path, Unknown(Reason.NOT_COLLECTED, f"{path} starts the kubelet, and is not read"), {}, named=True
            )


def _unit(host: Host) -> Optional[Layer]:
    """What the unit runs; None where there is none, or where only drop-ins without a command are left of it."""
    unit = systemd.load(host, UNIT)
    source = f"{systemd.FOLDERS[4]}/{UNIT}"
    if isinstance(unit, Unknown):
        return Layer(source, unit, {}, named=True)
    if isinstance(unit, Absent):
        return None
    source = unit.entries[-1].source if unit.entries else unit.path or source
    try:
        words = systemd.command(host, unit)
        options = flags(_arguments(words))
    except UnreadableError as error:
        return Layer(source, Unknown(Reason.UNREADABLE, str(error)), {}, named=True)
    if words:
        return Layer(words[0].source, options, {}, named=True)
    trouble = Unknown(Reason.UNREADABLE, f"{source} has no ExecStart")
    return Layer(source, trouble, {}, named=True) if unit.path is not None else None


def _arguments(words: Sequence[Word]) -> List[Word]:
    """What stands behind the kubelet's own name; an unknown word where something else runs it."""
    for place, word in enumerate(words):
        if isinstance(word.text, str) and word.text.rpartition("/")[2] == "kubelet":
            return list(words[place + 1 :])
    texts = [word.text for word in words[:3] if isinstance(word.text, str)]
    if len(texts) == 3 and texts[0].rpartition("/")[2] in _SHELLS and texts[1] == "-c":
        inner = shellwords.split(texts[2])
        if any(word.rpartition("/")[2] == "kubelet" for word in inner):
            return _arguments([_literal(word, words[2].source) for word in inner])
    if not words:
        return []
    return [Word(Unknown(Reason.NOT_COLLECTED, f"{words[0].source} runs what is no kubelet itself"), words[0].source)]


def _literal(word: str, source: str) -> Word:
    """A word of a shell's command; what the shell would put something in for is unknown."""
    if re.search(r"[$`*?;|&<>()]", word):
        return Word(Unknown(Reason.NOT_COLLECTED, f"{source} leaves a word of the command to a shell"), source)
    return Word(word, source)


def _configuration(host: Host, flagged: Told) -> Iterator[Layer]:
    """Drop-ins, the last first, then the file; without a known command the file where kubeadm puts it."""
    folder = flagged.value(CONFIG_DIR).result
    if isinstance(folder, Known) and folder.value:
        yield from _drop_ins(host, folder.value)
    path = flagged.value(CONFIG).result
    if isinstance(path, Known) and path.value:
        yield _config_file(host, path.value)
    elif not flagged.command:
        result = interpret(
            host.read(_CONFIG_FILE), lambda text: parse_config_file(text, _CONFIG_FILE), absent=Known({})
        )
        yield Layer(_CONFIG_FILE, _options(result), _FIELDS)


def _drop_ins(host: Host, folder: str) -> Iterator[Layer]:
    refused = trusted.distrusted(host, folder)
    names = host.names(folder) if refused is None else refused
    if not isinstance(names, Names):
        look = _named(names, folder)
        yield Layer(folder, look if isinstance(look, Unknown) else {}, _FIELDS, named=True)
        return
    if len(names.names) > _DROP_INS:
        trouble = Unknown(Reason.FAILED, f"too large: {folder} (limit {_DROP_INS} names)")
        yield Layer(folder, trouble, _FIELDS, named=True)
        return
    for name in sorted(names.names, reverse=True):
        path = f"{folder.rstrip('/')}/{name}"
        if name.endswith(".conf"):
            yield _config_file(host, path)
        elif not re.search(r"\.[A-Za-z0-9]+\Z", name):
            node = host.node(path)
            if not isinstance(node, Absent) and getattr(node, "kind", "directory") == "directory":
                trouble = Unknown(Reason.NOT_COLLECTED, f"{path} was not looked into")
                yield Layer(path, trouble, _FIELDS, named=True)


def _config_file(host: Host, path: str) -> Layer:
    look = _named(trusted.read(host, path), path)
    options = _options(interpret(look, lambda text: parse_config_file(text, path)))
    return Layer(path, options, _FIELDS, named=True)


def _named(look: Any, path: str) -> Any:
    """A look at a place that the kubelet is told to read: that it is not there leaves open what it is told."""
    if isinstance(look, Absent):
        return Unknown(Reason.NOT_COLLECTED, f"the kubelet's options name {path}, which does not exist")
    return look


def _running(processes: Union[Processes, Unknown, None]) -> Optional[Layer]:
    """The options of the kubelet that runs; None where none does, and where no processes belong to the source."""
    if processes is None:
        return None
    if isinstance(processes, Unknown):
        return Layer(COMMAND_LINE, processes, {})
    doubt = processes.doubtful.get("kubelet")
    if doubt is not None:
        return Layer(COMMAND_LINE, doubt, {}, named=True)
    found: List[Union[Options, Unknown]] = []
    for process in processes.found.get("kubelet", []):
        words = process.words
        source = process.source
        found.append(words if isinstance(words, Unknown) else flags([Word(word, source) for word in words]))
    if not found:
        return None
    if any(options != found[0] for options in found):
        trouble = Unknown(Reason.FAILED, f"{len(found)} kubelets run, with different options")
        return Layer(COMMAND_LINE, trouble, {}, named=True)
    return Layer(processes.found["kubelet"][0].source, found[0], {}, named=True)
