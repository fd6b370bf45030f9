"""The engine as one file, built and run where there is no network, no index, no home and no other package.

It takes a minute, and shiv and an index to build from: `make test-offline` runs it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import onefile
import pytest
from bundles import EVERY, SITE, trust_text
from snapshots import data

pytestmark = pytest.mark.skipif("PASSMUSTER_OFFLINE" not in os.environ, reason="it is built by `make test-offline`")
OLDER = [f"python3.{minor}" for minor in range(6, 11)]


PACKAGED = ("LICENSE", "README.md", "collector", "engine", "policies", "pyproject.toml", "schemas")


def copied(checkout: Path) -> Path:
    """What the package is made of, where nobody else edits it."""
    checkout.mkdir()
    for name in PACKAGED:
        source = onefile.CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, checkout)
    return checkout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("source") / "checkout")


@pytest.fixture(scope="module")
def dist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    assert onefile.main([str(folder), "--checkout", str(checkout)]) == 0
    return folder


@pytest.fixture(scope="module")
def file(dist: Path) -> Path:
    return dist / onefile.name()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def run(
    file: Path, home: Path, *words: str, python: str = sys.executable, **more: str
) -> subprocess.CompletedProcess[str]:
    """The file in a bare environment; for root, in a network namespace in which there is no interface that is up."""
    environment = {"HOME": str(home), "PYTHONNOUSERSITE": "1", "PATH": "/usr/bin:/bin", **more}
    command = [python, "-I", str(file), *words]
    if os.geteuid() == 0 and shutil.which("unshare"):
        command = ["unshare", "-n", *command]
    return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)


def test_two_builds_in_two_places_are_the_same(
    dist: Path, file: Path, checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(checkout, tmp_path / "another checkout")
    for path in (tmp_path / "another checkout").rglob("*"):
        os.utime(path, (1, 1))
    for name, value in {"TMPDIR": str(tmp_path), "HOME": str(tmp_path), "LC_ALL": "C", "TZ": "Pacific/Apia"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir("/")
    before = os.umask(0o077)
    try:
        assert onefile.main([str(tmp_path / "again"), "--checkout", str(tmp_path / "another checkout")]) == 0
    finally:
        os.umask(before)
    assert (tmp_path / "again" / "SHA256SUMS").read_bytes() == (dist / "SHA256SUMS").read_bytes()
    assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()


def test_it_names_no_path_of_the_machine_that_built_it(file: Path, checkout: Path) -> None:
    told = [str(checkout).encode(), str(onefile.CHECKOUT).encode(), sys.prefix.encode()]
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if "/passmuster" in name or name.endswith(("RECORD", "direct_url.json")) or "/" not in name:
                assert not any(each in archive.read(name) for each in told), name


def test_the_sums_hold_and_the_wheels_are_listed(dist: Path, file: Path) -> None:
    for line in (dist / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((dist / name).read_bytes()).hexdigest() == digest
    listed = [line.split("  ")[1] for line in file.with_suffix(".wheels.txt").read_text().splitlines()]
    assert {"passmuster", "cryptography", "orjson"} <= {each.split("-")[0] for each in listed}


def test_it_judges_and_signs_without_a_network(file: Path, checkout: Path, home: Path) -> None:
    (home / "a.json").write_bytes(data("node-1"))
    (home / "key").write_bytes(SITE.pem(None))
    (home / "trust.yaml").write_text(trust_text(("site", SITE, EVERY)))
    now = ("--now", "2026-11-23T00:00:00Z")
    created = (
        "--site",
        "dc-1",
        "--sequence",
        "1",
        "--created",
        "2026-11-22T10:11:12Z",
        "--key",
        "key",
        "-p",
        "virtnest@1.1.0",
    )
    steps = (
        ("policy", "list"),
        ("bundle", "create", "a.json", "-o", "site.pmb", *created),
        ("bundle", "verify", "site.pmb", "--trust", "trust.yaml", *now),
        ("check", "a.json", "-p", "virtnest@1.1.0", "-o", "attestation=claim.json"),
        ("report", "sign", "claim.json", "--key", "key", "-o", "claim.dsse"),
        ("report", "verify", "claim.dsse", "--snapshots", "a.json", "--trust", "trust.yaml", *now),
        ("fleet", "add", "fleet.db", "a.json"),
        ("check", "a.json", "--jobs", "2", "-o", "summary"),
        ("collect", "-o", "here.json"),
    )
    for words in steps:
        done = run(file, home, *words)
        assert (done.returncode, done.stderr) == (0, ""), words
    claim = json.loads((home / "claim.json").read_bytes())
    assert claim["predicate"]["configuration"][0]["digest"]["sha256"] == _engine(checkout)
    assert sorted(path.name for path in home.iterdir() if path.name[0] == ".") == [".shiv"]


def _engine(checkout: Path) -> str:
    """The engine's digest as docs/proof.md computes it, of the files that the single file was made of."""
    one = "find . -name '*.py' | LC_ALL=C sort | xargs sha256sum"
    other = one.replace("*.py", "*.json")
    script = f"(cd engine/passmuster; {one}; cd ../../schemas; {other}) | sha256sum"
    return subprocess.run(
        ["sh", "-c", script], cwd=checkout, capture_output=True, text=True, check=True
    ).stdout.split()[0]


