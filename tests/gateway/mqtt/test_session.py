"""The session finds its broker, loses it, and never acknowledges what it should not. Against the real mosquitto."""

import asyncio
import contextlib
import socket
import time

import pytest

from firmware.wire import topics
from gateway.mqtt.broker import ACCESS_NAME
from gateway.mqtt.session import Session, Settings
from tests.gateway.brokers import GATEWAY_PASSWORD, RealBroker, eventually, free_port, password_of
from tests.gateway.people import Person

BOX = "box-a"


def mono_ms() -> int:
    return time.monotonic_ns() // 1_000_000


@pytest.fixture
def broker(tmp_path):
    broker = RealBroker(tmp_path / "broker", [BOX])
    yield broker
    broker.kill()


class Harness:
    """A session that runs, with what it delivered; sends a beacon ten times a second."""

    def __init__(self, port: int, **settings: object) -> None:
        self.deliveries: list = []
        self.ups = 0
        self.raises: Exception | None = None
        self.stuck: str | None = None
        quick = {"connect_s": 1.0, "silence_s": 0.8, "retry_first_s": 0.05, "retry_most_s": 0.2} | settings
        wanted = Settings("127.0.0.1", port, "gateway", GATEWAY_PASSWORD)._replace(**quick)
        self.session = Session(wanted, self._on_delivery, self._on_up, mono_ms, lambda: self.stuck)

    def _on_delivery(self, delivery) -> None:
        if self.raises is not None:
            raise self.raises
        self.deliveries.append(delivery)

    def _on_up(self) -> None:
        self.ups += 1

    async def _beacons(self) -> None:
        while True:
            self.session.publish(topics.BEACON, b"tick")
            self.session.flush()
            await asyncio.sleep(0.1)

    @contextlib.asynccontextmanager
    async def running(self):
        tasks = [asyncio.create_task(self.session.run()), asyncio.create_task(self._beacons())]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def a_box(broker) -> Person:
    return Person(broker.port, BOX, password_of(BOX))


async def publish(person: Person, payload: bytes) -> None:
    await asyncio.to_thread(person.publish, topics.scan(BOX), payload)


async def test_a_message_is_handed_over_once_and_acknowledged_when_told_to(broker):
    broker.start()
    async with Harness(broker.port).running() as it:
        await eventually(lambda: it.session.up)
        box = a_box(broker)
        await publish(box, b"one")
        await eventually(lambda: it.deliveries)
        (one,) = it.deliveries
        assert (one.topic, one.payload, one.generation) == (topics.scan(BOX), b"one", it.session.generation)
        assert one.mid > 0
        it.session.ack([one])
        it.session.flush()
        await publish(box, b"two")
        await eventually(lambda: len(it.deliveries) == 2)
        assert it.session.stale_acks == 0
        box.leave()


async def test_the_broker_stops_sending_at_its_window_until_something_is_acknowledged(broker):
    broker.start()
    async with Harness(broker.port).running() as it:
        await eventually(lambda: it.session.up)
        box = a_box(broker)
        for number in range(700):
            box.client.publish(topics.scan(BOX), str(number).encode(), 1)
        await eventually(lambda: len(it.deliveries) == 500)
        await asyncio.to_thread(box.publish, topics.status(BOX), b"behind all of them")
        assert len(it.deliveries) == 500
        it.session.ack(it.deliveries)
        it.session.flush()
        await eventually(lambda: len(it.deliveries) == 701)
        assert [one.payload for one in it.deliveries[:700]] == [str(number).encode() for number in range(700)]
        box.leave()


async def test_an_acknowledgement_of_an_earlier_connection_is_dropped(broker):
    broker.start()
    async with Harness(broker.port).running() as it:
        await eventually(lambda: it.session.up)
        box = a_box(broker)
        await publish(box, b"one")
        await eventually(lambda: it.deliveries)
        it.session.drop("for the test")
        await eventually(lambda: it.session.connections == 2)
        await publish(box, b"two")
        await eventually(lambda: len(it.deliveries) == 2)
        assert it.deliveries[0].mid == it.deliveries[1].mid
        it.session.ack([it.deliveries[0]])
        assert it.session.stale_acks == 1
        box.leave()


async def test_the_broker_may_come_later(broker):
    async with Harness(broker.port).running() as it:
        await eventually(lambda: it.session.reason.startswith("unreachable"))
        broker.start()
        await eventually(lambda: it.session.up)
        assert it.ups == 1


async def test_a_broker_that_is_killed_and_started_again_is_subscribed_again(broker):
    broker.start()
    async with Harness(broker.port).running() as it:
        for times in range(1, 4):
            await eventually(lambda times=times: it.session.up and it.session.connections == times)
            box = a_box(broker)
            await publish(box, b"round")
            await eventually(lambda times=times: len(it.deliveries) == times)
            broker.kill()
            await eventually(lambda: not it.session.up)
            broker.start()
        assert it.session.generation >= 3


