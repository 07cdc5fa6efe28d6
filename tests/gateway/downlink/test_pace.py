"""Soon at first, then less often; at once to who has just come; never a storm."""

import pytest

from gateway.downlink.pace import Pace, Waits

WAITS = Waits(first_ms=1_000, longest_ms=4_000, least_ms=200)


def said_at(pace: Pace, times, which=1, session=1, box="box-a", what="settings"):
    return [now_ms for now_ms in times if pace.is_due(box, what, which, session, now_ms)]


def test_the_wait_doubles_up_to_the_longest():
    assert said_at(Pace(WAITS), range(0, 20_000, 100)) == [0, 1_000, 3_000, 7_000, 11_000, 15_000, 19_000]


def test_something_else_goes_out_at_once_and_starts_over():
    pace = Pace(WAITS)
    said_at(pace, range(0, 8_000, 100))
    assert said_at(pace, range(8_000, 11_000, 100), which=2) == [8_000, 9_000]


def test_who_has_just_come_gets_it_at_once_and_starts_over():
    pace = Pace(WAITS)
    said_at(pace, range(0, 8_000, 100))
    assert said_at(pace, range(8_000, 11_000, 100), session=2) == [8_000, 9_000]


def test_a_box_that_comes_and_goes_makes_no_storm():
    pace = Pace(WAITS)
    said = [now_ms for now_ms in range(0, 1_000, 10) if pace.is_due("box-a", "settings", 1, now_ms, now_ms)]
    assert said == [0, 200, 400, 600, 800]


@pytest.mark.parametrize("other", [{"box": "box-b"}, {"what": "offer"}])
def test_boxes_and_things_do_not_wait_for_each_other(other):
    pace = Pace(WAITS)
    assert said_at(pace, [0]) == [0]
    assert said_at(pace, [1], **other) == [1]


def test_a_wait_can_be_shortened_and_a_line_forgotten():
    pace = Pace(WAITS)
    said_at(pace, [0, 1_000, 3_000])
    pace.again_in("box-a", "settings", 10)
    assert said_at(pace, range(3_000, 3_030)) == [3_010]
    pace.forget("box-a", "settings")
    assert said_at(pace, [3_031]) == [3_031]
    pace.again_in("box-a", "nothing", 10)
    pace.forget("box-a", "nothing")
