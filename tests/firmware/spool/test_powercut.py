"""A power cut at flash operations of a whole life of a spool, and in its recovery (all of them: scripts/powercut)."""

import json

import pytest

from tests.firmware.spool.rig import run


def campaign(name: str, prog_bytes: int, stride: int, offset: int, nested: int, modes: str) -> dict[str, int]:
    said = run("powercut.py", name, str(prog_bytes), "1", str(stride), str(offset), str(nested), modes)
    return json.loads(said.splitlines()[-1].removeprefix("done "))


@pytest.mark.parametrize("prog_bytes", [32, 256])
def test_a_cut_at_any_operation_loses_no_green_scan_invents_none_and_gives_no_number_twice(prog_bytes):
    counts = campaign("gate", prog_bytes, 1, 0, 0, "half")
    assert counts["cuts"] == counts["operations"] > 500


@pytest.mark.parametrize("prog_bytes", [32, 256])
@pytest.mark.parametrize("mode", ["nothing", "other_half", "bits"])
def test_however_the_operation_is_torn(prog_bytes, mode):
    assert campaign("gate", prog_bytes, 4, 3, 0, mode)["cuts"] > 100


@pytest.mark.parametrize("prog_bytes", [32, 256])
def test_a_cut_in_the_recovery_from_a_cut_changes_nothing(prog_bytes):
    counts = campaign("gate", prog_bytes, 23, 5, 3, "half,bits")
    assert counts["images"] > 3 * counts["cuts"]


@pytest.mark.parametrize("prog_bytes", [32, 256])
def test_a_cut_anywhere_in_a_rescue_and_in_making_the_new_volume_leads_to_the_same_end(prog_bytes):
    counts = campaign("rescue", prog_bytes, 1, 0, 1, "half,bits")
    assert counts["cuts"] == counts["operations"] > 50
