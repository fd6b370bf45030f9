"""Files that commands write: their modes, what they must not replace, and links that they do not follow."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bundles import SITE
from packs import rule, text
from shells import shell
from snapshots import data

from passmuster.cli import main
from passmuster.codec import files
from passmuster.exchange.bundle import ed25519

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = '{"kind":"List","items":[{"kind":"Node","metadata":{"name":"worker-3","labels":{"a":"b"}}}]}'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n.json").write_bytes(data())
    (tmp_path / "p.yaml").write_text(text(rule("memory", "memory.total_bytes >= 5")))
    (tmp_path / "nodes").write_text(NAMES)
    (tmp_path / "site.key").write_bytes(os.urandom(32))
    (tmp_path / "site.key").chmod(0o600)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "m.json").write_bytes(data(name="m"))
    before = os.umask(0o022)
    yield tmp_path
    os.umask(before)


WRITERS: dict[str, tuple[list[str], str]] = {
    "check": (["check", "n.json", "-p", "p.yaml", "-o", "json=out"], "out"),
    "check as it goes": (["check", "n.json", "-p", "p.yaml", "-o", "ndjson=out"], "out"),
    "check of this node": (["check", "-p", "p.yaml", "--keep", "out", "-o", "json=other"], "out"),
    "impact": (["impact", "p.yaml", "p.yaml", "n.json", "-o", "json=out"], "out"),
    "policy show": (["policy", "show", "p.yaml", "-o", "html=out"], "out"),
    "policy test": (["policy", "test", "virtnest@1.0.0", "-o", "json=out"], "out"),
    "policy new": (["policy", "new", "mine", "--in", "packs"], "packs/mine/0.1.0/policy.yaml"),
    "bundle create": (["bundle", "create", "n.json", "-o", "out"], "out"),
    "fleet add": (["fleet", "add", "out", "n.json"], "out"),
    "fleet export": (["fleet", "export", "s.db", "-o", "ndjson=out"], "out"),
    "snapshot redact": (["snapshot", "redact", "n.json", "--for", "p.yaml", "-o", "out"], "out"),
    "snapshot redact into a folder": (["snapshot", "redact", "n.json", "--for", "p.yaml", "-o", "to/"], "to/*.json"),
    "report sign": (["report", "sign", "r.json", "--key", "k.pem", "-o", "out"], "out"),
    "bundle verify": (["bundle", "verify", "b.pmb", "--insecure-skip-verify", "-o", "receipt=out"], "out"),
}


def mode(name: str) -> int:
    (file,) = Path().glob(name)
    return stat.S_IMODE(file.stat().st_mode)


def prepare() -> None:
    assert main(["fleet", "add", "s.db", "n.json"]) == 0
    assert main(["check", "n.json", "-p", "p.yaml", "-o", "json=r.json"]) == 0
    assert main(["bundle", "create", "n.json", "-o", "b.pmb"]) == 0
    Path("k.pem").write_bytes(SITE.pem(None))


@pytest.mark.long
@pytest.mark.parametrize("command", WRITERS)
@pytest.mark.parametrize("umask", [0o077, 0o027, 0o002], ids=oct)
def test_a_new_file_has_the_mode_that_the_umask_leaves(command: str, umask: int, folder: Path) -> None:
    if command in {"report sign", "bundle verify"} and not ed25519.available():
        pytest.skip("needs the extra [sign]")
    del folder
    arguments, file = WRITERS[command]
    prepare()
    os.umask(umask)
    assert main(arguments) in {0, 1, 3}
    assert oct(mode(file)) == oct(0o666 & ~umask)


@pytest.mark.long
@pytest.mark.parametrize("command", [each for each, (_, file) in WRITERS.items() if file == "out"])
@pytest.mark.parametrize("kept", [0o600, 0o640, 0o664, 0o666], ids=oct)
def test_a_file_that_is_there_keeps_its_mode(command: str, kept: int, folder: Path) -> None:
    if command == "report sign" and not ed25519.available():
        pytest.skip("needs the extra [sign]")
    arguments, file = WRITERS[command]
    prepare()
    if command == "fleet add":
        assert main(arguments) == 0
    else:
        (folder / file).write_text("as it was")
    (folder / file).chmod(kept)
    assert main(arguments) in {0, 1, 3}
    assert oct(mode(file)) == oct(kept)
    assert (folder / file).read_bytes() != b"as it was"


def test_secrets_are_for_their_owner_alone_whatever_the_umask(folder: Path) -> None:
    os.umask(0)
    (folder / "map").write_text("")
    (folder / "map").unlink()
    redact = ["snapshot", "redact", "n.json", "--for", "p.yaml", "--class", "host-identifying", "--key", "site.key"]
    assert main([*redact, "--map", "map", "-o", "out"]) == 0
    assert mode("map") == 0o600


REFUSED: dict[str, tuple[str, str]] = {
    "the snapshot": ("P check n.json -o json=n.json", "-o n.json: an input of this command: n.json"),
    "the same in other words": ("P check n.json -o json=./in/../n.json", "an input of this command: n.json"),
    "through a link": ("ln -s n.json l; P check n.json -o json=l", "-o l: an input of this command: n.json"),
    "where the input is the link": ("ln -s n.json l; P check l -o json=n.json", "an input of this command: l"),
    "through a hard link": ("ln n.json h; P check n.json -o json=h", "-o h: an input of this command: n.json"),
    "one in a folder": ("P check in -o html=in/m.json", "an input of this command: in/m.json"),
    "a hard link to one in a folder": ("ln in/m.json h; P check in -o html=h", "an input of this command: in/m.json"),
    "standard input": ("P check - -o json=n.json <n.json", "-o n.json: an input of this command: -"),
    "the end of an input": ("P check n.json -o json >>n.json", "> standard output: an input of this command: n.json"),
    "the policy": ("P check n.json -p p.yaml -o json=p.yaml", "an input of this command: p.yaml"),
    "the roster": ("P check n.json --roster nodes -o json=nodes", "an input of this command: nodes"),
    "two reports": ("P check n.json -o json=x -o html=x", "-o x: the same file as x"),
    "two through a link": ("ln -s x l; P check n.json -o json=x -o html=l", "-o l: the same file as x"),
    "two through a hard link": ("touch x; ln x h; P check n.json -o json=x -o html=h", "the same file as x"),
    "two by other words": ("P check n.json -o json=x -o ndjson=in/../x", "-o in/../x: the same file as x"),
    "a report and standard output": ("P check n.json -o json=x -o table >x", "the same file as x"),
    "the snapshot that is kept": ("P check --keep x -o json=x", "--keep x: the same file as x"),
    "earlier snapshots": (
        "P impact p.yaml p.yaml in --before n.json -o json=n.json",
        "an input of this command: n.json",
    ),
    "the policy that is compared": ("P impact p.yaml p.yaml in -o json=p.yaml", "an input of this command: p.yaml"),
    "the policy that is shown": ("P policy show p.yaml -o html=p.yaml", "an input of this command: p.yaml"),
    "the store": ("P fleet add s.db n.json; P fleet export s.db -o ndjson=s.db", "an input of this command: s.db"),
    "the store that is judged": (
        "P fleet add s.db in; P fleet check s.db -o json=s.db",
        "an input of this command: s.db",
    ),
    "what goes into a bundle": ("P bundle create n.json -o n.json", "-o n.json: an input of this command: n.json"),
    "what is redacted": ("P snapshot redact n.json --for p.yaml -o n.json", "an input of this command: n.json"),
    "the report that is signed": ("P report sign n.json --key k -o n.json", "an input of this command: n.json"),
}


@pytest.mark.long
@pytest.mark.parametrize("case", REFUSED)
def test_an_output_replaces_no_input_and_no_other_output(case: str, folder: Path) -> None:
    line, told = REFUSED[case]
    before = (folder / "n.json").read_bytes(), (folder / "in" / "m.json").read_bytes()
    done = shell(line, PASSMUSTER_POLICY_PATH="")
    assert done.returncode == 2, done
    assert told in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
    assert ((folder / "n.json").read_bytes(), (folder / "in" / "m.json").read_bytes()) == before
    assert not (folder / "x").exists() or not (folder / "x").read_bytes()


def test_a_shipped_policy_is_an_input_where_it_is_called_by_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = folder / "packs"
    (home / "mine" / "1.0.0").mkdir(parents=True)
    shutil.copy("p.yaml", home / "mine" / "1.0.0" / "policy.yaml")
    monkeypatch.setenv("PASSMUSTER_POLICY_PATH", str(home))
    assert main(["check", "n.json", "-o", "json=packs/mine/1.0.0/policy.yaml"]) == 2
    assert "an input of this command" in capsys.readouterr().err


def test_a_device_may_be_named_twice(folder: Path) -> None:
    del folder
    assert main(["check", "n.json", "-p", "p.yaml", "-o", "json=/dev/null", "-o", "html=/dev/null"]) == 0


def test_a_bundle_is_signed_in_its_place(folder: Path) -> None:
    if not ed25519.available():
        pytest.skip("needs the extra [sign]")
    prepare()
    before = (folder / "b.pmb").read_bytes()
    assert main(["bundle", "sign", "b.pmb", "--key", "k.pem", "-o", "b.pmb"]) == 0
    assert (folder / "b.pmb").read_bytes() != before


OTHERS = 65534


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's files")
@pytest.mark.parametrize("planted", ["link", "file"])
def test_root_writes_nowhere_that_another_user_chose(
    planted: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shared, secret = folder / "shared", folder / "secret"
    shared.mkdir()
    shared.chmod(0o1777)
    secret.write_text("as it was")
    if planted == "link":
        (shared / "r.json").symlink_to(secret)
        os.lchown(shared / "r.json", OTHERS, OTHERS)
    else:
        (shared / "r.json").write_text("theirs")
        os.chown(shared / "r.json", OTHERS, OTHERS)
    for arguments, _ in (each for each in WRITERS.values() if each[1] == "out" and each[0][0] != "fleet"):
        if {"r.json", "b.pmb"} & set(arguments):
            continue
        assert main([word.replace("out", "shared/r.json") for word in arguments]) == 2
        err = capsys.readouterr().err
        assert err.startswith("shared/r.json: cannot be written (a "), err
        assert "of another user" in err
        assert err.count("\n") == 1
    assert secret.read_text() == "as it was"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's files")
def test_what_root_replaces_keeps_its_owner(folder: Path) -> None:
    (folder / "out").write_text("")
    (folder / "out").chmod(0o640)
    os.chown(folder / "out", OTHERS, OTHERS)
    assert main(WRITERS["check"][0]) == 0
    found = (folder / "out").stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (OTHERS, OTHERS, 0o640)


def test_links_of_ones_own_are_followed_but_not_in_circles(folder: Path) -> None:
    (folder / "a").symlink_to("in/b")
    (folder / "in" / "b").symlink_to("../c")
    assert files.followed("a").resolve() == folder / "c"
    with files.written("a") as file:
        file.write(b"x")
    assert ((folder / "c").read_bytes(), (folder / "a").is_symlink()) == (b"x", True)
    (folder / "c").unlink()
    (folder / "c").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"), files.written("a"):
        pass


def test_nothing_is_left_where_writing_fails(folder: Path) -> None:
    (folder / "out").write_text("as it was")
    before = sorted(folder.iterdir())
    with contextlib.suppress(ZeroDivisionError), files.written("out") as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert ((folder / "out").read_text(), sorted(folder.iterdir())) == ("as it was", before)
