"""How far long work is, where somebody looks at it."""

import io

import pytest

from server.cli.course import shown
from server.sim.course import Course


class Clock:
    def __init__(self):
        self.at_s = 0.0

    def __call__(self):
        return self.at_s


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_where_no_terminal_is_a_line_comes_with_each_phase_and_every_half_a_minute():
    clock, out = Clock(), io.StringIO()
    with shown(Course({"days": 3, "anew": 1}, clock), out) as tell:
        for done in range(1, 31):
            clock.at_s += 3
            tell("days", done, 30)
        tell("anew", 0, 10)
    lines = out.getvalue().splitlines()
    assert [line.split(" · ")[0] for line in lines] == ["days 1/30", "days 11/30", "days 21/30", "anew 0/10"]
    assert lines[1] == "days 11/30 · 28% of all · 0:00:33, about 0:01:27 left"
    assert lines[-1] == "anew 0/10 · 75% of all · 0:01:30, about 0:00:30 left"


def test_before_anything_is_told_nothing_is_shown():
    out = io.StringIO()
    with shown(Course({"days": 1}, Clock()), out):
        pass
    assert out.getvalue() == ""


def test_on_a_terminal_the_phase_its_part_and_the_rest_are_shown(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    clock, out = Clock(), Terminal()
    with shown(Course({"days": 3, "anew": 1}, clock), out) as tell:
        clock.at_s += 60
        tell("days", 20, 30)
    said = out.getvalue()
    assert "days 20/30" in said
    assert "50 %" in said
    assert "about 0:01:00 left" in said


@pytest.mark.parametrize("out", [io.StringIO(), Terminal()])
def test_what_fails_within_goes_on_to_fail(out):
    def fails():
        with shown(Course({"days": 1}, Clock()), out) as tell:
            tell("days", 1, 2)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
