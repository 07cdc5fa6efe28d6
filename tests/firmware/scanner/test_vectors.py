"""The examples in tests/vectors/gm65, on both runtimes."""

import json
from pathlib import Path

import pytest

from scripts.firmware_build import run_micropython
from tests.firmware.scanner import vectors

RUNNER = Path(vectors.__file__)
FILES = sorted((RUNNER.parents[2] / "vectors" / "gm65").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_example_holds_on_cpython(path: Path) -> None:
    valid, invalid, failures = vectors.run(str(path))
    assert not failures
    assert valid + invalid > 0


def test_every_example_holds_on_micropython() -> None:
    result = run_micropython([RUNNER, *FILES])
    assert result.returncode == 0, result.stdout.decode() + result.stderr.decode()
    assert b" 0 failed" in result.stdout


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_there_are_no_fewer_wrong_examples_than_right_ones(path: Path) -> None:
    examples = json.loads(path.read_text())
    names = [entry["name"] for kind in ("valid", "invalid") for entry in examples[kind]]
    assert len(examples["invalid"]) >= len(examples["valid"])
    assert len(set(names)) == len(names)
