"""What `make offline` settles itself, in parts that need neither pip nor shiv."""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
from typing import TYPE_CHECKING

import gate
import onefile
import pytest

if TYPE_CHECKING:
    from pathlib import Path

CP311 = ".cpython-311-x86_64-linux-gnu.so"
WHEELS = {
    "pure Python runs anywhere": (["lark-1.3-py3-none-any.whl", "tzdata-1-py2.py3-none-any.whl"], 0),
    "the newest need counts": (
        ["a-1-cp311-cp311-manylinux_2_17_x86_64.whl", "b-1-cp311-abi3-manylinux_2_34_x86_64.whl"],
        34,
    ),
    "of several tags the easiest": (
        ["a-1-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl"],
        17,
    ),
    "an old name": (["a-1-cp311-cp311-manylinux2010_x86_64.whl"], 12),
    "compiled here": (["a-1-cp311-cp311-linux_x86_64.whl", "b-1-py3-none-any.whl"], 36),
    "nothing": ([], 0),
}


@pytest.mark.parametrize(("wheels", "minor"), WHEELS.values(), ids=WHEELS)
def test_the_oldest_glibc_follows_from_the_wheels(wheels: list[str], minor: int) -> None:
    assert onefile.glibc(wheels, 36) == (2, minor)


MISFITS = {
    "it fits": (CP311, (2, 34), None),
    "a newer glibc": (CP311, (2, 40), None),
    "another C library tells no version": (CP311, None, None),
    "an older glibc": (CP311, (2, 28), "this file needs glibc 2.34 or newer (got 2.28)"),
    "another Python": (
        ".cpython-312-x86_64-linux-gnu.so",
        (2, 34),
        "this file is for Python 3.11 on x86_64-linux-gnu (got Python 3.12 on x86_64-linux-gnu): build another with `make offline`",
    ),
    "another processor": (
        ".cpython-311-aarch64-linux-gnu.so",
        (2, 34),
        "this file is for Python 3.11 on x86_64-linux-gnu (got Python 3.11 on aarch64-linux-gnu): build another with `make offline`",
    ),
    "another interpreter": (
        ".pypy311-pp73-x86_64-linux-gnu.so",
        (2, 34),
        "this file is for Python 3.11 on x86_64-linux-gnu (got .pypy311-pp73-x86_64-linux-gnu.so): build another with `make offline`",
    ),
}


@pytest.mark.parametrize(("found", "libc", "reason"), MISFITS.values(), ids=MISFITS)
def test_a_misfit_is_told(found: str, libc: tuple[int, int] | None, reason: str | None) -> None:
    assert gate.misfit(CP311, (2, 34), found, libc) == reason


def _status(mode: int, uid: int) -> os.stat_result:
    return os.stat_result((mode, 0, 0, 1, uid, 0, 0, 0, 0, 0))


FOLDERS = {
    "one's own": (_status(stat.S_IFDIR | 0o755, 1000), True),
    "root's": (_status(stat.S_IFDIR | 0o755, 0), True),
    "somebody else's": (_status(stat.S_IFDIR | 0o700, 1001), False),
    "everybody's": (_status(stat.S_IFDIR | 0o777, 1000), False),
    "no folder": (_status(stat.S_IFREG | 0o644, 1000), False),
}


@pytest.mark.parametrize(("status", "safe"), FOLDERS.values(), ids=FOLDERS)
def test_code_is_taken_from_no_folder_of_others(status: os.stat_result, *, safe: bool) -> None:
    assert (gate.unsafe(status, 1000) is None) == safe


def test_what_tells_where_it_was_made_is_taken_out(tmp_path: Path) -> None:
    record = "b/__init__.py,sha256=x,1\n../../bin/b,sha256=y,2\na.py,sha256=z,3\nb-1.dist-info/RECORD,,\n"
    for path, text in {
        "b/__init__.py": "",
        "a.py": "",
        "b-1.dist-info/RECORD": record,
        "bin/b": "#!/home/me/python",
        "b/__pycache__/a.pyc": "",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    onefile.strip(tmp_path)
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["a.py", "b-1.dist-info/RECORD", "b/__init__.py"]
    assert (
        tmp_path / "b-1.dist-info/RECORD"
    ).read_text() == "a.py,sha256=z,3\nb-1.dist-info/RECORD,,\nb/__init__.py,sha256=x,1\n"


def _zip(order: list[str], year: int, mode: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in order:
            info = zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0))
            info.external_attr = mode << 16
            archive.writestr(info, name * 100)
    return buffer.getvalue()


def test_order_dates_and_modes_of_the_input_do_not_matter() -> None:
    made = {
        onefile.settle(_zip(order, year, mode), {"__main__.py": b"pass\n"}, b"#!/x\n", 1_700_000_000)
        for order, year, mode in ((["a", "b"], 1999, 0o600), (["b", "a"], 2020, 0o755))
    }
    (file,) = made
    assert file.startswith(b"#!/x\nPK")
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.namelist() == ["__main__.py", "a", "b"]
        assert {info.date_time for info in archive.infolist()} == {(2023, 11, 14, 22, 13, 20)}
        assert archive.testzip() is None


def test_a_moment_before_all_zips_is_the_first_of_them() -> None:
    with zipfile.ZipFile(io.BytesIO(onefile.settle(_zip(["a"], 1999, 0o644), {}, b"", 0))) as archive:
        assert archive.getinfo("a").date_time == (1980, 1, 1, 0, 0, 0)


def test_the_image_is_of_one_file_and_runs_as_nobody_without_a_network(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    (tmp_path / "image" / "old").write_text("")
    onefile.context(tmp_path / "image", b"file")
    assert sorted(path.name for path in (tmp_path / "image").iterdir()) == ["Containerfile", "passmuster.pyz"]
    lines = [
        line for line in (tmp_path / "image" / "Containerfile").read_text().splitlines() if line and line[0] != "#"
    ]
    words = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}
    assert list(words) == ["ARG", "FROM", "ENV", "COPY", "RUN", "USER", "WORKDIR", "ENTRYPOINT"]
    assert words["ARG"] == f"BASE=docker.io/library/python:{onefile.PYTHON}-slim"
    assert words["FROM"] == "${BASE}"
    assert int(words["USER"].split(":")[0]) > 0
    assert words["COPY"].split()[0] == "passmuster.pyz"
    assert not re.search(r"pip|apt|curl|https?:", "".join(lines))


def test_sums_are_those_of_sha256sum_by_name(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    for name in ("passmuster-z.pyz", "passmuster-collector.pyz", "image/Containerfile", "other"):
        (tmp_path / name).write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert onefile.sums(tmp_path) == "".join(
        f"{empty}  {name}\n" for name in ("image/Containerfile", "passmuster-collector.pyz", "passmuster-z.pyz")
    )
