"""Units: whose files count, in which order, and what their commands come to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from host_tree import FOLDER, MOUNTED, Entry, Link, host_of, plant

from passmuster_collector import systemd
from passmuster_collector.reading import Absent, Reason, Text, Unknown, UnreadableError
from passmuster_collector.source import Kind
from passmuster_collector.systemd import Unit, Word, command, parse_environment_file, split

ETC, RUN, LOCAL, USR = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
)


def service(*lines: str) -> str:
    return "[Unit]\nDescription=x\n[Service]\n" + "".join(line + "\n" for line in lines) + "[Install]\nExecStart=/no\n"


def words(tmp_path: Path, tree: dict[str, Entry], kind: Kind = Kind.ROOT) -> list[Any]:
    """The words of kubelet.service in a tree; an unknown one as its reason."""
    unit = systemd.load(host_of(plant(tmp_path, tree), kind, uname=None), "kubelet.service")
    assert isinstance(unit, Unit)
    found = command(host_of(tmp_path, kind, uname=None), unit)
    return [word.text.reason.value if isinstance(word.text, Unknown) else word.text for word in found]


COMMANDS: dict[str, tuple[dict[str, Entry], list[str]]] = {
    "the unit's own": ({f"{USR}/kubelet.service": service("ExecStart=/k --a 1")}, ["/k", "--a", "1"]),
    "a stronger folder hides a weaker": (
        {
            f"{USR}/kubelet.service": service("ExecStart=/usr"),
            f"{LOCAL}/kubelet.service": service("ExecStart=/local"),
            f"{RUN}/kubelet.service": service("ExecStart=/run"),
            f"{ETC}/kubelet.service": service("ExecStart=/etc"),
        },
        ["/etc"],
    ),
    "a drop-in takes the command back and sets another": (
        {
            f"{USR}/kubelet.service": service("ExecStart=/k"),
            f"{USR}/kubelet.service.d/10.conf": service("ExecStart=", "ExecStart=/k --x"),
        },
        ["/k", "--x"],
    ),
    "drop-ins count in the order of their names, not of their folders": (
        {
            f"{USR}/kubelet.service": service("ExecStart=/k $A"),
            f"{USR}/kubelet.service.d/90.conf": service("Environment=A=usr"),
            f"{ETC}/kubelet.service.d/10.conf": service("Environment=A=etc"),
        },
        ["/k", "usr"],
    ),
    "a drop-in hides one of its name in a weaker folder": (
        {
            f"{USR}/kubelet.service": service("ExecStart=/k $A"),
            f"{USR}/kubelet.service.d/10.conf": service("Environment=A=usr"),
            f"{RUN}/kubelet.service.d/10.conf": service("Environment=B=x"),
        },
        ["/k"],
    ),
    "drop-ins of all services count, weaker than its own of the same name": (
        {
            f"{USR}/kubelet.service": service("ExecStart=/k $A $B"),
            f"{ETC}/service.d/10.conf": service("Environment=A=all"),
            f"{USR}/kubelet.service.d/10.conf": service("Environment=A=own"),
            f"{ETC}/service.d/20.conf": service("Environment=B=all"),
        },
        ["/k", "own", "all"],
    ),
    "lines that go on, with comments between them": (
        {f"{USR}/kubelet.service": service("ExecStart=/k \\", "# no", "  --a \\", "; no", "  --b")},
        ["/k", "--a", "--b"],
    ),
    "assignments of other sections do not count": (
        {f"{USR}/kubelet.service": "[Unit]\nExecStart=/no\n[Service]\nExecStart=/k\n"},
        ["/k"],
    ),
    "prefixes of the command": ({f"{USR}/kubelet.service": service("ExecStart=-+/k --a")}, ["/k", "--a"]),
    "a name of its own is no argument": ({f"{USR}/kubelet.service": service("ExecStart=@/k name --a")}, ["/k", "--a"]),
    "no variables where the command says so": ({f"{USR}/kubelet.service": service("ExecStart=:/k $A")}, ["/k", "$A"]),
    "a variable alone is any number of words": (
        {f"{USR}/kubelet.service": service("Environment=\"A=--x 'y z'\" B=", "ExecStart=/k $A $B $C")},
        ["/k", "--x", "y z"],
    ),
    "a variable in braces is a part of its word": (
        {f"{USR}/kubelet.service": service('Environment="A=x y"', "ExecStart=/k --a=${A}b --b=$A --c=$${A}")},
        ["/k", "--a=x yb", "--b=$A", "--c=${A}"],
    ),
    "an empty environment takes the earlier back": (
        {f"{USR}/kubelet.service": service("Environment=A=1", "Environment=", "ExecStart=/k $A")},
        ["/k"],
    ),
    "a variable that is unset": (
        {f"{USR}/kubelet.service": service("Environment=A=1 B=2", "UnsetEnvironment=A", "ExecStart=/k $A $B")},
        ["/k", "2"],
    ),
    "a variable of systemd's own that the unit sets after all": (
        {f"{USR}/kubelet.service": service("PassEnvironment=A B", "Environment=A=1 B=2", "ExecStart=/k $A ${B}")},
        ["/k", "1", "2"],
    ),
    "a variable of systemd's own": (
        {f"{USR}/kubelet.service": service("PassEnvironment=A", "ExecStart=/k $A --b")},
        ["/k", "not_collected", "--b"],
    ),
    "variables of systemd's own that are taken back": (
        {f"{USR}/kubelet.service": service("PassEnvironment=A", "PassEnvironment=", "ExecStart=/k $A")},
        ["/k"],
    ),
    "a file beats the unit, and a later file an earlier": (
        {
            f"{USR}/kubelet.service": service(
                "EnvironmentFile=/etc/a.env",
                "EnvironmentFile=-/etc/b.env",
                "Environment=A=unit B=unit",
                "ExecStart=/k $A $B",
            ),
            "/etc/a.env": "A=a\nB=a\n",
            "/etc/b.env": "B=b\n",
        },
        ["/k", "a", "b"],
    ),
    "a file that may be missing, and is": (
        {f"{USR}/kubelet.service": service("EnvironmentFile=-/etc/a.env", "Environment=A=1", "ExecStart=/k $A")},
        ["/k", "1"],
    ),
    "a file that must not be missing, and is": (
        {f"{USR}/kubelet.service": service("EnvironmentFile=/etc/a.env", "Environment=A=1", "ExecStart=/k $A --b")},
        ["/k", "not_collected", "--b"],
    ),
    "a file that cannot be read": (
        {
            f"{USR}/kubelet.service": service("EnvironmentFile=-/etc/a.env", "ExecStart=/k $A"),
            "/etc/a.env": FOLDER,
        },
        ["/k", "failed"],
    ),
    "a variable that a later file sets is known all the same": (
        {
            f"{USR}/kubelet.service": service("EnvironmentFile=/etc/a", "EnvironmentFile=/etc/b", "ExecStart=/k $A $B"),
            "/etc/b": "A=1\n",
        },
        ["/k", "1", "not_collected"],
    ),
    "an empty list of files takes the earlier back": (
        {f"{USR}/kubelet.service": service("EnvironmentFile=/etc/a", "EnvironmentFile=", "ExecStart=/k $A")},
        ["/k"],
    ),
    "a pattern of files, in order": (
        {
            f"{USR}/kubelet.service": service("EnvironmentFile=/etc/k/*.env", "ExecStart=/k $A $B"),
            "/etc/k/2.env": "A=2\n",
            "/etc/k/1.env": "A=1\nB=1\n",
            "/etc/k/.0.env": "B=0\n",
            "/etc/k/3.txt": "A=3\n",
        },
        ["/k", "2", "1"],
    ),
    "a path that only systemd could complete": (
        {f"{USR}/kubelet.service": service("EnvironmentFile=-/etc/%H.env", "ExecStart=/k $A")},
        ["/k", "not_collected"],
    ),
    "a percent sign": ({f"{USR}/kubelet.service": service("ExecStart=/k 100%%")}, ["/k", "100%"]),
    "no command": ({f"{USR}/kubelet.service": service("Environment=A=1")}, []),
    "only a drop-in is left": ({f"{ETC}/kubelet.service.d/1.conf": service("ExecStart=/k")}, ["/k"]),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command(tmp_path: Path, name: str) -> None:
    tree, expected = COMMANDS[name]
    assert words(tmp_path, tree) == expected


def test_a_word_knows_its_file(tmp_path: Path) -> None:
    tree: dict[str, Entry] = {
        f"{USR}/kubelet.service": service("ExecStart=/k --a $A"),
        f"{ETC}/kubelet.service.d/1.conf": service("EnvironmentFile=/etc/a.env"),
        "/etc/a.env": "A=1\n",
    }
    host = host_of(plant(tmp_path, tree), Kind.ROOT, uname=None)
    unit = systemd.load(host, "kubelet.service")
    assert isinstance(unit, Unit)
    assert command(host, unit)[1:] == [Word("--a", f"{USR}/kubelet.service"), Word("1", "/etc/a.env")]


MASKED: dict[str, dict[str, Entry]] = {
    "nothing": {},
    "an empty file": {f"{ETC}/kubelet.service": "", f"{USR}/kubelet.service": service("ExecStart=/k")},
}


@pytest.mark.parametrize("name", MASKED)
def test_no_service(tmp_path: Path, name: str) -> None:
    host = host_of(plant(tmp_path, MASKED[name]), Kind.ROOT, uname=None)
    assert isinstance(systemd.load(host, "kubelet.service"), Absent)


def test_a_link_to_the_null_device_masks_it() -> None:
    assert systemd._file(host_of(Path("/"), Kind.ROOT, uname=None), "/dev/null") == Text("")


TROUBLE: dict[str, dict[str, Entry]] = {
    "a unit that is no file": {f"{ETC}/kubelet.service": FOLDER},
    "a drop-in that is no file": {
        f"{USR}/kubelet.service": service("ExecStart=/k"),
        f"{ETC}/kubelet.service.d/1.conf": FOLDER,
    },
    "a drop-in that leads nowhere else": {
        f"{USR}/kubelet.service": service("ExecStart=/k"),
        f"{ETC}/kubelet.service.d/1.conf": Link("1.conf"),
    },
}


@pytest.mark.parametrize("name", TROUBLE)
def test_what_cannot_be_read_leaves_the_service_unknown(tmp_path: Path, name: str) -> None:
    found = systemd.load(host_of(plant(tmp_path, TROUBLE[name]), Kind.ROOT, uname=None), "kubelet.service")
    assert isinstance(found, Unknown)
    assert found.reason is Reason.FAILED


REFUSED = {
    "two commands": service("ExecStart=/a", "ExecStart=/b"),
    "a quotation without an end": service("ExecStart=/k 'a"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_one_command_is_unreadable(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableError):
        words(tmp_path, {f"{USR}/kubelet.service": REFUSED[name]})


SPLIT = {
    "blanks": ("  a \t b  ", ["a", "b"]),
    "quotes": ("""'a b' "c d" e'f'g '' """, ["a b", "c d", "efg", ""]),
    "escapes": (r"a\x20b \sc \101 \\ \"", ["a b", " c", "A", "\\", '"']),
}


@pytest.mark.parametrize("name", SPLIT)
def test_words(name: str) -> None:
    text, expected = SPLIT[name]
    assert split(text) == expected


ENVIRONMENTS = {
    "plain": ("A=1\nB=2 \n", {"A": "1", "B": "2"}),
    "comments": ("# A=1\n; B=2\nC=3\n# goes on \\\nD=4\nE=5", {"C": "3", "E": "5"}),
    "quotes": ("A='x y'\nB=\"x \\\"y\\\" \\n\"\nC=x'y'\n", {"A": "x y", "B": 'x "y" \\n', "C": "x'y'"}),
    "quotes over lines": ("A='x\ny'\nB=\"x\\\ny\"\n", {"A": "x\ny", "B": "xy"}),
    "lines that go on": ("A=x \\\n  y\nB=2\n", {"A": "x   y", "B": "2"}),
    "empty": ("A=\nB=''\n", {"A": "", "B": ""}),
    "no names": ("export A=1\nB C\n1=2\nD=4\n", {"D": "4"}),
    "the last counts": ("A=1\nA=2\n", {"A": "2"}),
    "blanks round the name": (" A =1\n", {"A": "1"}),
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_environment_files(name: str) -> None:
    text, expected = ENVIRONMENTS[name]
    assert parse_environment_file(text) == expected


def test_units_were_seen_where_the_distribution_has_some(tmp_path: Path) -> None:
    assert not systemd.known(host_of(plant(tmp_path, MOUNTED), Kind.ROOT, uname=None))
    plant(tmp_path, {f"{USR}/dbus.service": ""})
    assert systemd.known(host_of(tmp_path, Kind.ROOT, uname=None))
    assert not systemd.known(host_of(tmp_path, Kind.DUMP, uname=None))


LONG = "x" * 100_000
MUCH: dict[str, tuple[dict[str, Entry], str]] = {
    "a variable in every word": (
        {f"{USR}/kubelet.service": service(f"Environment=A={LONG}", "ExecStart=/k" + " $A" * 1000)},
        "too large a command",
    ),
    "a variable many times in one word": (
        {f"{USR}/kubelet.service": service(f"Environment=A={LONG}", "ExecStart=/k " + "${A}" * 100_000)},
        "too large a command",
    ),
    "many drop-ins": (
        {
            f"{USR}/kubelet.service": service("ExecStart=/k"),
            **{f"{USR}/kubelet.service.d/{number}.conf": service(f"Environment=A={LONG}") for number in range(50)},
        },
        "too large: kubelet.service with its drop-ins",
    ),
    "many environment files": (
        {
            f"{USR}/kubelet.service": service("ExecStart=/k $A", "EnvironmentFile=/etc/e/*"),
            **{f"/etc/e/{number}": f"A{number}={LONG}\n" for number in range(50)},
        },
        "too large: environment files",
    ),
    "a pattern that takes long": (
        {
            f"{USR}/kubelet.service": service("ExecStart=/k $A", "EnvironmentFile=/etc/e/" + "*a" * 100 + "b"),
            "/etc/e/" + "a" * 250: "A=1\n",
        },
        "more than 2 stars",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("name", MUCH)
def test_what_comes_to_more_than_a_command_may_is_unknown(tmp_path: Path, name: str) -> None:
    tree, detail = MUCH[name]
    host = host_of(plant(tmp_path, tree), Kind.ROOT, uname=None)
    unit = systemd.load(host, "kubelet.service")
    if isinstance(unit, Unknown):
        assert detail in unit.detail
        return
    assert isinstance(unit, Unit)
    try:
        unknown = [word.text.detail for word in command(host, unit) if isinstance(word.text, Unknown)]
    except UnreadableError as error:
        unknown = [str(error)]
    assert [detail in each for each in unknown] == [True]
