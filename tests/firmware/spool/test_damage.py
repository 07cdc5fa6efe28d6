"""Flashes damaged at random: whatever was green is served or declared lost (more seeds: scripts/powercut)."""

import json

import pytest

from tests.firmware.spool.rig import run


@pytest.mark.slow
@pytest.mark.parametrize("prog_bytes", [32, 256])
def test_what_was_green_is_served_or_declared_lost_and_nothing_is_invented_whatever_the_damage(prog_bytes):
    said = run("damage.py", str(prog_bytes), "500", "25").splitlines()
    counts = json.loads(said[-1].removeprefix("done "))
    assert counts["images"] == 200
    assert counts["saved"] > 0.85 * counts["green"]
