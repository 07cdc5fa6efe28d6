"""The session over TLS, against the real broker: it works as it does without, and breaks with a name."""

import asyncio
import shutil
import socket
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

from firmware.wire import status, topics
from scripts.sim.proxy import Proxy
from tests.firmware.link.certs import Ca
from tests.firmware.link.rig import BOX, LIMIT_S, Broker, Gateway, LinkBox, standing

SHIM = Path(__file__).with_name("clock_shim.c")


async def test_scans_go_out_and_are_delivered_over_tls(tmp_path):
    async with standing(tmp_path, secured=True) as (_, gateway, box):
        box.tell(append=[3000] * 40)
        await box.until_delivered(40)
        assert len(gateway.scans) == 40
        assert len(box.states("up")) == 1


async def test_the_handshake_holds_nobody_up_for_more_than_one_step(tmp_path):
    async with standing(tmp_path, secured=True) as (_, _gateway, box):
        up = box.states("up")[0]
        assert up["held_ms"] < 100
        assert (await box.report())["waited_ms"] < 200


async def test_tls_1_2_is_what_boards_speak_and_works_too(tmp_path):
    ca = Ca()
    broker = Broker(tmp_path, shown=ca.issue(tmp_path)).at_most_tls_1_2(tmp_path)
    await broker.start()
    gateway = await Gateway(broker.port).ready()
    box = await LinkBox(tmp_path, broker.tls_port, ca=ca).start()
    try:
        box.tell(append=[3000] * 20)
        await box.until_delivered(20)
        await box.kill()
        await gateway.until(lambda: gateway.statuses[-1]["state"] == "gone")
    finally:
        await box.kill()
        gateway.close()
        await broker.kill()


async def test_a_slow_line_is_slow_and_nothing_else_over_tls(tmp_path):
    ca = Ca()
    broker = Broker(tmp_path, shown=ca.issue(tmp_path))
    await broker.start()
    gateway = await Gateway(broker.port).ready()
    async with Proxy("127.0.0.1", broker.tls_port, bytes_per_s=30_000) as proxy:
        proxy.set_mode("slow")
        box = await LinkBox(tmp_path, proxy.port, ca=ca).start()
        try:
            await box.until_up()
            box.tell(append=[3000] * 10)
            await box.until_delivered(10)
            assert len(box.states("up")) == 1
            assert (await box.report())["waited_ms"] < 200
        finally:
            await box.kill()
            gateway.close()
            await broker.kill()


async def test_a_handshake_that_is_cut_again_and_again_keeps_nobody_from_scanning(tmp_path):
    ca = Ca()
    broker = Broker(tmp_path, shown=ca.issue(tmp_path))
    await broker.start()
    gateway = await Gateway(broker.port).ready()
    async with Proxy("127.0.0.1", broker.tls_port) as proxy:
        proxy.set_mode("no_answers")  # what the box says arrives; nothing comes back
        box = await LinkBox(tmp_path, proxy.port, ca=ca, connect_ms=150, answer_ms=100).start()
        try:
            await box.until(lambda: len(box.states("down")) >= 5)
            assert {line["reason"] for line in box.states("down")} == {"tls_timeout"}
            box.tell(append=[60] * 5)
            assert (await box.report())["waited_ms"] < 200
            proxy.set_mode("open")
            await box.until_delivered(5)
        finally:
            await box.kill()
            gateway.close()
            await broker.kill()


async def test_a_broker_that_is_killed_is_found_again_over_tls(tmp_path):
    async with standing(tmp_path, secured=True) as (broker, _gateway, box):
        for times in range(2, 5):
            await broker.kill()
            await box.until(lambda n=times: len(box.states("down")) >= n - 1)
            await broker.start()
            await box.until_up(times, limit_s=5)


