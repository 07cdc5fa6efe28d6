"""Garbage with valid credentials, and acks from nowhere, while good scans go on: counted, and no other harm."""

import asyncio
import os
import time

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from firmware.wire import ack, message, record, topics
from scripts.sim import report, settings
from scripts.sim.central import gateway_counts
from scripts.sim.run import conclude
from scripts.sim.stock import Stock
from scripts.sim.town import USUAL_BAUD, Town
from scripts.sim.visitors import Visit

EPOCH = "feedfacebeef"
BAD = "box-bad"


def scan(box_id=BAD, seq=1, code=b"whatever"):
    return record.encode_scan(record.Scan(box_id, EPOCH, seq, 1, 5, None, None, "", code))


def garbage():
    """(topic word, payload) of everything that somebody with a box's password may throw."""
    good = scan(seq=3)
    pack = message.encode_pack(message.Pack(BAD, EPOCH, 1, 9, [scan(seq=8), scan(seq=9)]))
    return [
        ("scan", b""),
        ("scan", os.urandom(300)),
        ("scan", b"\x00" * 1_000_000),
        ("scan", b"1 scans " + b"9" * 1_000_000),
        ("scan", b"2 scan box-bad feedfacebeef 1 of a later age\n"),
        ("scan", scan("box-1", 1)),
        ("scan", message.encode_pack(message.Pack("box-1", EPOCH, 1, 1, [scan("box-1", 1)]))),
        ("scan", message.encode_pack(message.Pack(BAD, EPOCH, 1, 1, [scan("box-1", 1)]))),
        ("scan", good[:-3]),
        ("scan", good.replace(b"whatever", b"whetever")),
        ("scan", pack[:-5]),
        ("scan", pack.replace(b" 2 ", b" 3 ", 1)),
        ("scan", scan(seq=4, code=b"first")),
        ("scan", scan(seq=4, code=b"other")),
        ("status", b"{"),
        ("status", b'{"v":1,"state":"online"}'),
        ("status", b"[" * 5000),
        ("heard", b"1 heard nobody\n"),
        ("heard", os.urandom(64)),
    ]


def acks_from_nowhere(epoch):
    yield ack.encode(ack.Ack("box-1", epoch, 4_000_000, 4_000_000, []))
    yield ack.encode(ack.Ack("box-1", "0" * 12, 5, 5, []))
    yield ack.encode(ack.Ack("box-other", epoch, 1, 1, []))
    yield os.urandom(200)
    yield b"1 ack"
    yield b"x" * 100_000


def throw(port, user, password, messages):
    """Publish these as a client that knows this password; returns when the broker has them."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=user)
    client.username_pw_set(user, password)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for topic, payload in messages:
        client.publish(topic, payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


async def come(town, stock, people):
    for person in people:
        held = await stock.of(Visit(0.0, 0, person, "card", False))
        assert await town.show("box-1", held.code, held.command)


@pytest.fixture
async def town(tmp_path):
    async with Town(tmp_path, boxes=1, strangers=[BAD], reader_baud=USUAL_BAUD) as town:
        yield town


def judged_but_for_the_garbage(town):
    """The report, without what belongs to the garbage: its own ledger and its place in quarantine."""
    evidence = town.evidence
    evidence.accounts = [account for account in evidence.accounts if account.box_id != BAD]
    evidence.stored = [scan for scan in evidence.stored if scan.box_id != BAD]
    set_aside, evidence.quarantined = evidence.quarantined, 0
    conflicts, evidence.conflicts = evidence.conflicts, 0
    return report.build(evidence), set_aside, conflicts


async def test_garbage_from_one_box_harms_no_scan_of_another(town, tmp_path):
    begun = time.monotonic()
    password = town.secrets.passwords[BAD]
    thrown = [(topics.of(BAD, word), payload) for word, payload in garbage()]
    good = asyncio.create_task(come(town, Stock(tmp_path, 3), range(8)))
    for _ in range(3):
        await asyncio.to_thread(throw, town.broker_port, BAD, password, thrown)
    await good
    await conclude(town, begun)
    ledger = [account for account in town.evidence.accounts if account.box_id == BAD]
    built, set_aside, conflicts = judged_but_for_the_garbage(town)
    assert built["broken"] == [], built
    assert built["green"] == built["stored"] == 8
    assert set_aside >= 8
    assert conflicts >= 1
    assert sum(account.quarantined for account in ledger) >= 1
    assert gateway_counts(town.metrics_path)["quarantined"] >= 8


async def test_a_box_with_a_password_cannot_write_to_the_topics_of_another(town):
    forged = [
        (topics.scan("box-1"), scan("box-1", 1)),
        (topics.ack("box-1"), next(acks_from_nowhere(town.witness.spools["box-1"]))),
        (topics.BEACON, b"1 beacon demo-gateway 000000000000 5 - -\n"),
        (topics.status("box-1"), b""),
    ]
    await asyncio.to_thread(throw, town.broker_port, BAD, town.secrets.passwords[BAD], forged)
    # what was let through would have come before the next thing that is allowed
    await asyncio.to_thread(throw, town.broker_port, BAD, town.secrets.passwords[BAD], [(topics.scan(BAD), b"mark")])
    async with asyncio.timeout(10):
        while gateway_counts(town.metrics_path)["quarantined"] == 0:
            await asyncio.sleep(0.05)
    assert gateway_counts(town.metrics_path)["quarantined"] == 1
    assert await town.central.accounts() == [] or all(one.highest == 0 for one in await town.central.accounts())


async def test_acks_from_the_future_free_nothing_and_are_counted(town, tmp_path):
    begun = time.monotonic()
    stock = Stock(tmp_path, 4)
    await come(town, stock, range(3))
    epoch = town.witness.spools["box-1"]
    await town.server.kill()
    # as the gateway, which is thrown out by this and comes back
    password = town.secrets.passwords[settings.GATEWAY_USER]
    thrown = [(topics.ack("box-1"), payload) for payload in acks_from_nowhere(epoch)]
    await asyncio.to_thread(throw, town.broker_port, settings.GATEWAY_USER, password, thrown)
    await town.server.start()
    await come(town, stock, range(3, 6))
    await conclude(town, begun)
    built = report.build(town.evidence)
    assert built["broken"] == [], built
    assert built["green"] == built["stored"] == 6
    async with asyncio.timeout(15):
        while "ack_from_future" not in town.witness.counters.get("box-1", {}):
            await asyncio.sleep(0.1)
