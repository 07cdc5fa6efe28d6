"""A power cut at every flash operation of a change of settings: the old ones or the new ones, no mix, never none."""

import json
from pathlib import Path

import pytest

from scripts.firmware_build import ROOT, build, run_micropython

HERE = Path(__file__).parent
EVERY_WAY = "nothing,half,other_half,bits,all"


def campaign(story: str, prog_bytes: int, modes: str, *more: str) -> dict[str, int]:
    path = f"{build()}:{ROOT / 'scripts' / 'spool'}:{HERE}"
    script = [HERE / "powercut.py", story, str(prog_bytes), modes, *more]
    done = run_micropython(script, heap="16M", path=path, cwd=HERE)
    assert done.returncode == 0, done.stdout.decode()[-2000:] + done.stderr.decode()
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("prog_bytes", [32, 256])
@pytest.mark.parametrize("story", ["first", "confirmed", "given_up", "starts"])
def test_a_cut_at_any_operation_however_torn_leaves_the_old_settings_or_the_new_ones(story, prog_bytes):
    counts = campaign(story, prog_bytes, EVERY_WAY)
    assert counts["images"] == 5 * counts["operations"] >= 50


@pytest.mark.parametrize("prog_bytes", [32, 256])
@pytest.mark.parametrize("story", ["first", "confirmed", "given_up", "starts"])
def test_settings_that_fill_blocks_of_their_own_are_kept_as_whole(story, prog_bytes):
    counts = campaign(story, prog_bytes, EVERY_WAY, "long")
    assert counts["images"] == 5 * counts["operations"] > 80
