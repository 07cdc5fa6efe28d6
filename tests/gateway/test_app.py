"""The whole gateway, as a process, with a real broker: what it has acknowledged is there, whatever is killed when."""

import asyncio
import random
import socket
import threading
import time

import pytest

from firmware.wire import message, record, topics
from firmware.wire.message import Pack
from firmware.wire.record import Scan
from gateway import app, config
from gateway.buffer import BufferFault
from gateway.config import load
from tests.gateway.brokers import RealBroker, password_of
from tests.gateway.fleet import write_fleet_key
from tests.gateway.gateways import DEFAULT_TIME, RealGateway, wait_for
from tests.gateway.people import Box, Person
from tests.gateway.sealing import write_public

BOXES = ["box-a", "box-b", "box-c"]


@pytest.fixture
def broker(tmp_path):
    broker = RealBroker(tmp_path / "broker", BOXES).start()
    yield broker
    broker.kill()


@pytest.fixture
def gateway(tmp_path, broker):
    gateway = RealGateway(tmp_path / "gateway", broker)
    yield gateway
    gateway.kill()


@pytest.fixture
def boxes(broker):
    boxes = [Box(name, password_of(name), broker.port) for name in BOXES]
    yield boxes
    for box in boxes:
        box.disconnect()


def connect(box: Box) -> None:
    """Connect, however long the broker is away."""
    give_up = time.monotonic() + 20
    while True:
        try:
            box.connect()
            wait_for(lambda: box.connected, 5)
            return
        except OSError:
            assert time.monotonic() < give_up
            time.sleep(0.05)


def everything_acked(boxes: list[Box], timeout_s: float = 30.0) -> None:
    """What the boxes keep is sent again, as boxes do, until it is acknowledged."""
    give_up = time.monotonic() + timeout_s
    while any(box.kept for box in boxes):
        assert time.monotonic() < give_up, [len(box.kept) for box in boxes]
        for box in boxes:
            if not box.connected:
                connect(box)
            box.say_hello()
            box.resend()
        patience = time.monotonic() + 1.0
        while any(box.kept for box in boxes) and time.monotonic() < patience:
            time.sleep(0.01)


def what_was_scanned(boxes: list[Box], count: int, rng: random.Random) -> set[bytes]:
    made = set()
    for number in range(count):
        box = rng.choice(boxes)
        code = rng.randbytes(rng.choice([1, 40, 110, 300])) + str(number).encode()
        seq = box.scan(code)
        made.add(
            record.encode_scan(Scan(box.box_id, box.epoch, seq, box.boot, 0, None, None, "", code)).split(b"\n", 1)[1]
        )
    return made


def codes_of(records: set[bytes]) -> set[bytes]:
    return {one.split(b"\n", 1)[1] for one in records}


def test_what_a_box_scans_is_kept_and_acknowledged_and_a_clean_stop_says_so(gateway, boxes):
    gateway.start_and_wait()
    for box in boxes:
        connect(box)
    made = what_was_scanned(boxes, 300, random.Random(1))
    wait_for(lambda: not any(box.kept for box in boxes))
    assert gateway.stop() == 0
    assert codes_of(gateway.records()) == made
    assert "gateway stopped" in gateway.log()
    assert [box.wrong for box in boxes] == [[], [], []]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_acknowledged_survives_the_gateways_death_at_any_moment(gateway, boxes, seed):
    rng = random.Random(seed)
    gateway.start()
    for box in boxes:
        connect(box)
    made = set()
    for _ in range(5):
        made |= what_was_scanned(boxes, 400, rng)
        time.sleep(rng.uniform(0.0, 0.3))  # where in its work it dies is the point
        gateway.kill()
        made |= what_was_scanned(boxes, 50, rng)
        gateway.start()
    everything_acked(boxes)
    gateway.kill()
    kept = codes_of(gateway.records())
    assert made <= kept, "lost"
    assert kept <= made, "invented"
    assert [box.wrong for box in boxes] == [[], [], []]


@pytest.mark.parametrize("seed", range(2))
def test_what_is_acknowledged_survives_the_brokers_death_at_any_moment(gateway, broker, boxes, seed):
    rng = random.Random(100 + seed)
    gateway.start()
    for box in boxes:
        connect(box)
    made = set()
    for _ in range(4):
        made |= what_was_scanned(boxes, 400, rng)
        time.sleep(rng.uniform(0.0, 0.2))  # where in its work it dies is the point
        broker.kill()
        made |= what_was_scanned(boxes, 50, rng)
        broker.start()
        for box in boxes:
            connect(box)
    everything_acked(boxes)
    assert gateway.stop() == 0
    assert codes_of(gateway.records()) == made
    assert [box.wrong for box in boxes] == [[], [], []]


