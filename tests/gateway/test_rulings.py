"""Who stands at the gate has an answer within 300 ms, however slow the disk is: through a real broker."""

import asyncio
import contextlib
import time

import pytest

from firmware.wire import record, ruling, topics
from firmware.wire.record import Scan
from gateway import config
from gateway.mqtt.inbound import Inbound, Keeper, Routes
from gateway.mqtt.outbound import Outbound
from gateway.mqtt.session import Session, Settings
from gateway.place import Place
from gateway.seal import Shelf
from tests.gateway.brokers import GATEWAY_PASSWORD, RealBroker, eventually, password_of
from tests.gateway.gateways import DEFAULT_TIME, RealGateway, wait_for
from tests.gateway.people import Person

BOX, EPOCH, BOOT = "box-a", "aabbccddeeff", "0123456789ab"
STALL_S = 2.0
AIM_S = 0.3


def mono_ms() -> int:
    return time.monotonic_ns() // 1_000_000


@pytest.fixture
def broker(tmp_path):
    broker = RealBroker(tmp_path / "broker", [BOX])
    yield broker.start()
    broker.kill()


class Site:
    """Session, inbound, outbound and place as the gateway wires them; every commit takes as long as is said."""

    def __init__(self, port: int, stall_s: float, **rules: object) -> None:
        place = Place(config.Place(**rules), Shelf(None), lambda *_: (None, None), lambda: None, mono_ms, BOOT)
        settings = Settings("127.0.0.1", port, "gateway", GATEWAY_PASSWORD)
        self.session = Session(settings, lambda one: self.inbound.offer(one), lambda: None, mono_ms)
        outbound = Outbound(self.session)
        routes = Routes(judge=place.judge, ruling=outbound.ruling)
        keeper = Keeper(lambda *fields: fields, lambda *fields: fields, self._keep)
        self.inbound = Inbound(keeper, self.session, outbound.acks, lambda *_: None, BOOT, routes=routes)
        self._stall_s = stall_s
        self.commits = 0

    async def _keep(self, _arrivals, _refused):
        await asyncio.sleep(self._stall_s)
        self.commits += 1
        return []

    @contextlib.asynccontextmanager
    async def running(self):
        tasks = [asyncio.create_task(self.session.run()), asyncio.create_task(self.inbound.run())]
        await eventually(lambda: self.session.up)
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def scan(seq: int, code: bytes) -> bytes:
    """Of a box that knows the time."""
    utc_ms = time.time_ns() // 1_000_000
    return record.encode_scan(Scan(BOX, EPOCH, seq, 1, 1_000 * seq, utc_ms, 20, "dir=in", code))


def next_ruling(box: Person) -> ruling.Ruling:
    while True:
        topic, payload, _ = box.next()
        if topic == topics.of(BOX, "ruling"):
            return ruling.decode_ruling(payload)


def ask(box: Person, seq: int, code: bytes) -> tuple[str, float]:
    """Show a code, and wait for what the place says: (outcome, seconds)."""
    began = time.monotonic()
    box.client.publish(topics.scan(BOX), scan(seq, code), 1)
    said = next_ruling(box)
    assert said[:3] == (BOX, EPOCH, seq)
    return said.outcome, time.monotonic() - began


@pytest.mark.parametrize("stall_s", [0.0, STALL_S])
async def test_a_ruling_comes_within_300_ms_also_while_a_commit_hangs(broker, stall_s):
    site = Site(broker.port, stall_s, capacity=30, quota_visits=1)
    async with site.running():
        box = Person(broker.port, BOX, password_of(BOX))
        await asyncio.to_thread(box.subscribe, topics.of(BOX, "ruling"))
        answers = [await asyncio.to_thread(ask, box, n + 1, b"code %d" % n) for n in range(40)]
        box.leave()
    assert [outcome for outcome, _ in answers] == ["welcome"] * 30 + ["place_full"] * 10
    assert max(waited_s for _, waited_s in answers) < AIM_S
    if stall_s:
        assert site.commits <= 1


def test_the_whole_gateway_answers_within_300_ms_and_goes_on_after_a_kill(tmp_path, broker):
    rules = DEFAULT_TIME + "[place]\ncapacity = 30\n"
    gateway = RealGateway(tmp_path / "gateway", broker, more=rules).start_and_wait()
    box = Person(broker.port, BOX, password_of(BOX))
    box.subscribe(topics.of(BOX, "ruling"), topics.of(BOX, "ack"))
    try:
        answers = [ask(box, n + 1, b"code %d" % n) for n in range(25)]
        assert [outcome for outcome, _ in answers] == ["welcome"] * 25
        assert max(waited_s for _, waited_s in answers) < AIM_S
        wait_for(lambda: box.next() == (topics.of(BOX, "ack"), b"1 ack box-a aabbccddeeff 25 25 -\n", False))
        gateway.kill()
        gateway.start_and_wait()
        assert [ask(box, n + 1, b"code %d" % n)[0] for n in range(25, 32)] == ["welcome"] * 5 + ["place_full"] * 2
    finally:
        box.leave()
        gateway.kill()


async def test_where_no_rules_are_set_the_box_hears_nothing(broker):
    site = Site(broker.port, 0.0)
    async with site.running():
        box = Person(broker.port, BOX, password_of(BOX))
        await asyncio.to_thread(box.subscribe, topics.of(BOX, "ruling"))
        await asyncio.to_thread(box.publish, topics.scan(BOX), scan(1, b"a"))
        await eventually(lambda: site.commits)
        assert box.inbox.empty()
        box.leave()
