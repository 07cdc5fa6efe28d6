"""When a slot that was just started may stay."""

import pytest

from firmware.update.trial import Trial

ALL = (True, True, True)


def run(facts, is_trial=True, confirm_ms=60_000, give_up_ms=600_000, step_ms=1000):
    """-> (verdict, when) under facts(now_ms), looked at every second."""
    trial = Trial(is_trial, 5000, confirm_ms, give_up_ms)
    for now_ms in range(5000, 5000 + 2 * give_up_ms, step_ms):
        verdict = trial.judge(now_ms, *facts(now_ms - 5000))
        if verdict:
            return verdict, now_ms - 5000, trial.missing
    return None, None, trial.missing


def test_a_minute_with_reader_wifi_and_gateway_confirms():
    assert run(lambda _: ALL)[:2] == ("confirm", 60_000)


@pytest.mark.parametrize(
    ("absent", "name"),
    [((False, True, True), "reader"), ((True, False, True), "wifi"), ((True, True, False), "gateway")],
)
def test_without_one_of_them_it_is_given_up_and_says_which(absent, name):
    assert run(lambda _: absent) == ("give_up", 600_000, name)


def test_nothing_at_all_is_said_too():
    assert run(lambda _: (False, False, False)) == ("give_up", 600_000, "reader,wifi,gateway")


def test_they_must_be_there_at_the_same_time():
    assert run(lambda ms: (*ALL[:2], False) if ms // 1000 % 2 else (False, True, True))[0] == "give_up"


def test_a_link_that_comes_and_goes_counts_while_it_is_there():
    verdict, when_ms, _ = run(lambda ms: (True, True, ms // 10_000 % 2 == 0))
    assert verdict == "confirm"
    assert 110_000 <= when_ms <= 130_000


def test_the_last_moment_is_soon_enough():
    assert run(lambda ms: ALL if ms >= 530_000 else (True, True, False))[0] == "confirm"


def test_a_moment_later_is_not():
    assert run(lambda ms: ALL if ms >= 545_000 else (True, True, False))[0] == "give_up"


def test_a_slot_that_is_no_trial_only_has_to_run_and_is_never_given_up():
    assert run(lambda _: (False, False, False), is_trial=False)[:2] == ("confirm", 60_000)
