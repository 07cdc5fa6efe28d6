"""The log in flash, on MicroPython: bounded, whole after every power cut, and without secrets."""

import json
from pathlib import Path

import pytest

from scripts.firmware_build import ROOT, build, run_micropython
from tests.firmware.settings import stories

HERE = Path(__file__).parent
SCRIPT = HERE / "log_stories.py"


@pytest.mark.parametrize("name", stories.names(SCRIPT))
def test_log(name):
    stories.check(SCRIPT, name)


@pytest.mark.parametrize("prog_bytes", [32, 256])
@pytest.mark.parametrize("modes", ["half", "nothing,other_half", "bits,all"])
def test_a_cut_at_any_operation_of_its_turning_over_leaves_a_log_that_can_be_read_and_goes_on(prog_bytes, modes):
    path = f"{build()}:{ROOT / 'scripts' / 'spool'}:{HERE / 'settings'}"
    done = run_micropython([HERE / "log_powercut.py", str(prog_bytes), modes], heap="16M", path=path, cwd=HERE)
    assert done.returncode == 0, done.stdout.decode()[-2000:] + done.stderr.decode()
    counts = json.loads(done.stdout.splitlines()[-1])
    assert counts["images"] == len(modes.split(",")) * counts["operations"] > 200
