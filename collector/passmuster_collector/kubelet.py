"""What the kubelet is told.

By its command line where it runs, else by the files that its command line is made of; then by its configuration file,
which flags beat. Only named options are kept; command lines and environments may hold secrets.
"""

import re
import shlex
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from passmuster_collector import sosreport
from passmuster_collector.host import Host
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
from passmuster_collector.source import Kind

ENDPOINT = "container-runtime-endpoint"
RUNTIME = "container-runtime"
DRIVER = "cgroup-driver"
CONFIG = "config"
OPTIONS = (ENDPOINT, RUNTIME, DRIVER, CONFIG)

COMMAND_LINE = "/proc/PID/cmdline"
_ENVIRONMENTS = ("/var/lib/kubelet/kubeadm-flags.env", "/etc/default/kubelet", "/etc/sysconfig/kubelet")
_UNITS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_CONFIG_FILE = "/var/lib/kubelet/config.yaml"
_SHELL_LIMIT = 1 << 16
"""Characters that are parted into words: the parser of the standard library takes the square of their number."""
_FIELDS = {ENDPOINT: "containerRuntimeEndpoint", DRIVER: "cgroupDriver"}

Options = Dict[str, str]


class Layer(NamedTuple):
    """One place that may tell the kubelet something: options to values, or why it could not be looked at."""

    source: str
    options: Result
    keys: Dict[str, str]
    """How this place spells an option; the flag where it does not say."""

    def key(self, option: str) -> str:
        """How this place spells an option."""
        return self.keys.get(option, "--" + option)


class Told(NamedTuple):
    """All places, the strongest first."""

    layers: List[Layer]
    running: bool
    """Whether a kubelet runs."""

    def value(self, option: str) -> Sourced:
        """What the strongest place says, text or null; unknown where a stronger one could not be looked at."""
        unseen: Optional[Unknown] = None
        for layer in self.layers:
            if isinstance(layer.options, Unknown):
                if layer.options.reason is not Reason.NOT_COLLECTED:
                    return Sourced(layer.options, ())
                unseen = unseen or layer.options
            elif layer.options.value.get(option):
                return Sourced(Known(layer.options.value[option]), (layer.source,))
        if unseen is not None:
            return Sourced(unseen, ())
        return Sourced(Known(None), tuple(layer.source for layer in self.layers))


def told(host: Host) -> Told:
    """Look at all places. Where a kubelet runs, its command line is what the files came to."""
    source, process = _running(host)
    layers = []
    if process is not None:
        layers.append(Layer(source, process, {}))
    running = isinstance(process, Known) and process.value is not None
    if not running:
        layers = [layer for layer in layers if isinstance(layer.options, Unknown)]
        layers.extend(Layer(path, _options(host, path), {}) for path in _ENVIRONMENTS)
        layers.append(_units(host))
    layers.append(_config_file(host, layers))
    return Told(layers, running)


def parse_flags(words: Sequence[str]) -> Options:
    """The named options among the words of a command line: ``--name=value`` or ``--name value``, the last counts."""
    found: Options = {}
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        option = name[2:].replace("_", "-")
        if not name.startswith("--") or option not in OPTIONS:
            continue
        if not equals:
            value = words[place + 1] if place + 1 < len(words) else ""
        found[option] = value
    return found


def parse_environment(text: str) -> Options:
    """The named options in the values of all variables of an environment file; raises UnreadableError."""
    words: List[str] = []
    for assignment in _shell_words(text):
        words.extend(assignment.partition("=")[2].split())
    return parse_flags(words)


def parse_unit(text: str) -> Options:
    """The named options in a unit's environment and command; raises UnreadableError."""
    environment: List[str] = []
    command: List[str] = []
    for line in text.replace("\\\n", " ").splitlines():
        key, _, value = line.strip().partition("=")
        if key == "Environment":
            for assignment in _shell_words(value):
                environment.extend(assignment.partition("=")[2].split())
        elif key == "ExecStart":
            command = _shell_words(value)
    return parse_flags(environment + command)


def parse_config_file(text: str) -> Options:
    """The named fields of a KubeletConfiguration, which stand at the start of a line (or anywhere in JSON)."""
    found: Options = {}
    start = r'["{\s,]' if text.lstrip().startswith("{") else r"^"
    for option, field in _FIELDS.items():
        match = re.search(start + field + r'"?:[ \t]*("[^"\n]*"|\'[^\'\n]*\'|[^\s#,]+)', text, re.MULTILINE)
        if match is not None:
            found[option] = match.group(1).strip("\"'")
    return found


