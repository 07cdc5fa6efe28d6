"""The session against a real broker, and against one that breaks every rule."""

import asyncio

import pytest

from firmware.wire import status, topics
from scripts.sim.proxy import Proxy
from tests.firmware.link.rig import BOX, Broker, Gateway, LinkBox, free_port, read_packet, standing

CONNACK = b"\x20\x02\x00\x00"


class RudeBroker:
    """Accepts, and answers the packets of a client with what the test says: first byte of a packet -> bytes."""

    def __init__(self, answers: dict[int, bytes], hang_up: bool = False) -> None:
        self._answers = answers
        self._hang_up = hang_up
        self.taken: list[int] = []

    async def __aenter__(self) -> "RudeBroker":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                first, body = await read_packet(reader)
                self.taken.append(first)
                answer = self._answers.get(first & 0xF0)
                if answer == b"suback":
                    answer = b"\x90\x09" + body[:2] + bytes(7)
                if answer:
                    writer.write(answer)
                    if self._hang_up:
                        writer.close()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def fails_with(tmp_path, reason: str, answers: dict[int, bytes], hang_up: bool = False, **link) -> None:
    async with RudeBroker(answers, hang_up) as broker:
        box = await LinkBox(tmp_path, broker.port, answer_ms=300, **link).start()
        try:
            await box.until_down(reason)
            await box.until(lambda: len(box.states("down")) > 1)  # it tries again
            box.tell(append=[50])
            assert (await box.report())["last_seq"] == 1  # and is alive
        finally:
            await box.kill()


