"""`make offline`: the engine, its libraries and the extra [sign] as one file, and a context to make an image of it.

shiv packs it. What shiv leaves to chance is settled here: the same wheels give the same bytes, wherever and whenever.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.machinery
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
SUFFIX = importlib.machinery.EXTENSION_SUFFIXES[0]
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_EARLIEST = int(datetime(1980, 1, 1, tzinfo=UTC).timestamp())
"""No zip can tell an earlier moment."""
_MANY = re.compile(r"manylinux_2_(\d+)_")
_OLD_NAMES = {"manylinux1_": 5, "manylinux2010_": 12, "manylinux2014_": 17}
_MAIN = """import sys

if sys.version_info < (3, 6):
    sys.stderr.write("passmuster: this file is for Python {python} (got %d.%d)\\n" % sys.version_info[:2])
    sys.exit(2)

from _gate import main

sys.exit(main({suffix!r}, {libc!r}))
"""
_ENTRY = "passmuster.cli.main:main"
"""Not `passmuster.cli:main`: shiv would take that for the module of this name."""
_UNIX = 3
_MODE = 0o100644 << 16


def name() -> str:
    """The file's name: for which Python, system and processor it is."""
    return f"passmuster-py{PYTHON}-{platform.system().lower()}-{platform.machine()}.pyz"


def glibc(wheels: Iterable[str], here: int) -> tuple[int, int]:
    """The oldest glibc that all of these wheels run on; one that was compiled here needs what is here (its minor)."""
    return (2, max((_glibc(wheel, here) for wheel in wheels), default=0))


def _glibc(wheel: str, here: int) -> int:
    tags = wheel.removesuffix(".whl").split("-")[-1]
    known = [int(minor) for minor in _MANY.findall(tags)]
    known += [minor for word, minor in _OLD_NAMES.items() if word in tags]
    return min(known) if known else 0 if tags == "any" else here


def strip(folder: Path) -> None:
    """Take out of an installation what tells where it was made: scripts, caches, and their lines in RECORD."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for cache in list(folder.rglob("__pycache__")):
        shutil.rmtree(cache)
    for record in folder.glob("*.dist-info/RECORD"):
        lines = record.read_text("utf-8").splitlines(keepends=True)
        kept = [line for line in lines if (folder / line.split(",", 1)[0].strip('"')).exists()]
        record.write_text("".join(sorted(kept)), "utf-8")


def settle(made: bytes, extra: Mapping[str, bytes], shebang: bytes, moment: int) -> bytes:
    """An archive with more members, all in one order, of one date (seconds since 1970) and one mode."""
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    members.update(extra)
    date = datetime.fromtimestamp(max(moment, _EARLIEST), UTC).timetuple()[:6]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, data in sorted(members.items()):
            info = zipfile.ZipInfo(path, date)
            info.external_attr, info.create_system, info.compress_type = _MODE, _UNIX, zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return shebang + buffer.getvalue()


def context(target: Path, file: bytes) -> None:
    """Write the folder that an image is made of."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    text = (HERE / "Containerfile").read_text("utf-8").replace("@PYTHON@", PYTHON)
    (target / "Containerfile").write_text(text, "utf-8")
    (target / "passmuster.pyz").write_bytes(file)


def sums(folder: Path) -> str:
    """What sha256sum prints of what there is to carry, by name."""
    found = [*folder.glob("passmuster-*"), *folder.glob("image/*")]
    lines = [f"{_digest(path)}  {path.relative_to(folder)}\n" for path in sorted(found)]
    return "".join(lines)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def build(work: Path, moment: int, checkout: Path = CHECKOUT) -> tuple[bytes, str]:
    """The file, and the list of the wheels that are in it, which pip gets from where it is told to."""
    house = work / "wheels"
    _pip("wheel", "--wheel-dir", str(house), f"{checkout}[sign]", moment=moment)
    site = work / "site"
    alone = ["--no-index", "--no-deps", "--no-compile", "--target", str(site)]
    _pip("install", *alone, *(str(each) for each in sorted(house.iterdir())), moment=moment)
    for told in site.glob("*.dist-info/direct_url.json"):
        told.unlink()
    strip(site)
    raw = work / "raw.pyz"
    packing = ["--site-packages", str(site), "--entry-point", _ENTRY, "--output-file", str(raw)]
    _run("shiv", *packing, "--reproducible", moment=moment)
    names = sorted(each.name for each in house.iterdir())
    main_ = _MAIN.format(python=PYTHON, suffix=SUFFIX, libc=glibc(names, _here()))
    extra = {"__main__.py": main_.encode(), "_gate.py": (HERE / "gate.py").read_bytes()}
    file = settle(raw.read_bytes(), extra, f"#!/usr/bin/env python{PYTHON}\n".encode(), moment)
    return file, "".join(f"{_digest(house / each)}  {each}\n" for each in names)


def _here() -> int:
    """The minor version of this machine's glibc; 0 where there is another C library, which the suffix tells."""
    library, version = platform.libc_ver()
    return int(version.split(".")[1]) if library == "glibc" else 0


def _pip(*words: str, moment: int) -> None:
    _run("pip", "--disable-pip-version-check", "--quiet", *words, moment=moment)


def _run(module: str, *words: str, moment: int) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(max(moment, _EARLIEST)), "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-W", "ignore", "-m", module, *words]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


def _moment() -> int:
    return int(os.environ.get("SOURCE_DATE_EPOCH", _EARLIEST))


def main(argv: Sequence[str] | None = None) -> int:
    """Build into a folder; 0 when all was written, 2 with one line when not."""
    parser = argparse.ArgumentParser(description="Build the engine as one file, and an image's context.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to; the collector lies there already")
    parser.add_argument("--checkout", type=Path, default=CHECKOUT, metavar="DIR", help="the sources (default: these)")
    options = parser.parse_args(argv)
    try:
        with tempfile.TemporaryDirectory() as work:
            file, told = build(Path(work), _moment(), options.checkout)
        target = options.folder / name()
        options.folder.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file)
        target.chmod(0o755)
        target.with_suffix(".wheels.txt").write_text(told, "utf-8")
        context(options.folder / "image", file)
        (options.folder / "SHA256SUMS").write_text(sums(options.folder), "utf-8")
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"make offline: {error}\n")
        return 2
    sys.stdout.write(f"{target}, {len(file):,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