async def test_another_broker_in_its_place_is_as_good(broker, tmp_path):
    broker.start()
    async with Harness(broker.port).running() as it:
        await eventually(lambda: it.session.up)
        broker.kill()
        other = RealBroker(tmp_path / "other", [BOX], port=broker.port).start()
        await eventually(lambda: it.session.connections == 2)
        box = a_box(other)
        await publish(box, b"one")
        await eventually(lambda: it.deliveries)
        other.kill()


async def test_a_broker_that_has_stopped_is_noticed_by_its_silence(broker):
    broker.start()
    async with Harness(broker.port).running() as it:
        await eventually(lambda: it.session.up)
        broker.freeze()
        await eventually(lambda: not it.session.up)
        assert "nothing" in it.session.reason
        broker.thaw()
        await eventually(lambda: it.session.up)


async def test_a_broker_that_accepts_but_does_not_deliver_is_noticed(broker):
    rules = broker.folder / ACCESS_NAME
    rules.write_text(rules.read_text().replace(topics.BEACON, "tram/1/elsewhere"))
    broker.start()
    async with Harness(broker.port).running() as it:
        await eventually(lambda: it.session.connections >= 2)
        assert it.session.generation >= 2


async def test_a_listener_that_is_no_broker_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with Harness(listener.getsockname()[1], connect_s=0.3).running() as it:
            await eventually(lambda: it.session.generation >= 2)
            assert it.session.connections == 0
            assert it.session.reason == "not subscribed in time"


@pytest.mark.parametrize(
    "nonsense",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(64), b"\xff" * 64, b"\x20\x02\x00\x05", b"\x20\xff\xff\xff\xff\xff"],
)
async def test_a_listener_that_talks_nonsense_harms_nothing(nonsense):
    async def talk(reader, writer):
        await reader.read(100)
        writer.write(nonsense)
        with contextlib.suppress(OSError):
            await writer.drain()
            await reader.read()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server, Harness(server.sockets[0].getsockname()[1], connect_s=0.3).running() as it:
        await eventually(lambda: it.session.generation >= 3)
        assert not it.session.up


async def test_a_wrong_password_is_named_and_tried_again(broker):
    broker.start()
    async with Harness(broker.port, password="wrong").running() as it:
        await eventually(lambda: it.session.generation >= 3 and it.session.reason.startswith("refused"))
        assert "wrong" not in repr(Settings("h", 1, "u", "wrong"))


async def test_nobody_there_is_named_and_tried_again():
    async with Harness(free_port()).running() as it:
        await eventually(lambda: it.session.generation >= 3)
        assert it.session.reason.startswith("unreachable")


async def test_an_error_while_handing_over_ends_the_connection_and_not_the_session(broker):
    broker.start()
    async with Harness(broker.port).running() as it:
        await eventually(lambda: it.session.up)
        it.raises = RuntimeError("a bug")
        box = a_box(broker)
        await publish(box, b"one")
        await eventually(lambda: "a bug" in it.session.reason)
        it.raises = None
        await eventually(lambda: it.session.up)
        await publish(box, b"two")
        await eventually(lambda: it.deliveries)
        box.leave()


async def test_what_is_stuck_is_given_a_new_connection(broker):
    broker.start()
    async with Harness(broker.port).running() as it:
        await eventually(lambda: it.session.up)
        it.stuck = "a message waits"
        await eventually(lambda: it.session.reason == "a message waits")
        it.stuck = None
        await eventually(lambda: it.session.up)


async def test_while_it_is_paused_nothing_comes_and_afterwards_everything(broker):
    broker.start()
    async with Harness(broker.port).running() as it:
        await eventually(lambda: it.session.up)
        it.session.pause()
        box = a_box(broker)
        for number in range(100):
            await publish(box, str(number).encode())
        await asyncio.sleep(0)
        assert it.deliveries == []
        it.session.resume()
        await eventually(lambda: len(it.deliveries) == 100)
        assert it.session.connections == 1
        box.leave()


async def test_what_was_read_ahead_waits_for_the_end_of_a_pause_and_then_comes_by_itself(broker):
    broker.start()
    async with Harness(broker.port).running() as it:
        await eventually(lambda: it.session.up)
        box, session = a_box(broker), it.session
        take_in = session._on_delivery
        # the first message pauses, while those behind it are in hand already
        session._on_delivery = lambda delivery: (take_in(delivery), session.pause())
        session.pause()
        for number in range(150):
            await publish(box, b"%d" % number)
        for seen in range(1, 6):
            session.resume()
            await eventually(lambda seen=seen: len(it.deliveries) == seen)
            await asyncio.sleep(0)
            assert len(it.deliveries) == seen
        session._on_delivery = take_in
        session.resume()
        await eventually(lambda: len(it.deliveries) == 150)
        assert [one.payload for one in it.deliveries] == [b"%d" % number for number in range(150)]


