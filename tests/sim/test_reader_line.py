"""The line of a simulated module: speed, garbling, hanging up."""

import asyncio
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.sim.reader_line import PowerLost, SerialLine, resample
from tests.sim.host import Host


@given(st.binary(max_size=100), st.sampled_from([9600, 57600, 115200]))
def test_at_the_same_speed_every_byte_is_read_as_it_was_sent(data: bytes, baud: int) -> None:
    assert resample(data, baud, baud) == data


@given(
    st.text("abcdefghijklmnop", min_size=20, max_size=100).map(str.encode),
    st.sampled_from([(9600, 115200), (115200, 9600), (57600, 115200)]),
)
def test_at_another_speed_nothing_is_read_right(data: bytes, bauds: tuple[int, int]) -> None:
    assert resample(data, *bauds) != data


async def test_bytes_take_the_time_that_the_speed_asks_for(tmp_path: Path) -> None:
    line = SerialLine(tmp_path / "tty", lambda data, baud: None, 0)
    line.plug()
    with Host(line.link) as host:
        begin_s = time.monotonic()
        last_byte_ms = await line.send(b"x" * 96, 9600, lambda: True)
        took_s = time.monotonic() - begin_s
        assert took_s >= 0.0999
        assert abs(last_byte_ms - (begin_s + took_s) * 1000) < 20
        assert await host.read(96) == b"x" * 96
    line.unplug()


async def test_the_host_speed_is_seen_and_another_one_garbles_both_ways(tmp_path: Path) -> None:
    heard: list[tuple[bytes, int]] = []
    line = SerialLine(tmp_path / "tty", lambda data, baud: heard.append((data, baud)), 0)
    line.plug()
    with Host(line.link, 115200) as host:
        assert line.host_baud == 115200
        await line.send(b"hello", 9600, lambda: True)
        host.write(b"abc")
        await host.read(1)
        assert b"hello" not in host.data
        host.set_baud(57600)
        assert line.host_baud == 57600
    line.unplug()
    assert all(baud == 115200 for _, baud in heard)


async def test_without_a_host_bytes_are_lost_and_the_next_host_does_not_find_them(tmp_path: Path) -> None:
    line = SerialLine(tmp_path / "tty", lambda data, baud: None, 0)
    line.plug()
    await line.send(b"nobody", 115200, lambda: True)
    assert line.dropped == 6
    idle = os.open(line.link, os.O_RDWR | os.O_NOCTTY)
    await line.send(b"not read " * 10, 9600, lambda: True)
    os.close(idle)
    async with asyncio.timeout(10):
        while not line.hang_ups:
            await asyncio.sleep(0.001)
    with Host(line.link, 115200) as host:
        await line.send(b"fresh", 115200, lambda: True)
        assert await host.read(5) == b"fresh"
    line.unplug()


async def test_unplugging_hangs_up_and_takes_the_link_away(tmp_path: Path) -> None:
    line = SerialLine(tmp_path / "tty", lambda data, baud: None, 0)
    line.plug()
    with Host(line.link) as host:
        line.unplug()
        await host.read(1)
        assert host.is_hung_up
        assert not line.link.is_symlink()
    line.plug()
    assert line.link.exists()
    line.unplug()


async def test_when_the_power_goes_the_rest_is_not_sent(tmp_path: Path) -> None:
    line = SerialLine(tmp_path / "tty", lambda data, baud: None, 0)
    line.plug()
    until_s = time.monotonic() + 0.03
    with Host(line.link) as host:
        with pytest.raises(PowerLost):
            await line.send(b"x" * 500, 9600, lambda: time.monotonic() < until_s)
        assert 0 < len(await host.read(1)) < 500
    line.unplug()