def test_the_cache_can_be_elsewhere_and_is_read_only_afterwards(file: Path, home: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert run(file, home, "--version", SHIV_ROOT=str(cache)).returncode == 0
    assert list(home.iterdir()) == []
    before = sorted(cache.rglob("*"))
    assert run(file, home, "policy", "list", SHIV_ROOT=str(cache), PYTHONDONTWRITEBYTECODE="1").returncode == 0
    assert [path for path in sorted(cache.rglob("*")) if path not in before and "__pycache__" not in path.parts] == []


def _refused(done: subprocess.CompletedProcess[str], message: str) -> None:
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert message in line


def test_where_it_cannot_unpack_itself_it_says_so(file: Path, home: Path) -> None:
    (home / "plain").write_text("")
    _refused(run(file, home, "--version", SHIV_ROOT=str(home / "plain" / "x")), "set SHIV_ROOT to a folder")


def test_it_takes_no_code_from_a_folder_that_everybody_may_write_to(file: Path, home: Path) -> None:
    (home / "all").mkdir()
    (home / "all").chmod(0o777)
    _refused(run(file, home, "--version", SHIV_ROOT=str(home / "all")), "everybody may write to it")


def test_another_python_is_told_which_one_is_needed(file: Path, home: Path) -> None:
    found = [path for each in OLDER if (path := shutil.which(each))]
    found += [str(path) for path in Path("~/.pyenv/versions").expanduser().glob("3.*/bin/python3")]
    works = [each for each in found if _version(each) not in {"", onefile.PYTHON}]
    if not works:
        pytest.skip("no other Python is here")
    for python in works:
        _refused(run(file, home, "--version", python=python), f"this file is for Python {onefile.PYTHON} on ")


def _version(python: str) -> str:
    asked = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def test_the_image_s_steps_leave_nothing_to_write_for_another_user(dist: Path, home: Path) -> None:
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can become another user")
    python = "/usr/bin/python" + onefile.PYTHON
    user = ["setpriv", "--reuid", "65532", "--regid", "65532", "--clear-groups"]
    if subprocess.run([*user, python, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip("another user cannot run the same Python here")
    image = Path("/var/tmp") / f"passmuster-test-{os.getpid()}"
    image.mkdir(mode=0o755)
    try:
        shutil.copy(dist / "image" / "passmuster.pyz", image)
        told = {"SHIV_ROOT": str(image / "unpacked"), "PYTHONDONTWRITEBYTECODE": "1"}
        before = os.umask(0o022)
        try:
            assert run(image / "passmuster.pyz", home, "--version", python=python, **told).returncode == 0
        finally:
            os.umask(before)
        command = ["unshare", "-n", *user, python, "-I", str(image / "passmuster.pyz"), "check", "-o", "summary", "-"]
        done = subprocess.run(
            command,
            env={"HOME": "/nonexistent", **told},
            cwd="/",
            input=data("node-1"),
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
    finally:
        shutil.rmtree(image)