def test_a_box_that_missed_its_ack_gets_it_when_it_is_born_again(gateway, boxes):
    gateway.start_and_wait()
    box = boxes[0]
    connect(box)
    box.scan(b"one")
    wait_for(lambda: not box.kept)
    lost = record.encode_scan(Scan(box.box_id, box.epoch, 1, 1, 5, None, None, "", b"one"))
    box.acked_to = 0
    box.kept[1] = lost
    connect(box)
    wait_for(lambda: not box.kept)
    assert box.acked_to == 1


def test_a_gateway_that_never_heard_of_a_box_tells_it_what_is_missing(gateway, boxes):
    box = boxes[0]
    for number in range(5):
        box.scan(str(number).encode())
    gateway.start()
    connect(box)
    everything_acked([box])
    assert box.acked_to == 5


def test_a_gateway_that_comes_back_asks_by_itself(gateway, boxes):
    gateway.start()
    box = boxes[0]
    connect(box)
    wait_for(lambda: gateway.metric('tram_box_online{box="box-a"}') == 1)
    gateway.kill()
    box.scan(b"while it was away")
    box.scan(b"and again")
    box.say_hello()
    before = box.acked_to
    gateway.start()
    box.resend()
    wait_for(lambda: gateway.metric("tram_acks_sent_total"))
    assert box.acked_to >= before
    everything_acked([box])


def test_garbage_of_every_kind_is_counted_and_harms_nobody(gateway, boxes):
    gateway.start_and_wait()
    good, bad = boxes[0], boxes[1]
    connect(good)
    person = Person(bad._port, bad.box_id, password_of(bad.box_id))
    theirs = record.encode_scan(Scan("box-a", "ffffffffffff", 1, 1, 5, None, None, "", b"forged"))
    newer = b"9 scan box-b aabbccddeeff 1 something new\n"
    garbage = [
        random.Random(3).randbytes(500),
        b"",
        b"\n",
        bytes(1_000_000),
        theirs,
        newer,
        b"1 scan box-b aabbccddeeff 2 1 5 - - - 4 00000000\nabcd\n",
        message.encode_pack(Pack("box-a", "ffffffffffff", 1, 1, [theirs])),
        b"1 scans box-b aabbccddeeff 1 9 128 " + b"9 " * 127 + b"9\n",
    ]
    for one in garbage:
        person.publish(topics.scan("box-b"), one)
        person.publish(topics.status("box-b"), one, retain=True)
        person.publish(topics.heard("box-b"), one)
    good.scan(b"good")
    wait_for(lambda: not good.kept)
    wait_for(lambda: (gateway.metric('tram_messages_total{topic="heard"}') or 0) >= len(garbage))
    person.leave()
    assert gateway.stop() == 0
    kept = gateway.records()
    assert newer in kept
    assert theirs not in kept
    assert b"good" in b"".join(kept)
    assert gateway.metric("tram_broker_connections_total") == 1


def test_a_full_buffer_acknowledges_nothing_says_so_and_goes_on_when_there_is_room(tmp_path, broker, boxes):
    small = RealGateway(tmp_path / "gateway", broker, more="[buffer]\nmax_bytes = 400000\n")
    small.start_and_wait()
    box = boxes[0]
    connect(box)
    rng = random.Random(9)
    try:
        for _ in range(60):
            for _ in range(20):
                box.scan(rng.randbytes(600))
            if (small.metric('tram_not_kept_total{reason="disk_full"}') or 0) > 0:
                break
            time.sleep(0.05)
        wait_for(lambda: small.metric('tram_not_kept_total{reason="disk_full"}'))
        wait_for(lambda: small.metric('tram_part_ok{part="keeping"}') == 0)
        assert box.kept
        assert "disk_full" in small.log()
        assert small.stop() == 0
        text = small.config.read_text()
        small.config.write_text(text.replace("400000", "0"))
        small.start()
        everything_acked([box])
        assert small.stop() == 0
        assert len(small.records()) == box.last_seq
    finally:
        small.kill()


