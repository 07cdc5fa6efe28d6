"""A scan may linger to share its commit; nobody waits for it who is in a hurry, and nobody longer than is set."""

import asyncio

import pytest

from firmware.wire import beacon, message, record, topics
from firmware.wire.beacon import Heard
from firmware.wire.message import Pack
from firmware.wire.record import Scan
from firmware.wire.ruling import Ruling
from gateway.mqtt.inbound import Routes
from tests.gateway.brokers import eventually
from tests.gateway.mqtt.test_inbound import BOOT, BOX, EPOCH, World, born

FOR_EVER_MS = 600_000
QUICK_MS = 60


def scan(seq: int) -> bytes:
    return record.encode_scan(Scan(BOX, EPOCH, seq, 1, 10 * seq, None, None, "", b"code"))


def pack(*seqs: int) -> bytes:
    return message.encode_pack(Pack(BOX, EPOCH, 1, max(seqs, default=0), [scan(seq) for seq in seqs]))


async def settled() -> None:
    """Whatever can happen by itself has happened."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_scans_that_come_one_by_one_share_a_commit():
    loop = asyncio.get_running_loop()
    async with World(linger_ms=QUICK_MS).running() as it:
        began_s = loop.time()
        for seq in range(1, 6):
            it.offer(topics.scan(BOX), scan(seq), seq)
            await settled()
        assert it.events == []
        await eventually(lambda: it.pubacks == [1, 2, 3, 4, 5])
        assert loop.time() - began_s >= QUICK_MS / 1000 * 0.9
        assert it.inbound.counters.commits == 1


async def test_the_first_waits_no_longer_because_others_come():
    loop = asyncio.get_running_loop()
    async with World(linger_ms=QUICK_MS).running() as it:
        began_s, seq = loop.time(), 0
        while not it.pubacks:
            seq += 1
            it.offer(topics.scan(BOX), scan(seq), seq)
            await asyncio.sleep(QUICK_MS / 1000 / 10)
            assert loop.time() - began_s < 20 * QUICK_MS / 1000
        await asyncio.wait_for(it.inbound.drain(), 5)


async def test_the_next_scan_after_a_commit_lingers_anew():
    async with World(linger_ms=QUICK_MS).running() as it:
        it.offer(topics.scan(BOX), scan(1), 1)
        await eventually(lambda: it.pubacks == [1])
        it.offer(topics.scan(BOX), scan(2), 2)
        await settled()
        assert it.pubacks == [1]
        await eventually(lambda: it.pubacks == [1, 2])


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (topics.scan(BOX), pack(2, 3)),
        (topics.scan(BOX), pack()),
        (topics.scan(BOX), b"2 scan of another version"),
        (topics.status(BOX), born()),
    ],
)
async def test_a_backlog_a_statement_a_birth_and_what_is_strange_wait_for_nobody(topic, payload):
    async with World(linger_ms=FOR_EVER_MS).running() as it:
        it.offer(topics.scan(BOX), scan(1), 1)
        await settled()
        assert it.events == []
        it.offer(topic, payload, 2)
        await eventually(lambda: it.pubacks == [1, 2])
        assert it.inbound.counters.commits == 1


@pytest.mark.parametrize("limits", [{"commit_messages": 3}, {"commit_bytes": 3 * len(scan(1))}])
async def test_enough_for_a_commit_waits_for_nothing_more(limits):
    async with World(linger_ms=FOR_EVER_MS, **limits).running() as it:
        for seq in range(1, 4):
            it.offer(topics.scan(BOX), scan(seq), seq)
        await eventually(lambda: it.pubacks == [1, 2, 3])


async def test_what_keeps_nothing_neither_waits_nor_hurries_a_scan():
    heard = beacon.encode_heard(Heard(BOX, EPOCH, 1, BOOT, 5, 5, 6))
    async with World(linger_ms=FOR_EVER_MS).running() as it:
        it.offer(topics.of(BOX, "heard"), heard, 7)
        await eventually(lambda: it.pubacks == [7])
        it.offer(topics.scan(BOX), scan(1), 1)
        it.offer(topics.of(BOX, "heard"), heard, 8)
        await settled()
        assert it.pubacks == [7]
        assert len(it.heard) == 2


async def test_what_is_refused_lingers_too_so_that_rubbish_wears_no_card():
    async with World(linger_ms=QUICK_MS).running() as it:
        for mid in range(1, 4):
            it.offer("tram/1/nobody", b"x", mid)
            await settled()
        assert it.events == []
        await eventually(lambda: it.pubacks == [1, 2, 3])
        assert len(it.refused) == 3
        assert it.inbound.counters.commits == 1


async def test_without_a_linger_a_scan_is_kept_at_once():
    async with World().running() as it:
        it.offer(topics.scan(BOX), scan(1), 1)
        await settled()
        assert it.pubacks == [1]


async def test_what_comes_while_a_commit_runs_has_lingered_since_it_came():
    async with World(linger_ms=QUICK_MS).running() as it:
        it.gate.clear()
        it.offer(topics.scan(BOX), pack(1), 1)
        await eventually(lambda: it.events == ["keep"])
        it.offer(topics.scan(BOX), scan(2), 2)
        await asyncio.sleep(2 * QUICK_MS / 1000)
        it.gate.set()
        await settled()
        assert it.pubacks == [1, 2]


async def test_more_than_one_commit_can_take_lingers_not_a_second_time():
    async with World(linger_ms=FOR_EVER_MS, commit_messages=2).running() as it:
        for seq in range(1, 6):
            it.offer(topics.scan(BOX), scan(seq), seq)
        await eventually(lambda: it.pubacks == [1, 2, 3, 4, 5])


async def test_who_is_told_to_stop_lingers_no_longer():
    async with World(linger_ms=FOR_EVER_MS).running() as it:
        it.offer(topics.scan(BOX), scan(1), 1)
        await settled()
        await asyncio.wait_for(it.inbound.drain(), 5)
        assert it.pubacks == [1]
        await asyncio.wait_for(it.inbound.drain(), 5)


async def test_a_scan_is_judged_at_once_however_long_it_lingers():
    said: list[Ruling] = []
    ruling = Ruling(BOX, EPOCH, 1, "welcome")
    it = World(linger_ms=FOR_EVER_MS)
    it.inbound._routes = Routes(judge=lambda *_: ruling, ruling=said.append)
    async with it.running():
        it.offer(topics.scan(BOX), scan(1), 1)
        assert said == [ruling]
        await settled()
        assert it.pubacks == []
