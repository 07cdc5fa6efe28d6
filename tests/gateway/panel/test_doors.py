"""Log-ins and sessions."""

import asyncio

import pytest

from gateway.panel import doors
from gateway.panel.doors import Doors, Refused
from gateway.panel.people import People
from tests.gateway.panel.rig import NAME, PASSWORD, Clock, cheap


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def made(clock):
    return Doors(People({NAME: cheap(PASSWORD), "other": cheap("another password")}), 1, clock)


async def refusal(made, name=NAME, password="wrong", address="10.0.0.1"):
    with pytest.raises(Refused) as raised:
        await made.log_in(name, password, address)
    return raised.value.code


async def test_who_knows_the_password_is_in_until_the_session_ends(made, clock):
    cookie = await made.log_in(" Chu-Cho ", PASSWORD, "10.0.0.1")
    assert made.who(cookie).name == NAME
    clock.ms += 3_600_000 - 1
    assert made.who(cookie) is not None
    clock.ms += 1
    assert made.who(cookie) is None
    assert made.sessions == 0


@pytest.mark.parametrize("cookie", ["", "x", "\udcff", "a" * 10_000])
async def test_an_invented_cookie_is_nobodys(made, cookie):
    await made.log_in(NAME, PASSWORD, "10.0.0.1")
    assert made.who(cookie) is None


async def test_wrong_passwords_and_strangers_hear_the_same(made):
    heard = [
        await refusal(made, name, address=f"10.0.0.{at}") for at, name in enumerate((NAME, "nobody", "", "x" * 99))
    ]
    assert heard == ["wrong"] * 4
    assert made.failures.number == 4
    assert made.failures.last_address == "10.0.0.3"


async def test_after_some_tries_the_answer_is_to_wait(made, clock):
    for _ in range(5):
        assert await refusal(made) == "wrong"
    with pytest.raises(Refused) as raised:
        await made.log_in(NAME, PASSWORD, "10.0.0.1")
    assert (raised.value.code, raised.value.wait_s) == ("wait", 2)
    clock.ms += 2_000
    assert made.who(await made.log_in(NAME, PASSWORD, "10.0.0.1"))


async def test_logging_out_ends_one_session_and_no_other(made):
    one, other = [await made.log_in(NAME, PASSWORD, "10.0.0.1") for _ in range(2)]
    made.log_out(one)
    made.log_out("none")
    assert made.who(one) is None
    assert made.who(other) is not None


async def test_another_password_in_the_file_ends_the_sessions_of_the_old_one(made):
    mine, others = (
        await made.log_in(NAME, PASSWORD, "10.0.0.1"),
        await made.log_in("other", "another password", "10.0.0.2"),
    )
    made.set_people(People({NAME: cheap("a new password"), "other": cheap("another password")}))
    assert made.who(mine) is None
    assert made.who(others) is not None
    made.set_people(People({NAME: cheap("a new password")}))
    assert made.who(others) is None


async def test_one_person_has_so_many_sessions_and_the_oldest_goes(made):
    cookies = [await made.log_in(NAME, PASSWORD, "10.0.0.1") for _ in range(doors.MOST_OF_ONE + 1)]
    assert made.who(cookies[0]) is None
    assert all(made.who(cookie) for cookie in cookies[1:])


async def test_a_crowd_at_the_door_is_turned_away_and_costs_nobody_a_try(made):
    tries = [asyncio.ensure_future(refusal(made, address=f"10.0.1.{at}")) for at in range(doors.MOST_WAITING + 5)]
    heard = await asyncio.gather(*tries)
    assert heard.count("busy") == 5
    assert made.failures.number == doors.MOST_WAITING
