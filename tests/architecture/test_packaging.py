"""What the design promises of the packages themselves: light start, one wheel, one file, nothing shared."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from snapshots import data

from passmuster.codec import resources, schema

CHECKOUT = Path(__file__).resolve().parents[2]
HEAVY = ("cryptography", "celpy", "lark", "re2", "jsonschema", "yaml", "orjson")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{CHECKOUT / 'engine'}:{CHECKOUT / 'collector'}"}


def _loaded(*arguments: str) -> set[str]:
    code = f"import sys; from passmuster.cli import main\ntry: main({list(arguments)})\nexcept SystemExit: pass\nsys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**ENVIRONMENT, "PYTHONPATH": ":".join(sys.path)},
    )
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["check", "--help"], ["policy", "--help"]], ids=" ".join
)
def test_help_imports_no_library(arguments: list[str]) -> None:
    assert _loaded(*arguments) & set(HEAVY) == set()


def test_the_page_is_imported_where_it_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "node.json").write_bytes(data())
    words = ("check", f"{tmp_path}/node.json", "-p", "kubevirt", "-o")
    assert "passmuster.report.html" not in _loaded(*words, f"summary={tmp_path}/out")
    assert "passmuster.report.html" in _loaded(*words, f"html={tmp_path}/out")


def test_only_a_process_of_our_own_looks_for_garbage_less_often() -> None:
    code = (
        "import gc; from passmuster.cli import main\ndef run(*argv):\n try: main(*argv)\n except SystemExit: pass\n"
        "before = gc.get_threshold(); run(['--version']); assert gc.get_threshold() == before\n"
        "run(); assert gc.get_threshold()[0] > before[0]"
    )
    environment = {**ENVIRONMENT, "PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", code, "--version"], check=True, capture_output=True, env=environment)


def test_collecting_imports_no_library_and_nothing_of_the_engine() -> None:
    loaded = _loaded("collect", "-o", "/dev/null")
    assert loaded & set(HEAVY) == set()
    assert not {name for name in loaded if name.startswith("passmuster.")} - {
        "passmuster.cli",
        "passmuster.cli.main",
        "passmuster.cli.arguments",
        "passmuster.cli.bundle_arguments",
        "passmuster.cli.ending",
        "passmuster.cli.fleet_arguments",
        "passmuster.cli.report_arguments",
        "passmuster.cli.status_help",
        "passmuster.errors",
        "passmuster.model",
        "passmuster.model.text",
        "passmuster.version",
    }


def test_the_collector_imports_the_standard_library_and_itself_alone() -> None:
    for file in (CHECKOUT / "collector").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in names:
                top = name.partition(".")[0]
                assert top in sys.stdlib_module_names or top == "passmuster_collector", f"{file}: {name}"


def test_a_wheel_carries_schemas_and_policies_and_they_are_found_in_it(tmp_path: Path) -> None:
    build = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    wheel = tmp_path / done.stdout.split()[-1]
    unpacked = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    assert (unpacked / "passmuster_collector" / "__main__.py").is_file()
    found = subprocess.run(
        [sys.executable, "-m", "passmuster", "policy", "list"],
        env={
            "PATH": "/usr/bin",
            "PYTHONPATH": ":".join([str(unpacked), *(path for path in sys.path if "site-packages" in path)]),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "virtnest@1.0.0  released" in found.stdout


def test_every_schema_describes_every_field() -> None:
    for kind in sorted(folder.name for folder in (CHECKOUT / "schemas").iterdir() if folder.is_dir()):
        for version in schema.versions(kind):
            bare = list(_undescribed(schema.document(kind, version), kind))
            assert bare == []


def _undescribed(node: object, path: str) -> list[str]:
    found: list[str] = []
    if isinstance(node, dict):
        for name, each in node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ():
            conditional = any(step in path for step in (".if", ".then", ".allOf"))
            if not conditional and isinstance(each, dict) and "description" not in each and "$ref" not in each:
                found.append(f"{path}.{name}")
        for key, each in node.items():
            found += _undescribed(each, f"{path}.{key}")
    elif isinstance(node, list):
        for number, each in enumerate(node):
            found += _undescribed(each, f"{path}.{number}")
    return found


def test_the_checkout_is_where_the_data_are_found() -> None:
    assert resources.schemas() == CHECKOUT / "schemas"
    assert resources.policies() == CHECKOUT / "policies"
