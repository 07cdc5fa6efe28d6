"""A power cut at flash operations of everything that changes a box's identity (all: scripts/powercut --enrolment)."""

import pytest

from scripts.enrolment.campaign import STORIES, campaign


@pytest.mark.parametrize("story", STORIES)
def test_a_cut_at_any_operation_leaves_a_box_that_is_itself_and_gets_to_the_end(story):
    counts = campaign(story, 32, nested=1, modes="half")
    assert counts["cuts"] == counts["operations"] >= 20
    assert counts["images"] > counts["cuts"]


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("mode", ["nothing", "other_half", "bits", "all"])
def test_however_the_operation_is_torn_and_whatever_the_chip_programs_at_once(story, mode):
    assert campaign(story, 256, stride=3, offset=1, nested=1, modes=mode)["cuts"] >= 7
