"""When settings on trial are good: the rule alone, on the clock of the test."""

import pytest

from firmware.settings.trial import Trial

CONFIRM_MS, GIVE_UP_MS = 60_000, 600_000


def trial(reader_before="ready"):
    return Trial(reader_before, CONFIRM_MS, GIVE_UP_MS, 1000)


def test_they_are_good_once_all_three_have_held_for_the_whole_time():
    rule = trial()
    assert rule.step(5000, True, True, "ready") is None
    assert rule.step(64_999, True, True, "ready") is None
    assert rule.step(65_000, True, True, "ready") == "good"


@pytest.mark.parametrize(
    "state", [(False, True, "ready"), (True, False, "ready"), (True, True, "half_configured"), (True, True, "mute")]
)
def test_a_break_of_one_of_them_starts_the_time_anew(state):
    rule = trial()
    rule.step(5000, True, True, "ready")
    assert rule.step(60_000, *state) is None
    assert rule.step(65_000, True, True, "ready") is None
    assert rule.step(124_999, True, True, "ready") is None
    assert rule.step(125_000, True, True, "ready") == "good"


@pytest.mark.parametrize(
    "link_up, heard, reader, verdict",
    [
        (False, False, "ready", "cut_off"),
        (True, False, "ready", "cut_off"),
        (False, True, "ready", "cut_off"),
        (False, False, "mute", "cut_off"),
        (True, True, "mute", "reader"),
        (True, True, "half_configured", "reader"),
        (True, True, "starting", "reader"),
    ],
)
def test_they_are_given_up_at_the_end_of_their_time_with_what_was_against_them(link_up, heard, reader, verdict):
    rule = trial()
    assert rule.step(600_999, link_up, heard, reader) is None
    assert rule.step(601_000, link_up, heard, reader) == verdict


def test_what_comes_good_at_the_very_end_gets_its_time_but_no_break():
    rule, other = trial(), trial()
    for one in (rule, other):
        assert one.step(590_000, True, True, "ready") is None
        assert one.step(601_000, True, True, "ready") is None
    assert rule.step(650_000, True, True, "ready") == "good"
    assert other.step(649_999, False, True, "ready") == "cut_off"


@pytest.mark.parametrize(
    "before, now, good",
    [
        ("ready", "ready", True),
        ("ready", "half_configured", False),
        ("half_configured", "half_configured", True),
        ("half_configured", "ready", True),
        ("half_configured", "dead", False),
        ("dead", "mute", True),
        ("dead", "ready", True),
        ("-", "dead", True),
        ("flooding", "flooding", True),
    ],
)
def test_the_reader_must_not_be_worse_than_before(before, now, good):
    rule = trial(before)
    rule.step(1000, True, True, now)
    assert rule.step(61_000, True, True, now) == ("good" if good else None)
