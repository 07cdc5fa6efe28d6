"""What really fails is found within two intervals; a quiet night alarms nobody.

Each failure here is a real one: a frozen mosquitto, a broker that swallows, a socket that nobody watches any more, a
disk whose syncs hang.
"""

import asyncio
import contextlib
import random
import sqlite3
import subprocess
import sys
import time

import pytest

from firmware.wire import topics
from gateway.health import Facts, Health, Question
from gateway.mqtt.session import Session, Settings
from scripts.figures.fsync_shim import environment
from tests.gateway.brokers import GATEWAY_PASSWORD, ROOT, RealBroker, eventually

EVERY_S = 0.5
"""The interval of these tests: beacons and judgements."""
TWO_INTERVALS_S = 2 * EVERY_S
SLACK_S = 1.0
"""What a busy machine may add."""


def mono_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class House:
    """A session with its beacons, judged every EVERY_S."""

    def __init__(self, port: int, silence_s: float = 3.0) -> None:
        wanted = Settings("127.0.0.1", port, "gateway", GATEWAY_PASSWORD)._replace(
            connect_s=1.0, silence_s=silence_s, retry_first_s=0.05, retry_most_s=0.2
        )
        self.session = Session(wanted, lambda _delivery: None, lambda: None, mono_ms)
        self.alerts: list[tuple[str, str, float]] = []
        self.health = Health(mono_ms, self._on_alert, beacon_s=EVERY_S)
        self.births: dict[str, dict] = {}

    def _on_alert(self, part: str, state: str, _reason: str, _box_id: str | None) -> None:
        self.alerts.append((part, state, time.monotonic()))

    def facts(self) -> Facts:
        session = self.session
        return Facts(
            1.0, session.up, session.reason, 0.0, None, 0.0, None, True, [],
            echo_age_s=session.echo_age_s, beacon_s=EVERY_S, is_paused=session.paused,
        )  # fmt: skip

    async def _beacons(self) -> None:
        while True:
            self.session.publish(topics.BEACON, b"tick")
            self.session.flush()
            await asyncio.sleep(EVERY_S)

    async def _beat(self) -> None:
        while True:
            self.health.beat(self.facts(), self.births)
            await asyncio.sleep(EVERY_S)

    @contextlib.asynccontextmanager
    async def running(self):
        jobs = (self.session.run(), self._beacons(), self._beat())
        tasks = [asyncio.create_task(job) for job in jobs]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def found(self, part: str, *states: str) -> float:
        """When one of these was told."""
        told = await eventually(lambda: [at for one, state, at in self.alerts if one == part and state in states])
        return told[0]


@pytest.fixture
def broker(tmp_path):
    broker = RealBroker(tmp_path / "broker", [])
    broker.start()
    yield broker
    broker.kill()


async def running_well(house: House) -> None:
    await eventually(lambda: (house.session.echo_age_s or 9) < EVERY_S)
    beats = house.health.beats
    await eventually(lambda: house.health.beats > beats + 2)
    house.alerts.clear()


async def test_a_frozen_broker_is_found_from_the_first_beacon_that_does_not_come_back(broker):
    async with House(broker.port).running() as house:
        await running_well(house)
        broker.freeze()
        began = time.monotonic()
        found = await house.found("broker", "not_delivering")
        assert found - began < EVERY_S + 1.0 + TWO_INTERVALS_S + SLACK_S
        broker.thaw()
        await house.found("broker", "ok")


async def test_a_broker_that_dies_is_found_within_two_intervals_and_so_is_its_return(broker):
    async with House(broker.port).running() as house:
        await running_well(house)
        broker.kill()
        began = time.monotonic()
        assert await house.found("broker", "down") - began < TWO_INTERVALS_S + SLACK_S
        broker.start()
        await house.found("broker", "ok")


async def test_a_socket_that_nobody_watches_any_more_is_found_though_it_is_connected(broker):
    """What paho's own thread dying was, where paho has no thread: nothing reads, and `up` is still true."""
    async with House(broker.port, silence_s=60).running() as house:
        await running_well(house)
        asyncio.get_running_loop().remove_reader(house.session._client.socket().fileno())
        began = time.monotonic()
        found = await house.found("broker", "not_delivering")
        assert house.session.up
        assert found - began < EVERY_S + 1.0 + TWO_INTERVALS_S + SLACK_S


class Swallower:
    """A broker that takes everything and gives nothing back: CONNACK, SUBACK, and silence."""

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.connections = 0
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer) -> None:
        self.connections += 1
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                if data[0] == 0x10:
                    writer.write(b"\x20\x02\x00\x00")
                elif data[0] == 0x82:
                    writer.write(b"\x90\x08" + data[2:4] + b"\x01\x01\x00\x01\x00\x00")
        writer.close()


async def test_a_broker_that_accepts_and_does_not_deliver_is_found_and_stays_found_over_its_reconnects():
    async with Swallower() as swallower, House(swallower.port, silence_s=2.0).running() as house:
        await eventually(lambda: house.session.up)
        began = time.monotonic()
        found = await house.found("broker", "not_delivering")
        assert found - began < EVERY_S + 1.0 + TWO_INTERVALS_S + SLACK_S
        await eventually(lambda: swallower.connections >= 3)
        assert [state for part, state, _ in house.alerts if part == "broker"] == ["not_delivering"]


async def test_a_broker_that_is_away_is_one_alert_and_not_twenty(broker):
    async with House(broker.port).running() as house:
        house.health.boxes._quiet_until_ms = 0
        house.births = {
            f"box-{number}": {"state": "online", "epoch": "aabbccddeeff", "last_seq": 0, "boot": 1}
            for number in range(20)
        }
        for box_id, said in house.births.items():
            house.health.boxes.status(box_id, said)
        await running_well(house)
        broker.kill()
        for box_id in house.births:
            house.births[box_id] = {"state": "gone", "boot": 1, "session": 1}
        await house.found("broker", "down")
        beats = house.health.beats
        await eventually(lambda: house.health.beats > beats + 4)
        assert [(part, state) for part, state, _ in house.alerts] == [("broker", "down")]


