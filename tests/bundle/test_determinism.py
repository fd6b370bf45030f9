"""The same contents give the same bytes: another order, interpreter, locale, zone, seed or umask changes nothing."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import bundles
import pytest
from snapshots import data

from passmuster.exchange.bundle import container, create

ENGINE = Path(container.__file__).parents[3]
# Container and canonical JSON without any library: another interpreter need not have one.
ELSEWHERE = """\
import base64, json, sys
from passmuster.exchange.bundle.container import Member, build
members = [Member(path=path, data=base64.b64decode(data)) for path, data in json.load(sys.stdin).items()]
for member in members:
    if member.path.endswith(".json") and not member.path.startswith("snapshots"):
        again = json.dumps(json.loads(member.data), sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\\n"
        assert again.encode() == member.data, member.path
sys.stdout.buffer.write(build(members, "x"))
"""
NAMES = [f"python3.{minor}" for minor in range(11, 16)]


def _made() -> bytes:
    pack = create.Pack(pack="demo", version="1.0.0", data="title: ümläut\n".encode())
    return bundles.made(
        "b", "ä", "a", keys=(bundles.SITE, bundles.OTHER), packs=[pack], roster=bundles.roster("ä", "z")
    )


def _interpreters() -> list[str]:
    homes = sorted(Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python3"))
    found = [sys.executable, *(path for name in NAMES if (path := shutil.which(name))), *map(str, homes)]
    runs = "import sys; sys.exit(sys.version_info < (3, 11))"
    works = [
        each for each in found if subprocess.run([each, "-c", runs], capture_output=True, check=False).returncode == 0
    ]
    return list({os.path.realpath(each): each for each in works}.values())


def test_the_order_of_what_is_given_does_not_matter() -> None:
    orders = (("a", "b", "c"), ("c", "a", "b"))
    assert len({bundles.made(*nodes, keys=()) for nodes in orders}) == 1
    assert bundles.made(keys=(bundles.SITE, bundles.OTHER)) == bundles.made(keys=(bundles.OTHER, bundles.SITE))


@pytest.mark.long
def test_other_interpreters_build_the_same_bytes() -> None:
    made = _made()
    members = {path: base64.b64encode(each).decode() for path, each in bundles.members(made).items()}
    # Only this package: beside it lie none that need a library.
    found = _interpreters()
    for python in found:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ENGINE)}
        done = subprocess.run(
            [python, "-S", "-c", _alone(ELSEWHERE)],
            input=json.dumps(members).encode(),
            capture_output=True,
            env=environment,
            check=False,
        )
        assert done.returncode == 0, (python, done.stderr.decode())
        assert done.stdout == made, python


def _alone(code: str) -> str:
    """Import the container's module without the package around it, which imports libraries."""
    package = "import sys, types; room = types.ModuleType('passmuster.exchange.bundle'); "
    return f"{package}room.__path__ = [{str(Path(container.__file__).parent)!r}]; sys.modules['passmuster.exchange.bundle'] = room\n{code}"


VARIATIONS = {
    "another hash seed": {"PYTHONHASHSEED": "7"},
    "another zone": {"TZ": "Pacific/Apia"},
    "another locale": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "no locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.mark.long
@pytest.mark.parametrize("changed", VARIATIONS.values(), ids=VARIATIONS)
def test_the_environment_does_not_matter(tmp_path: Path, changed: dict[str, str]) -> None:
    (tmp_path / "key").write_bytes(bundles.SITE.pem(None))
    for node in ("b", "ä", "a"):
        (tmp_path / f"{ord(node)}.json").write_bytes(data(node))
    words = ["bundle", "create", *(f"{ord(node)}.json" for node in ("a", "ä", "b")), "-o", "site.pmb", "--site", "dc-1"]
    words += ["--created", "2026-11-22T10:11:12Z", "--expires", "30d", "--key", "key", "-p", "virtnest@1.0.0"]
    files = []
    for environment in ({}, changed):
        subprocess.run(
            [sys.executable, "-m", "passmuster", *words],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **environment},
            capture_output=True,
            check=True,
        )
        files.append((tmp_path / "site.pmb").read_bytes())
    assert files[0] == files[1]
