"""The device of a keyboard: ours alone, read whole, gone when it is gone. A FIFO speaks the same events."""

import asyncio
import errno
import os

import pytest

from gateway.readers.evdev import EventDevice
from tests.gateway.readers.typist import ENTER, keys, packed, press, typed


@pytest.fixture
def fifo(tmp_path):
    path = tmp_path / "event0"
    os.mkfifo(path)
    return path


def refuse(number):
    def seize(_fd: int) -> None:
        raise OSError(number, os.strerror(number))

    return seize


async def test_events_are_read_until_the_device_is_gone(fifo):
    seized: list[int] = []
    device = EventDevice(str(fifo), 24, seized.append)
    assert device.open()
    assert len(seized) == 1
    made = packed(keys([*typed("ok"), *press(ENTER)]))
    with open(fifo, "wb", buffering=0) as out:
        out.write(made)
        assert await asyncio.wait_for(device.read(), 5) == made
    assert await asyncio.wait_for(device.read(), 5) == b""
    device.close()


@pytest.mark.parametrize(
    "number, code",
    [(errno.EBUSY, "in_use"), (errno.ENOTTY, "no_device"), (errno.EPERM, "no_permission"), (errno.EIO, "away")],
)
def test_what_cannot_be_had_alone_is_not_read_and_why_is_named(fifo, number, code):
    device = EventDevice(str(fifo), 24, refuse(number))
    assert not device.open()
    assert device.trouble is not None
    assert device.trouble.code == code
    assert str(fifo) in device.trouble.reason


def test_the_real_grab_is_refused_by_what_is_no_keyboard(fifo):
    device = EventDevice(str(fifo), 24)
    assert not device.open()
    assert device.trouble is not None
    assert device.trouble.code == "no_device"


def test_a_device_that_is_not_there_is_away(tmp_path):
    device = EventDevice(str(tmp_path / "event9"), 24, lambda _fd: None)
    assert not device.open()
    assert device.trouble is not None
    assert device.trouble.code == "away"


async def test_nothing_is_read_from_a_closed_device(fifo):
    device = EventDevice(str(fifo), 24, lambda _fd: None)
    device.open()
    device.close()
    assert await device.read() == b""