async def test_a_pause_longer_than_the_brokers_patience_does_not_cost_the_connection(broker):
    broker.start()
    async with Harness(broker.port, keepalive_s=2).running() as it:
        await eventually(lambda: it.session.up)
        it.session.pause()
        began = mono_ms()
        await eventually(lambda: mono_ms() - began > 4_000, every_s=0.2)
        it.session.resume()
        box = a_box(broker)
        await publish(box, b"one")
        await eventually(lambda: it.deliveries)
        assert it.session.connections == 1
        box.leave()


async def test_somebody_else_with_our_name_takes_over_and_we_come_back(broker):
    broker.start()
    async with Harness(broker.port).running() as it:
        await eventually(lambda: it.session.up)
        Person(broker.port, "gateway", GATEWAY_PASSWORD)
        await eventually(lambda: it.session.connections == 2)


async def test_without_a_connection_a_publish_says_so():
    it = Harness(free_port())
    assert not it.session.publish(topics.BEACON, b"tick")
    assert it.session.dropped_publishes == 1
    it.session.flush()


async def test_what_was_retained_comes_with_every_new_connection(broker):
    broker.start()
    box = a_box(broker)
    await asyncio.to_thread(box.publish, topics.status(BOX), b"born", True)
    async with Harness(broker.port).running() as it:
        await eventually(lambda: len(it.deliveries) == 1)
        it.session.drop("for the test")
        await eventually(lambda: len(it.deliveries) == 2)
    box.leave()


async def test_an_idle_connection_lives_longer_than_its_keepalive(broker):
    broker.start()
    async with Harness(broker.port, keepalive_s=2, silence_s=100.0).running() as it:
        await eventually(lambda: it.session.up)
        began = mono_ms()
        await eventually(lambda: mono_ms() - began > 4_000, every_s=0.2)
        assert it.session.up
        assert it.session.connections == 1


async def test_what_goes_with_qos_1_arrives_in_order_however_much_is_on_its_way(broker):
    broker.start()
    async with Harness(broker.port).running() as it:
        await eventually(lambda: it.session.up)
        box = Person(broker.port, BOX, password_of(BOX))
        box.subscribe(topics.of(BOX, "command"), topics.of(BOX, "settings"))
        for number in range(200):
            assert it.session.publish(topics.of(BOX, "command"), b"%d" % number, 1)
        it.session.flush()
        got = [(await asyncio.to_thread(box.next))[1] for _ in range(200)]
        assert got == [b"%d" % number for number in range(200)]
        assert it.session.connections == 1
        box.leave()


async def test_what_waits_for_a_broker_that_answers_nothing_is_bounded(broker):
    broker.start()
    async with Harness(broker.port, silence_s=30.0).running() as it:
        await eventually(lambda: it.session.up)
        broker.freeze()
        try:
            went = sum(it.session.publish(topics.of(BOX, "command"), bytes(1000), 1) for _ in range(5_000))
            assert went <= 2_100
            assert it.session.dropped_publishes >= 2_900
        finally:
            broker.thaw()


async def test_results_and_wants_of_a_box_are_delivered(broker):
    broker.start()
    async with Harness(broker.port).running() as it:
        await eventually(lambda: it.session.up)
        box = Person(broker.port, BOX, password_of(BOX))
        box.publish(topics.of(BOX, "result"), b"a result")
        box.publish(topics.of(BOX, "want"), b"a want", qos=0)
        await eventually(lambda: len(it.deliveries) == 2)
        assert [one.payload for one in it.deliveries] == [b"a result", b"a want"]
        assert [bool(one.mid) for one in it.deliveries] == [True, False]
        box.leave()


async def test_the_age_of_the_echo_is_told_while_there_is_a_connection(broker):
    broker.start()
    async with Harness(broker.port).running() as it:
        assert it.session.echo_age_s is None
        await eventually(lambda: it.session.up)
        await eventually(lambda: it.session.echo_age_s is not None and it.session.echo_age_s < 0.1)
        broker.freeze()
        await eventually(lambda: (it.session.echo_age_s or 0) > 0.5)
        broker.thaw()
        await eventually(lambda: it.session.echo_age_s is not None and it.session.echo_age_s < 0.1)


async def test_after_a_broker_that_was_away_the_age_of_the_echo_begins_anew(broker):
    broker.start()
    async with Harness(broker.port).running() as it:
        await eventually(lambda: (it.session.echo_age_s or 9) < 0.5)
        broker.kill()
        await eventually(lambda: not it.session.up)
        assert it.session.echo_age_s is None
        await asyncio.sleep(1.0)  # longer than the broker may be silent
        broker.start()
        await eventually(lambda: it.session.up)
        assert (it.session.echo_age_s or 0) < 0.5