WRITER = """
import asyncio, os, sqlite3, sys, time
from concurrent.futures import ThreadPoolExecutor
from gateway.health import Facts, Health, Question

def mono_ms(): return time.monotonic_ns() // 1_000_000
def commit(db):
    db.execute("BEGIN"); db.execute("INSERT INTO t VALUES (1)"); db.execute("COMMIT")

async def main(path):
    thread = ThreadPoolExecutor(1)
    run = lambda job, *args: asyncio.get_running_loop().run_in_executor(thread, job, *args)
    db = await run(lambda: sqlite3.connect(path, isolation_level=None, check_same_thread=False))
    await run(lambda: db.execute("PRAGMA synchronous=FULL"))
    async def stats():
        return await run(lambda: 1)
    question = Question(stats, mono_ms)
    health = Health(mono_ms, lambda part, state, reason, _: print(part, state, mono_ms(), flush=True))
    print("begun", "now", mono_ms(), flush=True)
    stuck = run(commit, db)
    while not stuck.done() or health.watch.word("keeping") != "ok":
        await question.look(0.1)
        facts = Facts(0.5, True, "", 0.0, None, 0.0, None, True, [], writer_silent_s=question.silent_s)
        health.beat(facts, {})
        await asyncio.sleep(0.25)
    os._exit(0)

asyncio.run(main(sys.argv[1]))
"""


async def test_a_writer_that_hangs_in_its_sync_is_found_while_it_hangs(tmp_path):
    """Every sync takes 2 s: the thread that commits answers nobody meanwhile, and the judgement does not wait."""
    with contextlib.closing(sqlite3.connect(tmp_path / "db")) as db:
        db.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (a)")
    env = environment(tmp_path, 2_000) | {"PYTHONPATH": str(ROOT)}
    child = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", WRITER, str(tmp_path / "db")],
        env=env,
        capture_output=True,
        timeout=60,
        cwd=ROOT,
    )
    assert child.returncode == 0, child.stderr
    told = [line.split() for line in child.stdout.decode().splitlines()]
    assert [one[:2] for one in told] == [["begun", "now"], ["keeping", "stuck"], ["keeping", "ok"]]
    assert int(told[1][2]) - int(told[0][2]) < 2_000
    assert sqlite3.connect(tmp_path / "db").execute("SELECT count(*) FROM t").fetchone() == (1,)


QUIET = Facts(10.0, True, "connected", 0.0, None, 0.0, None, True, [], echo_age_s=1.0, is_synchronised=True)


def test_a_quiet_night_with_its_usual_flickers_alarms_nobody():
    """Ten hours: reconnects, single failed tries, scans now and then, a box that answers a beacon late."""
    rng = random.Random(11)
    now = [0]
    alerts: list[tuple] = []
    health = Health(lambda: now[0], lambda *one: alerts.append(one))
    births = {f"box-{n}": {"state": "online", "epoch": "aabbccddeeff", "last_seq": 0, "boot": 1} for n in range(20)}
    for box_id, said in births.items():
        health.boxes.status(box_id, said)
    for look in range(10 * 720):
        now[0] += 5_000
        facts = QUIET._replace(echo_age_s=rng.uniform(0, 5.5), oldest_in_hand_s=rng.choice([0.0, 0.0, 2.1]))
        if look % 97 == 0:
            facts = facts._replace(broker_up=False, echo_age_s=None, broker_reason="lost")
        if look % 31 == 0:
            facts = facts._replace(server_reason="unreachable")
        for box_id in births:
            if rng.random() < 0.9:
                health.boxes.heard(box_id)
        assert health.beat(facts, births) == []
    assert alerts == []
    assert health.beats == 7_200


def test_a_dead_gateway_is_told_from_twenty_dead_boxes():
    """The beats go on where only the boxes are dead; and they are one trouble with all their names in the list."""
    now = [0]
    alerts: list[tuple] = []
    health = Health(lambda: now[0], lambda *one: alerts.append(one))
    births = {f"box-{n:02}": {"state": "online", "epoch": "aabbccddeeff", "last_seq": 0, "boot": 1} for n in range(20)}
    for _ in range(20):
        now[0] += 5_000
        for box_id in births:
            health.boxes.heard(box_id)
        health.beat(QUIET, births)
    before = health.beats
    births = {box_id: {"state": "gone", "boot": 1, "session": 1} for box_id in births}
    for _ in range(2):
        now[0] += 5_000
        health.beat(QUIET, births)
    assert health.beats == before + 2
    assert [(one[0], one[1], one[3]) for one in alerts] == [("boxes", "many_away", None)]
    rows = health.rows(births)
    assert [row["state"] for row in rows] == ["away"] * 20
    assert {row["part"]: row["state"] for row in health.parts()}["broker"] == "ok"


def test_a_reader_on_a_wire_is_a_row_like_a_box():
    health = Health(lambda: 0, lambda *_: None)
    for _ in range(2):
        health.beat(QUIET, {}, {"gw-1-r-00112233": ("mute", "it answers nothing")})
    (row,) = health.rows({})
    assert (row["box_id"], row["state"], row["reason"]) == ("gw-1-r-00112233", "mute", "it answers nothing")


async def test_a_question_that_was_never_answered_is_closed_with_its_house():
    question = Question(lambda: asyncio.sleep(3600), mono_ms)
    await question.look(0.01)
    question.close()
    await asyncio.sleep(0)
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
