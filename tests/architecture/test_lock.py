"""requirements/dev.lock covers pyproject.toml, with hashes, and `make LOCKED=1` installs nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).resolve().parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
LOCK = (CHECKOUT / "requirements" / "dev.lock").read_text("utf-8")
LOCKED = re.findall(
    r"(?m)^([\w.-]+)==(\S+)(?: ; ([^\\\n]+?))? \\\n((?: {4}--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", LOCK
)
DIRECT = sorted(
    {
        *PROJECT["dependencies"],
        *(line for extra in ("dev", "sign", "spark") for line in PROJECT["optional-dependencies"][extra]),
        *PYPROJECT["build-system"]["requires"],
    }
)


@pytest.mark.parametrize("text", DIRECT)
def test_the_lock_has_a_release_that_fits(text: str) -> None:
    wanted = Requirement(text)
    versions = [version for name, version, *_ in LOCKED if name == canonicalize_name(wanted.name)]
    assert versions, f"{wanted.name} is not in requirements/dev.lock: run make dev-lock"
    assert all(wanted.specifier.contains(version) for version in versions), versions


def test_every_line_of_the_lock_has_hashes_and_names_no_place() -> None:
    entries = re.findall(r"(?m)^[^#\s].*$", LOCK)
    assert len(entries) == len(LOCKED) > len(DIRECT)
    assert not re.search(r"file:|://|^-|@ ", LOCK, re.MULTILINE)


@pytest.mark.parametrize("target", ["run", "dev", "demo", "spark"])
def test_locked_installs_only_what_has_a_hash(target: str) -> None:
    shown = subprocess.run(
        ["make", "--dry-run", "--always-make", "LOCKED=1", f".venv/{target}.stamp"],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    installs = [words for line in shown.splitlines() for words in line.split(" && ") if " install " in words]
    assert installs
    for words in installs:
        assert "--require-hashes" in words or "--no-deps --no-build-isolation --editable ." in words


def test_ci_run_installs_from_the_lock() -> None:
    assert re.search(r'(?m)^export LOCKED="\$\{LOCKED-1\}"', (CHECKOUT / ".ci" / "run").read_text("utf-8"))
