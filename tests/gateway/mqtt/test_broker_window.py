"""A broker that does not keep to its window (2.0.11) cannot fill the gateway's memory: the bound is on our side.

Each broker that this machine has; a gateway whose commits are slow, and boxes that send far more than it takes.
"""

import asyncio
import threading
import time

import pytest

from firmware.wire import topics
from gateway.mqtt.inbound import Inbound, Keeper, Limits
from gateway.mqtt.session import BURST, Session, Settings
from tests.gateway.brokers import GATEWAY_PASSWORD, RealBroker, eventually, mosquitto_programs, password_of
from tests.gateway.mqtt.plain import V311, Line

BOXES = ["box-a", "box-b", "box-c", "box-d"]
EACH = 1_000
PAYLOAD = bytes(200)
LIMITS = Limits(commit_messages=100, hand_messages=400)
COMMIT_S = 0.04
PROGRAMS = mosquitto_programs()


class Slow:
    """A gateway's way in, whose every commit takes its time."""

    def __init__(self, port: int) -> None:
        settings = Settings("127.0.0.1", port, "gateway", GATEWAY_PASSWORD)._replace(silence_s=60.0)
        self.session = Session(
            settings, self._offer, lambda: None, lambda: time.monotonic_ns() // 1_000_000, lambda: None
        )
        keeper = Keeper(lambda *arrival: arrival, lambda *refused: refused, self._keep)
        self.inbound = Inbound(keeper, self.session, lambda acks: None, lambda *_: None, "aabbccddeeff", LIMITS)
        self.kept = 0
        self.most_in_hand = 0

    def _offer(self, delivery) -> None:
        self.inbound.offer(delivery)
        self.most_in_hand = max(self.most_in_hand, self.inbound.in_hand)

    async def _keep(self, arrivals, refused):
        await asyncio.sleep(COMMIT_S)
        self.kept += len(arrivals) + len(refused)
        return []


def send(port: int, box: str) -> None:
    line = Line(port, V311, box, password_of(box))
    for _ in range(EACH):
        line.publish(topics.scan(box), PAYLOAD)
    line.leave()


@pytest.mark.parametrize("version", list(PROGRAMS))
async def test_what_is_in_hand_stays_bounded_and_everything_arrives(tmp_path, version):
    broker = RealBroker(tmp_path / "broker", BOXES, program=PROGRAMS[version]).start()
    it = Slow(broker.port)
    tasks = [asyncio.create_task(it.session.run()), asyncio.create_task(it.inbound.run())]
    try:
        await eventually(lambda: it.session.up)
        senders = [threading.Thread(target=send, args=(broker.port, box)) for box in BOXES]
        for one in senders:
            one.start()
        await eventually(lambda: it.kept == EACH * len(BOXES), timeout_s=60)
        assert it.inbound.counters.pauses > 0
        assert it.most_in_hand <= LIMITS.hand_messages + LIMITS.commit_messages + BURST
        assert it.session.connections == 1
        for one in senders:
            one.join(10)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        broker.kill()
