"""The examples in tests/vectors/wire, on both runtimes, through one runner."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.firmware_build import run_micropython

ROOT = Path(__file__).resolve().parents[2]
RUNNER = ROOT / "tests" / "vectors" / "runner.py"
FILES = sorted(str(path) for path in (ROOT / "tests" / "vectors" / "wire").glob("*.json"))


def test_every_example_holds_on_cpython():
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, RUNNER, *FILES], capture_output=True, text=True, env=env, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 failed" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: Path(path).stem)
def test_every_example_holds_on_micropython_from_compiled_modules(path, tmp_path):
    done = run_micropython([RUNNER, path], cwd=tmp_path)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    assert b" 0 failed" in done.stdout.splitlines()[-1]


def test_the_runner_fails_where_an_example_does_not_hold(tmp_path):
    wrong = tmp_path / "ack.json"
    entry = {"name": "x", "text": "1 ack box-000001 3fa2b1c0d9e8 1 1 -\n"}
    wrong.write_text(
        json.dumps({"form": "ack", "valid": [{**entry, "value": []}], "invalid": [{**entry, "code": "crc"}]})
    )
    done = run_micropython([RUNNER, wrong], cwd=tmp_path)
    assert done.returncode == 1
    assert b"2 failed" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: Path(path).stem)
def test_there_are_at_least_as_many_invalid_examples_as_valid_ones(path):
    vectors = json.loads(Path(path).read_text())
    assert len(vectors["invalid"]) >= len(vectors["valid"]) > 0
    names = [entry["name"] for kind in ("valid", "invalid") for entry in vectors[kind]]
    assert len(set(names)) == len(names)


def test_every_error_code_of_the_specification_has_an_example():
    spec = (ROOT / "firmware" / "wire" / "SPEC.md").read_text()
    spec = spec[spec.index("## 14.") : spec.index("## 18.")]
    codes = {line.split("`")[1] for line in spec.splitlines() if line.startswith("| `")}
    shown = {entry["code"] for path in FILES for entry in json.loads(Path(path).read_text())["invalid"]}
    assert shown == codes
