"""The examples in tests/vectors of each family of readers, on both runtimes."""

import json
from pathlib import Path

import pytest

from scripts.firmware_build import run_micropython
from tests.firmware.scanner import vectors

RUNNER = Path(vectors.__file__)
FAMILIES = ("gm65", "de2120", "m5qr")
VECTORS = RUNNER.parents[2] / "vectors"
FILES = sorted(path for family in FAMILIES for path in (VECTORS / family).glob("*.json"))
NAMES = [f"{path.parent.name}/{path.stem}" for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_example_holds_on_cpython(path: Path) -> None:
    valid, invalid, failures = vectors.run(str(path))
    assert not failures
    assert valid + invalid > 0


def test_every_example_holds_on_micropython() -> None:
    result = run_micropython([RUNNER, *FILES])
    assert result.returncode == 0, result.stdout.decode() + result.stderr.decode()
    assert b" 0 failed" in result.stdout


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_there_are_no_fewer_wrong_examples_than_right_ones(path: Path) -> None:
    examples = json.loads(path.read_text())
    names = [entry["name"] for kind in ("valid", "invalid") for entry in examples[kind]]
    assert len(examples["invalid"]) >= len(examples["valid"])
    assert len(set(names)) == len(names)
