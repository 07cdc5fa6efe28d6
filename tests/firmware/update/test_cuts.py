"""A power cut at flash operations of an update and of what follows it (more of them: scripts/bundle/campaign.py)."""

import pytest

from scripts.bundle.campaign import ENDINGS, Part, run


@pytest.mark.parametrize("prog_bytes", [32, 256])
@pytest.mark.parametrize("ending", ENDINGS)
def test_after_a_cut_anywhere_the_box_boots_is_itself_and_ends_with_the_old_version_or_the_new_one(ending, prog_bytes):
    counts = run(Part(ending, prog_bytes, 1, 1, 0, 0, "half,bits"))
    assert counts["cuts"] == counts["operations"] > 40
    assert counts["images"] == 2 * counts["cuts"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_so_it_is_after_a_second_cut_in_what_the_box_does_then(ending):
    counts = run(Part(ending, 32, 2, 7, 3, 3, "nothing,other_half"))
    assert counts["images"] >= 7 * counts["cuts"]