def test_the_boxes_learn_the_time_and_it_is_right(gateway, boxes):
    gateway.start_and_wait()
    box = boxes[0]
    connect(box)
    told = wait_for(lambda: list(box.times))[-1]
    now_ms = time.time() * 1000 - (box.uptime_ms() - told.uptime_ms)
    assert told.earliest_ms - 50 <= now_ms <= told.latest_ms + 50
    assert (told.box_id, told.epoch, told.boot) == (box.box_id, box.epoch, box.boot)


def test_an_undisciplined_clock_tells_nobody_a_time(tmp_path, broker, boxes):
    gateway = RealGateway(tmp_path / "gateway", broker, more='[time]\ntrust = "kernel"\nbeacon_s = 0.1\n').start()
    try:
        connect(boxes[0])
        wait_for(lambda: (gateway.metric('tram_messages_total{topic="heard"}') or 0) >= 3)
        known = gateway.metric("tram_utc_known")
        assert known is not None
        assert bool(boxes[0].times) == bool(known)
    finally:
        gateway.kill()


@pytest.mark.parametrize("code, opened", [("damaged", 2), ("newer_schema", 1)])
async def test_damage_found_in_use_opens_the_buffer_again_and_any_other_fault_ends(gateway, monkeypatch, code, opened):
    stopping, served = asyncio.Event(), []

    async def serve(self, stopping) -> None:
        served.append(self)
        if len(served) == 1:
            raise ExceptionGroup("tasks", [BufferFault(code, "for the test")])
        stopping.set()

    monkeypatch.setattr(app.Gateway, "serve", serve)
    try:
        await app.run(load(gateway.config), stopping)
    except* BufferFault:
        assert code != "damaged"
    assert len(served) == opened


def test_two_gateways_on_one_buffer_are_refused(gateway):
    gateway.start_and_wait()
    first = gateway.process
    gateway.start()
    assert gateway.exit_code() == 75
    assert "in_use" in gateway.log()
    gateway.process = first


def test_it_starts_without_a_broker_and_finds_it_later(gateway, broker, boxes):
    broker.kill()
    gateway.start()
    wait_for(lambda: "unreachable" in " ".join(gateway.told("broker")))
    broker.start()
    wait_for(lambda: "subscribed" in gateway.log())
    connect(boxes[0])
    boxes[0].scan(b"late")
    wait_for(lambda: not boxes[0].kept)
    assert gateway.process.poll() is None


def test_a_stop_while_the_broker_is_away_is_clean_too(gateway, broker):
    broker.kill()
    gateway.start()
    wait_for(lambda: "buffer open" in gateway.log())
    assert gateway.stop() == 0


async def test_a_start_that_fails_behind_the_opening_leaves_no_thread_that_keeps_the_process_alive(
    tmp_path, monkeypatch
):
    def fails(buffer, path):
        raise RuntimeError("no log")

    before = set(threading.enumerate())
    write_public(tmp_path / "k")
    monkeypatch.setattr(app, "tell_opening", fails)
    given = config.Config(
        gateway_id="gw-1",
        data_dir="data",
        broker=config.Broker(password_file="p"),
        server=config.Server(url="http://127.0.0.1:9", token_file="t", sealing_key_file="k"),
        folder=str(tmp_path),
    )
    with pytest.raises(RuntimeError):
        await app.run(given, asyncio.Event())
    left = [one for one in set(threading.enumerate()) - before if "connection_worker" in one.name]
    for one in left:  # its last word to the loop comes a moment before its end
        one.join(timeout=10)
    assert [one.name for one in left if one.is_alive()] == []


def test_a_port_for_enrolment_that_is_taken_keeps_no_scan_from_being_kept_and_is_used_when_it_is_free(
    tmp_path, broker, boxes
):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "gw").mkdir(exist_ok=True)
        write_fleet_key(tmp_path / "gw" / "fleet.key")
        more = f'[enrol]\nfleet_key_file = "fleet.key"\nlisten = ["127.0.0.1"]\nport = {port}\n'
        one = RealGateway(tmp_path / "gw", broker, more=DEFAULT_TIME + more, broker_more='folder = "broker"\n')
        one.start_and_wait()
        try:
            connect(boxes[0])
            boxes[0].scan(b"kept all the same")
            wait_for(lambda: not boxes[0].kept)
            wait_for(lambda: "boxes cannot enrol" in one.log())
            taken.close()
            wait_for(lambda: "boxes can enrol" in one.log())
        finally:
            one.kill()