def parse_cpu_manager(text: str) -> str:
    """The policy in the CPU manager's state, which is JSON; raises UnreadableError."""
    match = re.search(r'"policyName"\s*:\s*"([^"\\]*)"', text)
    if match is None:
        raise UnreadableError(f"no policyName (got {quoted(text)})")
    return match.group(1)


def _shell_words(text: str) -> List[str]:
    """Words as a shell would part them; what is met is not quoted, for it may hold secrets."""
    if len(text) > _SHELL_LIMIT:
        raise UnreadableError(f"too long for assignments (got {len(text)} characters, limit {_SHELL_LIMIT})")
    try:
        return shlex.split(text, comments=True)
    except ValueError as error:
        raise UnreadableError(f"not assignments as a shell has them ({str(error).lower()})") from None


def _options(host: Host, path: str) -> Result:
    return interpret(host.read(path), parse_environment, absent=Known({}))


def _units(host: Host) -> Layer:
    """The unit and its drop-ins; the options of the later files count."""
    merged: Options = {}
    source = _UNITS[0] + "/kubelet.service.d"
    for path in _unit_files(host):
        result = path if isinstance(path, Unknown) else interpret(host.read(path), parse_unit, absent=Known({}))
        if isinstance(result, Unknown):
            return Layer(source, result, {})
        if result.value and isinstance(path, str):
            merged.update(result.value)
            source = path
    return Layer(source, Known(merged), {})


def _unit_files(host: Host) -> Iterator[Union[str, Unknown]]:
    for folder in _UNITS:
        path = folder + "/kubelet.service"
        if not isinstance(host.node(path), Absent):
            yield path
            break
    drop_ins: Dict[str, str] = {}
    for folder in reversed(_UNITS):
        names = host.names(folder + "/kubelet.service.d")
        if isinstance(names, Unknown):
            yield names
        if isinstance(names, Names):
            found = (name for name in names.names if name.endswith(".conf"))
            drop_ins.update({name: f"{folder}/kubelet.service.d/{name}" for name in found})
    for _, path in sorted(drop_ins.items()):
        yield path


def _config_file(host: Host, layers: Sequence[Layer]) -> Layer:
    flags = Told(list(layers), running=False).value(CONFIG).result
    path = flags.value if isinstance(flags, Known) and flags.value else _CONFIG_FILE
    if not path.startswith("/"):
        return Layer(_CONFIG_FILE, Unknown(Reason.NOT_COLLECTED, f"relative path {quoted(path)}"), _FIELDS)
    return Layer(path, interpret(host.read(path), parse_config_file, absent=Known({})), _FIELDS)


def _running(host: Host) -> Tuple[str, Optional[Result]]:
    """Where the running kubelet's options come from, and they; a support archive may list its processes."""
    listed = sosreport.kubelet_words(host) if host.kind is Kind.DUMP else None
    if listed is None:
        return COMMAND_LINE, _process(host)
    path, words = listed
    return path, Known(parse_flags(words))


def _process(host: Host) -> Optional[Result]:
    """Options of the running kubelet; Known(None) where none runs, None where no processes belong to the source."""
    if not host.running:
        return None if host.kind is Kind.ROOT else Unknown(Reason.NOT_COLLECTED, "only the running host could say")
    first, names = host.read("/proc/1/comm"), host.names("/proc")
    if not isinstance(names, Names):
        return names if isinstance(names, Unknown) else Unknown(Reason.NOT_COLLECTED, "/proc is not there")
    if not isinstance(first, Text):
        return Unknown(Reason.DENIED, "the processes of other users are hidden")
    for name in names.names:
        if name.isdigit() and _is_kubelet(host, "/proc/" + name):
            words = host.read(f"/proc/{name}/cmdline")
            return Known(parse_flags(words.text.split("\0"))) if isinstance(words, Text) else _gone(words)
    return Known(None)


def _gone(look: Union[Absent, Unknown]) -> Result:
    return Known(None) if isinstance(look, Absent) else look


def _is_kubelet(host: Host, folder: str) -> bool:
    """Also in containers of this host kubelets run (kind, minikube): they live in further pid namespaces."""
    comm = host.read(folder + "/comm")
    if not isinstance(comm, Text) or comm.text.strip() != "kubelet":
        return False
    status = host.read(folder + "/status")
    match = re.search(r"^NSpid:(.*)$", status.text, re.MULTILINE) if isinstance(status, Text) else None
    return match is None or len(match.group(1).split()) == 1