@pytest.mark.parametrize(
    "reason, answer",
    [
        ("connack_timeout", b""),
        ("connack_timeout", b"\x20\x02\x00"),
        ("connack_refused_1", b"\x20\x02\x00\x01"),
        ("connack_refused_4", b"\x20\x02\x00\x04"),
        ("connack_refused_5", b"\x20\x02\x00\x05"),
        ("packet_body", b"\x20\x02\x01\x05"),
        ("packet_body", b"\x20\x02\x00\x06"),
        ("packet_body", b"\x20\x02\x02\x00"),
        ("packet_body", b"\x20\x03\x00\x00\x00"),
        ("packet_flags", b"\x21\x02\x00\x00"),
        ("connack_expected", b"\xd0\x00"),
        ("packet_flags", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("packet_type", b"\x00" * 64),
        ("packet_length", b"\x20\xff\xff\xff\xff\xff"),
        ("packet_body", b"\x20\x80\x80\x01" + b"x" * 200),
        ("packet_type", b"\xf0\x00"),
    ],
)
async def test_a_connack_that_is_none_has_a_name_and_is_tried_again(tmp_path, reason, answer):
    await fails_with(tmp_path, reason, {0x10: answer})


@pytest.mark.parametrize(
    "reason, answer",
    [
        ("suback_timeout", b""),
        ("subscribe_refused", b"\x90\x09\x00\x01" + b"\x80" * 7),
        ("packet_body", b"\x90\x03\x00\x01\x00"),
        ("packet_body", b"\x90\x09\x00\x01\x03" + bytes(6)),
        ("packet_pid", b"\x90\x03\x00\x00\x00"),
        ("packet_body", b"\x90\x02\x00\x01"),
        ("connack_again", CONNACK),
        ("packet_qos", b"\x36\x05\x00\x01aAA"),
        ("packet_body", b"\x30\x04\x00\x09ab"),
        ("packet_body", b"\x30\x03\x00\x01\xff"),
    ],
)
async def test_a_broken_packet_after_the_connack_has_a_name_and_ends_the_connection(tmp_path, reason, answer):
    await fails_with(tmp_path, reason, {0x10: CONNACK, 0x80: answer})


async def test_a_broker_that_hangs_up_at_once_is_noticed_at_once(tmp_path):
    await fails_with(tmp_path, "closed_by_broker", {0x10: CONNACK}, hang_up=True)


async def test_a_puback_that_never_comes_ends_the_connection(tmp_path):
    await fails_with(tmp_path, "puback_timeout", {0x10: CONNACK, 0x80: b"suback", 0xC0: b"\xd0\x00"})


async def test_a_broker_that_falls_silent_is_given_up_after_the_ping(tmp_path):
    answers = {0x10: CONNACK, 0x80: b"suback", 0x30: b""}
    async with RudeBroker(answers) as broker:
        box = await LinkBox(tmp_path, broker.port, ping_after_ms=300, dead_after_ms=400).start()
        try:
            up = await box.until_up()
            down = await box.until_down("silent")
            assert 600 <= down["at_ms"] - up["at_ms"] < 3000
            assert 0xC0 in broker.taken
        finally:
            await box.kill()


async def test_a_half_open_connection_is_noticed_within_ten_seconds(tmp_path):
    broker = Broker(tmp_path)
    await broker.start()
    gateway = await Gateway(broker.port).ready()
    async with Proxy("127.0.0.1", broker.port) as proxy:
        box = await LinkBox(tmp_path, proxy.port).start()  # with the timing that boxes have
        try:
            await gateway.until(lambda: bool(gateway.statements))
            loop = asyncio.get_running_loop()
            started_s = loop.time()
            proxy.set_mode("half_open")
            box.tell(append=[60])
            await box.until(lambda: bool(box.states("down")))
            assert loop.time() - started_s < 10
            assert box.states("down")[0]["reason"] in ("silent", "puback_timeout")
            proxy.set_mode("open")
            await box.until_delivered(1)
        finally:
            await box.kill()
            gateway.close()
            await broker.kill()


async def test_a_connection_that_swallows_everything_from_the_start_times_out(tmp_path):
    async with Proxy("127.0.0.1", free_port()) as proxy:
        proxy.set_mode("half_open")
        box = await LinkBox(tmp_path, proxy.port, answer_ms=300).start()
        try:
            await box.until_down("connack_timeout")
        finally:
            await box.kill()


async def test_a_slow_line_is_slow_and_nothing_else(tmp_path):
    broker = Broker(tmp_path)
    await broker.start()
    gateway = await Gateway(broker.port).ready()
    async with Proxy("127.0.0.1", broker.port, bytes_per_s=20_000) as proxy:
        proxy.set_mode("slow")
        box = await LinkBox(tmp_path, proxy.port).start()
        try:
            await box.until_up()
            box.tell(append=[3000] * 10)
            await box.until_delivered(10)
            assert len(box.states("up")) == 1
        finally:
            await box.kill()
            gateway.close()
            await broker.kill()


async def test_the_birth_is_retained_and_the_will_follows_a_power_cut(tmp_path):
    async with standing(tmp_path) as (broker, gateway, box):
        await gateway.until(lambda: bool(gateway.statuses))
        assert gateway.statuses[0]["state"] == "online"
        assert gateway.statuses[0]["epoch"]
        late = await Gateway(broker.port).ready()
        await late.until(lambda: bool(late.statuses))
        assert late.statuses[0]["state"] == "online"
        assert late.statuses[0]["retained"]
        late.close()
        await box.kill()
        await gateway.until(lambda: gateway.statuses[-1]["state"] == "gone")
        assert gateway.statuses[-1]["session"] == gateway.statuses[0]["session"]


async def test_a_clean_end_says_gone_itself(tmp_path):
    async with standing(tmp_path) as (_, gateway, box):
        assert await box.quit() == 0
        await gateway.until(lambda: any(seen["state"] == "gone" for seen in gateway.statuses))


async def test_a_will_that_overwrites_the_birth_is_answered_with_the_birth(tmp_path):
    async with standing(tmp_path) as (broker, gateway, box):
        await gateway.until(lambda: bool(gateway.statuses))
        # what a broker does that notices the end of an older connection only now
        gateway.publish("status", status.will(BOX, 1, 0), retain=True)
        await gateway.until(lambda: [s["state"] for s in gateway.statuses][-2:] == ["gone", "online"])
        late = await Gateway(broker.port).ready()
        await late.until(lambda: bool(late.statuses))
        assert late.statuses[0]["state"] == "online"
        late.close()
        assert (await box.report())["counters"]["status_was_old"] >= 1


async def test_the_gateways_clock_is_known_from_its_beacon_within_a_ping(tmp_path):
    async with standing(tmp_path, ping_after_ms=300) as (_, gateway, box):
        await gateway.until(lambda: bool(gateway.statuses))
        assert (await box.report())["gateway_now"] is None
        gateway.beacon(mono_ms=50_000)
        await gateway.until(lambda: bool(gateway.heard))
        boot, earliest_ms, latest_ms = (await box.report())["gateway_now"]
        assert boot == "00000000000a"
        assert 50_000 <= earliest_ms <= latest_ms < 55_000
        assert latest_ms - earliest_ms < 2_000
        gateway.beacon(mono_ms=70, gateway_boot="00000000000b")  # it has been started anew
        await gateway.until(lambda: len(gateway.heard) == 2)
        assert (await box.report())["gateway_now"][0] == "00000000000b"


async def test_a_status_that_would_be_too_long_goes_without_its_counters(tmp_path):
    async with standing(tmp_path, status_every_ms=2000) as (_, gateway, box):
        box.tell(inflate=300)
        await gateway.until(lambda: gateway.statuses and gateway.statuses[-1]["counters"] == {"status_cut": 1})
        assert len(box.states("up")) == 1


async def test_a_twin_is_counted_and_not_fought(tmp_path):
    async with standing(tmp_path) as (_, gateway, box):
        await gateway.until(lambda: bool(gateway.statuses))
        twin = {key: value for key, value in gateway.statuses[0].items() if key != "retained"}
        gateway.publish("status", status.encode({**twin, "boot": 7}), retain=True)
        await box.until_counted("status_of_a_twin")
        assert len(box.states("up")) == 1


@pytest.mark.parametrize(
    "topic, payload, counter",
    [
        (topics.ack(BOX), b"\x00\xff" * 100, "ack_header"),
        (topics.ack(BOX), b"2 ack box-1 0123456789ab 1 1 -\n", "ack_version"),
        (topics.ack(BOX), b"1 ack box-1 0123456789ab 5 4 -\n", "ack_field"),
        (topics.ack(BOX), b"1 ack box-1 0123456789ab 1 1 -\nmore", "ack_length"),
        (topics.ack(BOX), b"1 ack box-2 0123456789ab 0 0 -\n", "ack_other_box"),
        (topics.ack(BOX), b"1 ack box-1 ffffffffffff 0 0 -\n", "ack_other_epoch"),
        (topics.ack(BOX), b"1 ack box-1 0123456789ab 9 9 -\n", "ack_from_future"),
        (topics.ack(BOX), b"x" * 100_000, "message_skipped"),
        (topics.time(BOX), b"", "time_header"),
        (topics.time(BOX), b"1 time box-1 0123456789ab 1 5 10 9\n", "time_field"),
        (topics.time(BOX), b"1 time box-1 0123456789ab 2 5 10 11\n", "time_not_ours"),
        (topics.time(BOX), b"1 time box-1 0123456789ab 1 99999999 10 11\n", "time_from_future"),
        (topics.BEACON, b"1 beacon gw-1 zz 5 - -\n", "beacon_field"),
        (topics.status(BOX), b"{}", "status_json"),
    ],
)
async def test_a_bad_message_is_counted_under_its_name_and_harms_nothing(tmp_path, topic, payload, counter):
    async with standing(tmp_path) as (_, gateway, box):
        gateway.client.publish(topic, payload)
        await box.until_counted(counter)
        box.tell(append=[60])
        await box.until_delivered(1)
        assert len(box.states("up")) == 1
