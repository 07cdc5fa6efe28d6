"""How often one caller may ask."""

import dataclasses
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.app import Server
from server.web.pace import MOST_CALLERS, Pace, TooOften, is_free
from tests.server import rig
from tests.server.rig import READS, WISHES


class Clock:
    s = 0.0

    def __call__(self):
        return self.s


def taken(pace, caller, times):
    done = 0
    for _ in range(times):
        try:
            pace.take(caller)
            done += 1
        except TooOften:
            pass
    return done


def test_a_burst_is_let_through_and_then_the_pace():
    clock = Clock()
    pace = Pace(2, 5, clock)
    assert taken(pace, b"a", 20) == 5
    clock.s = 1.0
    assert taken(pace, b"a", 20) == 2
    clock.s = 1000.0
    assert taken(pace, b"a", 20) == 5


def test_one_caller_does_not_use_up_anothers():
    pace = Pace(1, 3, Clock())
    assert (taken(pace, b"a", 9), taken(pace, b"b", 9)) == (3, 3)


def test_it_says_when_to_come_again_and_then_it_is_so():
    clock = Clock()
    pace = Pace(0.1, 1, clock)
    pace.take(b"a")
    with pytest.raises(TooOften) as err:
        pace.take(b"a")
    clock.s = err.value.retry_after_s
    pace.take(b"a")


def test_the_number_of_callers_that_are_remembered_is_bounded():
    pace = Pace(1, 1, Clock())
    for number in range(MOST_CALLERS + 50):
        pace.take(b"%d" % number)
    assert len(pace._buckets) == MOST_CALLERS


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60))
def test_nobody_gets_more_than_the_burst_and_what_has_flowed_in_since(waits_s):
    clock = Clock()
    pace = Pace(3, 4, clock)
    done = 0
    for wait_s in waits_s:
        clock.s += wait_s
        done += taken(pace, b"a", 10)
    assert done <= 4 + 3 * clock.s + 1e-6


@pytest.mark.parametrize(
    ("path", "free"),
    [
        ("/api/v1/batches", True),
        ("/healthz", True),
        ("/api/v1/fleet/gateways", False),
        ("/api/v1/cases", False),
        ("/login", False),
        ("/", False),
    ],
)
def test_gateways_and_monitors_are_not_counted(path, free):
    assert is_free(path) is free


@pytest.fixture
def clock(server):
    """What the server's pace goes by, 1 a second and 3 at once; it stands still until a test moves it on."""
    made = Clock()
    server.app.state.desk = dataclasses.replace(server.app.state.desk, pace=Pace(1, 3, made))
    return made


async def test_a_person_who_asks_too_often_is_told_so_politely_and_gateways_go_on(client, clock, send):
    answers = [await client.get("/api/v1/ledger", headers=READS) for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    refused = answers[-1]
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["code"] == "too_often"
    assert refused.json()["vi"].startswith("Yêu cầu quá dày")
    assert (await client.get("/api/v1/fleet/gateways", headers=WISHES)).status_code == 200
    for number in range(1, 8):
        assert (await send(rig.body([rig.scan(number)], batch_no=number))).status_code == 200
    clock.s = float(refused.headers["retry-after"])
    assert (await client.get("/api/v1/ledger", headers=READS)).status_code == 200
    assert (await client.get("/api/v1/ledger", headers=READS)).status_code == 429


async def test_who_sends_another_token_each_time_is_held_back_by_the_address(client, clock):
    async def asked(numbers):
        sent = [{"Authorization": f"Bearer tram_{number}"} for number in numbers]
        return [(await client.get("/api/v1/ledger", headers=one)).status_code for one in sent]

    assert await asked(range(40)) == [401] * 30 + [429] * 10
    clock.s = 0.5
    assert await asked(range(40, 50)) == [401] * 5 + [429] * 5


async def test_the_pace_is_that_of_the_settings(tmp_path):
    server = Server(rig.config(tmp_path, more="[limits]\nasks_per_s = 1\nasks_burst = 3"))
    pace = server.app.state.desk.pace
    assert (pace._per_s, pace._burst, pace._mono_s) == (1, 3, time.monotonic)
