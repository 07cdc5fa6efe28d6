"""What goes up beside the scans, and what comes down beside the acks."""

import asyncio

import pytest

from firmware.link.reconnect import MAX_MAIL, MAX_MAIL_BYTES, Link, Parts
from firmware.wire import topics
from tests.firmware.link.rig import BOX, door_closed, standing


class Bench:
    """A link that is not connected."""

    def __init__(self) -> None:
        self.counted: list[str] = []
        self.work = asyncio.Event()
        parts = Parts(None, None, None, None, self.work, None)
        self.link = Link(None, None, parts, None, lambda: 0, None, self.counted.append, None)


def test_a_full_mailbox_says_so_and_wakes_nobody():
    bench = Bench()
    assert all(bench.link.post("result", b"x") for _ in range(MAX_MAIL))
    bench.work.clear()
    assert not bench.link.post("result", b"")
    assert not bench.work.is_set()
    assert bench.counted == ["mailbox_full"]


@pytest.mark.parametrize("lengths, has_room", [([MAX_MAIL_BYTES], True), ([MAX_MAIL_BYTES + 1], False)])
def test_the_mailbox_is_bounded_in_bytes(lengths, has_room):
    bench = Bench()
    assert [bench.link.post("result", bytes(length)) for length in lengths] == [has_room]
    assert bench.link.post("want", b"x", 0) != has_room
    assert bench.work.is_set()


@pytest.mark.parametrize("secured", [False, True])
async def test_a_result_and_a_wish_arrive_beside_a_backlog(tmp_path, secured):
    async with standing(tmp_path, secured) as (_, gateway, box):
        box.tell(append=[1000] * 60)
        box.tell(post=["result", "r" * 4000, 1])
        box.tell(post=["want", "w", 0])
        await gateway.until(lambda: len(gateway.mail) == 2)
        assert gateway.mail == [("result", b"r" * 4000), ("want", b"w")]
        await box.until_delivered(60)


async def test_a_backlog_does_not_keep_mail_waiting(tmp_path):
    async with standing(tmp_path, pack_bytes=4096, window_messages=64) as (_, gateway, box):
        box.tell(append=[3000] * 120)
        box.tell(post=["result", "quick", 1])
        await gateway.until(lambda: bool(gateway.mail))
        assert len(gateway.scans) < 120
        await box.until_delivered(120)


async def test_a_result_posted_while_there_is_no_broker_is_sent_when_there_is_one(tmp_path):
    async with door_closed(tmp_path) as (door, gateway, box):
        box.tell(post=["want", "stale", 0])
        box.tell(post=["result", "kept", 1])
        for _ in range(6):
            box.tell(post=["result", "more", 1])
        box.tell(post=["result", "too many", 1])
        await box.until(lambda: any(line.get("posted") is False for line in box.lines))
        await door.start()
        await gateway.until(lambda: len(gateway.mail) == 7)
        assert gateway.mail[0] == ("result", b"kept")
        assert (await box.report())["counters"]["mailbox_full"] == 1


@pytest.mark.parametrize("secured", [False, True])
@pytest.mark.parametrize("word, length, qos", [("command", 2300, 1), ("settings", 8400, 1), ("update", 4300, 0)])
async def test_what_the_gateway_sends_down_reaches_its_handler_once(tmp_path, secured, word, length, qos):
    async with standing(tmp_path, secured) as (_, gateway, box):
        gateway.publish(word, b"x" * length, qos=qos)
        await box.until_told(**{word: length})
        await box.report()
        assert sum(1 for line in box.lines if word in line) == 1
        assert len(box.states("up")) == 1


@pytest.mark.parametrize("topic", [topics.of("box-2", "command"), topics.of(BOX, "result")])
async def test_what_is_not_for_us_reaches_no_handler(tmp_path, topic):
    async with standing(tmp_path) as (_, gateway, box):
        gateway.client.publish(topic, b"x")
        gateway.publish("command", b"xy", qos=1)
        await box.until_told(command=2)
        assert not any(line.get("command") == 1 for line in box.lines)


async def test_what_is_too_long_to_be_held_is_passed_over(tmp_path):
    async with standing(tmp_path) as (_, gateway, box):
        gateway.publish("settings", b"x" * 20_000, qos=1)
        await box.until_counted("message_skipped")
        assert len(box.states("up")) == 1
