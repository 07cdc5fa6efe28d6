"""A reader that is idle costs next to nothing, and loses no code for it."""

import asyncio
import random
import time

import pytest

from gateway.readers import calm
from scripts.sim.people import any_code
from scripts.sim.reader import SimReader
from scripts.sim.reader_result import Sent
from tests.gateway.brokers import eventually
from tests.gateway.readers.store import Store
from tests.gateway.readers.test_readers import WELL, Place


class Port:
    """Bytes when somebody puts them; nothing is written anywhere."""

    baud = 9600

    def __init__(self) -> None:
        self.coming: asyncio.Queue[bytes] = asyncio.Queue()
        self.loop: calm.CalmLoop | None = None

    async def read(self, _most: int) -> bytes:
        data = await self.coming.get()
        self.loop.wake()
        return data

    def write(self, data: bytes) -> None:
        pass

    async def drain(self) -> None:
        pass

    def set_baud(self, baud: int) -> None:
        self.baud = baud


class Clock:
    def __init__(self) -> None:
        self.ahead_ms = 0

    def __call__(self) -> int:
        return time.monotonic_ns() // 1_000_000 + self.ahead_ms


@pytest.fixture
async def line():
    """A loop of which only the counting of silence runs."""
    port, clock, codes = Port(), Clock(), []
    loop = calm.CalmLoop(port, clock, {}, lambda code, _ms: codes.append(code), lambda *_: None)
    port.loop = loop
    task = asyncio.create_task(loop._listen_to_silence())
    yield loop, clock
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def ticks_in(loop: calm.CalmLoop, seconds: float) -> int:
    before = loop.ticks
    await asyncio.sleep(seconds)
    return loop.ticks - before


async def test_it_ticks_as_on_a_box_for_two_seconds_after_bytes_and_then_five_times_a_second(line):
    loop, clock = line
    assert calm.CALM_S >= 0.2
    assert calm.CALM_AFTER_MS == 2_000
    assert await ticks_in(loop, 0.3) >= 8
    clock.ahead_ms += calm.CALM_AFTER_MS
    await ticks_in(loop, 0.05)
    assert await ticks_in(loop, 1.0) <= 6
    loop.wake()
    assert await ticks_in(loop, 0.3) >= 8


async def test_bytes_that_end_a_calm_come_after_a_tick_and_are_not_taken_for_what_waited_unread(line):
    loop, clock = line
    clock.ahead_ms += calm.CALM_AFTER_MS
    await ticks_in(loop, 0.5)
    loop.wake()
    loop._frames.feed(b"a", clock())
    assert not loop._frames._line.unsure


async def test_a_program_that_was_busy_in_its_calm_says_so(line):
    loop, clock = line
    clock.ahead_ms += calm.CALM_AFTER_MS
    await ticks_in(loop, 0.5)
    clock.ahead_ms += 1_000
    loop.wake()
    loop._frames.feed(b"a", clock())
    assert loop._frames._line.unsure


async def test_every_code_out_of_a_calm_is_kept_whole(tmp_path, monkeypatch):
    """Whole ones, and torn ones between them, with the calm beginning at once after each."""
    monkeypatch.setattr(calm, "CALM_AFTER_MS", 30)
    draw = random.Random(4)
    store = Store(tmp_path / "store.sqlite")
    place = Place(tmp_path, store)
    sent = []
    async with SimReader(tmp_path / "tty1", "gm65", hurry=5) as reader, place.open():
        await place.until("tty1", *WELL)
        for _ in range(15):
            code = any_code(draw)[1]
            (result,) = await reader.show_codes([code], hold_ms=400)
            if isinstance(result, Sent):
                sent.append(code)
        await eventually(lambda: len(store.scans()) >= len(set(sent)))
    assert len(sent) >= 10
    assert {scan.code for scan in store.scans()} == set(sent)
    store.close()
