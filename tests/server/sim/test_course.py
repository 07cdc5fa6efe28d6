"""How far a long campaign is."""

import pytest

from server.sim.course import Course, hours

SHARES = {"days": 60, "comparing": 30, "anew": 10}


class Clock:
    def __init__(self):
        self.at_s = 100.0

    def __call__(self):
        return self.at_s


def course():
    clock = Clock()
    return Course(SHARES, clock), clock


def test_before_anything_is_done_nobody_can_say_how_long_it_takes():
    made, clock = course()
    assert (made.part, made.left_s) == (0, None)
    clock.at_s += 5
    made.tell("days", 0, 56)
    assert made.left_s is None
    assert "left" not in made.line()


@pytest.mark.parametrize(
    ("phase", "done", "total", "part"),
    [
        ("days", 14, 56, 0.15),
        ("days", 56, 56, 0.6),
        ("comparing", 0, 5, 0.6),
        ("comparing", 5, 5, 0.9),
        ("anew", 50, 100, 0.95),
        ("anew", 100, 100, 1.0),
    ],
)
def test_a_phase_counts_by_its_share_and_those_before_it_whole(phase, done, total, part):
    made, clock = course()
    clock.at_s += 10
    made.tell(phase, done, total)
    assert made.part == pytest.approx(part)
    assert made.left_s == pytest.approx(10 * (1 - part) / part)


def test_between_two_tellings_the_time_that_is_left_runs_down_and_never_below_nothing():
    made, clock = course()
    clock.at_s += 60
    made.tell("days", 56, 56)
    assert made.left_s == pytest.approx(40)
    clock.at_s += 15
    assert made.left_s == pytest.approx(25)
    clock.at_s += 500
    assert made.left_s == 0


def test_the_whole_never_goes_back():
    made, clock = course()
    clock.at_s += 1
    made.tell("comparing", 5, 5)
    made.tell("comparing", 1, 5)
    assert made.part == pytest.approx(0.9)


@pytest.mark.parametrize(("done", "total"), [(7, 0), (9, 3), (0, 0)])
def test_a_total_that_is_too_small_makes_no_more_than_the_whole_of_a_phase(done, total):
    made, clock = course()
    clock.at_s += 1
    made.tell("days", done, total)
    assert made.part == pytest.approx(0.6 if done else 0)


def test_a_phase_that_is_not_planned_moves_nothing():
    made, clock = course()
    clock.at_s += 1
    made.tell("days", 56, 56)
    made.tell("sweeping", 3, 4)
    assert made.part == pytest.approx(0.6)
    assert made.line().startswith("sweeping 3/4 · 60% of all")


def test_the_line_says_phase_part_and_what_is_left():
    made, clock = course()
    clock.at_s += 310
    made.tell("days", 12, 48)
    assert made.line() == "days 12/48 · 15% of all · 0:05:10, about 0:29:17 left"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00:00"), (59.6, "0:01:00"), (3599, "0:59:59"), (36_061, "10:01:01")]
)
def test_seconds_are_told_as_hours_minutes_and_seconds(seconds, said):
    assert hours(seconds) == said
