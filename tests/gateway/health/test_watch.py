"""A change is told once, a flap not at all, and twenty boxes at once are one trouble."""

import random

import pytest

from gateway.health import State, Watch, render

GOOD, BAD = State("broker", "ok", "connected"), State("broker", "down", "lost")


def box(number: int, word: str = "away") -> State:
    return State("box", word, "why", f"box-{number:02}")


def looks(watch: Watch, *every: list[State]) -> list[State]:
    """What the last of these looks tells."""
    told: list[State] = []
    for at, states in enumerate(every):
        told = watch.changes(states, 1_000 * at)
    return told


def test_a_change_is_told_at_the_second_look_and_once():
    watch = Watch()
    assert looks(watch, [GOOD], [BAD]) == []
    assert watch.changes([BAD], 2_000) == [BAD]
    assert watch.changes([BAD._replace(reason="refused")], 3_000) == []
    assert watch.changes([GOOD], 4_000) == []
    assert watch.changes([GOOD], 5_000) == [GOOD]
    assert watch.changes([GOOD], 6_000) == []


def test_what_is_sure_by_itself_is_told_at_once():
    sure = State("keeping", "stuck", "10 s", is_sure=True)
    watch = Watch()
    assert watch.changes([State("keeping", "ok", "")], 0) == []
    assert watch.changes([sure], 1_000) == [sure]


def test_a_flap_is_not_told():
    watch = Watch()
    assert [watch.changes([one], at) for at, one in enumerate([GOOD, BAD, GOOD, BAD, GOOD, BAD, GOOD] * 20)] == [
        []
    ] * 140


def test_a_bad_start_is_told_too():
    assert looks(Watch(), [BAD], [BAD]) == [BAD]


def test_one_trouble_that_turns_into_another_is_told_after_two_looks():
    other = BAD._replace(state="not_delivering")
    watch = Watch()
    looks(watch, [BAD], [BAD])
    assert watch.changes([other], 3_000) == []
    assert watch.changes([other], 4_000) == [other]


def test_since_is_when_it_was_first_seen():
    watch = Watch()
    looks(watch, [GOOD], [BAD], [BAD])
    (standing,) = watch.standing()
    assert standing.since_ms == 1_000
    assert standing.state == BAD


def test_a_part_that_is_not_judged_stays_what_it_was():
    watch = Watch()
    looks(watch, [GOOD, box(1)], [GOOD, box(1)], [GOOD], [GOOD], [GOOD])
    assert watch.word("box", "box-01") == "away"


@pytest.mark.parametrize("count, known", [(3, 6), (20, 20), (10, 20)])
def test_half_of_the_boxes_at_once_are_one_alert_and_one_when_they_are_back(count, known):
    everybody = [box(number, "ok") for number in range(known)]
    gone = [box(number, "away" if number < count else "ok") for number in range(known)]
    watch = Watch()
    (told,) = looks(watch, everybody, gone, gone)
    assert told.part == "boxes"
    assert told.state == "many_away"
    assert told.box_id is None
    assert told.reason.startswith(f"boxes_many {count} {known} box-00, box-01")
    (back,) = looks(watch, everybody, everybody)
    assert (back.part, back.state) == ("boxes", "ok")


@pytest.mark.parametrize("count, known", [(1, 1), (2, 4), (9, 20)])
def test_a_few_boxes_are_told_of_one_by_one(count, known):
    gone = [box(number, "away" if number < count else "ok") for number in range(known)]
    told = looks(Watch(), [box(number, "ok") for number in range(known)], gone, gone)
    assert [one.box_id for one in told] == [f"box-{number:02}" for number in range(count)]


def test_a_box_that_does_not_belong_here_any_more_is_not_told_of():
    watch = Watch()
    looks(watch, [box(1)], [box(1)])
    watch.forget("box-01")
    assert watch.standing() == []


def test_the_metrics_say_since_when_a_state_holds():
    watch = Watch(alarm_after=1)
    watch.changes([BAD, State("clock", "ok", ""), box(7)], 5_000)
    text = render(watch.metrics(65_000))
    assert 'tram_part_ok{part="broker"} 0' in text
    assert 'tram_part_ok{part="clock"} 1' in text
    assert 'tram_part_state_seconds{part="broker"} 60.0' in text
    assert 'tram_box_ok{box="box-07"} 0' in text


def test_every_alarm_has_its_end_whatever_happens():
    rng = random.Random(3)
    watch = Watch()
    alarmed: set[str] = set()
    for at in range(3_000):
        states = [box(number, rng.choice(["ok", "ok", "ok", "away", "silent"])) for number in range(6)]
        if rng.random() < 0.05:
            states = [box(number, "away") for number in range(6)]
        for told in watch.changes(states, at):
            name = told.box_id or told.part
            if told.state == "ok":
                alarmed.discard(name)
            else:
                alarmed.add(name)
    for at in range(3_000, 3_003):
        for told in watch.changes([box(number, "ok") for number in range(6)], at):
            alarmed.discard(told.box_id or told.part)
    assert all(one.state.state == "ok" for one in watch.standing())
    assert alarmed == set()
