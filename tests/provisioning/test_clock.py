"""A clock that cannot be right is found before anything is signed with its time."""

import os

import pytest

from scripts.provisioning import clock

DAY = 86_400
NOW = clock._OWN.stat().st_mtime + DAY


@pytest.fixture
def witness(tmp_path):
    file = tmp_path / "release.json"
    file.write_text("{}")

    def of(changed_s):
        os.utime(file, (changed_s, changed_s))
        return file

    return of


@pytest.mark.parametrize("now", [0, 1, 946_684_800, clock.LEAST_S - 30 * DAY])
def test_a_clock_of_before_all_this_existed_is_wrong(now):
    assert clock.judged(now_s=now).code == "behind"


@pytest.mark.parametrize("after_days", [0, 1, 365, 9 * 365])
def test_a_clock_of_today_and_of_years_after_is_believed(after_days):
    assert clock.judged(now_s=NOW + after_days * DAY) is None


def test_a_clock_of_many_years_after_everything_is_wrong():
    assert clock.judged(now_s=NOW + 20 * 365 * DAY).code == "ahead"


def test_a_clock_that_is_behind_a_file_is_wrong_and_the_file_is_named(witness):
    file = witness(NOW + 10 * DAY)
    wrong = clock.judged([file], now_s=NOW)
    assert (wrong.code, wrong.file) == ("behind", str(file))
    assert wrong.known_s == NOW + 10 * DAY


def test_a_file_of_another_time_zone_and_one_that_is_not_there_prove_nothing(witness, tmp_path):
    assert clock.judged([witness(NOW + DAY), tmp_path / "none"], now_s=NOW) is None
