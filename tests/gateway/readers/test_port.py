"""A serial port in the event loop: against real terminals of the kernel."""

import asyncio
import os
import pty
import termios
import time
import tty

import pytest

from gateway.readers import port as port_module
from gateway.readers.port import RATE_BYTES_S, SerialPort
from gateway.readers.states import trouble_of

GM65_BAUD = bytes.fromhex("7e000801000da0b72f")
GM65_READ = bytes.fromhex("7e000701000a01ee8a")
NMEA = b"$GPGSA,A,3,10,07,05,02,29,04,08,13,,,,,1.72,1.03,1.38*0A\r\n"


class Terminal:
    """The device's side of a pty."""

    def __init__(self, path) -> None:
        self.path = path
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.name = os.ttyname(slave)
        os.close(slave)
        path.unlink(missing_ok=True)
        path.symlink_to(self.name)
        os.set_blocking(self.master, False)

    def pull(self) -> None:
        if self.master >= 0:
            os.close(self.master)
            self.master = -1


@pytest.fixture
def terminal(tmp_path):
    one = Terminal(tmp_path / "tty")
    yield one
    one.pull()


@pytest.fixture
async def port(terminal):
    made = SerialPort(str(terminal.path), False, lambda: False)
    assert made.reopen()
    yield made
    made.close()


async def reading(port, most=256):
    return await asyncio.wait_for(port.read(most), 5)


async def test_bytes_go_both_ways(port, terminal):
    os.write(terminal.master, b"079184000731\r")
    assert await reading(port) == b"079184000731\r"
    port.write(GM65_READ)
    await port.drain()
    assert os.read(terminal.master, 100) == GM65_READ


async def test_an_empty_line_is_waited_for_and_not_taken_for_one_that_is_gone(port, terminal):
    waiting = asyncio.create_task(port.read(256))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    os.write(terminal.master, b"x")
    assert await asyncio.wait_for(waiting, 5) == b"x"


async def test_a_line_that_is_pulled_reads_as_gone_and_comes_back_under_its_name(port, terminal, tmp_path):
    waiting = asyncio.create_task(port.read(256))
    await asyncio.sleep(0)
    terminal.pull()
    assert await asyncio.wait_for(waiting, 5) == b""
    terminal.path.unlink()
    assert not port.reopen()
    assert port.trouble is not None
    assert port.trouble.code == "away"
    again = Terminal(tmp_path / "tty")
    assert port.reopen()
    assert port.trouble is None
    os.write(again.master, b"y")
    assert await reading(port) == b"y"
    again.pull()


async def test_the_speed_is_set_on_the_line_and_one_that_it_has_not_is_let_be(port, terminal):
    for baud, name in ((115200, termios.B115200), (57600, termios.B57600), (9600, termios.B9600)):
        port.set_baud(baud)
        assert termios.tcgetattr(terminal.master)[5] == name
    port.set_baud(-5)
    os.write(terminal.master, b"z")
    assert await reading(port) == b"z"


async def test_nobody_else_gets_it_meanwhile(port, terminal):
    other = SerialPort(str(terminal.path), False, lambda: False)
    assert not other.reopen()
    assert other.trouble is not None
    assert other.trouble.code == "in_use"
    port.close()
    assert other.reopen()
    other.close()


@pytest.mark.parametrize("what", ["file", "folder", "fifo"])
async def test_what_is_no_terminal_is_named(tmp_path, what):
    path = tmp_path / "thing"
    {"file": path.touch, "folder": path.mkdir, "fifo": lambda: os.mkfifo(path)}[what]()
    port = SerialPort(str(path), False, lambda: False)
    assert not port.reopen()
    assert port.trouble is not None
    assert port.trouble.code in ("no_device", "fault")


def test_who_may_not_is_told_the_group(tmp_path, monkeypatch):
    path = tmp_path / "tty"
    path.touch()
    os.chown(path, 0, 20)
    found = trouble_of(13, str(path), "serial")
    assert found.code == "no_permission"
    assert found.reason == f"reader_no_permission {path} dialout"
    assert trouble_of(13, str(tmp_path / "event0"), "keyboard").reason.endswith("event0 input")


async def test_a_guess_is_sent_no_setting_until_it_has_answered(terminal):
    known = [False]
    port = SerialPort(str(terminal.path), True, lambda: known[0])
    assert port.reopen()
    port.write(GM65_BAUD)
    port.write(GM65_READ)
    await port.drain()
    assert os.read(terminal.master, 100) == GM65_READ
    assert port.withheld == 1
    known[0] = True
    port.write(GM65_BAUD)
    await port.drain()
    assert os.read(terminal.master, 100) == GM65_BAUD
    port.close()


async def test_a_module_on_its_own_usb_socket_is_never_told_to_leave_it(terminal, monkeypatch):
    monkeypatch.setattr(port_module.os.path, "realpath", lambda _path: "/dev/ttyACM3")
    port = SerialPort(str(terminal.path), False, lambda: True)
    assert port.reopen()
    port.write(GM65_BAUD)
    port.write(GM65_READ)
    await port.drain()
    assert os.read(terminal.master, 100) == GM65_READ
    port.close()


async def test_what_is_heard_before_anything_is_asked_is_not_lost(port, terminal):
    os.write(terminal.master, b"a code\r")
    assert await port.listen(0.2) == ""
    assert await reading(port, 3) == b"a c"
    assert await reading(port) == b"ode\r"


async def test_a_satellite_receiver_is_recognised_before_anything_is_asked_and_asked_nothing(terminal):
    port = SerialPort(str(terminal.path), True, lambda: False)
    assert port.reopen()
    os.write(terminal.master, NMEA * 4)
    assert await port.listen(0.3) == "gps"
    port.write(GM65_READ)
    await port.drain()
    with pytest.raises(BlockingIOError):
        os.read(terminal.master, 100)
    port.close()


async def test_a_line_that_never_stops_takes_a_bounded_share(port, terminal):
    """As much noise as the kernel takes: it is read at RATE_BYTES_S, and the event loop stays free."""

    async def flood() -> None:
        while True:
            try:
                os.write(terminal.master, os.urandom(4096))
            except BlockingIOError:
                await asyncio.sleep(0.001)

    flooding = asyncio.create_task(flood())
    read, began, lag = 0, time.monotonic(), 0.0
    while time.monotonic() - began < 1.0:
        before = time.monotonic()
        read += len(await reading(port))
        lag = max(lag, time.monotonic() - before)
    flooding.cancel()
    assert 0.3 * RATE_BYTES_S < read < 1.5 * RATE_BYTES_S + 8_192
    assert lag < 0.5


async def test_a_device_that_takes_nothing_does_not_hold_up_its_closing(port, terminal):
    for _ in range(100):
        port.write(b"x" * 4096)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(port.drain(), 0.2)
    began = time.monotonic()
    port.close()
    assert time.monotonic() - began < 1


async def test_a_closed_port_reads_as_gone_and_swallows_what_is_written(port):
    port.close()
    port.write(b"x")
    await port.drain()
    assert await reading(port) == b""
