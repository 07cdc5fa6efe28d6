"""One command at a time, with a port that the test plays."""

import asyncio
import time

import pytest

from firmware.scanner import gm65
from firmware.scanner.frames import Frames
from firmware.scanner.line import PROTOCOL, Reply
from firmware.scanner.talk import REPLY_MS, Gone, Talk
from scripts.sim.reader_protocol import CommandParser, reply


def clock() -> int:
    return time.monotonic_ns() // 1_000_000


class Port:
    """Keeps what is written; drains at once, late or never."""

    baud = 9600

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.drained = asyncio.Event()
        self.drained.set()
        self.is_broken = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    async def drain(self) -> None:
        if self.is_broken:
            raise OSError(5)
        await self.drained.wait()


class Rig:
    def __init__(self) -> None:
        self.port = Port()
        self.frames = Frames(PROTOCOL)
        self.counted: list[str] = []
        self.talk = Talk(self.port, clock, self.counted.append)
        self.talk.frames = self.frames

    async def read(self, block: tuple[int, int]) -> bytes | None:
        return await self.talk.ask(gm65.read(*block), block[1])

    async def save(self) -> bytes | None:
        return await self.talk.ask(gm65.save(), gm65.ACK_BYTES)

    def hear(self, data: bytes) -> None:
        self.talk.heard()
        for event in self.frames.feed(data, clock()):
            if isinstance(event, Reply):
                self.talk.answered(event.data)

    async def written(self, count: int) -> bytes:
        while len(self.port.written) < count:
            await asyncio.sleep(0.001)
        return self.port.written[count - 1]


async def test_a_command_goes_out_in_one_write_and_its_answer_comes_back() -> None:
    rig = Rig()
    asking = asyncio.create_task(rig.read(gm65.BLOCK_BAUD))
    (command,) = CommandParser().feed(await rig.written(1), 0)
    assert (command.zone, command.data) == (0x2A, b"\x02")
    rig.hear(reply(b"\x39\x01"))
    assert await asking == b"\x39\x01"


async def test_no_answer_is_none_and_is_counted() -> None:
    rig = Rig()
    assert await rig.read(gm65.BLOCK_BAUD) is None
    assert rig.counted == ["timeouts"]


@pytest.mark.parametrize(
    "wrong", [reply(b"\0"), reply(b"\0\0\0"), reply(b"\x39\x01")[:-1] + b"\0", b"\x03\0\0\x01\0\x33\x31"]
)
async def test_what_is_not_the_answer_is_not_taken_for_it(wrong: bytes) -> None:
    rig = Rig()
    asking = asyncio.create_task(rig.read(gm65.BLOCK_BAUD))
    await rig.written(1)
    rig.hear(wrong)
    assert await asking is None


async def test_a_late_answer_does_not_answer_the_next_command() -> None:
    rig = Rig()
    assert await rig.read(gm65.BLOCK_BAUD) is None
    asking = asyncio.create_task(rig.read(gm65.BLOCK_FORMAT))
    await rig.written(2)
    rig.hear(reply(b"\x39\x01"))
    rig.hear(reply(b"\x80\0\0"))
    assert await asking == b"\x80\0\0"


async def test_a_long_code_before_the_answer_does_not_use_up_its_time() -> None:
    rig = Rig()
    asking = asyncio.create_task(rig.read(gm65.BLOCK_BAUD))
    await rig.written(1)
    code = b"\x03\x03\x00" + b"x" * 768
    until_ms = clock() + REPLY_MS * 2
    while clock() < until_ms:
        rig.hear(code[:7])
        code = code[7:]
        await asyncio.sleep(0.02)
    rig.hear(code + reply(b"\x39\x01"))
    assert await asking == b"\x39\x01"


async def test_two_commands_at_once_go_one_after_the_other() -> None:
    rig = Rig()
    first, second = (asyncio.create_task(rig.read(block)) for block in (gm65.BLOCK_BAUD, gm65.BLOCK_FORMAT))
    await rig.written(1)
    assert len(rig.port.written) == 1
    rig.hear(reply(b"\x39\x01"))
    await rig.written(2)
    rig.hear(reply(b"\x80\0\0"))
    assert await asyncio.gather(first, second) == [b"\x39\x01", b"\x80\0\0"]


async def test_a_line_that_takes_nothing_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware.scanner.talk._SEND_S", 0.05)
    rig = Rig()
    rig.port.drained.clear()
    assert await rig.save() is None


async def test_a_line_that_is_gone_is_an_error_of_its_own() -> None:
    rig = Rig()
    asking = asyncio.create_task(rig.save())
    await rig.written(1)
    rig.talk.gone = True
    with pytest.raises(Gone):
        await asking
    rig.port.is_broken = True
    with pytest.raises(Gone):
        await rig.save()
