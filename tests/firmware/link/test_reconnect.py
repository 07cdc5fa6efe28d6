"""Coming back: how soon, how gently, and from where."""

import asyncio
import random
from itertools import pairwise

import pytest

from firmware.link.backoff import Backoff
from firmware.link.reconnect import Link, Parts
from tests.firmware.link.rig import Broker, Gateway, LinkBox, free_port, standing


def test_the_pause_is_random_below_a_span_that_grows_by_half_up_to_its_cap():
    spans = []
    backoff = Backoff(lambda most: spans.append(most - 1) or 0, 400, 30_000)
    for _ in range(14):
        backoff.next_ms()
    assert spans[:5] == [400, 600, 900, 1350, 2025]
    assert spans[-4:] == [23_058, 30_000, 30_000, 30_000]
    backoff.reset()
    backoff.next_ms()
    assert spans[-1] == 400


def test_a_hall_full_of_boxes_does_not_come_back_at_once():
    draw = random.Random(1)
    firsts = [Backoff(draw.randrange, 400, 30_000).next_ms() for _ in range(500)]
    busiest = max(sum(1 for first in firsts if at <= first < at + 20) for at in range(0, 400, 20))
    assert busiest < 60


async def test_a_broker_that_was_away_from_the_first_boot_on_is_found_within_the_cap(tmp_path):
    broker = Broker(tmp_path)
    box = await LinkBox(tmp_path, broker.port).start()
    try:
        await box.until(lambda: len(box.states("down")) >= 5)
        box.tell(append=[100] * 3)
        await broker.start()
        gateway = await Gateway(broker.port).ready()
        gateway.beacon()
        await box.until_delivered(3, limit_s=10)
        gateway.close()
    finally:
        await box.kill()
        await broker.kill()


async def test_a_broker_that_is_killed_is_noticed_at_once_and_found_again(tmp_path):
    async with standing(tmp_path) as (broker, _gateway, box):
        for times in range(1, 4):
            await broker.kill()
            await box.until(lambda n=times: len(breaks(box)) == n)
            await broker.start()
            await box.until_up(times + 1, limit_s=5)


def breaks(box: LinkBox) -> list[dict]:
    """The ends of connections that had been up. With something unread in it the socket is reset, not closed."""
    lines = [line for line in box.lines if line.get("state") in ("up", "down")]
    ends = [after for before, after in pairwise(lines) if before["state"] == "up" and after["state"] == "down"]
    assert all(line["reason"] in ("closed_by_broker", "connection_lost") for line in ends)
    return ends


async def test_a_new_epoch_within_a_boot_takes_a_new_connection_with_a_will_of_its_own(tmp_path):
    async with standing(tmp_path) as (_broker, _gateway, box):
        box.tell(rename="fedcba987654")
        assert (await box.until_down("new_epoch"))["detail"] == "fedcba987654"
        assert (await box.until_up(2, limit_s=5))["session"] == 2


async def test_each_connection_has_its_session_number(tmp_path):
    async with standing(tmp_path) as (broker, _gateway, box):
        await broker.kill()
        await box.until(lambda: bool(box.states("down")))
        await broker.start()
        await box.until_up(2)
        sessions = [line["session"] for line in box.states("up")]
        assert sessions == sorted(set(sessions))


async def test_a_connection_that_breaks_at_once_does_not_start_the_pauses_anew(tmp_path):
    broker = Broker(tmp_path)
    await broker.start()
    box = await LinkBox(tmp_path, broker.port, retry_first_ms=20, retry_cap_ms=2000, stable_ms=60_000).start()
    try:
        longest_ms = times = 0
        while longest_ms <= 40 and times < 20:  # how long each pause is, is drawn by lot
            times += 1
            await box.until_up(times)
            await broker.kill()
            await box.until(lambda n=times: len(box.states("down")) >= n)
            longest_ms = max(line["retry_ms"] for line in box.states("down"))
            await broker.start()
        assert longest_ms > 40
    finally:
        await box.kill()
        await broker.kill()


@pytest.mark.parametrize("host", ["127.0.0.2", "127.0.0.3"])
async def test_an_address_where_nobody_is_has_its_reason(tmp_path, host):
    box = await LinkBox(tmp_path, 9, host).start()
    try:
        await box.until(lambda: bool(box.states("down")))
        assert box.states("down")[0]["reason"] in ("connection_lost", "connect_failed", "connect_timeout")
    finally:
        await box.kill()


# As long as the loop gets on, whoever watches the box hears of it


async def beats(box: LinkBox, pause_s: float) -> int:
    """How many beats there were in that time."""
    before = (await box.report())["beats"]
    await asyncio.sleep(pause_s)  # the time in which there are to be some, or none
    return (await box.report())["beats"] - before


async def test_a_connected_link_beats(tmp_path):
    async with standing(tmp_path) as (_broker, _gateway, box):
        assert await beats(box, 1.5) >= 2


async def test_a_link_that_finds_nobody_beats_all_the_same(tmp_path):
    box = await LinkBox(tmp_path, free_port()).start()
    try:
        await box.until(lambda: len(box.states("down")) >= 2)
        assert await beats(box, 1.0) >= 1
    finally:
        await box.kill()


class Hung:
    """Wi-Fi whose task does not get on."""

    def __init__(self, is_alive: bool) -> None:
        self._is_alive = is_alive

    def is_ready(self) -> bool:
        return False

    def is_alive(self) -> bool:
        return self._is_alive

    async def ready(self) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize("is_alive, least, most", [(True, 3, 100), (False, 0, 0)])
async def test_a_link_that_waits_for_wifi_beats_while_that_gets_on(monkeypatch, is_alive, least, most):
    async def wait_for_ms(waiting, limit_ms):
        await asyncio.wait_for(waiting, limit_ms / 100_000)

    monkeypatch.setattr(asyncio, "wait_for_ms", wait_for_ms, raising=False)
    told: list[int] = []
    parts = Parts(None, None, None, None, None, None)
    link = Link(None, None, parts, None, lambda: 0, None, None, None, wifi=Hung(is_alive), beat=lambda: told.append(1))
    running = asyncio.create_task(link.run())
    await asyncio.sleep(0.8)
    running.cancel()
    assert least <= len(told) <= most


@pytest.mark.parametrize("still_ms, most", [(29_999, 1), (30_000, 0)])
def test_a_sender_that_does_not_move_ends_the_beats(still_ms, most):
    told: list[int] = []
    parts = Parts(None, None, None, None, None, None)
    now = [0]
    link = Link(None, None, parts, None, lambda: now[0], None, None, None, beat=lambda: told.append(1))
    link._moved_ms = 0
    now[0] = still_ms
    link._on_watch()
    assert len(told) == most
