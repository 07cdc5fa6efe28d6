"""Two gateways on one account of the broker are told from a broker that is away or ends: against the real mosquitto."""

import asyncio
import socket
import threading

import pytest

from gateway.mqtt.twin import LASTS_MS, Twin, taken_over
from tests.gateway.brokers import GATEWAY_PASSWORD, RealBroker, eventually, free_port
from tests.gateway.mqtt.test_session import Harness
from tests.gateway.people import Person

LONG_S = 60.0


@pytest.fixture
def broker(tmp_path):
    made = RealBroker(tmp_path / "broker", [])
    made.start()
    yield made
    made.kill()


async def asked(broker, password=GATEWAY_PASSWORD, wait_s=LONG_S):
    return await taken_over("127.0.0.1", broker.port, "gateway", password, wait_s)


async def test_the_broker_says_that_our_name_was_taken(broker):
    question = asyncio.create_task(asked(broker))
    while not question.done():
        Person(broker.port, "gateway", GATEWAY_PASSWORD)
        await asyncio.sleep(0.2)
    assert question.result()


async def test_where_nobody_comes_or_nobody_is_let_in_or_the_broker_ends_the_answer_is_no(broker):
    assert not await asked(broker, wait_s=0.3)
    assert not await asked(broker, password="another", wait_s=LONG_S)
    question = asyncio.create_task(asked(broker))
    await asyncio.sleep(0.2)
    broker.kill()
    assert not await question
    assert not await asked(broker, wait_s=LONG_S)


@pytest.mark.parametrize("said", [b"", b"\x20", b"\x20\xff\xff\xff\xff\xff", b"\x20\x00", b"HTTP/1.1 200 OK\r\n\r\n"])
async def test_what_is_no_broker_is_a_no(said):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            beside, _ = listener.accept()
            line, _ = listener.accept()
            with beside, line:
                line.recv(1000)
                line.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        port = listener.getsockname()[1]
        assert not await taken_over("127.0.0.1", port, "gateway", "x", LONG_S)
        thread.join()


async def test_only_what_is_cut_off_three_times_in_a_row_is_asked_about_and_what_lasts_ends_it():
    asked_for = []

    async def ask():
        asked_for.append(1)
        return True

    twin = Twin(ask)
    for was_cut, lasted_ms in ((True, 900), (False, 100), (True, 900), (True, LASTS_MS), (True, 900), (True, 900)):
        await twin.ended(was_cut, lasted_ms)
    assert (asked_for, twin.is_there) == ([], False)
    await twin.ended(True, 900)
    assert (asked_for, twin.is_there) == ([1], True)
    await twin.ended(True, 900)
    assert twin.is_there
    await twin.ended(True, LASTS_MS)
    assert not twin.is_there


async def test_two_gateways_on_one_account_both_see_it(broker):
    how = {"connect_s": 30.0, "silence_s": 30.0, "retry_first_s": 0.05, "retry_most_s": 0.2}
    async with Harness(broker.port, **how).running() as one, Harness(broker.port, **how).running() as other:
        await eventually(lambda: one.session.is_shared or other.session.is_shared, timeout_s=120, every_s=0.02)


async def test_a_gateway_that_is_alone_sees_nobody(broker):
    async with Harness(broker.port, connect_s=30.0, silence_s=0.5).running() as it:
        for _ in range(2):
            await eventually(lambda: it.session.up, timeout_s=60)
            broker.kill()
            await eventually(lambda: not it.session.up, timeout_s=60)
            broker.start()
        await eventually(lambda: it.session.up, timeout_s=60)
        assert not it.session.is_shared
    assert not await taken_over("127.0.0.1", free_port(), "gateway", "x", 1.0)