async def dies_later(port: int, session: int) -> mqtt.Client:
    """A connection of an earlier session that the broker holds still: its will is published when its socket ends."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.will_set(topics.status(BOX), status.will(BOX, 1, session), 1, retain=True)
    ready, loop = asyncio.Event(), asyncio.get_running_loop()
    client.on_connect = lambda *_: loop.call_soon_threadsafe(ready.set)
    client.connect("127.0.0.1", port)
    client.loop_start()
    await asyncio.wait_for(ready.wait(), LIMIT_S)
    return client


@pytest.mark.parametrize("secured", [False, True])
async def test_a_will_that_the_broker_lays_over_a_newer_birth_is_answered_with_the_birth(tmp_path, secured):
    async with standing(tmp_path, secured) as (broker, gateway, box):
        await gateway.until(lambda: bool(gateway.statuses))
        old = await dies_later(broker.port, 0)
        old.loop_stop()
        old.socket().shutdown(socket.SHUT_RDWR)
        await gateway.until(lambda: [s["state"] for s in gateway.statuses][-2:] == ["gone", "online"])
        late = await Gateway(broker.port).ready()
        await late.until(lambda: bool(late.statuses))
        assert (late.statuses[0]["state"], late.statuses[0]["retained"]) == ("online", True)
        late.close()
        assert (await box.report())["counters"]["status_was_old"] >= 1


@pytest.mark.parametrize("secured", [False, True])
async def test_a_box_that_comes_back_before_the_broker_has_missed_it_is_there_in_the_end(tmp_path, secured):
    ca = Ca() if secured else None
    broker = Broker(tmp_path, shown=ca.issue(tmp_path) if ca else None)
    await broker.start()
    gateway = await Gateway(broker.port).ready()
    async with Proxy("127.0.0.1", broker.tls_port if ca else broker.port) as proxy:
        box = await LinkBox(tmp_path, proxy.port, ca=ca, ping_after_ms=300, dead_after_ms=300, keepalive_s=60).start()
        try:
            await gateway.until(lambda: bool(gateway.statuses))
            proxy.set_mode("half_open")  # what lives through this never carries anything again
            proxy.set_mode("open")
            await box.until_down("silent")
            second = await box.until_up(2)
            await gateway.until(lambda: gateway.statuses[-1].items() >= {"state": "online", "session": 2}.items())
            assert second["session"] == 2
            late = await Gateway(broker.port).ready()
            await late.until(lambda: bool(late.statuses))
            assert late.statuses[0].items() >= {"state": "online", "session": 2}.items()
            late.close()
        finally:
            await box.kill()
            gateway.close()
            await broker.kill()


async def test_without_a_ca_there_is_no_connection_where_tls_is_wanted(tmp_path):
    box = await LinkBox(tmp_path, 9, tls=True, gateway="gw-1").start()
    try:
        await box.until_down("tls_no_ca")
    finally:
        await box.kill()


async def test_a_broker_of_another_ca_never_hears_the_password(tmp_path):
    broker = Broker(tmp_path, shown=Ca("another").issue(tmp_path))
    await broker.start()
    async with Proxy("127.0.0.1", broker.tls_port) as proxy:
        box = await LinkBox(tmp_path, proxy.port, ca=Ca()).start()
        try:
            await box.until_down("tls_ca")
            box.tell(append=[50])
            assert (await box.report())["last_seq"] == 1
        finally:
            await box.kill()
            await broker.kill()


@pytest.fixture(scope="session")
def clock_shim(tmp_path_factory) -> Path:
    library = tmp_path_factory.mktemp("shim") / "clock_shim.so"
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    assert compiler, "a C compiler is needed to set a wrong clock"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-nostdlib", "-o", library, SHIM], check=True, timeout=60)
    return library


async def at(tmp_path, shim: Path, now: datetime, begins: datetime, reason: str | None) -> None:
    """A box whose clock begins at `now` meets a certificate that is valid from `begins` on."""
    ca = Ca(begins=begins)
    broker = Broker(tmp_path, shown=ca.issue(tmp_path, begins=begins))
    await broker.start()
    box = LinkBox(tmp_path, broker.tls_port, ca=ca)
    box.env = {"LD_PRELOAD": str(shim), "CLOCK_BEGINS_S": str(int(now.timestamp()))}
    await box.start()
    try:
        if reason:
            await box.until_down(reason)
        else:
            await box.until_up()
    finally:
        await box.kill()
        await broker.kill()


def day(year: int, month: int = 1, number: int = 1) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


@pytest.mark.parametrize("now", [day(2000), day(2000, 1, 2), day(2021), day(2037, 12, 31)])
async def test_tls_works_with_every_clock_that_a_board_may_begin_with(tmp_path, clock_shim, now):
    await at(tmp_path, clock_shim, now, day(2000), None)


@pytest.mark.parametrize("now", [day(1970), day(1999, 12, 31)])
async def test_a_clock_before_the_certificate_is_named(tmp_path, clock_shim, now):
    await at(tmp_path, clock_shim, now, day(2000), "tls_not_yet")


async def test_a_certificate_from_1970_on_suits_a_clock_from_1970_on(tmp_path, clock_shim):
    await at(tmp_path, clock_shim, day(1970), day(1970), None)
