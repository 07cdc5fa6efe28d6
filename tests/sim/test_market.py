"""A market day is repeatable: when the lines are how, and when people come."""

from itertools import islice

import pytest

from scripts.sim.market import QUIET, lines_of, parse, rush
from scripts.sim.visitors import visits


def test_a_seed_gives_the_same_lines_again_and_another_gives_others():
    assert lines_of(3, 600) == lines_of(3, 600)
    assert lines_of(3, 600) != lines_of(4, 600)


@pytest.mark.parametrize("for_s", [30, 600, 3600])
def test_both_lines_change_in_the_order_of_time_and_are_quiet_in_the_end(for_s):
    lines = lines_of(1, for_s)
    assert [line.at_s for line in lines] == sorted(line.at_s for line in lines)
    assert {line.which for line in lines} == {0, 1}
    for which in (0, 1):
        last = [line for line in lines if line.which == which][-1]
        assert (last.manner, last.dead) == (QUIET[which], frozenset())


def test_a_day_has_lines_that_are_dead_one_way_and_both_ways():
    seen = {line.dead for line in lines_of(1, 3600)}
    assert seen == {frozenset(), frozenset({"there"}), frozenset({"back"}), frozenset({"there", "back"})}


def test_the_same_people_come_and_most_of_them_in_the_middle_of_the_day():
    people = list(islice(visits(1, 3, 2.0), 600))
    day = list(rush(people, 300.0))
    assert [one.person for one in day] == [one.person for one in people]
    assert [one.at_s for one in day] == sorted(one.at_s for one in day)
    middle = sum(100 <= one.at_s < 200 for one in day)
    assert middle > 0.5 * len(day)
    assert day[-1].at_s < 330


@pytest.mark.parametrize("words", [["--minutes", "0"], ["--boxes", "0"], ["--boxes", "51"], ["--rate", "x"], ["--x"]])
def test_what_makes_no_sense_is_refused(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(words)
    assert stopped.value.code == 2
    assert capsys.readouterr().err
